"""Answers as JSON; see `recommendations.queries.shaping`."""

from recommendations.queries.shaping import body_of, encode

__all__ = ["body_of", "encode"]
