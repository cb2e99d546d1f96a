"""The statistics of experiments. Pure: sums in, estimates out; numpy and scipy, no clock, no database.

Checked against GrowthBook's gbstats 0.8.0. What each figure means: docs/experiments-statistics.md.
"""
