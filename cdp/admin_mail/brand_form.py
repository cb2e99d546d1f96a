"""The brand's form as typed: read, and judged with sentences beside the fields. No database."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.http import QueryDict

from mailing.content import LOCALE
from mailing.links import picture_link
from mailing.models import Brand

TEXTS = (
    "from_name", "from_address", "reply_to", "company", "postal_address", "logo_url", "website", "accent", "background",
    "surface", "ink", "font", "default_locale", "utm_source", "utm_medium",
)  # fmt: skip
COLORS = ("accent", "background", "surface", "ink")
ADDRESSES = ("from_address", "reply_to")
COLOR = re.compile(r"#[0-9a-fA-F]{6}")
FONT = re.compile(r"[A-Za-z0-9 ,'-]{1,120}")
LONGEST, MOST_LINES = 300, 40
READABLE = 4.5  # WCAG 2.2 AA


@dataclass(slots=True)
class BrandForm:
    """`texts`: every field as typed; `footer`: (locale, line) rows; `errors`: {field: sentence}."""

    texts: dict[str, str]
    footer: list[tuple[str, str]]
    errors: dict[str, str] = field(default_factory=dict)

    def values(self, *, shop_url: str, image_hosts: Sequence[str]) -> dict[str, Any]:
        """The columns; what cannot be used is among `errors`, and left out."""
        found: dict[str, Any] = dict(self.texts)
        for name in COLORS:
            if not COLOR.fullmatch(found[name]):
                self.errors[name] = "A color like #1f5a4c."
        for name in ADDRESSES:
            if found[name] and not _is_address(found[name]):
                self.errors[name] = "An e-mail address, like hello@shop.example."
        if found["logo_url"] and not picture_link(found["logo_url"], shop_url=shop_url, hosts=image_hosts):
            there = ", ".join((shop_url, *image_hosts))
            self.errors["logo_url"] = f"Mails show pictures of {there} only (MAIL_IMAGE_HOSTS adds hosts)."
        if found["website"] and not re.fullmatch(r"https?://[^\s\"'<>]+", found["website"]):
            self.errors["website"] = "An address that begins with https://."
        if not FONT.fullmatch(found["font"]):
            self.errors["font"] = "system, serif, or names of fonts with commas between them."
        if not LOCALE.fullmatch(found["default_locale"]):
            self.errors["default_locale"] = "A language like en or de-AT."
        if any(character in found["from_name"] for character in '<>"\r\n'):
            self.errors["from_name"] = "A name without < > and quotes."
        found["footer"] = self._footer()
        return {name: value for name, value in found.items() if name not in self.errors}

    def warnings(self) -> list[str]:
        """What could be read badly."""
        pairs = (
            ("ink", "surface", "The text on the mail's surface"),
            ("accent", "surface", "Links on the mail's surface"),
        )
        said = []
        for front, back, words in pairs:
            colors = (self.texts[front], self.texts[back])
            if all(COLOR.fullmatch(color) for color in colors) and (found := contrast(*colors)) < READABLE:
                said.append(f"{words} is hard to read: its contrast is {found:.1f}, below {READABLE}.")
        return said

    def _footer(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for locale, line in self.footer:
            if not line:
                continue
            if LOCALE.fullmatch(locale):
                found[locale] = line
            else:
                self.errors["footer"] = f"“{locale}” is no language: write en or de-AT."
        return found


def of_post(post: QueryDict) -> BrandForm:
    """The form as sent."""

    def clean(text: str) -> str:
        return text.replace("\0", "").strip()[:LONGEST]

    texts = {name: clean(post.get(name, "")) for name in TEXTS}
    rows = zip(post.getlist("footer_locale")[:MOST_LINES], post.getlist("footer_line")[:MOST_LINES], strict=False)
    return BrandForm(texts, [(clean(a), clean(b)) for a, b in rows])


def of_brand(row: Brand) -> BrandForm:
    """The form as it opens."""
    lines: Mapping[str, Any] = row.footer
    return BrandForm({name: str(getattr(row, name)) for name in TEXTS}, [(a, str(b)) for a, b in lines.items()])


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colors by WCAG, from 1 to 21."""
    lights = sorted((_light(one), _light(other)))
    return (lights[1] + 0.05) / (lights[0] + 0.05)


def _light(color: str) -> float:
    parts = [int(color[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _is_address(text: str) -> bool:
    try:
        validate_email(text)
    except ValidationError:
        return False
    return True
