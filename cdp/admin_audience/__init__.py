"""Pages of what is computed of everybody: the RFM grid, its settings, and groups that were discovered."""
