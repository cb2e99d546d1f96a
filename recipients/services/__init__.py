"""Writes of the recipients app."""
