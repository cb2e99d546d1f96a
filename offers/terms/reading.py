"""Reading JSON whose faults are told with their paths, all at once."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, time
from decimal import Decimal
from typing import Any

from cdp.lib.values import number

MOST_LISTED = 5_000
LONGEST = 512


@dataclass(frozen=True, slots=True)
class TermsFault:
    """`path` leads to what is wrong (`$.scope.categories[1]`); `message` says what it takes."""

    path: str
    message: str


class TermsError(ValueError):
    """Terms that cannot be used, with every fault."""

    def __init__(self, faults: Collection[TermsFault]) -> None:
        super().__init__("; ".join(f"{one.path} {one.message}" for one in faults))
        self.faults = tuple(faults)


class Piece:
    """One object of the JSON and where it stands. What is null, "", [] or {} counts as left out."""

    def __init__(self, raw: object, path: str, faults: list[TermsFault], allowed: Collection[str]) -> None:
        self.path, self.faults = path, faults
        self.raw: Mapping[str, Any] = raw if isinstance(raw, dict) else {}
        if not isinstance(raw, dict):
            self.refuse("", f"takes an object with any of {', '.join(allowed)}")
        for unknown in sorted(str(key) for key in self.raw if key not in allowed)[:20]:
            self.refuse(unknown[:80], f"is not known here; there are {', '.join(allowed)}")

    def refuse(self, key: str, message: str) -> None:
        """Note a fault of a key; of the piece itself where the key is empty."""
        self.faults.append(TermsFault(self.at(key), message))

    def at(self, key: str) -> str:
        """The path of a key."""
        return f"{self.path}.{key}" if key else self.path

    def has(self, key: str) -> bool:
        """Whether something is said there."""
        value = self.raw.get(key)
        return value is not None and value not in ("", [], {})

    def piece(self, key: str, allowed: Collection[str]) -> "Piece":
        """The object below a key; an empty one where there is none."""
        return Piece(self.raw[key] if self.has(key) else {}, self.at(key), self.faults, allowed)

    def pieces(self, key: str, allowed: Collection[str]) -> list["Piece"]:
        """The objects in a list."""
        return [Piece(raw, path, self.faults, allowed) for raw, path in self._listed(key)]

    def amount(self, key: str, *, low: Decimal | int = 0, high: Decimal | int = 10**12) -> Decimal | None:
        """A decimal number, as text or a number, from `low` to `high`."""
        if not self.has(key):
            return None
        found = number(self.raw[key])
        if found is None or not low <= found <= high:
            self.refuse(key, f"takes a number from {low} to {high}, best as text such as “10.00”")
            return None
        return found

    def positive(self, key: str) -> Decimal | None:
        """A number above 0."""
        found = self.amount(key)
        if found == 0:
            self.refuse(key, "takes a number above 0")
            return None
        return found

    def whole(self, key: str, *, low: int = 1, high: int = 10**9) -> int | None:
        """A whole number."""
        if not self.has(key):
            return None
        found = number(self.raw[key])
        if found is None or found != int(found) or not low <= found <= high:
            self.refuse(key, f"takes a whole number from {low} to {high}")
            return None
        return int(found)

    def flag(self, key: str) -> bool:
        """true or false; false where left out."""
        value = self.raw.get(key)
        if value is not None and not isinstance(value, bool):
            self.refuse(key, "takes true or false")
        return value is True

    def text(self, key: str) -> str:
        """A text; empty where left out."""
        if not self.has(key):
            return ""
        value = self.raw[key]
        if not isinstance(value, str) or len(value) > LONGEST:
            self.refuse(key, f"takes text of up to {LONGEST} characters")
            return ""
        return value.strip()

    def choice(self, key: str, allowed: Collection[str], default: str) -> str:
        """One of some words."""
        value = self.raw[key] if self.has(key) else default
        if value not in allowed:
            self.refuse(key, f"takes one of {', '.join(allowed)}")
            return default
        return str(value)

    def texts(self, key: str) -> frozenset[str]:
        """A list of texts or numbers that are names."""
        found = set[str]()
        for value, path in self._listed(key):
            if isinstance(value, int | Decimal) and not isinstance(value, bool):
                value = str(value)
            if isinstance(value, str) and 0 < len(value) <= LONGEST:
                found.add(value.strip())
            else:
                self.faults.append(TermsFault(path, f"takes text of 1 to {LONGEST} characters"))
        return frozenset(found)

    def by_language(self, key: str) -> dict[str, str]:
        """Texts by language: `{"en": …, "de": …}`."""
        if not self.has(key):
            return {}
        value = self.raw[key]
        if not isinstance(value, dict):
            self.refuse(key, 'takes texts by language: {"en": "…"}')
            return {}
        for language, said in value.items():
            if not isinstance(said, str) or len(said) > 2_000:
                self.refuse(f"{key}.{language}", "takes text of up to 2000 characters")
        return {str(language).lower(): said for language, said in value.items() if isinstance(said, str)}

    def instant(self, key: str) -> datetime | None:
        """An instant with its zone."""
        value = self.text(key)
        if not value:
            return None
        try:
            found = datetime.fromisoformat(value)
        except ValueError:
            found = None
        if found is None or found.tzinfo is None:
            self.refuse(key, "takes a time with its zone, such as 2026-11-27T00:00:00+01:00")
            return None
        return found

    def clock(self, key: str) -> time | None:
        """A time of day."""
        value = self.text(key)
        if not value:
            return None
        try:
            found = time.fromisoformat(value)
        except ValueError:
            found = None
        if found is None or found.tzinfo is not None:
            self.refuse(key, "takes a time of day such as 18:00")
            return None
        return found

    def _listed(self, key: str) -> list[tuple[Any, str]]:
        value = self.raw[key] if self.has(key) else []
        if not isinstance(value, list) or len(value) > MOST_LISTED:
            self.refuse(key, f"takes a list of up to {MOST_LISTED}")
            return []
        return [(one, f"{self.at(key)}[{index}]") for index, one in enumerate(value)]
