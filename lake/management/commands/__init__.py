"""Commands of the lake app."""
