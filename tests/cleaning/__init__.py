"""Cleaning: one spelling of what trackers send, with the original kept."""
