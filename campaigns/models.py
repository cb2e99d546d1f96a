"""Rows of campaigns and their constraints."""
