"""Experiments: deterministic assignment of units to variants, and a row at first exposure."""
