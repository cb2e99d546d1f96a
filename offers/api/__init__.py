"""Doors of offers and prices."""
