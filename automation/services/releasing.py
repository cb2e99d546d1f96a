"""What staff do with a journey as a whole: publish, activate, pause, archive. Each is told in the audit."""

from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import QuerySet

from automation.graph import GraphError, parse
from automation.models import Enrollment, Journey, JourneyVersion
from automation.services import journeys
from automation.services.drafting import subject_of
from cdp.access.services import record_audit

MOVING = [Enrollment.State.ARMED, Enrollment.State.WAITING]
ON_WAY = [*MOVING, Enrollment.State.SENDING]


class PublishRefusedError(ValueError):
    """It cannot be done; the message says why and how to mend it."""


def publish(
    journey_id: int, *, by: AbstractBaseUser | None, now: datetime, note: str = "", move: bool = False
) -> JourneyVersion:
    """Makes the draft the version by which people come in from now on.

    `move`: who waits at a step that is still there goes on by it too. Raises PublishRefusedError.
    """
    with transaction.atomic():
        row = Journey.objects.select_for_update(of=("self",)).select_related("version").get(pk=journey_id)
        try:
            parse(row.draft)
        except GraphError as error:
            raise PublishRefusedError("something is missing in it: it is marked in the flow") from error
        if row.state == Journey.State.ARCHIVED:
            raise PublishRefusedError("it is archived: take it out of the archive first")
        last = row.versions.order_by("-number").first()
        if last is not None and last.graph == row.draft:
            raise PublishRefusedError(f"nothing has changed since version {last.number}")
        made = JourneyVersion.objects.create(
            journey=row,
            number=last.number + 1 if last else 1,
            graph=row.draft,
            note=note,
            published_at=now,
            published_by_id=None if by is None else by.pk,
        )
        moved = movable(row).update(version=made) if move else 0
        Journey.objects.filter(pk=row.pk).update(version=made, updated_at=now)
        told = f"version {made.number}" + (f", {moved:,} moved to it" if moved else "")
        record_audit(by, "published a journey", subject_of(row), told)
    return made


def movable(row: Journey) -> QuerySet[Enrollment]:
    """Those who wait at a step that the draft still has."""
    try:
        nodes = list(parse(row.draft).nodes)
    except GraphError:
        return Enrollment.objects.none()
    return Enrollment.objects.filter(journey=row, state__in=MOVING, node__in=["", *nodes])


def activate(journey_id: int, *, by: AbstractBaseUser | None, now: datetime) -> None:
    """From now on people come in, and those inside go on. Raises PublishRefusedError."""
    row = Journey.objects.select_related("version").get(pk=journey_id)
    if row.version is None:
        raise PublishRefusedError("It was never published: publish it first.")
    if row.state == Journey.State.ARCHIVED:
        raise PublishRefusedError("It is archived: take it out of the archive first.")
    journeys.activate(row)
    record_audit(by, "activated a journey", subject_of(row), f"version {row.version.number}")


def pause(journey_id: int, *, by: AbstractBaseUser | None, now: datetime) -> None:
    """Nobody comes in and nobody is written to; who waits goes on when it is activated again."""
    row = Journey.objects.get(pk=journey_id)
    if row.state != Journey.State.LIVE:
        raise PublishRefusedError("It is not live: there is nothing to pause.")
    journeys.pause(row)
    record_audit(by, "paused a journey", subject_of(row), row.slug)


def archive(journey_id: int, *, by: AbstractBaseUser | None, now: datetime) -> None:
    """Puts it away: who is inside ends here. Messages that are being handed over end by themselves."""
    with transaction.atomic():
        row = Journey.objects.select_for_update(of=("self",)).get(pk=journey_id)
        Journey.objects.filter(pk=row.pk).update(state=Journey.State.ARCHIVED, updated_at=now)
        inside = Enrollment.objects.filter(journey=row, state__in=MOVING)
        ended = inside.update(state=Enrollment.State.EXITED, reason="archived", ended_at=now)
        record_audit(by, "archived a journey", subject_of(row), f"{ended:,} ended in it")


def unarchive(journey_id: int, *, by: AbstractBaseUser | None, now: datetime) -> None:
    """Takes it out of the archive: paused, or a draft where it was never published."""
    row = Journey.objects.get(pk=journey_id)
    state = Journey.State.PAUSED if row.version_id else Journey.State.DRAFT
    if Journey.objects.filter(pk=row.pk, state=Journey.State.ARCHIVED).update(state=state, updated_at=now):
        record_audit(by, "took a journey out of the archive", subject_of(row), row.slug)
