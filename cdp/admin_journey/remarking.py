"""What is said beside a draft's steps: its sentences, what is missing, and what it names that is not there."""

from collections.abc import Iterator
from typing import Any

from automation.describing import Remark, raw_steps, remarks, sentences
from automation.models import Journey
from cdp.admin_journey.choosing import names_of_slugs
from mailing.models import MailTemplate
from recipients.models import Recipient
from segments.models import Segment


def said_of(row: Journey) -> dict[str, Any]:
    """{sentences, faults, notes: by step or section; errors: how many keep it from being published}."""
    found = [*remarks(row.draft, purpose=row.purpose_code), *missing(row.draft)]
    faults: dict[str, list[str]] = {}
    notes: dict[str, list[str]] = {}
    for one in found:
        (faults if one.is_error else notes).setdefault(one.node, []).append(one.text)
    return {
        "sentences": sentences(row.draft, names_of_slugs()),
        "faults": faults,
        "notes": notes,
        "errors": sum(map(len, faults.values())),
    }


def missing(draft: Any) -> Iterator[Remark]:
    """What the draft names and is not there, or cannot be used."""
    mails = {row.slug: row for row in MailTemplate.objects.prefetch_related("versions")}
    segments = set(Segment.objects.exclude(kind=Segment.Kind.STATIC).values_list("slug", flat=True))
    lists = set(Segment.objects.filter(kind=Segment.Kind.STATIC).values_list("slug", flat=True))
    recipients = set(Recipient.objects.values_list("pk", flat=True))
    trigger = draft.get("trigger") if isinstance(draft.get("trigger"), dict) else {}
    if (slug := trigger.get("segment")) and slug not in segments:
        yield Remark("trigger", f"There is no segment “{slug}”: choose another.", True)
    for step in raw_steps(draft):
        node = str(step.get("id"))
        if step.get("do") == "send" and (slug := step.get("template")):
            yield from _mail(node, str(slug), mails)
        if step.get("do") == "add_to_list" and (slug := step.get("list")) and slug not in lists:
            yield Remark(node, f"There is no list “{slug}”: choose another.", True)
        if step.get("do") == "webhook" and (pk := step.get("endpoint")) is not None and pk not in recipients:
            yield Remark(node, "This recipient is not there any more: choose another.", True)


def _mail(node: str, slug: str, mails: dict[str, MailTemplate]) -> Iterator[Remark]:
    row = mails.get(slug)
    if row is None:
        yield Remark(node, f"There is no mail “{slug}”: choose another.", True)
    elif not row.versions.all():
        yield Remark(node, f"The mail “{row.name}” is not published yet: publish it first.", True)
    elif row.archived_at is not None:
        yield Remark(node, f"The mail “{row.name}” is archived: it still goes out, but choose another.", False)
