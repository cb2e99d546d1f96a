"""End to end: the real service as its own processes."""
