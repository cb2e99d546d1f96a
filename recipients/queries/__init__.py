"""Reads of the recipients app."""
