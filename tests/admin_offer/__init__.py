"""Tests of the pages of offers."""
