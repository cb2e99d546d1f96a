"""The API of decisions: what to show where, what was seen and what came of it."""
