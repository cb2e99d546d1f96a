"""Tests of the demo shop, its assortment and the panel beside it."""
