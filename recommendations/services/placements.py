"""Writes of placements: saved only when nothing is wrong, each change with its line in the audit.

The process that saves serves the change at once, all others within three seconds.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec
import msgspec.structs
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from cdp.access.services import record_audit
from recommendations.models import Placement, PlacementRule
from recommendations.placement_checks import Fault, faults, unknown_segments
from recommendations.placement_defaults import STARTERS
from recommendations.placements import RULE_COLUMNS, PlacementSpec, Rule, rule_from_row, spec_from_row, stored
from recommendations.queries.placements import forget_placements
from recommendations.services import holdouts
from segments.queries.suggesting import names_of

EVERYWHERE = PlacementSpec(key="everywhere", name="All placements", n=50)
"""Stands in for a placement where rules of all placements are checked."""


class PlacementRefusedError(ValueError):
    """It was not saved. `faults`: (field, sentence) of everything that is wrong."""

    def __init__(self, found: Sequence[Fault]) -> None:
        super().__init__(" ".join(sentence for _, sentence in found))
        self.faults = tuple(found)


@dataclass(frozen=True, slots=True)
class PlacementDraft:
    """What would be saved. `notes` stand beside the spec's rules. `seen_at`: when what was edited had been saved last;
    None where nobody minds that somebody else saved since."""

    spec: PlacementSpec
    is_active: bool = True
    notes: tuple[str, ...] = ()
    seen_at: datetime | None = None


@transaction.atomic
def save_placement(
    draft: PlacementDraft, *, placement_id: int | None = None, by: AbstractBaseUser | None = None
) -> Placement:
    """A new placement, or another state of one; its key stays. Raises PlacementRefusedError, Placement.DoesNotExist."""
    row = Placement.objects.select_for_update().get(pk=placement_id) if placement_id else Placement()
    spec = msgspec.structs.replace(draft.spec, key=row.key) if placement_id else draft.spec
    _check(spec, faults(spec), row if placement_id else None, draft.seen_at)
    for column, value in stored(spec).items():
        setattr(row, column, value)
    row.is_active = draft.is_active
    row.save()
    _write_rules(row, spec.rules, draft.notes)
    holdouts.sync(spec)
    _said(by, "changed a placement" if placement_id else "made a placement", row)
    return row


@transaction.atomic
def save_rules_everywhere(rules: Sequence[Rule], notes: Sequence[str], *, by: AbstractBaseUser | None = None) -> None:
    """The rules that hold in all placements, in the place of those there were. Raises PlacementRefusedError."""
    spec = msgspec.structs.replace(EVERYWHERE, rules=tuple(rules))
    found = [*faults(spec), *unknown_segments(rules, _segments())]
    if found:
        raise PlacementRefusedError(found)
    _write_rules(None, rules, notes)
    record_audit(by, "changed the rules of all placements", "placement:all", f"{len(rules)} rules")
    transaction.on_commit(forget_placements)


@transaction.atomic
def switch_placement(placement_id: int, *, on: bool, by: AbstractBaseUser | None = None) -> Placement:
    """On: it answers. Off: whoever names it is told that there is no such placement."""
    row = Placement.objects.select_for_update().get(pk=placement_id)
    if row.is_active != on:
        row.is_active = on
        row.save(update_fields=["is_active", "updated_at"])
        _said(by, "switched on a placement" if on else "switched off a placement", row)
    return row


@transaction.atomic
def duplicate_placement(placement_id: int, *, by: AbstractBaseUser | None = None) -> Placement:
    """The same with its rules under another key, switched off until somebody has looked at it.

    Raises Placement.DoesNotExist, and msgspec.ValidationError where what is stored cannot be read.
    """
    row = Placement.objects.get(pk=placement_id)
    rules = list(row.rules.order_by("pk"))
    row.pk, row._state.adding = None, True
    row.key, row.name, row.is_active = _free_key(row.key), f"Copy of {row.name}"[:200], False
    row.save()
    for rule in rules:
        rule.pk, rule._state.adding, rule.placement = None, True, row
        rule.save()
    holdouts.sync(spec_from_row(row))
    _said(by, "made a placement", row)
    return row


@transaction.atomic
def delete_placement(placement_id: int, *, by: AbstractBaseUser | None = None) -> str:
    """Deletes it with its rules and returns what it was called; what it earned stays in the figures."""
    row = Placement.objects.select_for_update().get(pk=placement_id)
    _said(by, "deleted a placement", row)
    row.delete()
    return str(row)


@transaction.atomic
def add_starters(*, by: AbstractBaseUser | None = None) -> list[Placement]:
    """The usual placements that are not there yet, by their keys; returns those it made."""
    known = set(Placement.objects.values_list("key", flat=True))
    return [save_placement(PlacementDraft(spec), by=by) for spec in STARTERS if spec.key not in known]


def ensure_starters() -> list[Placement]:
    """The usual placements in a house that has none; whoever deleted some does not get them back."""
    return [] if Placement.objects.exists() else add_starters()


def _check(spec: PlacementSpec, found: list[Fault], row: Placement | None, seen_at: datetime | None) -> None:
    found = [*found, *unknown_segments(spec.rules, _segments() if spec.needs_segments else ())]
    if row is None and Placement.objects.filter(key=spec.key).exists():
        found.append(("key", f"“{spec.key}” is taken by another placement: choose another key."))
    if row is not None and seen_at is not None and row.updated_at != seen_at:
        found.append(
            ("seen", "Somebody else saved it while you edited. What you typed is kept: save again to put it in place.")
        )
    if found:
        raise PlacementRefusedError(found)


def _segments() -> set[str]:
    return {*names_of("rule"), *names_of("static")}


def _write_rules(row: Placement | None, rules: Sequence[Rule], notes: Sequence[str]) -> None:
    """Rules that stay the same stay the same rows."""
    padded = [*notes, *[""] * len(rules)]
    wanted = [(rule, note) for rule, note in zip(rules, padded, strict=False)]
    for old in PlacementRule.objects.filter(placement=row).order_by("pk"):
        same = _as_written(old)
        if same in wanted:
            wanted.remove(same)
        else:
            old.delete()
    PlacementRule.objects.bulk_create(
        PlacementRule(placement=row, note=note, **{name: getattr(rule, name) for name in RULE_COLUMNS})
        for rule, note in wanted
    )


def _as_written(row: PlacementRule) -> tuple[Rule, str] | None:
    try:
        return rule_from_row(row), row.note
    except msgspec.ValidationError:
        return None


def _free_key(key: str) -> str:
    taken = set(Placement.objects.values_list("key", flat=True))
    wanted: Iterable[str] = (f"{key[:32]}-copy{'' if number == 1 else number}" for number in range(1, len(taken) + 2))
    return next(each for each in wanted if each not in taken)


def _said(by: AbstractBaseUser | None, action: str, row: Placement) -> None:
    record_audit(by, action, f"placement:{row.pk}", row.key)
    transaction.on_commit(forget_placements)
