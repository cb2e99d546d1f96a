"""Blocks of content: what they may hold, what is wrong with one, and which variant somebody gets. Pure.

`pick` is a function of (content, locale, segments held, instant): asked the same, it answers the same. The order: whose
segment the asker is in (the first named wins) before those for everybody, then the nearest language, then the order of
the editor; where nothing fits, the fallback.
"""

import json
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Literal
from urllib.parse import urlsplit

import msgspec

Kind = Literal["banner", "html", "data"]
KINDS: tuple[Kind, ...] = ("banner", "html", "data")
BANNER_FIELDS = ("title", "text", "image", "image_alt", "href", "button")
MOST_VARIANTS, LONGEST_HTML, LONGEST_DATA = 50, 20_000, 20_000
LONGEST: Mapping[str, int] = MappingProxyType(
    {"title": 200, "text": 1_000, "image": 2_000, "image_alt": 200, "href": 2_000, "button": 60}
)
LOCALE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
FALLBACK = "fallback"
Fault = tuple[str, str]
"""(field, sentence): `fallback.title`, `variants.0.locale`."""


class Variant(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What some people see: empty `locale` is any language, empty `segment` everybody, no instant at any time."""

    id: str
    body: dict[str, Any]
    name: str = ""
    locale: str = ""
    segment: str = ""
    starts_at: datetime | None = None
    ends_at: datetime | None = None


class Content(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One version of a block. A body by `kind`: BANNER_FIELDS, {"html": …} or {"data": {…}}."""

    kind: Kind
    fallback: dict[str, Any]
    variants: tuple[Variant, ...] = ()
    starts_at: datetime | None = None
    ends_at: datetime | None = None

    @property
    def segments(self) -> frozenset[str]:
        """The segments that a choice among its variants asks about."""
        return frozenset(one.segment for one in self.variants if one.segment)


@dataclass(frozen=True, slots=True)
class Picked:
    """Which variant (`fallback` for none), its body, and why as a code: segment, locale, everybody or fallback."""

    variant: str
    body: Mapping[str, Any]
    reason: str


def read_content(stored: object) -> Content:
    """The content that a row holds; raises msgspec.ValidationError."""
    return msgspec.convert(stored, Content, strict=True)


def stored_content(content: Content) -> dict[str, Any]:
    """As a row holds it."""
    found: dict[str, Any] = msgspec.to_builtins(content)
    return found


def in_window(starts_at: datetime | None, ends_at: datetime | None, now: datetime) -> bool:
    """From its start on, until just before its end."""
    return (starts_at is None or starts_at <= now) and (ends_at is None or now < ends_at)


def pick(content: Content, *, locale: str, slugs: Collection[str], now: datetime) -> Picked | None:
    """What somebody with this locale who is in these segments sees now; None outside the block's own dates."""
    if not in_window(content.starts_at, content.ends_at, now):
        return None
    first_named = {one.segment: place for place, one in reversed(list(enumerate(content.variants)))}
    fitting = [
        ((not one.segment, first_named[one.segment] if one.segment else 0, distance, place), one)
        for place, one in enumerate(content.variants)
        if in_window(one.starts_at, one.ends_at, now)
        and (not one.segment or one.segment in slugs)
        and (distance := locale_distance(one.locale, locale)) is not None
    ]
    if not fitting:
        return Picked(FALLBACK, content.fallback, "fallback")
    best = min(fitting, key=lambda pair: pair[0])[1]
    return Picked(best.id, best.body, "segment" if best.segment else "locale" if best.locale else "everybody")


def locale_distance(has: str, wanted: str) -> int | None:
    """0: the very same (`de-AT`); more: the language it is a kind of (`de`); most: any. None: another language."""
    if not has:
        return 99
    mine, theirs = _parts(has), _parts(wanted)
    return len(theirs) - len(mine) if theirs[: len(mine)] == mine else None


def faults(content: Content, segments: Collection[str] | None = None) -> list[Fault]:
    """Everything that is wrong, by field; `segments`: those there are, None where nobody knows."""
    found = [
        *_window_faults("", content.starts_at, content.ends_at),
        *body_faults(FALLBACK, content.kind, content.fallback),
    ]
    if len(content.variants) > MOST_VARIANTS:
        found.append(("variants", f"At most {MOST_VARIANTS} variants: make a second block of the others."))
    seen: dict[object, int] = {}
    for place, one in enumerate(content.variants):
        where = f"variants.{place}"
        found += _variant_faults(where, one, segments)
        found += body_faults(where, content.kind, one.body)
        same = (one.locale.lower(), one.segment, one.starts_at, one.ends_at)
        if same in seen:
            found.append(
                (where, f"Variant {seen[same] + 1} is for the same people and dates, so this one is never seen.")
            )
        seen.setdefault(same, place)
    if len({one.id for one in content.variants} | {FALLBACK}) <= len(content.variants):
        found.append(("variants", f"Each variant needs an id of its own, and none may be “{FALLBACK}”."))
    return found


def body_faults(where: str, kind: Kind, body: Mapping[str, Any]) -> list[Fault]:
    """What is wrong with the body of one variant."""
    if kind == "banner":
        return list(_banner_faults(where, body))
    if kind == "html":
        html = body.get("html")
        if not isinstance(html, str) or not html.strip():
            return [(f"{where}.html", "Write what is shown.")]
        return [(f"{where}.html", f"At most {LONGEST_HTML:,} signs.")] if len(html) > LONGEST_HTML else []
    data = body.get("data")
    if not isinstance(data, dict):
        return [(f"{where}.data", 'A JSON object, like {"layout": "wide"}.')]
    return [(f"{where}.data", f"At most {LONGEST_DATA:,} signs.")] if len(json.dumps(data)) > LONGEST_DATA else []


def is_address(text: str) -> bool:
    """Whether a browser may be led there: http, https, or a path of the shop's own."""
    if text.startswith("/"):
        return not text.startswith(("//", "/\\"))
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and " " not in text
    except ValueError:
        return False


def _banner_faults(where: str, body: Mapping[str, Any]) -> Iterable[Fault]:
    texts = {name: body.get(name, "") for name in BANNER_FIELDS}
    for name, text in texts.items():
        if not isinstance(text, str):
            yield f"{where}.{name}", "A text."
        elif len(text) > LONGEST[name]:
            yield f"{where}.{name}", f"At most {LONGEST[name]:,} signs."
        elif name in ("image", "href") and text and not is_address(text):
            yield f"{where}.{name}", "An address like https://shop.example/sale, or a path like /sale."
    if not any(texts[name] for name in ("title", "text", "image")):
        yield f"{where}.title", "A banner needs a title, a text or a picture."
    if texts["button"] and not texts["href"]:
        yield f"{where}.href", "Say where the button leads."
    for name in sorted(body.keys() - set(BANNER_FIELDS)):
        yield f"{where}.{name}", f"A banner has no {name}; it has {', '.join(BANNER_FIELDS)}."


def _variant_faults(where: str, one: Variant, segments: Collection[str] | None) -> Iterable[Fault]:
    if one.locale and not LOCALE.fullmatch(one.locale):
        yield f"{where}.locale", "A language like de, or with its country like de-AT."
    if segments is not None and one.segment and one.segment not in segments:
        yield f"{where}.segment", f"There is no live segment “{one.segment}”: choose one of those there are."
    yield from _window_faults(f"{where}.", one.starts_at, one.ends_at)


def _window_faults(where: str, starts_at: datetime | None, ends_at: datetime | None) -> Iterable[Fault]:
    for name, instant in (("starts_at", starts_at), ("ends_at", ends_at)):
        if instant is not None and instant.tzinfo is None:
            yield f"{where}{name}", "An instant with its zone, like 2026-12-24T08:00:00Z."
            return
    if starts_at is not None and ends_at is not None and ends_at <= starts_at:
        yield f"{where}ends_at", "It ends before it starts."


def _parts(locale: str) -> list[str]:
    return locale.replace("_", "-").lower().split("-") if locale else []
