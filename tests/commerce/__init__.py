"""Tests of commerce."""
