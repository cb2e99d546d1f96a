"""The instants that statements are given beside their tables: now, and the edges of the company's calendar. Pure.

Engines convert no zones: what moves with a calendar arrives as a number.
"""

from segments.rules.sql import NOW


def placeholders(now_us: int, zone: str) -> dict[str, int]:
    """The value of every placeholder a compiled rule can have. `zone`: an IANA name, the company's."""
    return {NOW: now_us}
