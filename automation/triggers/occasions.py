"""What an enrollment is about, once for ever in its journey: the names of occasions. Pure.

Each begins with its trigger's word and ends with whom it is about, so that two people never share one.
"""

from datetime import date, datetime
from uuid import UUID

from cdp.lib.clock import to_us


def of_event(source_id: int, message_hash: bytes) -> str:
    """A stored event: a message of a source is stored once."""
    return f"event:{source_id}:{message_hash.hex()}"


def of_stage(order_id: str, stage: str) -> str:
    """An order that reached a stage; again by another event: the same."""
    return f"order:{stage}:{order_id}"


def of_browsing(identifier_id: int, since: datetime) -> str:
    """One look around, from its first product on."""
    return f"browse:{identifier_id}:{to_us(since)}"


def of_segment(word: str, segment_id: int, profile_id: UUID, at: datetime) -> str:
    """Somebody came into a segment or left it, at that instant."""
    return f"{word}:{segment_id}:{to_us(at)}:{profile_id}"


def of_product(word: str, product_id: str, at: datetime, profile_id: UUID) -> str:
    """A product that is back or cheaper since that instant, for one of those who wanted it."""
    return f"{word}:{product_id}:{to_us(at)}:{profile_id}"


def of_day(trait: str, day: date, profile_id: UUID) -> str:
    """The day in a trait that came (round) on `day`."""
    return f"date:{trait}:{day:%Y%m%d}:{profile_id}"


def of_turn(day: date, profile_id: UUID) -> str:
    """A turn of a schedule, by its day on the calendar of whom it is about."""
    return f"schedule:{day:%Y%m%d}:{profile_id}"


def of_call(key: str) -> str:
    """What a program names by a key of its own; the same key again is the same."""
    return f"api:{key}"
