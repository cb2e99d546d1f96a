"""Mail templates made, saved as drafts, published, restored and put away. Each is told in the audit.

A draft is saved only over the one that its editor saw; a published version is never changed, and names its number once.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils.text import slugify

from cdp.access.models import AuditEntry
from cdp.access.services import record_audit
from mailing.models import MailTemplate, TemplateVersion

EDITED = "edited a mail's draft"
SAME_EDIT = timedelta(minutes=10)
MOST_BYTES, LONGEST_NAME, LONGEST_SLUG = 400_000, 120, 50


class TemplateRefusedError(ValueError):
    """What was asked for cannot be done; the message says why and how to mend it. Trying again does not help."""


class DraftConflictError(Exception):
    """Somebody saved this draft since the editor saw it. `row`: as it is now."""

    def __init__(self, row: MailTemplate) -> None:
        super().__init__("This mail was saved by somebody else since you opened it.")
        self.row = row


@dataclass(frozen=True, slots=True)
class NewTemplate:
    """A template to be made. Without a `slug` it is made from the name."""

    name: str
    kind: str
    content: Mapping[str, Any]
    slug: str = ""
    notes: str = ""
    shipped: str = ""


def create_template(new: NewTemplate, *, by: AbstractBaseUser | None) -> MailTemplate:
    """A template with this draft, not published. Raises TemplateRefusedError."""
    name = _name(new.name)
    _check(new.content)
    row = MailTemplate.objects.create(
        slug=_free_slug(new.slug or slugify(name)),
        name=name,
        kind=_kind(new.kind),
        notes=new.notes,
        draft=dict(new.content),
        shipped=new.shipped,
    )
    record_audit(by, "made a mail", subject_of(row), row.slug)
    return row


def duplicate_template(template_id: int, *, by: AbstractBaseUser | None) -> MailTemplate:
    """A copy of the draft under a name and a slug of its own. Raises MailTemplate.DoesNotExist."""
    row = MailTemplate.objects.get(pk=template_id)
    name = f"Copy of {row.name}"[:LONGEST_NAME]
    return create_template(NewTemplate(name, row.kind, row.draft, notes=row.notes, shipped=row.shipped), by=by)


def save_draft(
    template_id: int, content: Mapping[str, Any], *, seen: datetime | None, by: AbstractBaseUser | None, now: datetime
) -> MailTemplate:
    """Stores what the editor holds, if the draft is the one it saw (`seen`: its `updated_at`; None writes over any).

    Raises DraftConflictError, TemplateRefusedError and MailTemplate.DoesNotExist; then nothing is stored.
    """
    _check(content)
    rows = MailTemplate.objects.filter(pk=template_id)
    with transaction.atomic():
        here = rows.filter(updated_at=seen) if seen is not None else rows
        if not here.update(draft=dict(content), updated_at=now):
            raise DraftConflictError(rows.get())
        row = rows.get()
        _note_edit(row, by, now)
    return row


def describe_template(
    template_id: int, *, name: str, kind: str, notes: str, by: AbstractBaseUser | None
) -> MailTemplate:
    """Changes what it is called and what it counts as. Raises TemplateRefusedError, MailTemplate.DoesNotExist."""
    with transaction.atomic():
        row = MailTemplate.objects.select_for_update().get(pk=template_id)
        before = (row.name, row.kind)
        row.name, row.kind, row.notes = _name(name), _kind(kind), notes
        row.save(update_fields=["name", "kind", "notes", "updated_at"])
        if before != (row.name, row.kind):
            record_audit(by, "renamed a mail", subject_of(row), f"{row.name}, {row.kind}")
    return row


def publish_template(template_id: int, *, seen: datetime | None, by: AbstractBaseUser | None) -> TemplateVersion:
    """Makes the draft the version that goes out from now on, wherever no other version is named.

    Raises DraftConflictError, TemplateRefusedError (nothing changed; archived) and MailTemplate.DoesNotExist. Whether
    the content can be sent is asked before: this stores what it is given.
    """
    with transaction.atomic():
        row = MailTemplate.objects.select_for_update().get(pk=template_id)
        if seen is not None and row.updated_at != seen:
            raise DraftConflictError(row)
        if row.archived_at is not None:
            raise TemplateRefusedError("It is archived: take it out of the archive first, then publish.")
        last = row.versions.order_by("-number").first()
        if last is not None and last.content == row.draft:
            raise TemplateRefusedError(f"Nothing has changed since version {last.number}: there is nothing to publish.")
        made = TemplateVersion.objects.create(
            template=row, number=last.number + 1 if last else 1, content=row.draft, published_by_id=_pk(by)
        )
        record_audit(by, "published a mail", subject_of(row), f"version {made.number}")
    return made


def restore_version(template_id: int, number: int, *, by: AbstractBaseUser | None, now: datetime) -> MailTemplate:
    """Makes an earlier version the draft again; what goes out changes only when it is published.

    Raises TemplateVersion.DoesNotExist.
    """
    with transaction.atomic():
        row = MailTemplate.objects.select_for_update().get(pk=template_id)
        row.draft = row.versions.get(number=number).content
        row.updated_at = now
        row.save(update_fields=["draft", "updated_at"])
        record_audit(by, "restored a mail", subject_of(row), f"version {number} is the draft")
    return row


def archive_template(template_id: int, *, by: AbstractBaseUser | None, now: datetime) -> MailTemplate:
    """Puts it away: it is offered no more. What names it already goes on sending it. Undone by `unarchive_template`."""
    return _put(template_id, now, "archived a mail", by)


def unarchive_template(template_id: int, *, by: AbstractBaseUser | None) -> MailTemplate:
    """Takes it out of the archive."""
    return _put(template_id, None, "took a mail out of the archive", by)


def subject_of(row: MailTemplate) -> str:
    """What the audit calls it."""
    return f"mail_template:{row.pk}"


def _put(template_id: int, at: datetime | None, action: str, by: AbstractBaseUser | None) -> MailTemplate:
    with transaction.atomic():
        row = MailTemplate.objects.select_for_update().get(pk=template_id)
        if (row.archived_at is None) != (at is None):
            MailTemplate.objects.filter(pk=row.pk).update(archived_at=at)  # the draft an editor saw stays the same
            row.archived_at = at
            record_audit(by, action, subject_of(row), row.slug)
    return row


def _note_edit(row: MailTemplate, by: AbstractBaseUser | None, now: datetime) -> None:
    """Once in a while, not with every autosave: who worked on it is what the audit is to tell."""
    said = AuditEntry.objects.filter(subject=subject_of(row), action=EDITED, actor_id=_pk(by), at__gt=now - SAME_EDIT)
    if not said.exists():
        record_audit(by, EDITED, subject_of(row), row.slug)


def _check(content: Mapping[str, Any]) -> None:
    """Only that it can be stored: a draft may be unfinished."""
    if not isinstance(content.get("locales"), dict) or content.get("default") not in content["locales"]:
        raise TemplateRefusedError(
            'A mail is {"default": "en", "locales": {"en": {…}}}, and its default is one of its locales.'
        )
    if len(json.dumps(content)) > MOST_BYTES:
        raise TemplateRefusedError(f"This mail is larger than {MOST_BYTES // 1000} kB: shorten it, or link pictures.")


def _name(text: str) -> str:
    name = " ".join(text.split())
    if not name:
        raise TemplateRefusedError("Give it a name: you and your colleagues find it by it.")
    if len(name) > LONGEST_NAME:
        raise TemplateRefusedError(f"A name has at most {LONGEST_NAME} characters; this one has {len(name)}.")
    return name


def _kind(text: str) -> str:
    if text not in MailTemplate.Kind.values:
        raise TemplateRefusedError("It is either marketing or transactional.")
    return text


def _free_slug(wanted: str) -> str:
    stem = slugify(wanted)[: LONGEST_SLUG - 4].strip("-_") or "mail"
    taken = set(MailTemplate.objects.filter(slug__startswith=stem).values_list("slug", flat=True))
    numbers = (f"{stem}-{n}" for n in range(2, len(taken) + 3))
    return stem if stem not in taken else next(slug for slug in numbers if slug not in taken)


def _pk(by: AbstractBaseUser | None) -> Any:
    return getattr(by, "pk", None)
