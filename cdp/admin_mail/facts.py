"""What the editor's script is given: the draft, the table of blocks, variables and conditions in words, addresses."""

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from cdp.admin_mail.rights import CHANGE
from cdp.admin_placement.pictures import shown_products
from cdp.lib.admin_parts import may
from mailing.blocks import BLOCKS
from mailing.content import new_block
from mailing.models import MailTemplate
from mailing.queries.brand import brand_facts
from mailing.variables import GROUPS, VARIABLES
from recommendations.models import Placement

LANGUAGES = {
    "en": "English", "de": "German", "fr": "French", "es": "Spanish", "it": "Italian", "nl": "Dutch",
    "pt": "Portuguese", "pl": "Polish", "cs": "Czech", "sk": "Slovak", "da": "Danish", "sv": "Swedish",
    "nb": "Norwegian", "fi": "Finnish", "hu": "Hungarian", "ro": "Romanian", "bg": "Bulgarian", "el": "Greek",
    "tr": "Turkish", "uk": "Ukrainian", "ja": "Japanese", "ko": "Korean", "ar": "Arabic", "he": "Hebrew",
    "en-GB": "English (UK)", "en-US": "English (US)", "de-AT": "German (Austria)",
    "de-CH": "German (Switzerland)", "fr-CH": "French (Switzerland)", "pt-BR": "Portuguese (Brazil)",
}  # fmt: skip
FALLBACKS = {"person.first_name": "there", "person.name": "there"}
# Whole things that may be missing, and how a condition names them.
THINGS = (
    ("cart", "a cart"),
    ("order", "an order"),
    ("product", "a product this mail is about"),
    ("products", "several products"),
    ("recommendations", "a recommendation"),
    ("offer", "an offer"),
    ("agreed", "their yes to such mails"),
)
FONTS = {
    "system": "system-ui, -apple-system, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif",
    "serif": "Georgia, 'Times New Roman', serif",
}
URLS = ("draft", "check", "frame", "code", "test")


def editor_facts(request: HttpRequest, row: MailTemplate) -> dict[str, Any]:
    """Everything as JSON; nothing in it is of a person."""
    brand = brand_facts()
    return {
        "content": row.draft,
        "seen": row.updated_at.isoformat(),
        "may_change": may(request, CHANGE),
        "kinds": list(_kinds()),
        "variables": list(_variables()),
        "conditions": list(_conditions()),
        "placements": [[key, name] for key, name in Placement.objects.order_by("name").values_list("key", "name")],
        "products": {key: one.name for key, one in shown_products(_chosen(row.draft)).items()},
        "locales": [[code, words] for code, words in LANGUAGES.items()],
        "brand": {
            "company": brand.company,
            "address": brand.postal_address,
            "logo": brand.logo_url,
            "accent": brand.accent,
            "background": brand.background,
            "surface": brand.surface,
            "ink": brand.ink,
            "font": FONTS.get(brand.font, brand.font),
        },
        "origins": [settings.SHOP_URL, settings.BASE_URL, *(f"https://{host}" for host in settings.MAIL_IMAGE_HOSTS)],
        "urls": {name: reverse(f"mail-{name}", args=[row.pk]) for name in URLS}
        | {"people": reverse("mail-people"), "products": reverse("mail-products")},
    }


def _kinds() -> Iterator[dict[str, Any]]:
    for kind in BLOCKS.values():
        yield {
            "code": kind.code,
            "label": kind.label,
            "help": kind.help,
            "icon": kind.icon,
            "goes_in_columns": kind.goes_in_columns,
            "fields": [dataclasses.asdict(one) for one in kind.fields],
            "make": new_block(kind.code, "new"),
        }


def _variables() -> Iterator[dict[str, Any]]:
    """Those that a text or a link may name; what stands in lists is for the blocks that show lists."""
    labels = {group.code: f"{group.label}, given {group.given}" for group in GROUPS}
    for one in VARIABLES:
        if "[]" not in one.path:
            yield {
                "name": one.path,
                "label": one.label,
                "group": labels.get(one.group, one.group),
                "sample": one.example,
                "is_link": one.kind == "url",
                "is_list": one.kind in ("list", "object", "flag"),
                "needs_fallback": one.may_be_empty,
                "fallback": FALLBACKS.get(one.path, ""),
            }


def _conditions() -> Iterator[dict[str, str]]:
    for name, words in THINGS:
        yield {"name": name, "label": words}
    for one in VARIABLES:
        if one.may_be_empty and "[]" not in one.path and "*" not in one.path:
            yield {"name": one.path, "label": f"“{one.label}”"}


def _chosen(draft: Any) -> set[str]:
    """The products that blocks name."""
    found: set[str] = set()
    if isinstance(draft, Mapping):
        ids = draft.get("ids") if draft.get("type") == "products" else None
        found.update(each for each in ids or () if isinstance(each, str))
        for inner in draft.values():
            found |= _chosen(inner)
    elif isinstance(draft, list):
        for inner in draft:
            found |= _chosen(inner)
    return found
