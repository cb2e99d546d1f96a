"""Offers that a mail's own block names: each reader is given a code, once a message, as the mail goes out.

Only messages that are on their way are given any: a preview shows a sample. Whoever cannot be given one (no code left,
the offer paused) gets the mail without the block.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from mailing.models import Message
from mailing.queries.permitting import Answer
from mailing.rendering import Compiled
from offers.giving import GivenCode, NotGiven
from offers.services.giving import Giving, give_each


def with_offers(
    messages: Sequence[Message],
    own: Sequence[Mapping[str, Any]],
    ready: Sequence[Compiled | None],
    answers: Sequence[Answer],
    now: datetime,
) -> list[Mapping[str, Any]]:
    """What senders give, with `offer` where the mail's block names one."""
    found = list(own)
    by_offer: dict[str, list[int]] = {}
    for n, compiled in enumerate(ready):
        if compiled is not None and compiled.offer and messages[n].identifier_id is not None:
            by_offer.setdefault(compiled.offer, []).append(n)
    for key in sorted(by_offer):
        places = by_offer[key]
        asked = [Giving(messages[n].identifier_id or 0, f"mail:{messages[n].pk}") for n in places]
        for n, given in zip(places, give_each(key, asked, now), strict=True):
            rest = {name: value for name, value in found[n].items() if name != "offer"}
            found[n] = rest if isinstance(given, NotGiven) else {**rest, "offer": _shown(given, answers[n].locale)}
    return found


def _shown(given: GivenCode, locale: str) -> dict[str, Any]:
    told: dict[str, Any] = {"title": given.title(locale), "code": given.code}
    day = given.last_day(ZoneInfo(settings.COMPANY_TIME_ZONE))
    return told | ({"expires": day} if day else {})
