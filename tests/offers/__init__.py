"""Tests of offers and prices."""
