"""What the builder's fields offer: mail templates with a way to look at them, segments, lists, recipients."""

import re
from collections.abc import Mapping
from typing import Any

from django.urls import NoReverseMatch, reverse

from mailing.models import MailTemplate
from offers.models import Offer
from recipients.models import Recipient
from segments.builder import language_with_names
from segments.models import Segment
from segments.queries.suggesting import names_of

OFFERED = re.compile(r"\{\{-?\s*offer\.(\w+).*?\}\}")
IF_OFFER = re.compile(
    r"\{%-?\s*if offer\s*-?%\}(?:(?!\{%).)*(?:\{%-?\s*else\s*-?%\}((?:(?!\{%).)*))?\{%-?\s*endif\s*-?%\}"
)


def choices() -> dict[str, Any]:
    """As the builder's script takes them: (value, words) each, but for templates."""
    return {
        "templates": _templates(),
        "segments": [list(one) for one in names_of(Segment.Kind.RULE).items()],
        "lists": [list(one) for one in names_of(Segment.Kind.STATIC).items()],
        "offers": [list(one) for one in _offers().items()],
        "recipients": [[str(pk), name] for pk, name in Recipient.objects.order_by("name").values_list("pk", "name")],
    }


def names_of_slugs() -> dict[str, str]:
    """{slug: what it is called} of templates, segments, lists and offers, for sentences."""
    mails = dict(MailTemplate.objects.values_list("slug", "name"))
    return {**_offers(), **names_of(Segment.Kind.STATIC), **names_of(Segment.Kind.RULE), **mails}


def rule_language() -> dict[str, Any]:
    """What the rule builder inside a panel must know."""
    return language_with_names()


def url_or_none(name: str, *args: object) -> str | None:
    """Where a page is, if this installation has it."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return None


def _offers() -> dict[str, str]:
    """{key: what it is called} of those that can still be given."""
    rows = Offer.objects.exclude(state=Offer.State.ENDED).order_by("name")
    return {
        key: name if state == Offer.State.LIVE else f"{name} (not live)"
        for key, name, state in rows.values_list("key", "name", "state")
    }


def _templates() -> list[dict[str, Any]]:
    rows = MailTemplate.objects.filter(archived_at=None).order_by("name").prefetch_related("versions")
    return [
        {
            "slug": row.slug,
            "name": row.name,
            "kind": row.kind,
            "published": bool(row.versions.all()),
            "subject": _subject(row.draft),
            "preview": url_or_none("mail-template", row.pk),
        }
        for row in rows
    ]


def subject_with(slug: str, offer: Mapping[str, str]) -> str:
    """The subject of a mail as one with this offer (title, code) gets it; empty: one who was given none."""
    row = MailTemplate.objects.filter(slug=slug).first()
    return "" if row is None else _subject(row.draft, offer)


def _subject(content: Any, offer: Mapping[str, str] | None = None) -> str:
    """Of its default locale, with … for what differs from person to person."""
    try:
        subject = str(content["locales"][content["default"]]["subject"])
    except (KeyError, TypeError):
        return ""
    if offer:
        subject = OFFERED.sub(lambda found: offer.get(found[1], "…"), subject)
    elif offer is not None:
        subject = IF_OFFER.sub(lambda found: found[1] or "", subject)
    without_else = re.sub(r"\{%-?\s*els.*?endif\s*-?%\}", "", subject)
    return re.sub(r"\{\{.*?\}\}", "…", re.sub(r"\{%.*?%\}", "", without_else)).strip()
