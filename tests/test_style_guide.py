"""The style guide, executable: rules over dbt's manifest and the SQL, each with a message that says what to do."""

import csv
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from conftest import ROOT
from support.preview.graph import parents

LAYERS = ["staging", "ledger", "scores", "crossings", "insight"]
MART_SCHEMA = "main"
MART_TYPES = {"varchar", "timestamp", "date", "bigint", "double", "boolean"}
DATE_ARITHMETIC = {"add_days", "add_microseconds", "days_between", "end_of_day", "line_value", "microseconds_between"}

# Marts whose names are no plural; most are given by docs/scoring.md, two by what they were asked for as.
SINGULAR_MARTS = {
    "attitude_by_engagement",
    "build_info",
    "contact_health",
    "input_summary",
    "points_ledger",
    "rule_performance",
    "score_evaluation",
    "score_history",
    "score_statement",
    "stage_calibration",
}

# Each with its reason. One that is short enough fails too.
LONG_MODELS = {
    "int_member_midnights": "one sum, of what a span opens with and of the lines of the midnight itself",
    "int_watched_moments": "one plain branch for each kind of moment",
    "points_ledger": "one plain branch for each kind of line; in two models the ledger would no longer be one list",
}

FORBIDDEN_SQL = {
    r"\bqualify\b": "filter by the window in a CTE of its own",
    r"::": "write cast(… as …)",
    r"\bfilter ?\(": "use sum(case when … then … end)",
    r"\bgroup by all\b": "name the columns",
    r"\busing ?\(": "write the condition after on",
    r"\bpercentile_cont\b": "use ntile or rank",
    r"\bcross join lateral\b|\blateral ?\(": "join a CTE",
    r"\brange between\b": "number the rows and join them",
    r"\bunnest\(|\blist_\w+\(|\barray_\w+\(": "use rows instead of arrays",
}
WALL_CLOCK = re.compile(
    r"\b(current_(timestamp|date|time)|get_current_timestamp|localtime(stamp)?|transaction_timestamp|utcnow"
    r"|(now|today|getdate|sysdate)\()"
)
CALLED_BY_DBT = re.compile(r"generate_\w+_name|get_incremental_\w+_sql|materialization_\w+")
ENGINE_BRANCH = re.compile(r"\btarget\.type\b|\badapter\.(type|dispatch)\b|\b(default|duckdb|postgres|spark)__")


@pytest.fixture(scope="session")
def manifest(made_once):
    """What dbt makes of the project."""

    def fill(target):
        command = [sys.executable, "-m", "dbt.cli.main", "--quiet", "parse", "--no-partial-parse"]
        folders = ["--project-dir", ROOT, "--profiles-dir", ROOT, "--target-path", target, "--log-path", target]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("SCORING_")}
        done = subprocess.run(
            [*command, *map(str, folders)],
            env=environment | {"SCORING_DATABASE": str(target / "unused.duckdb")},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"dbt cannot parse the project:\n{done.stdout}\n{done.stderr}"

    return json.loads((made_once("manifest", fill) / "manifest.json").read_text())


@pytest.fixture(scope="session")
def models(manifest):
    return [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]


@pytest.fixture(scope="session")
def marts(models):
    return [model for model in models if model["schema"] == MART_SCHEMA]


@pytest.fixture(scope="session")
def macros(manifest):
    project = manifest["metadata"]["project_name"]
    return {macro["name"]: macro for macro in manifest["macros"].values() if macro["package_name"] == project}


def assert_none(offenders, what_to_do):
    """Fail with what to do, and with everything that it must be done to."""
    if offenders := sorted(offenders):
        pytest.fail(f"{what_to_do}:\n  " + "\n  ".join(offenders), pytrace=False)


def without_comments(text):
    return re.sub(r"\{#.*?#\}|--[^\n]*", "", text, flags=re.DOTALL)


def plain_sql(text):
    """SQL without comments and without what stands in quotes."""
    return re.sub(r"'[^']*'|\"[^\"]*\"", "''", without_comments(text))


def sql_files(*folders):
    """Text of the SQL files below the folders, without comments, by their path in the repository."""
    paths = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.sql"))]
    return {str(path.relative_to(ROOT)): without_comments(path.read_text()) for path in paths}


def used_macros(node, manifest):
    """Names of the macros that a node uses, also those that they use in turn."""
    found, to_see = set(), list(node["depends_on"]["macros"])
    while to_see:
        unique_id = to_see.pop()
        if unique_id not in found and unique_id in manifest["macros"]:
            found.add(unique_id)
            to_see += manifest["macros"][unique_id]["depends_on"]["macros"]
    return {unique_id.split(".")[-1] for unique_id in found}


def unit_tests_of(model, manifest):
    return [test for test in manifest["unit_tests"].values() if model["unique_id"] in test["depends_on"]["nodes"]]


def layer_of(model):
    return Path(model["original_file_path"]).parts[1]


def signature(macro):
    """Names of the arguments in a macro's definition; a materialization has none."""
    if macro["name"].startswith("materialization_"):
        return []
    arguments = re.search(r"(?:macro|test)\s+\w+\s*\((.*?)\)\s*-?%\}", macro["macro_sql"], flags=re.DOTALL)[1]
    return [argument.split("=")[0].strip() for argument in arguments.split(",") if argument.strip()]


def test_every_model_has_a_yaml_of_its_name_beside_it(models):
    beside = {model["name"]: str(Path(model["original_file_path"]).with_suffix(".yml")) for model in models}
    described_in = {model["name"]: (model["patch_path"] or "").partition("://")[2] for model in models}
    assert_none(
        (path for name, path in beside.items() if described_in[name] != path),
        "Describe each of these models in this file, beside its SQL",
    )


def test_descriptions_begin_with_the_grain(models):
    assert_none(
        (model["name"] for model in models if not model["description"].startswith("One row per ")),
        "Let the description begin with 'One row per …'",
    )


def test_every_column_is_described(models):
    assert_none(
        (
            f"{model['name']}.{name}"
            for model in models
            for name, column in (model["columns"] or {"(no column at all)": {"description": ""}}).items()
            if not column["description"].strip()
        ),
        "Say in the YAML what the column means, its unit, and what null means",
    )


def test_marts_have_an_enforced_contract(marts):
    assert marts, f"No model is built in the schema {MART_SCHEMA}: name the schema of the marts"
    assert_none(
        (mart["name"] for mart in marts if not mart["contract"]["enforced"]),
        "Add config: {contract: {enforced: true}} and the data_type of every column",
    )


def test_columns_of_marts_have_names_that_say_their_type(marts):
    def fits(name, data_type):
        forms = {
            "boolean": r"(is|has)_\w+",
            "timestamp": r"\w+_at|as_of",
            "date": r"\w+_date|day|month",
        }
        shaped = [kind for kind, form in forms.items() if re.fullmatch(form, name)]
        return data_type in MART_TYPES and shaped == [data_type] * (data_type in forms)

    assert_none(
        (
            f"{mart['name']}.{name} {column['data_type']}"
            for mart in marts
            for name, column in mart["columns"].items()
            if not fits(name, (column["data_type"] or "").lower())
        ),
        f"Use one of {', '.join(sorted(MART_TYPES))}; name booleans is_… or has_…, timestamps …_at, dates …_date",
    )


def test_models_with_logic_have_unit_tests(models, manifest):
    def has_logic(model):
        if model["name"].startswith("landed_"):
            return False  # it reads files, which no unit test can give; tests of whole builds do
        has_words = re.search(r"\bcase\b|\bover \(|\bon\b", plain_sql(model["raw_code"]))
        return has_words or used_macros(model, manifest) & DATE_ARITHMETIC

    assert_none(
        (model["name"] for model in models if has_logic(model) and not unit_tests_of(model, manifest)),
        "Write a unit test for the case, window, join condition or date arithmetic in these models",
    )


def test_unit_tests_do_not_depend_on_the_time_of_the_run(models, manifest):
    assert_none(
        (
            f"{model['name']}: {test['name']}"
            for model in models
            if "as_of" in used_macros(model, manifest)
            for test in unit_tests_of(model, manifest)
            if "as_of" not in ((test["overrides"] or {}).get("macros") or {})
        ),
        "Fix the moment by overrides: {macros: {as_of: \"cast('2024-06-01 00:00:00' as timestamp)\"}}",
    )


def test_models_are_short(models):
    lengths = {
        model["name"]: sum(bool(line.strip()) for line in without_comments(model["raw_code"]).splitlines())
        for model in models
    }
    long = {name for name, lines in lengths.items() if lines > 120}
    assert_none(
        long - set(LONG_MODELS), "Split these models: more than 120 lines of SQL do not show what they are about"
    )
    assert_none(set(LONG_MODELS) - long, "Take these out of LONG_MODELS: they are short enough")


def test_models_are_named_by_what_they_are(models, marts):
    marts = {mart["name"] for mart in marts}

    def fits(model):
        name, folder = model["name"], Path(model["original_file_path"]).parent.name
        if name in marts:
            return not re.match(r"(stg|int|landed)_", name) and (name.endswith("s") or name in SINGULAR_MARTS)
        if folder == "scorebook":
            return name.startswith("stg_")
        prefixes = "stg|landed" if folder == "input" else "int"
        return re.fullmatch(rf"({prefixes})(_[a-z]+)*s|int(_[a-z]+)*s(_[a-z]+)?", name)

    assert_none(
        (model["name"] for model in models if not fits(model)),
        f"Name marts (schema {MART_SCHEMA}) by a plain plural noun, scorebook and input models stg_… or landed_…, and "
        "those between int_<plural noun> or int_<plural noun>_<past participle>",
    )


def test_the_scorebook_is_read_in_one_layer(models):
    assert_none(
        (
            f"{model['name']} reads {seed}"
            for model in models
            for seed in (node.split(".")[-1] for node in model["depends_on"]["nodes"] if node.startswith("seed."))
            # build_info hashes the cells as they stand.
            if model["name"] not in (f"stg_{seed}", "build_info")
        ),
        "Read stg_<seed>, where the cells are cast, instead of the seed",
    )


def test_layers_point_one_way(models, manifest):
    unknown = {layer_of(model) for model in models} - set(LAYERS)
    assert_none(unknown, "Give these folders of models/ their place in LAYERS")
    assert_none(
        (
            f"{model['name']} ({layer_of(model)}) reads {upstream['name']} ({layer_of(upstream)})"
            for model in models
            for upstream in (manifest["nodes"][node] for node in model["depends_on"]["nodes"])
            if upstream["resource_type"] == "model" and LAYERS.index(layer_of(upstream)) > LAYERS.index(layer_of(model))
        ),
        f"Move the model, or what it needs: layers read only those before them ({', '.join(LAYERS)})",
    )


def test_sql_is_portable():
    files = sql_files("models", "macros/scoring", "analyses", "tests")
    assert_none(
        (
            f"{path}: {found[0]}: {instead}"
            for path, text in files.items()
            for form, instead in FORBIDDEN_SQL.items()
            if (found := re.search(form, plain_sql(text)))
        ),
        "Write this so that every engine understands it",
    )


def test_only_warehouse_macros_know_engines():
    files = sql_files("models", "macros", "analyses", "tests")
    assert_none(
        (
            f"{path}: {found[0]}"
            for path, text in files.items()
            if not path.startswith("macros/warehouse/") and (found := ENGINE_BRANCH.search(text))
        ),
        "Move what differs by engine into a macro of macros/warehouse",
    )


def test_nothing_reads_the_wall_clock():
    files = sql_files("models", "macros", "analyses", "tests")
    assert_none(
        (
            f"{path}: {found[0]}"
            for path, text in files.items()
            if (
                found := WALL_CLOCK.search(text) or ("as_of.sql" not in path and re.search(r"\brun_started_at\b", text))
            )
        ),
        "Use as_of(): the same input must always give the same marts",
    )


def test_models_contain_no_jinja_that_builds_sql(models):
    # Only a continued build can name what the build before left.
    builds_sql = r"\{%(?! (if is_continued\(\)|else|endif) %\})"
    assert_none(
        (model["name"] for model in models if re.search(builds_sql, without_comments(model["raw_code"]))),
        "Write the SQL out, or move one small idea into a macro",
    )


def test_models_end_by_showing_their_last_step(models):
    last_line = re.compile(r"\nselect \* from \w+(\norder by [\w, ]+)?\s*$")
    assert_none(
        (
            model["name"]
            for model in models
            if not last_line.search(without_comments(model["raw_code"])) and not model["name"].startswith("landed_")
        ),
        "Let the last line be 'select * from <the last CTE>', so that any step can be looked at by changing it",
    )


def test_there_are_few_variables():
    declared = yaml.safe_load((ROOT / "dbt_project.yml").read_text()).get("vars", {})
    assert len(declared) <= 8, f"Have at most 8 vars; what changes a number is a row of the scorebook: {list(declared)}"
    texts = sql_files("models", "macros", "analyses", "tests")
    used = {name for text in texts.values() for name in re.findall(r"\bvar\(\s*['\"](\w+)", text)}
    assert_none(used ^ set(declared), "Declare these vars in dbt_project.yml, or take them out")


def test_every_macro_and_its_arguments_are_described(macros):
    def problems(macro):
        implemented = re.sub(r"^[a-z]+__", "", macro["name"])
        if implemented in macros and implemented != macro["name"]:
            return (
                []
                if signature(macro) == signature(macros[implemented])
                else ["other arguments than the macro it implements"]
            )
        described = {argument["name"] for argument in macro["arguments"] if (argument["description"] or "").strip()}
        # dbt does not let a generic test describe its arguments.
        missing = (
            [] if macro["name"].startswith("test_") else [name for name in signature(macro) if name not in described]
        )
        return ([] if macro["description"].strip() else ["description"]) + missing

    assert_none(
        (f"{name}: {problem}" for name, macro in macros.items() for problem in problems(macro)),
        "Describe the macro and each of its arguments in the YAML of its folder",
    )


def test_every_macro_is_called(macros, manifest):
    texts = [*sql_files("models", "macros", "analyses", "tests").values(), (ROOT / "dbt_project.yml").read_text()]
    calls = re.sub(r"\{%-? (macro|test) \w+", "", "\n".join(texts))
    generic_tests = {
        f"test_{node['test_metadata']['name']}" for node in manifest["nodes"].values() if node.get("test_metadata")
    }

    def is_called(name):
        implemented = re.sub(r"^[a-z]+__", "", name)
        return name in generic_tests or CALLED_BY_DBT.fullmatch(name) or re.search(rf"\b{implemented}\(", calls)

    assert_none((name for name in macros if not is_called(name)), "Take these macros out: nobody calls them")


def test_every_cell_of_the_scorebook_has_a_described_column(manifest):
    seeds = [node for node in manifest["nodes"].values() if node["resource_type"] == "seed"]
    assert seeds, "No seed was found: the scorebook must be in seeds/"

    def header(seed):
        with (ROOT / seed["original_file_path"]).open(newline="", encoding="utf-8") as file:
            return next(csv.reader(file))

    assert_none(
        (
            f"{seed['name']}.{name}"
            for seed in seeds
            for name in {*header(seed), *seed["columns"]}
            if not seed["columns"].get(name, {"description": ""})["description"].strip()
        ),
        "Say in seeds/scorebook.yml what the column means",
    )


def test_failing_data_tests_say_what_is_wrong(manifest):
    singular = [
        node for node in manifest["nodes"].values() if node["resource_type"] == "test" and not node.get("test_metadata")
    ]
    assert_none(
        (test["name"] for test in singular if not re.search(r"\bas mistake\b", test["raw_code"])),
        "Return a column mistake: one sentence that says where and what to do",
    )


def test_tables_that_are_redone_contact_by_contact_wait_until_it_is_known_whose(models, manifest):
    """The strategy names the model of these contacts without a reference of its own."""
    parents = manifest["parent_map"]

    def ancestors(node):
        return {node}.union(*(ancestors(parent) for parent in parents.get(node, ()) if parent.startswith("model.")))

    by_contact = [model for model in models if model["config"].get("incremental_strategy") == "by_contact"]
    assert by_contact
    assert_none(
        (
            model["name"]
            for model in by_contact
            if f"model.scoring.{model['config']['meta'].get('redone')}" not in ancestors(model["unique_id"])
        ),
        "Name in meta.redone a model that comes before this one",
    )


def test_previews_know_the_references_between_models(manifest):
    """scripts/preview_scorebook.py reads them off the SQL, so as not to wait for dbt."""
    nodes = [node for node in manifest["nodes"].values() if node["resource_type"] in ("model", "seed")]
    known = {node["name"]: {name.split(".")[-1] for name in node["depends_on"].get("nodes", [])} for node in nodes}
    assert parents() == known
