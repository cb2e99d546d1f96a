"""Rows of notices and their constraints."""
