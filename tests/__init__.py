"""Tests. See docs/testing.md for what stands where."""
