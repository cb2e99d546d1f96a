"""Offline evaluation: marks of ranked answers with intervals (`marking`), and visits (`sessions`). Pure."""
