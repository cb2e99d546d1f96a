"""Computed traits written for everybody, so that rules may ask them: by a job every night and when a rule begins to."""

from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import pyarrow as pa
import structlog
from django.contrib.auth.base_user import AbstractBaseUser

from audiences.models import TraitRefresh
from audiences.queries.traits import side_by_side, trait_values
from audiences.traits import PREFIX, NotForEverybody, compile_trait, names_of
from cdp.jobs.contracts import JobRun
from cdp.jobs.models import Job
from cdp.jobs.services import enqueue
from cdp.lib.clock import to_us, utc_now
from lake.contracts import QueryError
from people.figures import Definition
from people.queries.figures import definitions
from segments.halves import joined
from segments.queries import live_segments, mentions_of
from segments.rules.scope import HI, LO
from segments.services.computed import write_values

KIND = "audiences.traits"
Report = Callable[[int, int, str], object]
log = structlog.get_logger(__name__)


def refresh_later(*, by: AbstractBaseUser | None = None) -> Job:
    """Queue a refresh of all, or name the one that waits already."""
    waiting = Job.objects.filter(kind=KIND, state=Job.State.QUEUED).first()
    return waiting or enqueue(KIND, {}, created_by=by)


def refresh_job(job: JobRun) -> dict[str, Any]:
    """Job of kind audiences.traits. The result: traits computed, those that could not be, and people who changed."""
    return refresh(utc_now(), job.progress)


def refresh(now: datetime, report: Report | None = None) -> dict[str, Any]:
    """Compute every enabled definition of everybody and write what changed; what is defined no more is taken away.

    A definition that the lake cannot answer keeps its values, and its reason stands beside it.
    """
    tell = report or _silent
    asked = definitions()
    watch(asked)
    found: dict[str, pa.Table] = {}
    problems: dict[str, str] = {}
    for number, definition in enumerate(asked):
        tell(number, len(asked), f"computing {definition.label}")
        try:
            found[definition.name] = trait_values(definition, now)
        except (NotForEverybody, QueryError) as error:
            problems[definition.name] = str(error)
    gone = set(TraitRefresh.objects.values_list("name", flat=True)) - {one.name for one in asked}
    kept = {one.name for one in asked if one.name in problems and _may_be_asked(one, now)}
    names = [PREFIX + name for name in {one.name for one in asked} - kept | gone]
    changed = write_values(
        side_by_side(list(found.values())),
        names,
        now,
        everybody=True,
        report=lambda done, total: tell(done, total, "writing what changed"),
    )
    for definition in asked:
        _note(definition, now, found.get(definition.name), problems.get(definition.name, ""))
    TraitRefresh.objects.filter(name__in=gone).delete()
    return {"traits": len(found), "not_computed": problems, "changed": changed}


def recompute_of(profile_ids: Collection[UUID], now: datetime, asked: Collection[Definition] | None = None) -> int:
    """Compute these definitions, or every one, anew of these people. How many changed."""
    if not profile_ids:
        return 0
    values: dict[UUID, dict[str, Any]] = {profile_id: {} for profile_id in profile_ids}
    names = []
    for definition in definitions() if asked is None else asked:
        try:
            table = trait_values(definition, now, profile_ids)
        except NotForEverybody:
            continue
        names.append(names_of(definition))
        for row in table.to_pylist():
            profile_id = joined(row.pop(HI), row.pop(LO))
            values[profile_id] |= {name: value for name, value in row.items() if value is not None}
    return write_values(values, names, now) if names else 0


def watch(asked: Collection[Definition]) -> list[Definition]:
    """Note which of these a live rule asks: who is touched by those is computed anew at once. Answers the new ones."""
    looked_at = mentions_of(live_segments()).computed
    watched = {one.name for one in asked if any(_is_of(name, one) for name in looked_at)}
    known = set(TraitRefresh.objects.filter(is_watched=True).values_list("name", flat=True))
    TraitRefresh.objects.filter(name__in=known - watched).update(is_watched=False)
    for name in watched - known:
        TraitRefresh.objects.update_or_create(name=name, defaults={"is_watched": True})
    return [one for one in asked if one.name in watched - known]


def watched() -> list[Definition]:
    """The definitions that a live rule asks, as noted."""
    names = list(TraitRefresh.objects.filter(is_watched=True).values_list("name", flat=True))
    return definitions(names) if names else []


def as_kept(definition: Definition) -> dict[str, Any]:
    """A definition as JSON: what it was computed by."""
    plain = replace(definition, where=())
    kept: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(plain))
    return kept | {"where": [one.sentence() for one in definition.where]}


def _is_of(name: str, definition: Definition) -> bool:
    own = names_of(definition)
    return name == own or name.startswith(f"{own}.")


def _may_be_asked(definition: Definition, now: datetime) -> bool:
    try:
        compile_trait(definition, to_us(now))
    except NotForEverybody:
        return False
    return True


def _note(definition: Definition, now: datetime, found: pa.Table | None, problem: str) -> None:
    known: dict[str, Any] = {"problem": problem}
    if found is not None:
        known |= {"refreshed_at": now, "people": found.num_rows, "definition": as_kept(definition)}
    TraitRefresh.objects.update_or_create(name=definition.name, defaults=known)


def _silent(done: int, total: int, note: str) -> None:
    """Nobody asks how far it is."""
