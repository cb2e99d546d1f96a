"""What somebody is given of an offer: its name in their language, a code where there is one, and until when. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo

NOT_GIVEN: Mapping[str, str] = {
    "offer_unknown": "there is no such offer",
    "offer_not_live": "the offer is a draft, paused or ended",
    "offer_over": "the offer is over",
    "not_started": "the offer has not begun yet",
    "no_codes_left": "no code of the offer is left",
}
"""Why nothing was given, in words."""


class NotGiven(Exception):
    """Nothing could be given. `reason`: a key of NOT_GIVEN."""

    def __init__(self, reason: str) -> None:
        super().__init__(NOT_GIVEN[reason])
        self.reason = reason


@dataclass(frozen=True, slots=True)
class GivenCode:
    """An offer as somebody was given it. `code` is empty where the offer takes none. `expires_at`: None: no end."""

    offer: str
    code: str
    expires_at: datetime | None
    titles: Mapping[str, str] = field(default_factory=dict)
    name: str = ""

    def last_day(self, zone: tzinfo) -> date | None:
        """The last day it is good on, where it ends."""
        return (
            None if self.expires_at is None else (self.expires_at - timedelta(microseconds=1)).astimezone(zone).date()
        )

    def title(self, locale: str = "") -> str:
        """In this language, else in English, else as staff call it."""
        language = locale.replace("_", "-").split("-")[0].lower()
        wanted = (locale, locale.replace("_", "-"), language, "en", *sorted(self.titles))
        return next((text for one in wanted if (text := self.titles.get(one, "").strip())), self.name)
