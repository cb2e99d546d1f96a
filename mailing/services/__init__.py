"""Writes of mail."""
