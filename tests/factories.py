"""Factories: real rows with sensible values, named for what they make. Keyword-only; every argument has a default."""
