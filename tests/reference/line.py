"""A line of the ledger: docs/scoring.md section 3."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal


@dataclass(eq=False)
class Line:
    """One line of the ledger."""

    contact_id: str
    group: object
    line_kind: str
    rule_id: str
    event_id: str | None
    asset: str | None
    effective_at: datetime
    origin_at: datetime
    points: Decimal
    withheld_points: Decimal = Decimal(0)
    withheld_reason: str | None = None
    is_excluded: bool = False
    stage_visit: int | None = None
