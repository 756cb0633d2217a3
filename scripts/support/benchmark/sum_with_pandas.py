"""The same sums in pandas. Arguments: events, scorebook, moment, file to write."""

import sys

import pandas

events, scorebook, as_of, out = sys.argv[1:]
weights = pandas.read_csv(f"{scorebook}/event_weights.csv")[["event_type", "score_group", "points"]]
groups = pandas.read_csv(f"{scorebook}/score_groups.csv")[["score_group", "half_life_days"]]
lines = pandas.read_parquet(events, columns=["contact_id", "event_type", "occurred_at"])
lines = lines[lines["occurred_at"] <= as_of].merge(weights, on="event_type").merge(groups, on="score_group")
age = (pandas.Timestamp(as_of) - lines["occurred_at"]).dt.total_seconds() / 86400
lines["points"] *= 2 ** -(age / lines["half_life_days"]).fillna(0)
sums = lines.groupby(["contact_id", "score_group"], as_index=False, dropna=False)["points"].sum()
sums.to_parquet(out)
