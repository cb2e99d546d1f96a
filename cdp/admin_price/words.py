"""A price list as one sentence, and the reasons of prices in words. Pure."""

from datetime import datetime

from offers.price_choice import ListFacts

REASONS = {
    "list_price": "the list price: no price list says otherwise",
    "group": "the price of their customer group",
    "segment": "the price of a segment they are in",
    "group_and_segment": "the price of their customer group within a segment",
    "everybody": "a price list for everybody",
    "list_price_is_lower": "what everybody pays: the list would make it dearer",
    "no_price_in_currency": "no price in this currency",
}


def sentence(facts: ListFacts, rows: int, segment_name: str) -> str:
    """Who pays what, and when; dates are told beside it."""
    whom = f"Members of {segment_name or facts.segment}" if facts.segment else "Customers" if facts.group else "All"
    if facts.group:
        whom += f" of the group “{facts.group}”"
    own = f"prices of its {rows:,} row{'' if rows == 1 else 's'}" if rows else ""
    off = f"{facts.percent_off.normalize():f} % less than the list price" if facts.percent_off else ""
    if own and off:
        return f"{whom} pay {own}, and {off} for all others, in {facts.currency}."
    return f"{whom} pay {own or off or 'the list price: there are no rows yet'}, in {facts.currency}."


def when(facts: ListFacts, now: datetime) -> str:
    """Whether its dates include now: over, to come, or "" while it holds."""
    if facts.ends_at is not None and facts.ends_at <= now:
        return "over"
    return "to come" if facts.starts_at is not None and facts.starts_at > now else ""
