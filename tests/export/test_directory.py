"""Files: each crossing once, whatever is missing, full, broken or lost."""

import errno
import fcntl
import json
import os
import resource
import shutil
import subprocess
import sys
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from export.world import AS_OF, COMMAND, ROOT, crossings, files_of, id_of
from support.export.directory import Directory
from support.export.payload import Crossing
from support.export.target import Shipment, Unavailable

SHIPMENT = Shipment(AS_OF, "v1", "lead-scoring", ())
DAY = timedelta(days=1)


def ids(*numbers):
    return Counter(id_of(number) for number in numbers)


def some(*numbers):
    return [
        Crossing(
            id_of(n), "t", "T", "contact", f"c{n}", "total", "up", 1.0, AS_OF, 0.0, 1.0, "r", "R", "e", "a", "x", {}
        )
        for n in numbers
    ]


def test_the_same_crossings_make_the_same_bytes(tmp_path):
    for name in ("a", "b"):
        list(Directory(name, tmp_path / name, name).deliver(some(1, 2), SHIPMENT))
    one, other = (
        {path.relative_to(root): path for path in root.rglob("*.*")} for root in (tmp_path / "a", tmp_path / "b")
    )
    assert one.keys() == other.keys() and len(one) == 4
    for name, path in one.items():
        assert path.read_bytes() == other[name].read_bytes(), name


def test_many_crossings_are_several_batches(tmp_path, monkeypatch):
    monkeypatch.setattr("support.export.directory.BATCH_ROWS", 3)
    outcomes = list(Directory("sales", tmp_path / "out").deliver(some(*range(7)), SHIPMENT))
    assert [len(outcome.crossing_ids) for outcome in outcomes] == [3, 3, 1]
    assert files_of(tmp_path / "out") == ids(*range(7))


def test_nobody_sees_a_file_before_it_is_whole(tmp_path, monkeypatch):
    """Look at the folder before every rename, as a reader might: what ends in a format's name must be complete."""
    looks, rename = [], type(tmp_path).rename

    def look(path, target):
        seen = {
            file.name: file.stat().st_size for file in (tmp_path / "out").rglob("crossings.*") if file.suffix != ".part"
        }
        looks.append((seen, (tmp_path / "out").exists() and any((tmp_path / "out").rglob("manifest.json"))))
        return rename(path, target)

    monkeypatch.setattr(type(tmp_path), "rename", look)
    list(Directory("sales", tmp_path / "out").deliver(some(1), SHIPMENT))
    sizes = {file.name: file.stat().st_size for file in (tmp_path / "out").rglob("crossings.*")}
    assert [len(seen) for seen, _ in looks] == [0, 0, 1, 2, 3]
    assert all(sizes[name] == size for seen, _ in looks for name, size in seen.items())
    assert not any(has_manifest for _, has_manifest in looks), "the manifest comes last"


# What earlier runs left


def test_a_lost_state_file_floods_nobody(world):
    world.build(crossings(1, 2)).fine("--no-baseline")
    world.state_file.unlink()
    world.build(crossings(1, 2, 3))
    assert world.export("--dry-run").err == "sales: 2 crossings were there already; they count as sent\n"
    done = world.export()
    assert (done.status, done.err) == (0, "sales: 2 crossings were there already; they count as sent\n")
    assert world.states() == {1: "sent", 2: "sent", 3: "baseline"}


def test_a_lost_state_file_repeats_nothing_in_files_even_if_all_is_asked_for(world):
    world.build(crossings(1, 2)).fine("--no-baseline")
    world.state_file.unlink()
    world.build(crossings(1, 2, 3)).export("--no-baseline", "--include-stale", "--include-rescored", "--retry-failed")
    assert files_of(world.out / "sales") == ids(1, 2, 3)


def test_a_state_file_from_a_backup_repeats_nothing_in_files(world):
    world.build(crossings(1)).fine("--no-baseline")
    backup = world.state_file.read_bytes()
    world.build(crossings(1, 2, 3)).fine()
    world.state_file.write_bytes(backup)
    world.build(crossings(1, 2, 3, 4)).export()
    assert files_of(world.out / "sales") == ids(1, 2, 3, 4)


def test_a_warehouse_from_nothing_repeats_nothing(world):
    world.build(crossings(1, 2)).fine("--no-baseline")
    world.database.unlink()
    assert world.export().status == 2
    world.build(crossings(1, 2, 3)).fine()
    assert files_of(world.out / "sales") == ids(1, 2, 3)


def test_files_that_a_reader_took_away_are_not_sent_again(world):
    world.build(crossings(1)).fine("--no-baseline")
    shutil.rmtree(world.out)
    world.build(crossings(1, 2)).fine()
    assert files_of(world.out / "sales") == ids(2)


def test_two_databases_may_share_a_folder(world, tmp_path_factory):
    other = type(world)(tmp_path_factory.mktemp("other"))
    other.configure(f"sales: {{directory: {world.out / 'sales'}}}", "default: {directory: x}")
    for turn in range(3):
        world.build(crossings(*range(turn + 1))).export("--no-baseline")
        other.build(crossings(*range(100, 101 + turn))).export("--no-baseline")
    assert files_of(world.out / "sales") == ids(0, 1, 2, 100, 101, 102)
    assert world.json()["retracted"] == [], "what the other one sent is not ours to take back"
    assert set(world.states()) == {0, 1, 2}


def test_two_exports_with_states_of_their_own_write_each_crossing_once(world):
    """Two machines, or one with two databases, look at the same folder and then both write."""
    world.build(crossings(*range(200)))
    states = [world.folder / name for name in ("a", "b", "c")]
    running = [world.start("--no-baseline", "--to", world.out / "x", "--state", state) for state in states]
    ends = [(process.communicate(timeout=60), process.returncode) for process in running]
    assert [status for _, status in ends] == [0, 0, 0], ends
    assert files_of(world.out / "x") == ids(*range(200))
    for state in states:
        done = world.export("--no-baseline", "--to", world.out / "x", "--state", state)
        assert done.status == 0 and done.out.endswith("Nothing new.\n")


def test_what_another_export_wrote_in_the_meantime_is_not_written_again(tmp_path):
    one, other = (Directory("sales", tmp_path / "out", owner) for owner in ("one", "other"))
    assert one.held(set()) == other.held(set()) == {}
    list(one.deliver(some(1, 2), SHIPMENT))
    outcomes = list(other.deliver(some(2, 3), SHIPMENT))
    assert [(outcome.crossing_ids, outcome.state) for outcome in outcomes] == [
        ([id_of(2)], "sent"),
        ([id_of(3)], "sent"),
    ]
    assert outcomes[0].batch is None, "the next run looks at all of that batch"
    assert files_of(tmp_path / "out") == ids(1, 2, 3)


def test_a_folder_that_another_export_writes_to_is_left_in_time(world):
    world.build([]).fine()
    world.build(crossings(1, target="sales|default")).fine("--limit", "0")
    (world.out / "sales").mkdir(parents=True)
    holder = os.open(world.out / "sales", os.O_RDONLY)
    fcntl.flock(holder, fcntl.LOCK_EX)
    done, sales = world.process(), world.out / "sales"
    assert (done.status, done.err) == (
        1,
        f"sales: another export is writing to {sales}; run again after its end; 1 wait for the next run\n",
    )
    assert files_of(world.out / "default") == ids(1)
    assert world.export("--dry-run").status == 0, "a look needs no lock"
    os.close(holder)
    world.fine()
    assert files_of(world.out / "sales") == ids(1)


def test_what_was_written_and_is_gone_before_it_was_recorded_is_retracted(world):
    world.build([]).fine()
    world.build(crossings(1)).fine("--limit", "0")
    backup = world.state_file.read_bytes()
    world.fine()
    world.state_file.write_bytes(backup)  # as a kill between the rename and the record leaves it
    world.build([])
    assert [gone["crossing_id"] for gone in world.json()["retracted"]] == [id_of(1)]


def test_a_manifest_that_cannot_be_read_stops_its_folder_only(world):
    world.build(crossings(1, target="sales|default")).fine("--no-baseline")
    (manifest,) = world.out.glob("sales/*/*/manifest.json")
    whole = manifest.read_text()
    world.state_file.unlink()
    for broken in (whole[:-20], "[]", '{"crossing_ids": 1}'):
        manifest.write_text(broken)
        done = world.build(crossings(1, 2, target="sales|default")).export("--no-baseline")
        assert done.status == 1
        assert f"sales: {manifest} cannot be read, so nobody knows which crossings are there; restore it" in done.err
    assert files_of(world.out / "default") == ids(1, 2)
    manifest.write_text(whole)
    world.export("--no-baseline")
    assert files_of(world.out / "sales") == ids(1, 2)


def test_folders_of_others_are_left_alone(world):
    for name in (
        "date=2026-01-01/notes/readme.txt",
        "date=2026-01-01/file",
        "mine/x",
        ".writing-other-1/crossings.csv.part",
    ):
        (world.out / "sales" / name).parent.mkdir(parents=True, exist_ok=True)
        (world.out / "sales" / name).write_text("mine")
    world.build(crossings(1)).fine("--no-baseline")
    assert (
        len([path for path in (world.out / "sales").rglob("*") if path.is_file() and path.read_bytes() == b"mine"]) == 4
    )


# Folders and disks that cannot be used


def test_one_folder_that_cannot_be_written_does_not_stop_the_others(world):
    world.configure("sales: {directory: out/file/sales}", "default: {directory: out/default}")
    world.build([]).fine()
    world.out.mkdir()
    (world.out / "file").touch()
    done = world.build(crossings(1, target="sales|default")).export()
    assert done.status == 1
    sentence = f"sales: {world.out}/file/sales cannot be written: {world.out}/file is a file; 1 wait for the next run\n"
    assert done.err == sentence
    assert (world.states("sales"), world.states("default")) == ({1: "pending"}, {1: "sent"})
    assert sentence[7:40] in world.fine("--status").out
    (world.out / "file").unlink()
    world.fine()
    assert files_of(world.out / "file/sales") == ids(1)


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="needs a folder that nobody can write to")
def test_a_read_only_folder_gets_one_sentence(world):
    done = world.build(crossings(1)).process("--to", "/proc/crossings", "--no-baseline")
    assert done.status == 1
    assert (
        done.err
        == "/proc/crossings: /proc/crossings cannot be written: No such file or directory; 1 wait for the next run\n"
    )


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission_gets_one_sentence(world):
    world.out.mkdir(mode=0o500)
    done = world.build(crossings(1)).export("--no-baseline")
    assert (done.status, "cannot be written: Permission denied" in done.err) == (1, True)


LIMITED = """
import resource, sys
from pathlib import Path
from export.test_directory import SHIPMENT, some
from support.export.directory import Directory
from support.export.target import Unavailable

root = Path(sys.argv[1])
target = Directory("sales", root, "me")
for allowed in (0, 300, 1500, 2500, 4000, 6000, 9000):
    resource.setrlimit(resource.RLIMIT_FSIZE, (allowed, resource.RLIM_INFINITY))
    try:
        list(target.deliver(some(*range(20)), SHIPMENT))
    except Unavailable as error:
        print(allowed, error)
    assert not [path for path in root.rglob("*") if path.is_file()]
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
list(target.deliver(some(*range(20)), SHIPMENT))
"""


def test_a_file_that_cannot_grow_leaves_nothing_behind(tmp_path):
    """The kernel refuses to write more than so many bytes to a file, as a full disk does; in each of the files."""
    path = os.pathsep.join((str(ROOT / "scripts"), str(ROOT / "tests")))
    command = [sys.executable, "-c", LIMITED, str(tmp_path / "out")]
    done = subprocess.run(command, env=os.environ | {"PYTHONPATH": path}, capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()
    assert len(lines) == 7 and all("out cannot be written: " in line for line in lines), done
    assert files_of(tmp_path / "out") == ids(*range(20))


@pytest.mark.skipif(sys.platform != "linux", reason="needs a disk of its own")
def test_a_full_disk_gets_one_sentence_and_the_next_run_goes_on(world):
    """A real disk of 96 KB, in a namespace of its own where the system allows that."""
    world.build([]).fine()
    world.build(crossings(*range(300))).fine("--limit", "0")
    world.out.mkdir()
    script = 'mount -t tmpfs -o size=96k none "$0" && "$@"; echo "status $?"; ls -A "$0"/* "$0"/.[!.]* 2>/dev/null'
    shell = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, world.out, *program(world)]
    done = subprocess.run(shell, capture_output=True, text=True, check=False)
    if "status" not in done.stdout or "mount" in done.stderr or "unshare" in done.stderr:
        pytest.skip(f"no disk of its own here: {done.stderr.strip()}")
    assert done.stderr.startswith(
        f"sales: the disk of {world.out}/sales is full; free some space and run again; 300 wait"
    )
    assert done.stdout.splitlines()[-1].startswith("status 1") or ".writing" not in done.stdout
    world.fine()
    assert files_of(world.out / "sales") == ids(*range(300))


def test_a_full_disk_while_deliveries_are_recorded_gets_one_sentence(world):
    """The state file lies on a disk that takes nothing more."""
    world.build([]).fine()
    world.build(crossings(*range(300)))

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (world.state_file.stat().st_size, resource.RLIM_INFINITY))

    done = subprocess.run(program(world), preexec_fn=limit, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "scoring.duckdb.outbox.sqlite" in done.stderr and done.stderr.count("\n") == 1
    world.fine()
    assert files_of(world.out / "sales") == ids(*range(300))


def program(world):
    """The command line of an export."""
    return [sys.executable, str(COMMAND), *world.arguments()]


def test_errors_of_the_disk_become_sentences(tmp_path):
    target = Directory("sales", tmp_path)
    for number, sentence in (
        (errno.ENOSPC, "is full; free some space"),
        (errno.EROFS, "cannot be written: Read-only file"),
    ):
        with pytest.raises(Unavailable, match=sentence), target.explained():
            raise OSError(number, os.strerror(number))


def test_manifests_say_what_they_were_made_from(world):
    world.build(crossings(1), version="a1").fine("--no-baseline")
    (manifest,) = world.out.glob("sales/*/*/manifest.json")
    content = json.loads(manifest.read_bytes())
    assert (content["as_of"], content["scorebook_version"]) == ("2026-03-01T00:00:00Z", "a1")
    assert content["batch"] == f"{manifest.parent.parent.name}/{manifest.parent.name}"
