"""When an event happened: the client's clock believed, or repaired by how far it is off. Pure; all in integer µs UTC.

Believed when receipt and `sentAt` differ by at most ten minutes or `sentAt` is absent; else moved by that difference
and flagged clock_repaired. A future beyond five minutes becomes the receipt (time_future), a year before 1990 too
(time_absurd), as does a time nobody can read (time_unreadable).
"""

from typing import NamedTuple

from cdp.lib.values import instant_us

MINUTE_US = 60_000_000
TOLERATED_US = 10 * MINUTE_US
AHEAD_US = 5 * MINUTE_US
ABSURD_BEFORE_US = 631_152_000_000_000  # 1990-01-01T00:00:00Z


class Occurrence(NamedTuple):
    """The instant an event is stored under, and what was done to get there; with flags the original text is kept."""

    at_us: int
    flags: tuple[str, ...] = ()


def instant(value: object) -> int | None:
    """A client's time in µs UTC: ISO-8601 text (no zone means UTC), epoch seconds or milliseconds as number or as text
    of 10 or 13 digits; None for all else."""
    if type(value) is str and len(value) in (10, 13) and value.isascii() and value.isdigit():
        return instant_us(int(value))
    return instant_us(value)


def occurrence(*, client_us: int | None, was_given: bool, sent_us: int | None, received_us: int) -> Occurrence:
    """`was_given`: the client named a time at all, readable or not."""
    if client_us is None:
        return Occurrence(received_us, ("time_unreadable",) if was_given else ())
    flags: list[str] = []
    at_us = client_us
    if sent_us is not None and abs(received_us - sent_us) > TOLERATED_US:
        at_us += received_us - sent_us
        flags.append("clock_repaired")
    if at_us > received_us + AHEAD_US:
        return Occurrence(received_us, (*flags, "time_future"))
    if at_us < ABSURD_BEFORE_US:
        return Occurrence(received_us, (*flags, "time_absurd"))
    return Occurrence(at_us, tuple(flags))
