"""The editor's form: what stands in its fields as terms, terms as fields, and each fault beside its field.

Fields are flat texts; the terms they make are read by `offers.terms` alone, which says what is wrong with them.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import QueryDict

from offers.terms import TermsError, TermsFault, parse_terms

SCOPE = ("product_ids", "categories", "brands", "exclude_product_ids", "exclude_categories", "exclude_brands")
LISTS = (*SCOPE, "methods", "channels", "countries", "currencies", "weekdays")
TICKS = ("exclude_reduced", "first_order", "needs_code", "threshold_on_full")
# field → where its text stands in the terms
PLACES: Mapping[str, tuple[str, ...]] = {
    **{name: (name,) for name in ("kind", "value", "per", "currency", "max_discount", "most_units", "units")},
    **{name: (name,) for name in ("from_time", "to_time", "cap_per_person", "cool_off_hours", "priority")},
    **{name: (name,) for name in ("budget_money", "budget_count", "margin_floor_percent", "reserve_minutes")},
    "gift_product": ("gift", "product_id"),
    "gift_quantity": ("gift", "quantity"),
    "buy_quantity": ("bundle", "buy", "quantity"),
    "get_quantity": ("bundle", "get", "quantity"),
    "get_percent": ("bundle", "get", "percent"),
    "bundle_price": ("bundle", "price"),
    "bundle_times": ("bundle", "most_times"),
    "points_per": ("points", "per"),
    "points_points": ("points", "points"),
    "points_fixed": ("points", "fixed"),
    "shipping_most": ("shipping", "most"),
    "subtotal_min": ("conditions", "subtotal_min"),
    "subtotal_max": ("conditions", "subtotal_max"),
    "quantity_min": ("conditions", "quantity_min"),
    "stack_with": ("stacking", "with"),
    "stack_group": ("stacking", "group"),
    "starts_at": ("starts_at",),
    "ends_at": ("ends_at",),
}
NUMBERS = (
    *("most_units", "priority", "cap_per_person", "cool_off_hours", "budget_count", "reserve_minutes"),
    *("gift_quantity", "buy_quantity", "get_quantity", "bundle_times", "points_points", "points_fixed"),
)
LIST_PLACES: Mapping[str, tuple[str, ...]] = {
    **{name: ("scope", name) for name in SCOPE},
    "methods": ("shipping", "methods"),
    **{name: ("conditions", name) for name in ("channels", "countries", "currencies")},
    "weekdays": ("weekdays",),
}
# What only some kinds take: what was typed for another kind stays on the page and is left out of the terms.
OF_KIND: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("value", "most_units", "units"), ("percent", "amount")),
    "per": ("amount",),
    "max_discount": ("percent", "amount", "bundle"),
    "margin_floor_percent": ("percent", "amount", "bundle", "gift"),
    **dict.fromkeys(("gift_product", "gift_quantity"), ("gift",)),
    **dict.fromkeys(("buy_quantity", "get_quantity", "get_percent", "bundle_price", "bundle_times"), ("bundle",)),
    **dict.fromkeys(("points_per", "points_points", "points_fixed"), ("points",)),
    **dict.fromkeys(("shipping_most", "methods"), ("free_shipping",)),
    **dict.fromkeys((*SCOPE, "exclude_reduced"), ("percent", "amount", "points", "bundle")),
}
EVERYBODY, SEGMENT, RULE = "everybody", "segment", "rule"


@dataclass(slots=True)
class OfferForm:
    """What stands in the editor. `errors`: messages by field; `languages`: rows of (language, title, text)."""

    name: str = ""
    key: str = ""
    notes: str = ""
    texts: dict[str, str] = field(default_factory=dict)
    lists: dict[str, list[str]] = field(default_factory=lambda: {name: [] for name in LISTS})
    ticks: set[str] = field(default_factory=set)
    languages: list[tuple[str, str, str]] = field(default_factory=list)
    audience_kind: str = EVERYBODY
    audience_segment: str = ""
    audience_rule: str = ""
    errors: dict[str, list[str]] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """What the customer gets."""
        return self.texts.get("kind", "percent")

    def terms(self) -> dict[str, Any]:
        """The terms that the fields say, as JSON, whatever is wrong with them."""
        made: dict[str, Any] = {}
        for name, place in PLACES.items():
            text = self.texts.get(name, "").strip()
            if text and self._is_asked(name):
                _put(made, self._moved(name, place), _value(name, text))
        for name, place in LIST_PLACES.items():
            values = [value.strip() for value in self.lists[name] if value.strip()]
            if values and self._is_asked(name):
                _put(made, self._moved(name, place), values)
        if "exclude_reduced" in self.ticks and self._is_asked("exclude_reduced"):
            _put(made, self._moved("exclude_reduced", ("scope", "exclude_reduced")), True)
        if "first_order" in self.ticks:
            _put(made, ("conditions", "first_order"), True)
        if "threshold_on_full" in self.ticks:
            _put(made, ("conditions", "threshold_on"), "full")
        if "needs_code" in self.ticks:
            made["needs_code"] = True
        if made.get("budget_money") and made.get("currency"):
            made["budget_currency"] = made["currency"]
        for language, title, text in self.languages:
            if language and title:
                _put(made, ("titles", language.lower()), title)
            if language and text:
                _put(made, ("texts", language.lower()), text)
        rule = self._rule()
        if rule is not None:
            made["audience"] = rule
        return made

    def check(self) -> dict[str, Any]:
        """The terms, with every fault noted beside its field."""
        terms = self.terms()
        if not self.name.strip():
            self.fail("name", "is missing: what you and your colleagues call it")
        if not any(title for _, title, _ in self.languages):
            self.fail("languages", "needs a title in one language at least: it is what customers read")
        if self.audience_kind == SEGMENT and not self.audience_segment:
            self.fail("audience", "needs a segment: choose one, or everybody")
        if self.audience_kind == RULE and self._rule() is None:
            self.fail("audience", "needs a rule: add a clause, or choose everybody")
        try:
            parse_terms(terms)
        except TermsError as error:
            for fault in error.faults:
                self.fail(field_of(fault), fault.message)
        return terms

    def fail(self, name: str, message: str) -> None:
        """Note a fault of a field."""
        self.errors.setdefault(name, []).append(
            message[:1].upper() + message[1:] + ("" if message.endswith(".") else ".")
        )

    def _is_asked(self, name: str) -> bool:
        return name not in OF_KIND or self.kind in OF_KIND[name]

    def _moved(self, name: str, place: tuple[str, ...]) -> tuple[str, ...]:
        """What a bundle is bought of stands in its own part."""
        is_scope = place[0] == "scope"
        return ("bundle", "buy", *place) if is_scope and self.kind == "bundle" else place

    def _rule(self) -> Any:
        if self.audience_kind == SEGMENT and self.audience_segment:
            return {"in_segment": self.audience_segment}
        if self.audience_kind != RULE:
            return None
        try:
            rule = json.loads(self.audience_rule or "null")
        except ValueError:
            return {"": "no JSON"}
        return None if rule in (None, {}, {"all": []}) else rule


def of_post(post: QueryDict) -> OfferForm:
    """What was typed."""
    clean = {name: _typed(post.get(name, "")) for name in PLACES}
    for name in ("starts_at", "ends_at"):
        clean[name] = _with_zone(clean[name])
    rows = zip(post.getlist("language"), post.getlist("title"), post.getlist("text"), strict=False)
    return OfferForm(
        name=_typed(post.get("name", "")),
        key=_typed(post.get("key", "")),
        notes=_typed(post.get("notes", "")),
        texts=clean,
        lists={name: [_typed(value) for value in post.getlist(name) if value.strip()] for name in LISTS},
        ticks={name for name in TICKS if post.get(name) == "yes"},
        languages=[tuple(_typed(part) for part in row) for row in rows if any(part.strip() for part in row)],  # type: ignore[misc]  # three
        audience_kind=post.get("audience_kind", EVERYBODY),
        audience_segment=_typed(post.get("audience_segment", "")),
        audience_rule=post.get("audience_rule", ""),
    )


def of_terms(terms: Mapping[str, Any], *, name: str = "", key: str = "", notes: str = "") -> OfferForm:
    """The form of stored terms."""
    form = OfferForm(name=name, key=key, notes=notes)
    is_bundle = terms.get("kind") == "bundle"
    for each, place in PLACES.items():
        found = _get(terms, place)
        form.texts[each] = "" if found is None else str(found)
    for each, place in LIST_PLACES.items():
        at = ("bundle", "buy", *place) if is_bundle and place[0] == "scope" else place
        found = _get(terms, at)
        form.lists[each] = [str(one) for one in found] if isinstance(found, list) else []
    scope = _get(terms, ("bundle", "buy", "scope") if is_bundle else ("scope",)) or {}
    conditions = terms.get("conditions") or {}
    told = {
        "exclude_reduced": scope.get("exclude_reduced") is True,
        "first_order": conditions.get("first_order") is True,
        "threshold_on_full": conditions.get("threshold_on") == "full",
        "needs_code": terms.get("needs_code") is True,
    }
    form.ticks = {each for each, is_so in told.items() if is_so}
    titles, texts = terms.get("titles") or {}, terms.get("texts") or {}
    form.languages = [(one, titles.get(one, ""), texts.get(one, "")) for one in dict.fromkeys([*titles, *texts])]
    rule = terms.get("audience")
    if isinstance(rule, dict) and set(rule) == {"in_segment"}:
        form.audience_kind, form.audience_segment = SEGMENT, str(rule["in_segment"])
    elif rule:
        form.audience_kind, form.audience_rule = RULE, json.dumps(rule)
    return form


def field_of(fault: TermsFault) -> str:
    """The field a path of the terms belongs to; "other" where the form has none."""
    path = re.sub(r"\[\d+\]", "", fault.path).removeprefix("$").removeprefix(".")
    parts = tuple(path.split(".")) if path else ()
    if parts[:2] == ("bundle", "buy") and parts[2:3] == ("scope",):
        parts = parts[2:]
    if parts and parts[0] in ("titles", "texts", "reasons"):
        return "languages"
    if parts and parts[0] == "audience":
        return "audience"
    for name, place in (*PLACES.items(), *LIST_PLACES.items()):
        if parts == place:
            return name
    named = {"bundle": "buy_quantity", "points": "points_per", "gift": "gift_product", "budget_currency": "currency"}
    return named.get(parts[0], "other") if parts else "other"


def _put(made: dict[str, Any], place: Sequence[str], value: Any) -> None:
    inside = made
    for step in place[:-1]:
        inside = inside.setdefault(step, {})
    inside[place[-1]] = value


def _get(terms: Mapping[str, Any], place: Iterable[str]) -> Any:
    found: Any = terms
    for step in place:
        if not isinstance(found, Mapping):
            return None
        found = found.get(step)
    return found


def _value(name: str, text: str) -> Any:
    """Whole numbers as numbers; amounts stay text, with a decimal comma taken as a point."""
    if name in NUMBERS and re.fullmatch(r"-?\d{1,9}", text):
        return int(text)
    return text.replace(",", ".") if re.fullmatch(r"\d+,\d{1,4}", text) else text


def _typed(text: str) -> str:
    return text.replace("\0", "").strip()


def _with_zone(text: str) -> str:
    """A moment as browsers send it stands in the company's zone."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return text
    return found.isoformat() if found.tzinfo else found.replace(tzinfo=ZoneInfo(settings.COMPANY_TIME_ZONE)).isoformat()


def for_input(text: str) -> str:
    """A stored moment as `<input type=datetime-local>` takes it, in the company's zone."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return text
    zone = ZoneInfo(settings.COMPANY_TIME_ZONE)
    return (found.astimezone(zone) if found.tzinfo else found).strftime("%Y-%m-%dT%H:%M")
