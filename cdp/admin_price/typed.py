"""The settings of a price list as a form holds them, and read from it; what cannot be read keeps its text."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation

from django.http import QueryDict
from django.utils import timezone
from django.utils.text import slugify

from cdp.admin_placement.typed import shown_at
from offers.models import PriceList
from offers.services.prices import LONGEST_KEY, Fault, ListDraft

FIELDS = (
    *("name", "key", "currency", "priority", "whom", "segment", "group", "percent_off", "starts_at", "ends_at", "seen"),
)  # fmt: skip
LONGEST = 500
EVERYBODY, SEGMENT, GROUP, BOTH = "everybody", "segment", "group", "both"
WHOM = (
    (GROUP, "A customer group", "people whose trait customer_group has this value"),
    (SEGMENT, "A segment", "its members, as it stands at that moment"),
    (BOTH, "Members of a segment who are of a group", "both have to hold"),
    (EVERYBODY, "Everybody", "visitors who are not known, too: nothing personal about it"),
)


@dataclass(slots=True)
class Typed:
    """The form as typed. `errors`: {field: sentences}."""

    texts: dict[str, str]
    errors: dict[str, list[str]] = field(default_factory=dict)

    def fail(self, faults: Iterable[Fault]) -> None:
        """Puts each sentence beside its field, once."""
        for where, sentence in faults:
            said = self.errors.setdefault(where, [])
            if sentence not in said:
                said.append(sentence)

    def draft(self) -> ListDraft:
        """The settings that were typed. What cannot be read is among `errors`."""
        text, whom = self.texts, self.texts["whom"]
        if whom in (SEGMENT, BOTH) and not text["segment"]:
            self.fail([("segment", "Choose the segment.")])
        if whom in (GROUP, BOTH) and not text["group"]:
            self.fail([("group", "Say which group.")])
        return ListDraft(
            key=text["key"] or slugify(text["name"])[:LONGEST_KEY].strip("-"),
            name=text["name"],
            currency=text["currency"].upper(),
            priority=self._whole("priority"),
            segment=text["segment"] if whom in (SEGMENT, BOTH) else "",
            group=text["group"] if whom in (GROUP, BOTH) else "",
            percent_off=self._decimal("percent_off"),
            starts_at=self._instant("starts_at"),
            ends_at=self._instant("ends_at"),
            seen_at=self._seen(),
        )

    def _whole(self, name: str) -> int:
        text = self.texts[name]
        if text.isascii() and text.isdecimal() and len(text) <= 4:
            return int(text)
        self.fail([(name, "A whole number from 0 to 100.")])
        return 50

    def _decimal(self, name: str) -> Decimal | None:
        text = self.texts[name].removesuffix("%").strip().replace(",", ".")
        try:
            found = Decimal(text) if text else None
        except InvalidOperation:
            found = Decimal("nan")
        if found is not None and not found.is_finite():
            self.fail([(name, "A number, like 12.5.")])
            return None
        return found

    def _instant(self, name: str) -> datetime | None:
        return read_instant(self, name, self.texts[name])

    def _seen(self) -> datetime | None:
        try:
            return datetime.fromisoformat(self.texts["seen"])
        except ValueError:
            return None


def read_instant(form: Typed, name: str, text: str) -> datetime | None:
    """A date and time as typed in the company's zone; None for none, or with a fault."""
    if not text:
        return None
    try:
        return timezone.make_aware(datetime.fromisoformat(text).replace(tzinfo=None))
    except ValueError:
        form.fail([(name, "A day and a time, like 2026-12-24T08:00.")])
        return None


def of_post(post: QueryDict) -> Typed:
    """The form as sent."""
    return Typed({name: post.get(name, "").replace("\0", "").strip()[:LONGEST] for name in FIELDS})


def of_row(row: PriceList) -> Typed:
    """The form as it opens."""
    whom = {(True, True): BOTH, (True, False): SEGMENT, (False, True): GROUP}.get(
        (bool(row.segment), bool(row.group)), EVERYBODY
    )
    return Typed(
        {
            "name": row.name,
            "key": row.key,
            "currency": row.currency,
            "priority": str(row.priority),
            "whom": whom,
            "segment": row.segment,
            "group": row.group,
            "percent_off": "" if row.percent_off is None else f"{row.percent_off.normalize():f}",
            "starts_at": shown_at(row.starts_at),
            "ends_at": shown_at(row.ends_at),
            "seen": row.updated_at.isoformat(),
        }
    )


def fresh(currency: str) -> Typed:
    """The form of a new list."""
    return Typed(dict.fromkeys(FIELDS, "") | {"whom": GROUP, "currency": currency, "priority": "50"})
