"""An audience frozen: one row an address, each with its variant, its turn, or its place in the holdout.

All of it in one transaction that holds the campaign's row: a worker that dies leaves nothing, and the next one begins
anew. Whoever joins a segment later is not in it.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from django.db import OperationalError, transaction

from campaigns.checking import schedule_of
from campaigns.contracts import Reached
from campaigns.models import Campaign
from campaigns.queries.audience import audience_of, pages
from campaigns.services.approving import needs_approval
from campaigns.services.preparing import prepare
from campaigns.services.saving import draft_of, subject_of
from campaigns.services.seeding import send_seeds
from campaigns.splitting import HOLDOUT, TREATED, Place, Split, holdout_shares, place_of
from campaigns.timing import LOCAL, Schedule, due_at
from cdp.access.services import record_audit
from cdp.lib import bulk_sql
from cdp.lib.failures import describe
from experiments import queries as experiments
from experiments.contracts import NewExposure
from experiments.services import ensure_experiment, note_exposures

PUT_OFF_FOR = timedelta(minutes=5)
INSERT = """
INSERT INTO campaigns_recipient
  (campaign_id, identifier_id, address_hash, variant, in_test, state, reason, due_at, ended_at)
SELECT %s::bigint, identifier_id, address_hash, variant, in_test = 1, state, reason, due_at, ended_at
FROM unnest(%s::bigint[], %s::bytea[], %s::text[], %s::bigint[], %s::text[], %s::text[], %s::timestamptz[],
  %s::timestamptz[])
  AS frozen(identifier_id, address_hash, variant, in_test, state, reason, due_at, ended_at)
ON CONFLICT (campaign_id, address_hash) DO NOTHING
"""
log = structlog.get_logger(__name__)


def start_due(now: datetime) -> int:
    """Freeze and start what is due; how many. One that cannot be started is put off and stops no other."""
    due = Campaign.objects.filter(state=Campaign.State.SCHEDULED, starts_at__lte=now)
    return sum(_start(pk, now) for pk in due.order_by("starts_at", "pk").values_list("pk", flat=True))


def _start(pk: int, now: datetime) -> int:
    try:
        with transaction.atomic():
            scheduled = Campaign.objects.select_for_update(skip_locked=True).filter(state=Campaign.State.SCHEDULED)
            row = scheduled.filter(pk=pk, starts_at__lte=now).first()
            if row is None:
                return 0
            freeze(row, now)
    except OperationalError:
        raise
    except Exception as error:
        log.error("campaign_put_off", campaign=pk, failure=describe(error))
        Campaign.objects.filter(pk=pk, state=Campaign.State.SCHEDULED).update(starts_at=now + PUT_OFF_FOR)
        return 0
    return 1


def freeze(row: Campaign, now: datetime) -> None:
    """Write its recipients and set it running; in the caller's transaction, which holds its row.

    Where more people than were approved would get it, nothing is frozen: it waits for approval again.
    """
    audience = audience_of(row)
    schedule = schedule_of(draft_of(row, audience))
    frozen, left_out, people = [], Counter[str](), 0
    for page in pages(audience, row.purpose_code, now, with_zones=schedule.when == LOCAL):
        people, left_out = people + page.people, left_out + page.left_out
        frozen.append(page.reached)
    mailable = sum(len(part) for part in frozen)
    if needs_approval(row, mailable):
        _back_for_approval(row, mailable)
        return
    variants = prepare(row, now)
    split = _split(row, [(one.key, one.share) for one in variants])
    for part in frozen:
        _write(row, split, schedule, part, now)
    row.state, row.started_at = Campaign.State.RUNNING, now
    row.audience_count, row.left_out = people, dict(left_out)
    row.save()
    send_seeds(row, variants, now)
    record_audit(None, "started a campaign", subject_of(row), f"{mailable} recipients")


def _back_for_approval(row: Campaign, mailable: int) -> None:
    record_audit(
        None,
        "sent a campaign back for approval",
        subject_of(row),
        f"{mailable} people would get it now, {row.approved_count or row.asked_count} when it was looked at",
    )
    row.state, row.starts_at, row.asked_count = Campaign.State.APPROVAL, None, mailable
    row.approved_by = row.approved_at = row.approved_count = None
    row.save()


def _split(row: Campaign, variants: Sequence[tuple[str, object]]) -> Split:
    salt = ""
    if row.holdout_share:
        shares = holdout_shares(row.holdout_share)
        salt = ensure_experiment(row.experiment_key, f"Holdout of {row.name}", shares, owner=f"campaign:{row.pk}").salt
    kept = [(one.key, one.share) for one in row.variants.order_by("key")]
    return Split(row.pk, kept, row.test_share, row.holdout_share, salt)


def _write(row: Campaign, split: Split, schedule: Schedule, part: Sequence[Reached], now: datetime) -> None:
    places = [place_of(split, one.address_hash) for one in part]
    turns = {zone: due_at(schedule, zone or "UTC", now) for zone in {one.zone for one in part}}
    rows = [_columns(place, turns[one.zone], now) for one, place in zip(part, places, strict=True)]
    if not rows:
        return
    columns = [list(column) for column in zip(*rows, strict=True)]
    bulk_sql.execute(
        INSERT, [row.pk, [one.identifier_id for one in part], [one.address_hash for one in part], *columns]
    )
    if split.holdout_share:
        _expose(row, part, places, now)


def _columns(
    place: Place, turn: datetime | None, now: datetime
) -> tuple[str, int, str, str, datetime | None, datetime | None]:
    """variant, in_test, state, reason, due_at, ended_at"""
    if place.held_out:
        return "", 0, "held_out", "held_out", turn, now
    if turn is None:
        return place.variant, int(place.in_test), "skipped", "local_time_passed", None, now
    return place.variant, int(place.in_test), "waiting", "", turn if place.variant else None, None


def _expose(row: Campaign, part: Sequence[Reached], places: Sequence[Place], now: datetime) -> None:
    """Both sides met it when the audience was frozen: from then on they are compared."""
    note_exposures(
        [
            NewExposure(
                row.experiment_key,
                experiments.unit_hash(one.address_hash),
                HOLDOUT if place.held_out else TREATED,
                now,
            )
            for one, place in zip(part, places, strict=True)
        ]
    )
