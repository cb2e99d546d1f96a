"""The policy's form as typed: read, judged with sentences beside the fields, and said in plain words. No database."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.http import QueryDict

from cdp.lib.clock import known_zones
from mailing.models import Policy
from mailing.pacing import warm_up_cap

WHOLE = (
    "cap_per_day", "cap_per_week", "quiet_from_hour", "quiet_to_hour", "per_minute", "warm_up_first_day",
    "warm_up_growth_percent", "warm_up_days", "approval_above",
)  # fmt: skip
NEEDED = ("warm_up_first_day", "warm_up_growth_percent", "warm_up_days", "approval_above")
HIGHEST = {
    "cap_per_day": 50, "cap_per_week": 200, "per_minute": 1_000_000, "warm_up_first_day": 10_000_000,
    "warm_up_growth_percent": 500, "warm_up_days": 120, "approval_above": 100_000_000,
}  # fmt: skip
LOWEST = {"approval_above": 0, "warm_up_growth_percent": 0, "cap_per_day": 0, "cap_per_week": 0}
DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}")
MOST_ROWS, MOST_A_MINUTE = 100, 1_000_000


@dataclass(slots=True)
class PolicyForm:
    """`texts`: every field as typed; `domains`: (domain, most a minute) rows; `errors`: {field: sentence}."""

    texts: dict[str, str]
    domains: list[tuple[str, str]]
    errors: dict[str, str] = field(default_factory=dict)

    def values(self) -> dict[str, Any]:
        """The columns; what cannot be read is among `errors`."""
        found: dict[str, Any] = {name: self._whole(name) for name in WHOLE}
        found["time_zone"] = self._zone()
        found["warm_up_from"] = self._day()
        if (found["quiet_from_hour"] is None) != (
            found["quiet_to_hour"] is None
        ) and "quiet_to_hour" not in self.errors:
            self.errors["quiet_to_hour"] = "Quiet hours need a beginning and an end, or neither."
        return found

    def paces(self) -> dict[str, int]:
        """{domain: most a minute}; what cannot be read is among `errors`."""
        found: dict[str, int] = {}
        for domain, most in self.domains:
            name = domain.lower().removeprefix("@")
            if not name and not most:
                continue
            if not DOMAIN.fullmatch(name):
                self.errors["domains"] = f"“{domain}” is no domain: write it like gmail.com."
            elif name in found:
                self.errors["domains"] = f"{name} is named twice: keep one."
            elif not most.isascii() or not most.isdecimal() or not 1 <= int(most) <= MOST_A_MINUTE:
                self.errors["domains"] = f"How many mails a minute to {name}? A whole number from 1."
            else:
                found[name] = int(most)
        return found

    def _whole(self, name: str) -> int | None:
        text = self.texts[name]
        if not text:
            if name in NEEDED:
                self.errors[name] = "A number is needed here."
            return None
        low, high = (0, 23) if name.startswith("quiet") else (LOWEST.get(name, 1), HIGHEST[name])
        if text.isascii() and text.isdecimal() and len(text) <= 9 and low <= int(text) <= high:
            return int(text)
        self.errors[name] = f"A whole number from {low:,} to {high:,}."
        return None

    def _zone(self) -> str:
        name = self.texts["time_zone"]
        if name and name not in known_zones():
            self.errors["time_zone"] = f"There is no time zone “{name}”: write it like Europe/Berlin."
        return name

    def _day(self) -> date | None:
        text = self.texts["warm_up_from"]
        try:
            return date.fromisoformat(text) if text else None
        except ValueError:
            self.errors["warm_up_from"] = "A day, like 2026-05-03."
            return None


def of_post(post: QueryDict) -> PolicyForm:
    """The form as sent."""

    def clean(text: str) -> str:
        return text.replace("\0", "").strip()[:100]

    texts = {name: clean(post.get(name, "")) for name in (*WHOLE, "time_zone", "warm_up_from")}
    rows = zip(post.getlist("domain")[:MOST_ROWS], post.getlist("domain_pace")[:MOST_ROWS], strict=False)
    return PolicyForm(texts, [(clean(a), clean(b)) for a, b in rows])


def of_policy(row: Policy, paces: Mapping[str, int]) -> PolicyForm:
    """The form as it opens."""
    texts = {name: "" if getattr(row, name) is None else str(getattr(row, name)) for name in WHOLE}
    texts |= {"time_zone": row.time_zone, "warm_up_from": row.warm_up_from.isoformat() if row.warm_up_from else ""}
    return PolicyForm(texts, [(domain, str(pace)) for domain, pace in paces.items()])


def in_words(row: Policy, paces: Mapping[str, int], today: date) -> str:
    """The policy as one would say it."""
    pairs = ((row.cap_per_day, "a day"), (row.cap_per_week, "a week"))
    caps = [f"{n} marketing mail{'' if n == 1 else 's'} {unit}" for n, unit in pairs if n is not None]
    said = [f"Nobody gets more than {' and '.join(caps)}" if caps else "Marketing mails are not capped"]
    quiet = (row.quiet_from_hour, row.quiet_to_hour)
    has_quiet = None not in quiet and quiet[0] != quiet[1]
    said.append(f"none from {quiet[0]}:00 to {quiet[1]}:00 where the person is" if has_quiet else "at any hour")
    said.append(f"at most {row.per_minute:,} a minute in all" if row.per_minute else "as fast as the server takes them")
    cap = warm_up_cap(row.warm_up_from, row.warm_up_first_day, row.warm_up_growth_percent, row.warm_up_days, today)
    if cap is not None:
        said.append(f"today at most {cap:,}, since the sender warms up")
    if paces:
        said.append(f"slower to {', '.join(paces)}")
    return ", ".join(said) + "."


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a day of the warm-up allows; `share` of its last day in percent."""

    day: date
    number: int
    most: int
    share: int
    is_today: bool


def allowances(row: Policy, today: date) -> Sequence[Allowance]:
    """Every day of the warm-up; none without one."""
    if row.warm_up_from is None:
        return ()
    days = list(_days(row))
    highest = max((most for _, most in days), default=1)
    return tuple(
        Allowance(day, n, most, max(1, round(100 * most / max(highest, 1))), day == today)
        for n, (day, most) in enumerate(days, 1)
    )


def _days(row: Policy) -> Iterator[tuple[date, int]]:
    for n in range(row.warm_up_days):
        day = row.warm_up_from + timedelta(days=n) if row.warm_up_from else date.max
        most = warm_up_cap(row.warm_up_from, row.warm_up_first_day, row.warm_up_growth_percent, row.warm_up_days, day)
        if most is not None:
            yield day, most
