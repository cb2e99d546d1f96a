"""A block of content as its form holds it, and read from it; what cannot be read keeps its text and its fault."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.http import QueryDict
from django.utils import timezone
from django.utils.text import slugify

from cdp.admin_placement.typed import shown_at
from decisions.content import BANNER_FIELDS, FALLBACK, KINDS, MOST_VARIANTS, Content, Fault, Kind, Variant
from decisions.services.content import LONGEST_KEY, ContentDraft

TEXTS = ("name", "key", "kind", "starts_at", "ends_at", "seen")
HEAD = ("id", "name", "locale", "segment", "starts_at", "ends_at")
BODY = (*BANNER_FIELDS, "html", "data")
LONGEST, LONGEST_TEXT = 2_000, 40_000


@dataclass(slots=True)
class Typed:
    """The form as typed. `fallback` and each of `variants`: their fields by name. `errors`: {field: sentences}."""

    texts: dict[str, str]
    fallback: dict[str, str]
    variants: list[dict[str, str]]
    errors: dict[str, list[str]] = field(default_factory=dict)

    @property
    def kind(self) -> Kind:
        """What the block holds."""
        asked = self.texts["kind"]
        return next((kind for kind in KINDS if kind == asked), "banner")

    def fail(self, faults: Iterable[Fault]) -> None:
        """Puts each sentence beside its field, once."""
        for where, sentence in faults:
            said = self.errors.setdefault(where, [])
            if sentence not in said:
                said.append(sentence)

    def draft(self) -> ContentDraft:
        """What was typed. What cannot be read is among `errors`."""
        text = self.texts
        content = Content(
            self.kind,
            self._body(FALLBACK, self.fallback),
            tuple(self._variant(place, one) for place, one in enumerate(self.variants)),
            self._instant("starts_at", text["starts_at"]),
            self._instant("ends_at", text["ends_at"]),
        )
        key = text["key"] or slugify(text["name"])[:LONGEST_KEY].strip("-")
        return ContentDraft(key, text["name"], content, self._seen())

    def _variant(self, place: int, typed: dict[str, str]) -> Variant:
        where = f"variants.{place}"
        return Variant(
            id=typed["id"],
            body=self._body(where, typed),
            name=typed["name"],
            locale=typed["locale"].replace("_", "-"),
            segment=typed["segment"],
            starts_at=self._instant(f"{where}.starts_at", typed["starts_at"]),
            ends_at=self._instant(f"{where}.ends_at", typed["ends_at"]),
        )

    def _body(self, where: str, typed: dict[str, str]) -> dict[str, Any]:
        if self.kind == "banner":
            return {name: typed[name] for name in BANNER_FIELDS}
        if self.kind == "html":
            return {"html": typed["html"]}
        try:
            return {"data": json.loads(typed["data"] or "{}")}
        except ValueError as error:
            self.fail([(f"{where}.data", f"No JSON: {error}.")])
            return {"data": {}}

    def _instant(self, where: str, text: str) -> datetime | None:
        if not text:
            return None
        try:
            return timezone.make_aware(datetime.fromisoformat(text).replace(tzinfo=None))
        except ValueError:
            self.fail([(where, "A day and a time, like 2026-12-24T08:00.")])
            return None

    def _seen(self) -> datetime | None:
        try:
            return datetime.fromisoformat(self.texts["seen"])
        except ValueError:
            return None


def of_post(post: QueryDict) -> Typed:
    """The form as sent: the fallback's fields are `fallback-title`, a variant's `<token>-title`; `variant` orders."""
    tokens = list(dict.fromkeys(post.getlist("variant")))[:MOST_VARIANTS]
    variants = [{name: _clean(post.get(f"{token}-{name}", "")) for name in (*HEAD, *BODY)} for token in tokens]
    taken = {one["id"] for one in variants}
    for one in variants:
        if not one["id"]:
            one["id"] = next(f"v{n}" for n in range(1, MOST_VARIANTS + len(taken) + 2) if f"v{n}" not in taken)
            taken.add(one["id"])
    return Typed(
        {name: _clean(post.get(name, ""))[:LONGEST] for name in TEXTS},
        {name: _clean(post.get(f"{FALLBACK}-{name}", "")) for name in BODY},
        variants,
    )


def of_content(content: Content, *, key: str, name: str, seen_at: datetime | None) -> Typed:
    """The form as it opens."""
    texts = {
        "name": name,
        "key": key,
        "kind": content.kind,
        "starts_at": shown_at(content.starts_at),
        "ends_at": shown_at(content.ends_at),
        "seen": seen_at.isoformat() if seen_at else "",
    }
    variants = [
        {
            "id": one.id,
            "name": one.name,
            "locale": one.locale,
            "segment": one.segment,
            "starts_at": shown_at(one.starts_at),
            "ends_at": shown_at(one.ends_at),
            **_texts_of(one.body),
        }
        for one in content.variants
    ]
    return Typed(texts, _texts_of(content.fallback), variants)


def fresh(kind: Kind) -> Typed:
    """The form of a new block."""
    return Typed(dict.fromkeys(TEXTS, "") | {"kind": kind}, dict.fromkeys(BODY, ""), [])


def _texts_of(body: dict[str, Any]) -> dict[str, str]:
    found = {name: value if isinstance(value := body.get(name, ""), str) else "" for name in BODY}
    if "data" in body:
        found["data"] = json.dumps(body["data"], indent=2, ensure_ascii=False)
    return found


def _clean(text: str) -> str:
    return text.replace("\0", "").replace("\r\n", "\n").strip()[:LONGEST_TEXT]
