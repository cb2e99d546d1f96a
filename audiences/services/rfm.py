"""RFM refreshed: everybody by a job, every night or on demand; whoever is touched by the edges of the last refresh."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
import pyarrow as pa
from django.contrib.auth.base_user import AbstractBaseUser

from audiences import rfm
from audiences.models import RfmRun, RfmSettings
from audiences.queries.rfm import Buyers, buyers, buyers_of, edges_of_run, latest_run, moves, settings_now
from audiences.rfm import Edges, Scored, Settings
from audiences.services.repeat import score_everybody
from cdp.jobs.contracts import JobRun
from cdp.jobs.models import Job
from cdp.jobs.services import enqueue
from cdp.lib.clock import utc_now
from segments.halves import joined
from segments.rules.scope import HI, LO
from segments.services.computed import write_values

KIND = "audiences.rfm"
NAMES = ("rfm",)
RUNS_KEPT = 400
Report = Callable[[int, int, str], object]


@dataclass(frozen=True, slots=True)
class Grid:
    """What settings make of everybody: people by group, and every cell's people, revenue, orders and priced orders."""

    people: int
    groups: dict[str, int]
    cells: dict[str, dict[str, float]]
    edges: Edges


def refresh_later(*, by: AbstractBaseUser | None = None) -> Job:
    """Queue a refresh, or name the one that waits already."""
    waiting = Job.objects.filter(kind=KIND, state=Job.State.QUEUED).first()
    return waiting or enqueue(KIND, {}, created_by=by)


def refresh_job(job: JobRun) -> dict[str, Any]:
    """Job of kind audiences.rfm. The result: people scored, and of how many a value changed."""
    run, changed = refresh(utc_now(), job.progress, job_id=job.id)
    return {"people": run.people, "changed": changed, "likelihoods": run.repeat["people"]}


def refresh(now: datetime, report: Report | None = None, *, job_id: UUID | None = None) -> tuple[RfmRun, int]:
    """Score everybody who bought, and write it; then how likely they buy again. Answers the run and how many people's
    RFM changed.

    Raises QueryError while the lake cannot answer: what was written before stays.
    """
    tell = report or _silent
    tell(0, 1, "asking the lake about every order")
    settings = settings_now()
    found = buyers(settings, now)
    edges, scored = _scored(settings, found)
    tell(0, len(found.orders), "seeing who moved")
    moved = moves(found.keys.append_column("grouped", pa.array(scored.group, pa.string())), now)
    changed = write_values(
        _table(found, scored, now),
        NAMES,
        now,
        everybody=True,
        report=lambda done, total: tell(done, total, "writing scores"),
    )
    run = RfmRun.objects.create(
        at=now,
        settings=settings.as_json(),
        edges={name: rfm.finite(getattr(edges, name)) for name in ("recency", "orders", "revenue")},
        people=len(found.orders),
        cells=_cells(found, scored),
        moves=moved,
        job_id=job_id,
    )
    run.repeat = score_everybody(settings.currency, now, tell)
    run.save(update_fields=["repeat"])
    RfmRun.objects.filter(pk__in=RfmRun.objects.order_by("-at").values("pk")[RUNS_KEPT:]).delete()
    return run, changed


def preview(settings: Settings, now: datetime) -> Grid:
    """What these settings would make of everybody. Raises QueryError."""
    found = buyers(settings, now)
    edges, scored = _scored(settings, found)
    sizes = {group: scored.group.count(group) for group in rfm.GROUPS}
    return Grid(len(found.orders), sizes, _cells(found, scored), edges)


def rescore(profile_ids: Collection[UUID], now: datetime) -> int:
    """Score these people by the edges of the last refresh. How many changed; nothing before the first one."""
    run = latest_run()
    if run is None or not profile_ids:
        return 0
    found = buyers_of(profile_ids, Settings.from_json(run.settings), now)
    scored = rfm.score(found.recency_days, found.orders, found.revenue, edges_of_run(run))
    rows = _table(found, scored, now).to_pylist()
    values: dict[UUID, dict[str, Any]] = {profile_id: {} for profile_id in profile_ids}
    for row in rows:
        values[joined(row.pop(HI), row.pop(LO))] = row
    return write_values(values, NAMES, now)


def save_settings(settings: Settings, *, by: AbstractBaseUser | None = None) -> Job:
    """Keep them, and queue the refresh that goes by them."""
    RfmSettings.objects.update_or_create(
        only_one=True, defaults={"chosen": settings.as_json(), "updated_by_id": by.pk if by else None}
    )
    return refresh_later(by=by)


def _scored(settings: Settings, found: Buyers) -> tuple[Edges, Scored]:
    figures = found.recency_days, found.orders, found.revenue
    edges = rfm.edges_of(settings, *figures)
    return edges, rfm.score(*figures, edges)


def _table(found: Buyers, scored: Scored, now: datetime) -> pa.Table:
    columns = {
        "rfm.r": scored.r,
        "rfm.f": scored.f,
        "rfm.m": scored.m,
        "rfm.fm": scored.fm,
        "rfm.group": pa.array(scored.group, pa.string()),
        "rfm.recency_days": found.recency_days.astype(np.int64),
        "rfm.orders": found.orders.astype(np.int64),
        "rfm.revenue": found.revenue,
        "rfm.at": pa.array([now.isoformat()] * len(scored.group), pa.string()),
    }
    table = found.keys
    for name, column in columns.items():
        table = table.append_column(name, pa.array(column))
    return table


def _cells(found: Buyers, scored: Scored) -> dict[str, dict[str, float]]:
    place = (scored.r - 1) * rfm.SCORES + (scored.fm - 1)
    size = rfm.SCORES * rfm.SCORES
    sums = {
        "people": np.bincount(place, minlength=size),
        "revenue": np.round(np.bincount(place, weights=found.revenue, minlength=size), 6),
        "orders": np.bincount(place, weights=found.orders, minlength=size).astype(np.int64),
        "priced": np.bincount(place, weights=found.priced, minlength=size).astype(np.int64),
    }
    return {
        f"{r}-{fm}": {name: each[(r - 1) * rfm.SCORES + fm - 1].item() for name, each in sums.items()}
        for r in range(1, rfm.SCORES + 1)
        for fm in range(1, rfm.SCORES + 1)
    }


def _silent(done: int, total: int, note: str) -> None:
    """Nobody asks how far it is."""
