"""What the form offers: segments and lists, mails that are published, purposes."""

from collections.abc import Collection
from dataclasses import dataclass

from consent.contracts import EMAIL_OPEN_TRACKING
from consent.models import Purpose
from mailing.content import ContentError
from mailing.models import Brand, MailTemplate
from mailing.queries.templates import compiled, newest_versions
from segments.models import Segment

MOST = 500
NOT_GIVEN = frozenset({"cart", "product", "products", "order", "event", "offer"})
"""What journeys and order mails give their mails, and a campaign does not."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One that can be chosen. `note`: what helps to recognize it."""

    value: str
    words: str
    note: str = ""


def segments() -> list[Choice]:
    """Live segments and lists, by name."""
    rows = Segment.objects.named().filter(state=Segment.State.LIVE).order_by("name", "pk")[:MOST]
    return [Choice(str(row.pk), row.name, "list" if row.kind == Segment.Kind.STATIC else "segment") for row in rows]


def segment_names() -> dict[int, str]:
    """{id: name} of all, archived ones too."""
    return dict(Segment.objects.values_list("pk", "name"))


def templates(keep: Collection[str] = ()) -> list[Choice]:
    """Marketing mails that were published, are not put away and need nothing that only journeys and orders give, by
    name; and those of `keep`, which are chosen already."""
    rows = MailTemplate.objects.filter(kind="marketing", archived_at=None, versions__isnull=False).distinct()
    found = list(rows.order_by("name", "pk")[:MOST])
    newest = newest_versions([row.slug for row in found])
    brand = Brand.objects.filter(pk=1).first() or Brand()
    return [Choice(row.slug, row.name) for row in found if row.slug in keep or _fits(row.slug, newest[row.slug], brand)]


def _fits(slug: str, version: int, brand: Brand) -> bool:
    """Of its default language; kept by the process, as a version never changes."""
    try:
        found = compiled(slug, version, "", brand)
    except ContentError:
        return True  # its own page says what is wrong
    return not (found.needs - ({"offer"} if found.offer else set())) & NOT_GIVEN


def purposes() -> list[Choice]:
    """What e-mail is sent for."""
    rows = Purpose.objects.filter(channel="email").exclude(code=EMAIL_OPEN_TRACKING)
    return [Choice(row.code, row.label) for row in rows.order_by("code")]
