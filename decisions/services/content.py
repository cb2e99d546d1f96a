"""Writes of content: drafts saved, published as versions that never change, restored, taken down. Each is audited.

The process that publishes shows it at once, all others within three seconds. HTML is cleaned before it is kept.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
import msgspec.structs
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.validators import slug_re
from django.db import transaction
from django.db.models import Max

from cdp.access.services import record_audit
from decisions.cleaning import cleaned
from decisions.content import Content, Fault, body_faults, faults, read_content, stored_content
from decisions.models import ContentBlock, ContentVersion
from decisions.queries.content import forget_content

LONGEST_KEY, LONGEST_NAME = 50, 200
State = ContentBlock.State


class ContentRefusedError(ValueError):
    """It was not saved or published. `faults`: (field, sentence) of everything that is wrong."""

    def __init__(self, found: Sequence[Fault]) -> None:
        super().__init__(" ".join(sentence for _, sentence in found))
        self.faults = tuple(found)


@dataclass(frozen=True, slots=True)
class ContentDraft:
    """What would be saved. `seen_at`: when what was edited had been saved last; None where nobody minds."""

    key: str
    name: str
    content: Content
    seen_at: datetime | None = None


@transaction.atomic
def save_draft(draft: ContentDraft, *, block_id: int | None = None, by: AbstractBaseUser | None = None) -> ContentBlock:
    """A new block, or another draft of one; its key and its kind stay. What is shown stays as it is.

    A draft may have faults: only publishing refuses them. Raises ContentRefusedError, ContentBlock.DoesNotExist.
    """
    row = ContentBlock.objects.select_for_update().get(pk=block_id) if block_id else ContentBlock(key=draft.key)
    found = [*_name_faults(draft, is_new=block_id is None), *_conflicts(row if block_id else None, draft)]
    if found:
        raise ContentRefusedError(found)
    row.name, row.draft = draft.name, stored_content(clean(draft.content))
    row.save()
    record_audit(by, "changed content" if block_id else "made content", f"content:{row.pk}", row.key)
    return row


@transaction.atomic
def publish(
    block_id: int, *, segments: Collection[str] | None = None, by: AbstractBaseUser | None = None
) -> ContentVersion:
    """The draft becomes what is shown. `segments`: slugs that variants may name, None: any.

    Raises ContentRefusedError with every fault, ContentBlock.DoesNotExist. A draft equal to what is shown makes no
    further version.
    """
    row = ContentBlock.objects.select_for_update().get(pk=block_id)
    try:
        content = read_content(row.draft)
    except msgspec.ValidationError as error:
        raise ContentRefusedError([("kind", f"The draft cannot be read: {error}. Save it anew.")]) from None
    if found := faults(content, segments):
        raise ContentRefusedError(found)
    if row.version is not None and row.version.content == row.draft and row.state == State.LIVE:
        return row.version
    version = _versioned(row, row.draft, by)
    record_audit(by, "published content", f"content:{row.pk}", f"{row.key} version {version.number}")
    return version


@transaction.atomic
def restore(block_id: int, number: int, *, by: AbstractBaseUser | None = None) -> ContentVersion:
    """What a version said is shown again, as a version of its own; the draft becomes the same.

    Raises ContentBlock.DoesNotExist, ContentVersion.DoesNotExist.
    """
    row = ContentBlock.objects.select_for_update().get(pk=block_id)
    old = ContentVersion.objects.get(block=row, number=number)
    row.draft = old.content
    version = _versioned(row, old.content, by)
    record_audit(by, "restored content", f"content:{row.pk}", f"{row.key}: version {number} as {version.number}")
    return version


@transaction.atomic
def switch(block_id: int, *, on: bool, by: AbstractBaseUser | None = None) -> ContentBlock:
    """Off: whoever would see it gets the fallback of the place. On: its newest version is shown again.

    Raises ContentRefusedError where nothing was ever published.
    """
    row = ContentBlock.objects.select_for_update().get(pk=block_id)
    if on and row.version is None:
        raise ContentRefusedError([("state", "Nothing of it was published yet: publish it first.")])
    row.state = State.LIVE if on else State.ARCHIVED
    row.save(update_fields=["state", "updated_at"])
    record_audit(by, "showed content" if on else "took down content", f"content:{row.pk}", row.key)
    transaction.on_commit(forget_content)
    return row


@transaction.atomic
def duplicate(block_id: int, *, by: AbstractBaseUser | None = None) -> ContentBlock:
    """The same draft under another key, not published. Raises ContentBlock.DoesNotExist."""
    row = ContentBlock.objects.get(pk=block_id)
    taken = set(ContentBlock.objects.filter(key__startswith=row.key[:40]).values_list("key", flat=True))
    keys = (f"{row.key[:40]}-copy{number or ''}" for number in range(len(taken) + 1))
    made = ContentBlock.objects.create(
        key=next(key for key in keys if key not in taken), name=f"Copy of {row.name}"[:LONGEST_NAME], draft=row.draft
    )
    record_audit(by, "made content", f"content:{made.pk}", made.key)
    return made


def clean(content: Content) -> Content:
    """The content with its HTML cleaned."""
    if content.kind != "html":
        return content
    variants = tuple(msgspec.structs.replace(one, body=_clean(one.body)) for one in content.variants)
    return msgspec.structs.replace(content, fallback=_clean(content.fallback), variants=variants)


def _clean(body: dict[str, Any]) -> dict[str, Any]:
    html = body.get("html")
    return {"html": cleaned(html) if isinstance(html, str) and not body_faults("", "html", body) else html}


def _versioned(row: ContentBlock, content: dict[str, Any], by: AbstractBaseUser | None) -> ContentVersion:
    newest = row.versions.aggregate(newest=Max("number"))["newest"] or 0
    row.version = ContentVersion.objects.create(
        block=row, number=newest + 1, content=content, published_by_id=getattr(by, "pk", None)
    )
    row.state = State.LIVE
    row.save()
    transaction.on_commit(forget_content)
    return row.version


def _name_faults(draft: ContentDraft, *, is_new: bool) -> list[Fault]:
    found: list[Fault] = []
    if not draft.name.strip() or len(draft.name) > LONGEST_NAME:
        found.append(("name", f"A name of 1 to {LONGEST_NAME} signs."))
    if not is_new:
        return found
    if not slug_re.fullmatch(draft.key) or len(draft.key) > LONGEST_KEY:
        found.append(("key", f"A key of 1 to {LONGEST_KEY} letters, digits, - and _, like home-hero."))
    elif ContentBlock.objects.filter(key=draft.key).exists():
        found.append(("key", f"“{draft.key}” is taken by another block: choose another key."))
    return found


def _conflicts(row: ContentBlock | None, draft: ContentDraft) -> list[Fault]:
    if row is None:
        return []
    found: list[Fault] = []
    if draft.seen_at is not None and row.updated_at != draft.seen_at:
        sentence = "Somebody else saved it while you edited. What you typed is kept: save again to put it in place."
        found.append(("seen", sentence))
    if row.version is not None and row.version.content.get("kind") != draft.content.kind:
        found.append(("kind", "Its kind stays once it was published, since pages rely on it: make another block."))
    return found
