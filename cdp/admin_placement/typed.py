"""What was typed into a placement's form, kept as text until it can be read, and the spec it makes.

Rows (strategies, boosts, rules, names of categories) come as repeated fields in the order of the page. A row whose
first field is empty is no row.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar, cast, get_args

from django.http import QueryDict
from django.utils import timezone
from django.utils.text import slugify

from recommendations.contracts import Strategy
from recommendations.placement_checks import LONGEST_KEY, Fault, faults
from recommendations.placements import Boost, Caps, Filters, Kind, PlacementSpec, Rule, Weighted

T = TypeVar("T")
TEXTS = (
    *("name", "key", "kind", "title", "mode", "n", "owned", "category_rule", "price_min", "price_max", "price_from"),
    *("price_to", "per_category", "per_brand", "diversity", "exploration", "holdout", "holdout_shows", "seen"),
)
TICKS = ("is_active", "in_stock")
LISTS = ("category", "not_category", "brand", "not_brand", "fallback")
RULE_FIELDS = ("action", "target", "value", "position", "starts", "ends", "segment", "note")
LONGEST, MOST_ROWS = 500, 300
SHORT_NAMES = {"categories": "category", "not_categories": "not_category", "brands": "brand", "not_brands": "not_brand"}
LOCAL = "%Y-%m-%dT%H:%M"


@dataclass(slots=True)
class Typed:
    """The form as typed. `errors`: {field or "rows.number": sentences}."""

    texts: dict[str, str]
    ticks: set[str]
    lists: dict[str, list[str]]
    strategies: list[tuple[str, str]]
    boosts: list[tuple[str, str, str]]
    rules: list[dict[str, str]]
    errors: dict[str, list[str]] = field(default_factory=dict)

    def fail(self, faults: Iterable[Fault]) -> None:
        """Puts each sentence beside its field, once."""
        for where, sentence in faults:
            said = self.errors.setdefault(_field(where), [])
            if sentence not in said:
                said.append(sentence)

    def judge(self, spec: PlacementSpec, *, but: Collection[str] = ()) -> None:
        """Says everything that is wrong with what was typed, but for these fields; what could not be read is said."""
        unread = set(self.errors)
        self.fail(one for one in faults(spec) if one[0] not in but and _field(one[0]) not in unread)

    def spec(self) -> PlacementSpec:
        """The placement that was typed. What cannot be read is among `errors`, with something else in its place."""
        text = self.texts
        return PlacementSpec(
            key=text["key"] or slugify(text["name"])[:LONGEST_KEY].strip("-"),
            name=text["name"],
            kind=self._one("kind", Kind, Kind.CUSTOM),
            title=text["title"],
            strategies=tuple(self._strategy(n, *row) for n, row in enumerate(self.strategies)),
            mode="in_turn" if text["mode"] == "in_turn" else "blend",
            fallbacks=tuple(
                self._one(f"fallbacks.{n}", Strategy, Strategy.POPULAR, each)
                for n, each in enumerate(self.lists["fallback"])
            ),
            n=self._whole("n", text["n"]) or 0,
            filters=self._filters(),
            caps=Caps(
                per_category=self._whole("per_category", text["per_category"]),
                per_brand=self._whole("per_brand", text["per_brand"]),
            ),
            boosts=tuple(self._boost(n, *row) for n, row in enumerate(self.boosts)),
            diversity=self._share("diversity") or 0.0,
            exploration=self._share("exploration") or 0.0,
            rules=self.spec_rules(),
            holdout=self._share("holdout") or 0.0,
            holdout_shows="nothing" if text["holdout_shows"] == "nothing" else "popular",
        )

    def spec_rules(self) -> tuple[Rule, ...]:
        """The rules; what cannot be read is among `errors`."""
        return tuple(self._rule(f"rules.{n}", row) for n, row in enumerate(self.rules))

    @property
    def notes(self) -> tuple[str, ...]:
        """Beside the rules."""
        return tuple(row["note"] for row in self.rules)

    @property
    def is_active(self) -> bool:
        """Whether it is to answer."""
        return "is_active" in self.ticks

    def seen_at(self) -> datetime | None:
        """When what was edited had been saved last."""
        try:
            return datetime.fromisoformat(self.texts["seen"])
        except ValueError:
            return None

    def _filters(self) -> Filters:
        text, lists = self.texts, self.lists
        return Filters(
            in_stock="in_stock" in self.ticks,
            owned=cast(Any, text["owned"] if text["owned"] in ("exclude", "only", "any") else "exclude"),
            price_min=self._read("price_min", text["price_min"], Decimal),
            price_max=self._read("price_max", text["price_max"], Decimal),
            price_from=self._share("price_from"),
            price_to=self._share("price_to"),
            categories=tuple(lists["category"]),
            not_categories=tuple(lists["not_category"]),
            brands=tuple(lists["brand"]),
            not_brands=tuple(lists["not_brand"]),
            same_category=text["category_rule"] == "same",
            other_category=text["category_rule"] == "other",
        )

    def _strategy(self, number: int, strategy: str, weight: str) -> Weighted:
        where = f"strategies.{number}"
        found = self._read(where, weight or "1", float)
        return Weighted(self._one(where, Strategy, Strategy.FOR_YOU, strategy), 1.0 if found is None else found)

    def _boost(self, number: int, by: str, weight: str, value: str) -> Boost:
        where = f"boosts.{number}"
        if by not in get_args(Boost.__annotations__["by"]):
            self.fail([(where, "Choose what is boosted.")])
        share = self._read(where, weight or "0", float) or 0.0
        return Boost(cast(Any, by), share / 100, value if by in ("category", "brand") else "")

    def _rule(self, where: str, row: dict[str, str]) -> Rule:
        return Rule(
            action="pin" if row["action"] == "pin" else "exclude",
            target=cast(Any, row["target"] if row["target"] in ("product", "category", "brand") else "product"),
            value=row["value"],
            position=self._whole(where, row["position"]) or 0 if row["action"] == "pin" else 0,
            starts_at=self._instant(where, row["starts"]),
            ends_at=self._instant(where, row["ends"]),
            segment=row["segment"],
        )

    def _one(self, where: str, kind: type[T], otherwise: T, text: str | None = None) -> T:
        try:
            return kind(self.texts[where] if text is None else text)  # type: ignore[call-arg]
        except ValueError:
            self.fail([(where, "Choose one of those there are.")])
            return otherwise

    def _whole(self, where: str, text: str) -> int | None:
        if not text:
            return None
        if text.isascii() and text.isdecimal() and len(text) <= 4:
            return int(text)
        self.fail([(where, "A whole number, like 4.")])
        return None

    def _share(self, where: str) -> float | None:
        found = self._read(where, self.texts[where].removesuffix("%").strip(), float)
        return None if found is None else round(found / 100, 6)

    def _read(self, where: str, text: str, kind: Callable[[str], T]) -> T | None:
        if not text:
            return None
        try:
            return kind(text.replace(",", ".") if text.count(",") == 1 and "." not in text else text)
        except (ValueError, InvalidOperation):
            self.fail([(where, "A number, like 2.5.")])
            return None

    def _instant(self, where: str, text: str) -> datetime | None:
        if not text:
            return None
        try:
            return timezone.make_aware(datetime.fromisoformat(text).replace(tzinfo=None))
        except ValueError:
            self.fail([(where, "A day and a time, like 2026-12-24T08:00.")])
            return None


def of_post(post: QueryDict) -> Typed:
    """The form as sent."""
    one = {name: _clean(post.get(name, "")) for name in TEXTS}
    lists = {name: list(dict.fromkeys(text for text in _all(post, name) if text)) for name in LISTS}
    lists["fallback"] = [text for text in _all(post, "fallback") if text]
    return Typed(
        texts=one,
        ticks={name for name in TICKS if post.get(name)},
        lists=lists,
        strategies=[(a, b) for a, b in _rows(post, "strategy", "weight") if a],
        boosts=[(a, b, c) for a, b, c in _rows(post, "boost_by", "boost_weight", "boost_value") if a],
        rules=rules_of_post(post),
    )


def rules_of_post(post: QueryDict) -> list[dict[str, str]]:
    """The rows of rules: those that name something."""
    rows = _rows(post, *(f"rule_{name}" for name in RULE_FIELDS))
    return [found for row in rows if (found := dict(zip(RULE_FIELDS, row, strict=True)))["value"]]


def of_rules(post: QueryDict) -> Typed:
    """A form of rules alone."""
    return Typed(dict.fromkeys(TEXTS, ""), set(), {name: [] for name in LISTS}, [], [], rules_of_post(post))


def of_spec(
    spec: PlacementSpec, *, is_active: bool, notes: Iterable[str] = (), seen_at: datetime | None = None
) -> Typed:
    """The form as it opens."""
    filters = spec.filters
    texts = {
        "name": spec.name,
        "key": spec.key,
        "kind": spec.kind.value,
        "title": spec.title,
        "mode": spec.mode,
        "n": str(spec.n),
        "owned": filters.owned,
        "category_rule": "same" if filters.same_category else "other" if filters.other_category else "",
        "price_min": _plain(filters.price_min),
        "price_max": _plain(filters.price_max),
        "price_from": _percent(filters.price_from),
        "price_to": _percent(filters.price_to),
        "per_category": _plain(spec.caps.per_category),
        "per_brand": _plain(spec.caps.per_brand),
        "diversity": _percent(spec.diversity),
        "exploration": _percent(spec.exploration),
        "holdout": _percent(spec.holdout),
        "holdout_shows": spec.holdout_shows,
        "seen": seen_at.isoformat() if seen_at else "",
    }
    padded = [*notes, *[""] * len(spec.rules)]
    return Typed(
        texts=texts,
        ticks={name for name, on in (("is_active", is_active), ("in_stock", filters.in_stock)) if on},
        lists={
            **{short: list(getattr(filters, name)) for name, short in SHORT_NAMES.items()},
            "fallback": [each.value for each in spec.fallbacks],
        },
        strategies=[(one.strategy.value, f"{one.weight:g}") for one in spec.strategies],
        boosts=[(one.by, _percent(one.weight), one.value) for one in spec.boosts],
        rules=[_rule_typed(rule, note) for rule, note in zip(spec.rules, padded, strict=False)],
    )


def shown_at(instant: datetime | None) -> str:
    """As a date-time field of the reader's zone holds it."""
    return timezone.localtime(instant).strftime(LOCAL) if instant else ""


def _rule_typed(rule: Rule, note: str) -> dict[str, str]:
    return {
        "action": rule.action,
        "target": rule.target,
        "value": rule.value,
        "position": str(rule.position) if rule.position else "",
        "starts": shown_at(rule.starts_at),
        "ends": shown_at(rule.ends_at),
        "segment": rule.segment,
        "note": note,
    }


def _field(where: str) -> str:
    """`filters.price_min` → `price_min`; numbers of rows stay."""
    group, _, rest = where.partition(".")
    name = rest if group in ("filters", "caps") else where
    return SHORT_NAMES.get(name, name)


def _rows(post: QueryDict, *names: str) -> list[tuple[str, ...]]:
    """Repeated fields side by side; columns that are shorter end with empty texts."""
    columns = [_all(post, name) for name in names]
    longest = max(map(len, columns))
    return list(zip(*([*column, *[""] * (longest - len(column))] for column in columns), strict=True))


def _all(post: QueryDict, name: str) -> list[str]:
    return [_clean(text) for text in post.getlist(name)[:MOST_ROWS]]


def _clean(text: str) -> str:
    return text.replace("\0", "").strip()[:LONGEST]


def _plain(value: Decimal | int | None) -> str:
    return "" if value is None else f"{value:f}" if isinstance(value, Decimal) else str(value)


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share * 100:.6g}"
