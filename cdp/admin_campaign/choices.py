"""What the form offers: segments and lists, mails that are published, purposes."""

from dataclasses import dataclass

from consent.models import Purpose
from mailing.models import MailTemplate
from segments.models import Segment

MOST = 500


@dataclass(frozen=True, slots=True)
class Choice:
    """One that can be chosen. `note`: what helps to recognize it."""

    value: str
    words: str
    note: str = ""


def segments() -> list[Choice]:
    """Live segments and lists, by name."""
    rows = Segment.objects.filter(state=Segment.State.LIVE).order_by("name", "pk")[:MOST]
    return [Choice(str(row.pk), row.name, "list" if row.kind == Segment.Kind.STATIC else "segment") for row in rows]


def segment_names() -> dict[int, str]:
    """{id: name} of all, archived ones too."""
    return dict(Segment.objects.values_list("pk", "name"))


def templates() -> list[Choice]:
    """Marketing mails that were published and are not put away, by name."""
    rows = MailTemplate.objects.filter(kind="marketing", archived_at=None, versions__isnull=False).distinct()
    return [Choice(row.slug, row.name) for row in rows.order_by("name", "pk")[:MOST]]


def purposes() -> list[Choice]:
    """What e-mail is sent for."""
    return [Choice(row.code, row.label) for row in Purpose.objects.filter(channel="email").order_by("code")]
