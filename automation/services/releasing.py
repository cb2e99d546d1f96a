"""What staff do with a journey as a whole, told in the audit: publish, activate, pause, archive, take out again."""

from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from automation.graph import GraphError, parse
from automation.models import Enrollment, Journey, JourneyVersion
from automation.services import journeys, publishing
from automation.services.drafting import subject_of
from cdp.access.services import record_audit


class ReleaseRefusedError(ValueError):
    """It cannot be done; the message says why and how to mend it."""


@transaction.atomic
def release(
    journey_id: int, *, by: AbstractBaseUser | None, now: datetime, note: str = "", move: bool = False
) -> JourneyVersion:
    """Makes the draft the version by which people come in from now on.

    `move`: who waits at a step that is still there goes on by it too. Raises ReleaseRefusedError.
    """
    row = Journey.objects.get(pk=journey_id)
    if row.state == Journey.State.ARCHIVED:
        raise ReleaseRefusedError("It is archived: take it out of the archive first.")
    try:
        made = publishing.publish_draft(row, by, note=note)
    except publishing.NotPublishable as error:
        raise ReleaseRefusedError("; ".join(one.message for one in error.findings)) from error
    moved = publishing.move_waiting(row, now)[0] if move else 0
    told = f"version {made.number}" + (f", {moved:,} moved to it" if moved else "")
    record_audit(by, "published a journey", subject_of(row), told)
    return made


def movable(row: Journey) -> int:
    """How many wait at a step that the draft still has."""
    try:
        nodes = list(parse(row.draft).nodes)
    except GraphError:
        return 0
    waiting = Enrollment.objects.filter(journey=row, state=Enrollment.State.WAITING, node__in=nodes)
    return waiting.count()


def activate(journey_id: int, *, by: AbstractBaseUser | None, now: datetime) -> None:
    """From now on people come in, and those inside go on. Raises ReleaseRefusedError."""
    row = Journey.objects.get(pk=journey_id)
    if row.version_id is None or row.state == Journey.State.ARCHIVED:
        raise ReleaseRefusedError("Publish it first, and take it out of the archive if it is there.")
    journeys.activate(row)
    record_audit(by, "activated a journey", subject_of(row), row.slug)


def pause(journey_id: int, *, by: AbstractBaseUser | None, now: datetime) -> None:
    """Nobody comes in and nobody is written to; who waits goes on when it is activated again."""
    row = Journey.objects.get(pk=journey_id)
    if row.state != Journey.State.LIVE:
        raise ReleaseRefusedError("It is not live: there is nothing to pause.")
    journeys.pause(row)
    record_audit(by, "paused a journey", subject_of(row), row.slug)


def archive(journey_id: int, *, by: AbstractBaseUser | None, now: datetime) -> None:
    """Puts it away: who is inside ends here, what is queued is called off."""
    row = Journey.objects.get(pk=journey_id)
    ended = journeys.archive(row, now)
    record_audit(by, "archived a journey", subject_of(row), f"{ended:,} ended in it")


def unarchive(journey_id: int, *, by: AbstractBaseUser | None, now: datetime) -> None:
    """Takes it out of the archive: paused, or a draft where it was never published."""
    row = Journey.objects.get(pk=journey_id)
    state = Journey.State.PAUSED if row.version_id else Journey.State.DRAFT
    if Journey.objects.filter(pk=row.pk, state=Journey.State.ARCHIVED).update(state=state, updated_at=now):
        record_audit(by, "took a journey out of the archive", subject_of(row), row.slug)
