"""Journeys made, their drafts and settings saved. Each is told in the audit.

A draft is saved only over the one that its editor saw: `revision` names it, whatever else of the journey changed.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils.text import slugify

from automation.models import Journey
from automation.services.holding_out import sync_holdout
from cdp.access.models import AuditEntry
from cdp.access.services import record_audit

EDITED = "edited a journey's draft"
SAME_EDIT = timedelta(minutes=10)
MOST_BYTES, LONGEST_NAME = 400_000, 120
EMPTY: Mapping[str, Any] = {
    "trigger": {"on": "cart_abandoned", "idle_minutes": 60, "max_age_hours": 72},
    "audience": None,
    "goal": {"event": "Order Completed", "where": [], "within_days": 7},
    "exits": [],
    "steps": [],
}


class DraftRefusedError(ValueError):
    """What was asked for cannot be done; the message says why and how to mend it."""


class DraftConflictError(Exception):
    """Somebody saved this draft since the editor saw it. `row`: as it is now; `by`: who saved it last, if known."""

    def __init__(self, row: Journey, by: str) -> None:
        super().__init__(f"{by or 'Somebody else'} saved this journey since you opened it.")
        self.row = row


@dataclass(frozen=True, slots=True)
class JourneySettings:
    """What holds at once, for those inside too. `holdout_share` from 0 to 1."""

    name: str
    purpose: str
    priority: int
    reentry: str
    reentry_days: int
    holdout_share: Decimal
    notes: str = ""


def revision(draft: Mapping[str, Any]) -> str:
    """Names what a draft says: the same for the same."""
    return hashlib.blake2b(msgspec.json.encode(draft, order="deterministic"), digest_size=8).hexdigest()


def create_journey(name: str, *, by: AbstractBaseUser | None) -> Journey:
    """An empty journey, a draft. Raises DraftRefusedError."""
    called = _name(name)
    row = Journey.objects.create(slug=free_slug(slugify(called)), name=called, draft=dict(EMPTY))
    record_audit(by, "made a journey", subject_of(row), row.slug)
    return row


def duplicate_journey(journey_id: int, *, by: AbstractBaseUser | None) -> Journey:
    """A copy of the draft and the settings, itself a draft. Raises Journey.DoesNotExist."""
    row = Journey.objects.get(pk=journey_id)
    before = row.slug
    row.pk, row.version, row.state = None, None, Journey.State.DRAFT
    row._state.adding = True
    row.name = f"Copy of {row.name}"[:LONGEST_NAME]
    row.slug = free_slug(slugify(row.name))
    row.save()
    record_audit(by, "copied a journey", subject_of(row), f"{row.slug} of {before}")
    return row


def save_draft(
    journey_id: int, graph: Mapping[str, Any], *, seen: str, by: AbstractBaseUser | None, now: datetime
) -> Journey:
    """Stores what the builder holds, if the draft is the one it saw (`seen`: its revision).

    It may be unfinished. Raises DraftConflictError, DraftRefusedError and Journey.DoesNotExist; then nothing is stored.
    """
    if len(msgspec.json.encode(graph)) > MOST_BYTES:
        raise DraftRefusedError(f"This journey is larger than {MOST_BYTES // 1000} kB: split it into several.")
    with transaction.atomic():
        row = Journey.objects.select_for_update(of=("self",)).get(pk=journey_id)
        if revision(row.draft) not in (seen, revision(graph)):
            raise DraftConflictError(row, _last_editor(row, by))
        Journey.objects.filter(pk=row.pk).update(draft=dict(graph), updated_at=now)
        row.draft, row.updated_at = dict(graph), now
        _note_edit(row, by, now)
    return row


def save_settings(journey_id: int, given: JourneySettings, *, by: AbstractBaseUser | None) -> Journey:
    """Stores what holds at once; the holdout's experiment follows. Raises DraftRefusedError, Journey.DoesNotExist."""
    if not 0 <= given.holdout_share <= 1:
        raise DraftRefusedError("The share held out lies between 0 and 100 %.")
    if not 0 <= given.priority <= 100:
        raise DraftRefusedError("The priority lies between 0 and 100.")
    if given.reentry not in Journey.Reentry.values or not 1 <= given.reentry_days <= 3650:
        raise DraftRefusedError("Choose who may come in again, and after 1 to 3,650 days.")
    with transaction.atomic():
        row = Journey.objects.select_for_update(of=("self",)).get(pk=journey_id)
        before = _told(row)
        row.name, row.purpose_id, row.notes = _name(given.name), given.purpose, given.notes.strip()
        row.priority, row.reentry, row.reentry_days = given.priority, given.reentry, given.reentry_days
        row.holdout_share = given.holdout_share
        fields = ["name", "purpose", "notes", "priority", "reentry", "reentry_days", "holdout_share", "updated_at"]
        row.save(update_fields=fields)
        if _told(row) != before:
            sync_holdout(row)
            record_audit(by, "changed a journey's settings", subject_of(row), _told(row))
    return row


def restore_version(journey_id: int, number: int, *, by: AbstractBaseUser | None, now: datetime) -> Journey:
    """Makes an earlier version the draft again; what runs changes only when it is published.

    Raises JourneyVersion.DoesNotExist.
    """
    with transaction.atomic():
        row = Journey.objects.select_for_update(of=("self",)).get(pk=journey_id)
        row.draft = row.versions.get(number=number).graph
        row.updated_at = now
        row.save(update_fields=["draft", "updated_at"])
        record_audit(by, "restored a journey", subject_of(row), f"version {number} is the draft")
    return row


def subject_of(row: Journey) -> str:
    """What the audit calls it."""
    return f"journey:{row.pk}"


def free_slug(wanted: str) -> str:
    """A slug that no journey has."""
    stem = wanted[:40].strip("-_") or "journey"
    taken = set(Journey.objects.filter(slug__startswith=stem).values_list("slug", flat=True))
    return next(slug for slug in (stem, *(f"{stem}-{n}" for n in range(2, len(taken) + 3))) if slug not in taken)


def free_name(wanted: str) -> str:
    """A name that no journey has, numbered from 2 on: two that are called alike cannot be told apart in the list."""
    taken = set(Journey.objects.filter(name__startswith=wanted).values_list("name", flat=True))
    return next(name for name in (wanted, *(f"{wanted} {n}" for n in range(2, len(taken) + 3))) if name not in taken)


def _told(row: Journey) -> str:
    return (
        f"{row.name}, for {row.purpose_id}, priority {row.priority}, again: {row.reentry} {row.reentry_days}, "
        f"held out {float(row.holdout_share):.1%}"
    )


def _name(text: str) -> str:
    name = " ".join(text.split())
    if not name:
        raise DraftRefusedError("Give it a name: you and your colleagues find it by it.")
    if len(name) > LONGEST_NAME:
        raise DraftRefusedError(f"A name has at most {LONGEST_NAME} characters; this one has {len(name)}.")
    return name


def _last_editor(row: Journey, by: AbstractBaseUser | None) -> str:
    edits = AuditEntry.objects.filter(subject=subject_of(row), action=EDITED).exclude(actor_id=_pk(by))
    latest = edits.select_related("actor").order_by("-at").first()
    return latest.actor.get_username() if latest is not None and latest.actor is not None else ""


def _note_edit(row: Journey, by: AbstractBaseUser | None, now: datetime) -> None:
    """Once in a while, not with every autosave: who worked on it is what the audit is to tell."""
    said = AuditEntry.objects.filter(subject=subject_of(row), action=EDITED, actor_id=_pk(by), at__gt=now - SAME_EDIT)
    if not said.exists():
        record_audit(by, EDITED, subject_of(row), row.slug)


def _pk(by: AbstractBaseUser | None) -> int | None:
    return None if by is None else by.pk
