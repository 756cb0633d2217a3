"""One export: look at the mart, record what is new, send what is due, and record what became of it."""

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from support.console import CannotRun, short, tell
from support.export import mart as marts
from support.export import outbox as outboxes
from support.export.config import Permissions, Settings, listed, load
from support.export.directory import Directory
from support.export.mart import Mart
from support.export.outbox import Change, Due, Known, Outbox
from support.export.payload import Crossing
from support.export.states import Circumstances, Sighting, State, decide
from support.export.target import Gone, Outcome, Shipment, Target, Unavailable
from support.scorebook.tables import DEFAULT_RECEIVER, receivers, suggestion
from support.timestamps import shifted

TELL_EVERY = 5.0  # seconds


@dataclass(frozen=True)
class Options:
    """What a run is asked to do."""

    database: Path
    state: Path
    targets: Path
    to: tuple[str, ...] = ()
    since: datetime | None = None
    limit: int | None = None
    max_per_trigger: int = 500
    stale_after_days: float = 7
    baseline: bool | None = None
    include_stale: bool = False
    include_rescored: bool = False
    retry_failed: bool = False
    dry_run: bool = False
    permissions: Permissions = field(default_factory=Permissions)
    again: str = ""  # what a run that is to find the same must be given on the command line


@dataclass
class Report:
    """What a run did."""

    as_of: datetime
    scorebook_version: str
    state: Path
    is_dry_run: bool
    where: dict[str, str]
    counts: dict[str, Counter] = field(default_factory=lambda: defaultdict(Counter))
    retracted: list[dict] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)
    sent: list[tuple[str, Crossing]] = field(default_factory=list)  # to which target; in a dry run, what would be sent
    first_exports: list[str] = field(default_factory=list)


class Tripped(Exception):
    """A run that would send too much; nothing of it is recorded."""


def export(options: Options) -> Report:
    """Run an export."""
    settings = load(options.targets)
    opened = outboxes.copied if options.dry_run else outboxes.opened
    with marts.opened(options.database) as mart:
        route = router(settings, mart.targets()) if not options.to else None
        tell_unknown(settings, mart)
        with opened(options.state) as outbox:
            names = options.to or sorted(settings.targets)
            build = settings.destination if options.to else settings.target
            made = [build(name, outbox.owner, options.permissions) for name in names]
            targets = {target.name: target for target in made}
            refuse_shared_folders(targets.values())
            where = {name: target.where for name, target in targets.items()}
            report = Report(mart.as_of, mart.scorebook_version, options.state, options.dry_run, where)
            shipment = Shipment(mart.as_of, mart.scorebook_version, settings.source, settings.attributes)
            try:
                with outbox.transaction():
                    held = recover(targets, outbox, report)
                    absent = plan(targets, route or (lambda _: tuple(targets)), mart, outbox, held, options, report)
                    due = chosen(outbox, targets, absent, options, report)
                    ids = list(dict.fromkeys(each.crossing_id for each in due))
                    crossings = mart.crossings(ids, shipment.attributes)
                    if not options.dry_run:
                        check(targets, due)
            except Tripped as tripped:
                report.counts.clear()
                report.findings.append(str(tripped))
                return report
            mart.connection.close()  # a long export keeps no build waiting
            for name, target in targets.items():
                mine = [crossings[each.crossing_id] for each in due if each.destination == name]
                if options.dry_run:
                    outbox.settle(name, Outcome([crossing.crossing_id for crossing in mine], State.SENT))  # in a copy
                    report.counts[name]["would be sent"] = len(mine)
                    report.sent += ((name, crossing) for crossing in mine)
                else:
                    deliver(target, mine, shipment, outbox, report)
                report.counts[name][State.PENDING] = outbox.count(name, State.PENDING)
    return report


def router(settings: Settings, found: dict[str | None, str]) -> Callable[[str | None], tuple[str, ...]]:
    """The way from the target of a crossing to targets of targets.yml. A name that leads nowhere is refused here,
    before anything is sent."""
    routes = {}
    for text, trigger in found.items():
        for name in receivers(text):
            if name not in settings.targets:
                wanted = f"its target '{name}'" if text else f"it names no target, and '{DEFAULT_RECEIVER}'"
                known = listed(settings.targets)
                raise CannotRun(f"trigger {trigger}: {wanted} is not in {short(settings.file)} ({known}); add it there")
        routes[text] = receivers(text)
    return routes.__getitem__


def tell_unknown(settings: Settings, mart: Mart) -> None:
    """Say which attributes no contact has: a slip, or a column that is gone, which must not keep crossings waiting."""
    known = mart.attributes() if settings.attributes else set()
    for name in settings.attributes:
        if known and name not in known:
            nearest = suggestion(name, known)
            tell(f"{short(settings.file)}: attributes: no contact has '{name}', which is left out{nearest}")


def refuse_shared_folders(targets: Iterable[Target]) -> None:
    """Two targets in one folder would put a crossing there twice."""
    roots = {}
    for target in targets:
        if isinstance(target, Directory) and (other := roots.setdefault(target.root, target.name)) != target.name:
            raise CannotRun(f"{other} and {target.name} are the same folder {target.where}; give each its own")


def recover(targets: dict[str, Target], outbox: Outbox, report: Report) -> dict[str, set[str]]:
    """Settle what earlier runs left: what a folder holds was sent, whether or not the state file knows. Returns the
    crossings in unrecorded batches, by target; a folder that cannot be read gets nothing in this run."""
    held = {}
    for name, target in list(targets.items()):
        if not isinstance(target, Directory):
            continue
        try:
            batches = target.held(outbox.batches(name))
        except Unavailable as error:
            report.findings.append(f"{name}: {error}")
            del targets[name]
            continue
        for batch, crossing_ids in batches.items():
            outbox.settle(name, Outcome(crossing_ids, State.SENT, batch=batch))
        if batches:
            tell(f"{name}: {sum(map(len, batches.values())):,} crossings were there already; they count as sent")
        held[name] = set().union(*batches.values())
    return held


def plan(
    targets: dict[str, Target],
    route: Callable[[str | None], tuple[str, ...]],
    mart: Mart,
    outbox: Outbox,
    held: dict[str, set[str]],
    options: Options,
    report: Report,
) -> dict[str, dict[str, Known]]:
    """Record the new state of every crossing at every target, and the export itself. Returns what is on record and not
    in the mart, by target."""
    known = {name: outbox.known(name) for name in targets}
    runs = {name: circumstances(name, mart, outbox, options, report) for name in targets}
    changes, adopted = [], defaultdict(list)
    for crossing in mart.glances():
        meant = route(crossing.target)
        for name, run in runs.items():
            before = known[name].pop(crossing.crossing_id, None)
            is_held = before is None and crossing.crossing_id in held.get(name, ())
            if before is None and not is_held and name not in meant:
                continue
            seen = Sighting(crossing.crossed_at, crossing.is_suppressed, name in meant)
            after = decide(before and before.state, is_held or (before is not None and before.was_sent), seen, run)
            is_other = before is None or after is not before.state
            if is_other or before.crossed_at != outboxes.stamp(crossing.crossed_at):
                changes.append(Change(name, crossing, after))
            if is_other:
                report.counts[name][after] += after is not State.SENT
            if is_held:
                adopted[name].append(crossing.crossing_id)
    outbox.change(changes)
    for name, crossing_ids in adopted.items():
        outbox.settle(name, Outcome(crossing_ids, State.SENT))
    for name, run in runs.items():
        retract(name, run, known[name], outbox, mart.as_of, report)
        if options.retry_failed:
            outbox.enable(name)
        outbox.begin_export(name, mart.as_of, mart.scorebook_version)
    return known


def circumstances(name: str, mart: Mart, outbox: Outbox, options: Options, report: Report) -> Circumstances:
    """What holds for a target in this run."""
    last = outbox.last_export(name)
    if last is None and options.baseline is None:
        report.first_exports.append(name)
    return Circumstances(
        stale_before=shifted(mart.as_of, -options.stale_after_days),
        rescored_until=last[0] if last and last[1] != mart.scorebook_version else None,
        records_only=last is None if options.baseline is None else options.baseline,
        sends_baseline=options.baseline is False,
        sends_stale=options.include_stale,
        sends_rescored=options.include_rescored,
        retries_dead=options.retry_failed,
    )


def retract(name: str, run: Circumstances, unseen: dict, outbox: Outbox, as_of: datetime, report: Report) -> None:
    """Record what the mart no longer holds. What is later than its as_of is not gone, only not there yet."""
    until = outboxes.stamp(as_of)
    gone = [
        crossing_id
        for crossing_id, before in unseen.items()
        if before.crossed_at <= until
        and before.state is not State.RETRACTED
        and decide(before.state, before.was_sent, None, run) is State.RETRACTED
    ]
    outbox.retract(name, gone)
    report.counts[name][State.RETRACTED] += len(gone)
    for crossing_id in gone:
        report.retracted += outbox.rows(
            "select destination, crossing_id, trigger_id, subject_id, crossed_at, sent_at from deliveries "
            "where destination = ? and crossing_id = ? and sent_at is not null",
            [name, crossing_id],
        )


def chosen(
    outbox: Outbox, targets: dict[str, Target], absent: dict[str, dict], options: Options, report: Report
) -> list[Due]:
    """What this run sends: what is due and in the mart, up to the limit, unless it is more than anybody can have meant.
    A build of an earlier moment does not show all that is owed."""
    open_targets = []
    for name in targets:
        if outbox.is_disabled(name):
            if waiting := len(outbox.due([name], None)):
                report.findings.append(f"{name} has said that it is gone; {waiting:,} wait, --retry-failed tries again")
        else:
            open_targets.append(name)
    due = [each for each in outbox.due(open_targets, options.since) if each.crossing_id not in absent[each.destination]]
    if options.limit is not None:
        within = set(list(dict.fromkeys(each.crossing_id for each in due))[: options.limit])
        due = [each for each in due if each.crossing_id in within]
    pairs = {(each.trigger_id, each.crossing_id) for each in due}
    for trigger, count in sorted(Counter(trigger for trigger, _ in pairs).items()):
        if count > options.max_per_trigger:
            again, most = f"{options.again} ".lstrip(), options.max_per_trigger
            raise Tripped(
                f"trigger {trigger} would send {count:,} crossings, more than {most:,}; nothing was recorded or sent. "
                f"Look at them with {again}--dry-run --max-per-trigger {count}, then send all with "
                f"{again}--max-per-trigger {count}, some with {again}--limit {most}, or record them without sending "
                f"with {again.replace('--no-baseline ', '')}--baseline"
            )
    return due


def check(targets: dict[str, Target], due: list[Due]) -> None:
    """Let targets refuse before anything is sent."""
    for name in {each.destination for each in due}:
        targets[name].check()


def deliver(target: Target, crossings: list[Crossing], shipment: Shipment, outbox: Outbox, report: Report) -> None:
    """Send crossings to one target, if any, and record each outcome at once."""
    by_id = {crossing.crossing_id: crossing for crossing in crossings}
    counts, told, done = report.counts[target.name], time.monotonic(), 0
    try:
        target.tidy()
        for outcome in target.deliver(crossings, shipment) if crossings else ():
            with outbox.transaction():
                outbox.settle(target.name, outcome)
            done += len(outcome.crossing_ids)
            counts[outcome.state] += len(outcome.crossing_ids)
            if outcome.state is State.SENT:
                report.sent += ((target.name, by_id[crossing_id]) for crossing_id in outcome.crossing_ids)
            else:
                outbox.note(target.name, outcome.error)
            if time.monotonic() - told > TELL_EVERY:
                tell(f"{target.name}: {done:,} of {len(crossings):,}")
                told = time.monotonic()
    except Unavailable as error:
        waiting = f"; {len(crossings) - done:,} wait for the next run" if done < len(crossings) else ""
        report.findings.append(f"{target.name}: {error}{waiting}")
        outbox.note(target.name, str(error))
        if isinstance(error, Gone):
            outbox.disable(target.name)
    for state, text in ((State.FAILED, "the next run tries again"), (State.DEAD, "--retry-failed tries again")):
        if counts[state]:
            report.findings.append(f"{target.name}: {counts[state]:,} {state}, {text}; --status says why")
