"""Tests of the pages of decided places."""
