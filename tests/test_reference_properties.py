"""The reference and the comparison on random cases: what must hold for any, and that no difference is overlooked."""

import random
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from reference import score
from reference.compare import MARTS, differences, mistakes
from reference.landed import Input
from reference.random_cases import make
from reference.scorebook import Scorebook


def marts(landed, case):
    return score(landed, case.scorebook, case.as_of)


def as_built(found):
    """Marts of the reference in the form that a build gives them: lines have an id, reasons are one text."""
    return found | {
        "points_ledger": [row | {"line_id": n} for n, row in enumerate(found["points_ledger"])],
        "contact_scores": [row | {"top_reasons": ", ".join(row["top_reasons"])} for row in found["contact_scores"]],
    }


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_order_of_rows_does_not_matter(seed):
    case = make(seed)
    before = marts(case.landed, case)
    for rows in (*case.landed.values(), *case.scorebook.values()):
        random.Random(seed).shuffle(rows)
    assert differences(before, as_built(marts(case.landed, case))) == []


@pytest.mark.parametrize("seed", [4, 5, 6])
def test_statements_add_up_and_every_row_is_counted(seed):
    case = make(seed)
    found = marts(case.landed, case)
    assert mistakes(as_built(found)) == []
    landed = sum(map(len, case.landed.values())) + len(case.scorebook.get("manual_adjustments", ()))
    assert sum(row["row_count"] for row in found["input_summary"]) == landed


@pytest.mark.parametrize("seed", [7, 8, 9])
def test_rows_that_wait_or_were_rejected_move_no_figure(seed):
    case = make(seed)
    before = marts(case.landed, case)
    kept = keep_used(case)
    after = as_built(marts(kept, case))
    for mart in ("rejected_rows", "input_summary"):
        after[mart] = before[mart]
    assert differences(before, after) == []
    assert sum(map(len, kept.values())) < sum(map(len, case.landed.values()))


def keep_used(case):
    """Used and unmatched rows of a case, and all attribute changes: a later one still tells of a history."""
    given = Input(case.landed, set(Scorebook(case.scorebook).stages), case.as_of)
    return {
        table: [row.landed for row in rows if row.verdict in ("used", "unmatched") or table == "attribute_changes"]
        for table, rows in given.rows.items()
    }


@pytest.fixture(scope="module")
def two_cases():
    """Between them every column is filled somewhere."""
    return [marts(case.landed, case) for case in (make(12), make(45))]


@pytest.fixture(scope="module")
def expected(two_cases):
    return two_cases[0]


def test_equal_marts_have_no_difference_and_no_mistake(expected):
    assert expected.keys() == MARTS.keys()
    assert differences(expected, as_built(expected)) == []
    assert mistakes(as_built(expected)) == []


@pytest.mark.parametrize("mart", MARTS)
def test_a_row_too_few_or_too_many_is_a_difference(mart, expected):
    found = as_built(expected)
    telling = next(row for row in found[mart] if is_compared(row))
    for rows in ([row for row in found[mart] if row is not telling], [*found[mart], telling]):
        assert differences({mart: expected[mart]}, {mart: rows})


@pytest.mark.parametrize("mart", MARTS)
def test_a_changed_cell_is_a_difference(mart, two_cases):
    found = [as_built(expected)[mart] for expected in two_cases]
    for column in " ".join(MARTS[mart]).split():
        case, telling = next(
            (case, row)
            for case, rows in enumerate(found)
            for row in rows
            if row[column] not in (None, "") and is_compared(row)
        )
        rows = [row | {column: changed(row[column])} if row is telling else row for row in found[case]]
        assert differences({mart: two_cases[case][mart]}, {mart: rows}), column


def is_compared(row):
    """Lines of a statement that give and take nothing may be there or not."""
    return "line" not in row or row["points"] != 0


def changed(value):
    """Another value, as near as matters."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, (int, float, Decimal)):
        return float(value) + 1.1e-6
    if isinstance(value, date):
        return value + (timedelta.resolution if isinstance(value, datetime) else timedelta(days=1))
    return '{"another": "row"}' if value.startswith("{") else f"~{value[2:]}"


def test_lines_that_share_an_id_and_statements_that_do_not_add_up_are_mistakes(expected):
    found = as_built(expected)
    assert len(mistakes(found | {"points_ledger": [row | {"line_id": 1} for row in found["points_ledger"]]})) == 1
    awarded = [row for row in found["score_statement"] if row["line"] == "awarded"]
    assert mistakes(found | {"score_statement": awarded})
