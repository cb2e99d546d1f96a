"""Benchmarks: each prints one JSON object a line (see bench/report.py)."""
