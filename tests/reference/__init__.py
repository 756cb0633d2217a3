"""A slow, obvious second implementation of docs/scoring.md, sections 1 to 5, to compare the dbt build with.

Written from the contract alone, with the standard library alone (but for the figures of evaluations). Points at a
moment are literally the sum of the lines effective by then; nothing is kept from one figure to the next.
"""

from .crossings import threshold_crossings
from .evaluation import rule_performance, score_evaluation
from .insight import attitude_by_engagement, contact_health, nps_audiences, stage_calibration
from .landed import Input
from .marts import (
    contact_scores,
    group_scores,
    points_ledger,
    score_history,
    score_statement,
    segment_members,
    stage_scores,
)
from .points import read_world
from .scorebook import Scorebook
from .summaries import account_scores, nps_scores, unscored_event_types


def score(landed, scorebook, as_of):
    """The marts of an input and a scorebook at a moment, as rows by mart name.

    `landed` maps table names and `scorebook` file names (without .csv) to rows of text or None.
    """
    book = Scorebook(scorebook)
    given = Input(landed, set(book.stages), as_of)
    world = read_world(given, book)
    marts = (
        points_ledger, contact_scores, group_scores, stage_scores, account_scores, score_history, score_statement,
        segment_members, nps_scores, unscored_event_types, threshold_crossings, stage_calibration,
        attitude_by_engagement, nps_audiences, contact_health, score_evaluation,
        rule_performance,
    )  # fmt: skip
    return {mart.__name__: mart(world) for mart in marts} | {
        "rejected_rows": given.rejected(),
        "unmatched_rows": given.unmatched(book.adjustments),
        "input_summary": given.summary(book.adjustments),
    }
