"""Tests of the tracking plan."""
