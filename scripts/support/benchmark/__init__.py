"""What scripts/benchmark.py is made of: what lands, how a run is measured, what else people use, and the report."""
