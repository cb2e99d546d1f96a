"""The life of a decided place: drafts, versions that never change, pause and resume, the archive. Each step is audited.

Publishing keeps the rules on people in a place as segments of its own, exact like any other. The process that publishes
decides by it at once, all others within three seconds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.core.validators import slug_re
from django.db import transaction
from django.db.models import Max
from django.utils.timezone import now as clock

from cdp.access.services import record_audit
from decisions.definition import DefinitionError, Fault, parse_definition
from decisions.models import DecisionPlacement, PlacementVersion
from decisions.queries.checking import faults_of
from decisions.queries.placements import forget_decided_places
from segments.services.attached import attach_rule, detach_rule

LONGEST_KEY, LONGEST_NAME = 50, 200
State = DecisionPlacement.State


class PlacementRefusedError(ValueError):
    """It was not saved or published; `faults` says why."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("; ".join(f"{one.path}: {one.message}" for one in faults))
        self.faults = tuple(faults)


@dataclass(frozen=True, slots=True)
class Published:
    """The version that decides now, and what is worth a look though nothing forbids it."""

    version: PlacementVersion
    warnings: tuple[Fault, ...]


@transaction.atomic
def save_draft(
    key: str,
    name: str,
    draft: dict[str, Any],
    *,
    placement_id: int | None = None,
    by: AbstractBaseUser | None = None,
    seen_at: datetime | None = None,
) -> DecisionPlacement:
    """A new place, or another draft of one; what decides stays. A key never changes, since programs name it.

    A draft may have faults: publishing refuses them. `seen_at`: the `updated_at` the editor saw; another's change since
    is not overwritten. Raises PlacementRefusedError, DecisionPlacement.DoesNotExist.
    """
    faults = []
    if placement_id is None:
        row = DecisionPlacement(key=key)
        if not slug_re.fullmatch(key) or len(key) > LONGEST_KEY:
            text = f"takes letters, digits, - and _, at most {LONGEST_KEY}"
            faults.append(Fault("key", "not_a_key", text))
        elif DecisionPlacement.objects.filter(key=key).exists():
            faults.append(Fault("key", "taken", f"there is a place {key!r} already: choose another key"))
    else:
        row = DecisionPlacement.objects.select_for_update().get(pk=placement_id)
        if seen_at is not None and row.updated_at != seen_at:
            faults.append(Fault("", "changed_meanwhile", "somebody saved it meanwhile: load it again before you save"))
    if not name.strip() or len(name) > LONGEST_NAME:
        faults.append(Fault("name", "not_a_name", f"takes a name of 1 to {LONGEST_NAME} characters"))
    if faults:
        raise PlacementRefusedError(faults)
    row.name, row.draft = name.strip(), draft
    row.save()
    record_audit(by, "changed decided place" if placement_id else "made decided place", f"place:{row.pk}", row.key)
    return row


@transaction.atomic
def publish(placement_id: int, *, by: AbstractBaseUser | None = None) -> Published:
    """Make the draft decide, as a new version. Raises PlacementRefusedError with everything that is wrong."""
    row = DecisionPlacement.objects.select_for_update().get(pk=placement_id)
    return _publish(row, row.draft, by, "published decided place")


@transaction.atomic
def restore(placement_id: int, number: int, *, by: AbstractBaseUser | None = None) -> Published:
    """Make an earlier version decide again, as a new one, and the draft with it. Raises PlacementRefusedError where it
    names what is gone by now, PlacementVersion.DoesNotExist."""
    row = DecisionPlacement.objects.select_for_update().get(pk=placement_id)
    earlier = PlacementVersion.objects.get(placement=row, number=number)
    row.draft = {key: value for key, value in earlier.definition.items() if key != "attached"}
    return _publish(row, row.draft, by, f"restored version {number} of decided place")


@transaction.atomic
def pause(placement_id: int, *, by: AbstractBaseUser | None = None) -> DecisionPlacement:
    """Answer the fallback until it is resumed."""
    return _move(placement_id, [State.LIVE], State.PAUSED, by, "paused decided place")


@transaction.atomic
def resume(placement_id: int, *, by: AbstractBaseUser | None = None) -> DecisionPlacement:
    """Decide again by the version that was paused."""
    return _move(placement_id, [State.PAUSED], State.LIVE, by, "resumed decided place")


@transaction.atomic
def archive(placement_id: int, *, by: AbstractBaseUser | None = None) -> DecisionPlacement:
    """Take it away; its log and versions stay. Its rules are no longer kept."""
    row = _move(placement_id, [State.LIVE, State.PAUSED, State.DRAFT], State.ARCHIVED, by, "archived decided place")
    if row.version is not None:
        for digest in row.version.definition.get("attached", {}):
            detach_rule(_owner(row, digest))
    return row


def _publish(row: DecisionPlacement, raw: dict[str, Any], by: AbstractBaseUser | None, what: str) -> Published:
    found = faults_of(raw, clock())
    if blocking := [one for one in found if one.blocks]:
        raise PlacementRefusedError(blocking)
    attached = _attach(row, raw, by)
    stored = {**raw, "attached": attached} if attached else dict(raw)
    number = (row.versions.aggregate(most=Max("number"))["most"] or 0) + 1
    version = PlacementVersion.objects.create(
        placement=row, number=number, definition=stored, published_by_id=getattr(by, "pk", None)
    )
    row.version, row.state = version, State.LIVE
    row.save()
    record_audit(by, what, f"place:{row.pk}", row.key)
    transaction.on_commit(forget_decided_places)
    forget_decided_places()
    return Published(version, tuple(found))


def _attach(row: DecisionPlacement, raw: dict[str, Any], by: AbstractBaseUser | None) -> dict[str, str]:
    """Keep the rules of the new version; those that only the one before had are let go."""
    try:
        rules = parse_definition(raw).rules
    except DefinitionError as error:
        raise PlacementRefusedError(error.faults) from error
    slugs = {digest: attach_rule(_owner(row, digest), rule, name=row.name, by=by) for digest, rule in rules.items()}
    before = row.version.definition.get("attached", {}) if row.version is not None else {}
    for digest in before.keys() - slugs.keys():
        detach_rule(_owner(row, digest))
    return slugs


def _owner(row: DecisionPlacement, digest: str) -> str:
    return f"decision:{row.key}:{digest}"


def _move(
    placement_id: int, start: Sequence[str], end: str, by: AbstractBaseUser | None, what: str
) -> DecisionPlacement:
    row = DecisionPlacement.objects.select_for_update().select_related(None).get(pk=placement_id)
    if row.state not in start:
        text = f"it is {row.get_state_display()}: this is for one that is {' or '.join(start)}"
        raise PlacementRefusedError([Fault("", "wrong_state", text)])
    row.state = end
    row.save()
    record_audit(by, what, f"place:{row.pk}", row.key)
    transaction.on_commit(forget_decided_places)
    forget_decided_places()
    return row
