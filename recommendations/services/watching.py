"""Watching the live model: stale while orders flow, strange to the catalog or to what people touch, or clicked less.

Each raises an alarm that says how to mend it, cleared when it is over. A catalog of which the model does not know much
queues a training at once.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db.models import Q, Sum

import commerce.queries
from cdp.alarms.services import clear_alarm, raise_alarm
from cdp.jobs.models import Job
from cdp.lib.clock import utc_now
from commerce.models import Order, Product
from recommendations import queries
from recommendations.models import Earning, ModelRun
from recommendations.queries.people import KIND_OF
from recommendations.services.figures import watch_figures
from recommendations.services.training import TRAIN, asked_of_live, train_later

RUNS = "/admin/recommendations/modelrun/"
STALE_AFTER = timedelta(days=7)
MOST_UNKNOWN, FEWEST_PRODUCTS = 0.2, 20
MOST_STRANGE, FEWEST_TOUCHES, ASKED_TOUCHES = 0.3, 200, 20_000
AGAIN_AFTER = timedelta(hours=6)
LATELY, BEFORE = 3, 14  # days
LEAST_CLICKED, FEWEST_IMPRESSIONS = 0.6, 2_000


def watch_slice() -> int:
    """Look once. Always 0."""
    run = queries.live_run()
    if run is not None:
        watch(run, utc_now())
    return 0


def watch(run: ModelRun, now: datetime) -> None:
    """Raise and clear what concerns the live run. The database's own rows are asked; of events a bounded sample."""
    _staleness(run)
    _clicks(run, now)
    watch_figures(run)
    live = queries.live_model()
    if live is not None and live.run_id == run.pk:
        known = live.model.codes.keys()
        _catalog(run, known, now)
        _touches(run, known, now)


def _staleness(run: ModelRun) -> None:
    newest = Order.objects.filter(placed_at__gt=run.trained_until + STALE_AFTER).exists()
    _say(
        newest,
        "recommendations.stale",
        f"Model #{run.pk} has learned nothing since {run.trained_until:%-d %B %Y}, and orders came in for more than "
        f"{STALE_AFTER.days} days since. A training runs every night: see why the last ones failed or were kept back, "
        "and train now.",
    )


def _catalog(run: ModelRun, known: Collection[str], now: datetime) -> None:
    ids = Product.objects.filter(active=True, is_trusted=True).order_by().values_list("product_id", flat=True)
    total = unknown = 0
    for product_id in ids.iterator(chunk_size=20_000):
        total += 1
        unknown += product_id not in known
    is_much = unknown >= FEWEST_PRODUCTS and unknown > MOST_UNKNOWN * total
    if is_much and not Job.objects.filter(kind=TRAIN, created_at__gt=now - AGAIN_AFTER).exists():
        train_later(asked_of_live())
    _say(
        is_much,
        "recommendations.catalog",
        f"Model #{run.pk} does not know {unknown:,} of the {total:,} active products: they were added since, and are "
        "found only as newest and by their words. A training was queued; if this stays, see why it failed.",
    )


def _touches(run: ModelRun, known: Collection[str], now: datetime) -> None:
    names, since = tuple(KIND_OF), now - timedelta(days=1)
    there_are, _ = commerce.queries.count_product_events(names, since=since, until=now)
    share = min(1.0, ASKED_TOUCHES / there_are) if there_are else 1.0
    table = commerce.queries.product_events(names, since=since, until=now, share=share)
    strange = sum(product_id not in known for product_id in table["product_id"].to_pylist())
    _say(
        len(table) >= FEWEST_TOUCHES and strange > MOST_STRANGE * len(table),
        "recommendations.drift",
        f"{strange / max(len(table), 1):.0%} of what people looked at or added in the last day are products that model "
        f"#{run.pk} does not know. Train now; if that does not help, compare the product ids of the feed with those "
        "that events name.",
    )


def _clicks(run: ModelRun, now: datetime) -> None:
    """Clicks an impression of the last days beside those before, where enough was seen in both."""
    day = now.date()
    lately = Q(day__gt=day - timedelta(days=LATELY))
    earlier = Q(day__lte=day - timedelta(days=LATELY), day__gt=day - timedelta(days=LATELY + BEFORE))
    found = (
        Earning.objects.filter(currency="")
        .exclude(variant="holdout")
        .aggregate(
            seen=Sum("impressions", filter=lately),
            clicked=Sum("clicks", filter=lately),
            seen_before=Sum("impressions", filter=earlier),
            clicked_before=Sum("clicks", filter=earlier),
        )
    )
    seen, clicked, seen_before, clicked_before = (value or 0 for value in found.values())
    rate, rate_before = clicked / max(seen, 1), clicked_before / max(seen_before, 1)
    _say(
        min(seen, seen_before) >= FEWEST_IMPRESSIONS and rate < LEAST_CLICKED * rate_before,
        "recommendations.clicks",
        f"Recommendations are clicked less: {rate:.2%} of those seen in the last {LATELY} days, {rate_before:.2%} in "
        f"the {BEFORE} days before. See what changed in the shop's pages and placements, and compare model #{run.pk} "
        "with the one before it.",
    )


def _say(is_wrong: bool, code: str, message: str) -> None:
    if is_wrong:
        raise_alarm(code, "", message, link=RUNS)
    else:
        clear_alarm(code, "")
