"""The same sums in Polars, lazily. Arguments: events, scorebook, moment, file to write."""

import sys
from datetime import datetime

import polars

events, scorebook, as_of, out = sys.argv[1:]
weights = polars.scan_csv(f"{scorebook}/event_weights.csv", infer_schema=False)
groups = polars.scan_csv(f"{scorebook}/score_groups.csv", infer_schema=False)
moment = datetime.fromisoformat(as_of)
age = (polars.lit(moment) - polars.col("occurred_at")).dt.total_microseconds() / 86400e6
halvings = (age / polars.col("half_life_days").cast(polars.Float64)).fill_null(0)
lines = (
    polars.scan_parquet(events)
    .filter(polars.col("occurred_at") <= moment)
    .join(weights.select("event_type", "score_group", polars.col("points").cast(polars.Float64)), on="event_type")
    .join(groups.select("score_group", "half_life_days"), on="score_group")
)
sums = lines.group_by("contact_id", "score_group").agg((polars.col("points") * 2.0 ** (-halvings)).sum())
sums.collect(engine="streaming").write_parquet(out)
