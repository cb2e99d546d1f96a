"""Rows for the model's pages: runs with metrics as trainings write them, what was shown, what was earned, staff."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import Group, User
from django.test import Client

from cdp.admin_home.groups import apply_rights
from cdp.lib.clock import utc_now
from recommendations.models import Earning, ModelRun, ShownProduct
from recommendations.queries import model_path

OLD = {"ndcg": 0.12, "recall": 0.13, "hit_rate": 0.5, "mrr": 0.2, "coverage": 0.3, "people": 900}
OLD_METRICS = {"new": {"popularity": {**OLD, "ndcg": 0.05}, "for_you": OLD, "buy_again": OLD}}

HELD = "kept back: not better than the live model"
TRIED = {"task": "person", "part": "taste", "mark": "ndcg", "cases": 900}


def staff(group: str = "admin") -> Client:
    """Signed in as a member of this group."""
    apply_rights()
    user = User.objects.create_user(f"{group}@example.com", is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    client = Client()
    client.force_login(user)
    return client


def marks(ndcg: float, spread: float = 0.01, cases: int = 1_204) -> dict[str, float]:
    """One ranker's: every mean is around `ndcg`."""
    found: dict[str, float] = {"coverage": 0.31, "novelty": 6.4, "gini": 0.62, "cases": cases}
    for name, times in (("ndcg", 1.0), ("recall", 1.1), ("hit_rate", 2.2), ("mrr", 1.4)):
        value = ndcg * times
        found |= {name: value, f"{name}_low": value - spread, f"{name}_high": value + spread}
    return found


def metrics(ours: float = 0.112, popularity: float = 0.058, knn: float = 0.099, **more: Any) -> dict[str, Any]:
    """As version 2 writes them: four tasks with slices, blends, tuning, parts, against the live one."""
    table = {"model": marks(ours), "popularity": marks(popularity), "item_knn": marks(knn), "taste": marks(ours - 0.01)}
    return {
        "version": 2,
        "tasks": {
            "person": {"all": table, "new": table, "new_people": {"model": marks(0.03), "popularity": marks(0.028)}},
            "session": {"all": {**table, "items_of_visit": marks(0.08)}},
            "product": {"all": table},
            "cart": {"all": table, "new_items": {}},
        },
        "blends": {
            "person": {"taste": 0.7, "content": 0.2, "popularity": 0.1},
            "session": {"session": 0.8, "next": 0.2},
        },
        "blending": {
            "person": {"learned": True, "cases": 900, "mark": "ndcg", "value": 0.11, "default": 0.105},
            "session": {"learned": False, "cases": 10, "mark": "mrr", "value": 0.2, "default": 0.2},
        },
        "tuning": [
            {**TRIED, "params": {"l2": 200.0}, "value": 0.108, "chosen": False},
            {**TRIED, "params": {"l2": 500.0}, "value": 0.11, "chosen": True},
        ],
        "parts": {"taste": {"seconds": 4.2, "mb": 31.5}, "session": {"seconds": 1.1, "mb": 12.0}},
        "catalog": {"products": 4_012, "interacted": 3_800, "catalog_only": 212, "learnable": 3_100},
        "learned_from": {
            "sampled": 0.5, "people": 5_000, "people_there_are": 10_000, "interactions": 600_000,
            "interactions_there_are": 1_200_000, "sessions": 40_000, "engine": "duckdb",
            "note": "Every second person was drawn, to stay within the memory allowed.",
        },
        "left_out_for_consent": 12,
        "left_out_by_reason": {"withdrawn": 12},
        **more,
    }  # fmt: skip


def against(run: int, difference: float = 0.004, low: float = 0.001, high: float = 0.007) -> dict[str, Any]:
    """Against a run that was live, in one task."""
    task = {"slice": "new", "mark": "ndcg", "cases": 900, "ours": 0.112, "live": 0.108}
    figures = {"difference": difference, "low": low, "high": high}
    return {
        "run": run, "basis": "recipe", "same_recipe": False, "tasks": {"person": {**task, **figures}}, **figures
    }  # fmt: skip


def run(
    *,
    live: bool = False,
    was_live: bool = False,
    kept: bool = True,
    days_ago: float = 3,
    metrics_: Any = None,
    **more: Any,
) -> ModelRun:
    """A run, with a folder where its model would lie if `kept`."""
    now = utc_now()
    made = ModelRun.objects.create(
        **{
            "trained_until": now - timedelta(days=days_ago),
            "created_at": now - timedelta(days=days_ago),
            "people": 5_000,
            "products": 4_012,
            "interactions": 1_204_000,
            "metrics": metrics() if metrics_ is None else metrics_,
            "artifact": f"test-{now.timestamp()}",
            "checksum": "0" * 64,
            "is_live": live,
            "promoted_at": now - timedelta(days=days_ago) if live or was_live else None,
            "verdict": "better than the live model"
            if live or was_live
            else "kept back: not better than the live model",
            "seconds": 42.5,
            "peak_mb": 812.0,
            "size_mb": 45.5,
            "log": [[0.1, 1, "reading orders and events"], [12.0, 2, "judging"]],
            "params": {"l2": 500.0, "taste": {"top_k": 100, "methods": ["ease", "cosine"]}},
            **more,
        }
    )
    if kept:
        model_path(made.artifact).mkdir(parents=True)
    return made


def shown(product_id: str, impressions: int, *, clicks: int = 0, on: date | None = None) -> None:
    """Impressions of a product on a day, today by default."""
    ShownProduct.objects.create(
        day=on or utc_now().date(), product_id=product_id, impressions=impressions, clicks=clicks
    )  # fmt: skip


def earned(
    placement: str, variant: str, run_id: int, counts: Mapping[str, int], *, euros: str = "", on: datetime | None = None
) -> None:
    """One day of a placement: counts on the row without a currency, money on its own."""
    key = {"day": (on or utc_now()).date(), "placement": placement, "variant": variant, "model_run": run_id}
    Earning.objects.create(**key, **counts)
    if euros:
        Earning.objects.create(**key, currency="EUR", revenue=Decimal(euros))
