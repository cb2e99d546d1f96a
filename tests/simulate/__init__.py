"""Tests of the simulator: deterministic worlds, consistent truth, and both worlds against the real service."""
