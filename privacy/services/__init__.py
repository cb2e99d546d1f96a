"""Writes of the privacy app."""
