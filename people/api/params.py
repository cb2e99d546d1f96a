"""Query parameters of the profile API. Unknown ones are refused by name: a misspelt filter never widens an answer."""

import base64
import binascii
import re
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, time, timedelta

from django.http import QueryDict

MOST = 200
LONGEST = 1_000
_SPACE_FOR_PLUS = re.compile(r" (\d\d:?\d\d)$")


class BadParameter(ValueError):
    """A parameter that cannot be used: `name`, and in words what is wrong and how to mend it."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(text)
        self.name = name


class Params:
    """The query string, read by name and type. Raises BadParameter for what is not among `known`."""

    def __init__(self, query: QueryDict, known: Collection[str]) -> None:
        for name in query:
            if name not in known:
                takes = ", ".join(sorted(known)) or "no parameters"
                raise BadParameter(name[:64], f"Unknown parameter `{name[:64]}`: this call takes {takes}.")
            if len(query.getlist(name)) > 1:
                raise BadParameter(name, f"`{name}` was given more than once: give it once.")
        self._given: Mapping[str, str] = {name: str(value) for name, value in query.items()}

    def text(self, name: str) -> str:
        """As given, stripped; "" where it is absent."""
        found = self._given.get(name, "").strip()
        if len(found) > LONGEST or "\0" in found:
            raise BadParameter(name, f"`{name}` has at most {LONGEST} characters and no NUL.")
        return found

    def limit(self, default: int) -> int:
        """1 to 200."""
        found = self.text("limit")
        if not found:
            return default
        if not (found.isascii() and found.isdigit() and len(found) < 6 and 1 <= int(found) <= MOST):
            raise BadParameter("limit", f"`limit` is a whole number from 1 to {MOST}.")
        return int(found)

    def flag(self, name: str) -> bool:
        """true or false; absent is false."""
        found = self.text(name).lower()
        if found not in ("", "true", "false", "1", "0"):
            raise BadParameter(name, f"`{name}` is true or false.")
        return found in ("true", "1")

    def choice(self, name: str, choices: Mapping[str, str]) -> str:
        """What the given word stands for; "" where it is absent."""
        found = self.text(name)
        if found and found not in choices:
            raise BadParameter(name, f"`{name}` is one of {', '.join(choices)}.")
        return choices[found] if found else ""

    def names(self, name: str) -> tuple[str, ...]:
        """A comma-separated list; empty where it is absent."""
        return tuple(part for one in self.text(name).split(",") if (part := one.strip()))

    def whole(self, name: str) -> int | None:
        """An id."""
        found = self.text(name)
        if found and not (found.isascii() and found.isdigit() and len(found) < 19):
            raise BadParameter(name, f"`{name}` is a whole number.")
        return int(found) if found else None

    def instant(self, name: str) -> datetime | None:
        """ISO 8601, a date meaning its beginning; without a zone in UTC."""
        given = self.text(name)
        if not given:
            return None
        try:
            found = datetime.fromisoformat(_SPACE_FOR_PLUS.sub(r"+\1", given))
            if found.tzinfo is None:
                found = datetime.combine(found.date(), found.time() or time.min, UTC)
            found.astimezone(UTC) - timedelta(days=1)
            return found.astimezone(UTC)
        except (ValueError, OverflowError):
            raise BadParameter(
                name, f"`{name}` is an instant like 2026-11-22T14:30:00Z or a date like 2026-11-22."
            ) from None

    def past(self, name: str, now: datetime) -> datetime | None:
        """An instant that lies behind us."""
        found = self.instant(name)
        if found is not None and found > now:
            raise BadParameter(name, f"`{name}` lies in the future: nobody knows how a person will stand.")
        return found

    def cursor(self, name: str) -> str:
        """What a cursor of ours says; "" for the first page."""
        given = self.text(name)
        try:
            said = base64.b64decode(given + "=" * (-len(given) % 4), b"-_", validate=True).decode() if given else ""
            if "\0" in said:
                raise ValueError("a NUL")
            return said
        except (binascii.Error, ValueError):
            raise BadParameter(name, f"`{name}` is no cursor: take it from the answer before, as it stands.") from None


def cursor_of(said: str | None) -> str:
    """A cursor to be given out; "" at the end."""
    return base64.urlsafe_b64encode(said.encode()).decode().rstrip("=") if said else ""
