"""Triggers on products: back in stock, or cheaper. A run over everybody who wanted it, opened once a change."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from automation.contracts import Entry
from automation.graph import BackInStock, Graph, PriceDrop
from automation.models import Journey, TriggerRun
from automation.services.triggers.runs import Batch, open_runs
from automation.triggers import occasions
from automation.triggers.freshness import is_fresh
from automation.triggers.wanting import ASKED, ASKED_DAYS, LOOKED, has_dropped
from cdp.lib.clock import to_us
from cdp.outbox.contracts import TopicMessage
from commerce import queries as commerce
from profiles import queries as profiles

KINDS = {"product.back_in_stock": BackInStock, "product.price_dropped": PriceDrop}


def hear(journeys: Sequence[tuple[Journey, Graph]], messages: Sequence[TopicMessage], now: datetime) -> None:
    """Open a run for each change that a journey is about."""
    runs: list[TriggerRun] = []
    for journey, graph in journeys:
        for message in messages:
            trigger = graph.trigger
            if isinstance(trigger, KINDS[message.topic]):
                runs += _runs(journey, trigger, message.payload["changes"], now)
    open_runs(runs)


def _runs(
    journey: Journey, trigger: BackInStock | PriceDrop, changes: Iterable[Mapping[str, Any]], now: datetime
) -> list[TriggerRun]:
    found = []
    for change in changes:
        at = datetime.fromisoformat(change["at"])
        is_less = isinstance(trigger, BackInStock) or has_dropped(
            Decimal(change["old"]), Decimal(change["new"]), trigger.min_percent
        )
        if is_less and is_fresh(at, at, now):
            occasion = f"{trigger.on}:{change['product_id']}:{to_us(at)}"
            found.append(
                TriggerRun(journey=journey, occasion=occasion, kind=trigger.on, facts=dict(change), due_at=now)
            )
    return found


def batch(run: TriggerRun, trigger: BackInStock | PriceDrop, limit: int) -> Batch:
    """The next people who wanted the product and have not bought it since; nobody where the news is old by now."""
    product_id, at = str(run.facts["product_id"]), datetime.fromisoformat(run.facts["at"])
    if not _still_true(trigger, product_id, run.facts):
        return Batch()
    after = UUID(run.cursor) if run.cursor else None
    wanted = _wanted(product_id, at, trigger.within_days)
    people = sorted(one for one in wanted if after is None or one > after)[:limit]
    bought = commerce.last_bought(product_id, people)
    hanging = profiles.strongest_of([one for one in people if one not in bought or bought[one] < wanted[one]])
    facts = {key: str(run.facts[key]) for key in ("product_id", "old", "new", "currency") if key in run.facts}
    entries = [
        Entry(pk, occasions.of_product(trigger.on, product_id, at, one), facts, at=at)
        for one, pk in sorted(hanging.items())
    ]
    return Batch(entries, len(people), people[-1] if len(people) == limit else None)


def _wanted(product_id: str, at: datetime, days: int) -> dict[UUID, datetime]:
    """{profile id: when they last wanted it}, before the change. Who asked is told however long ago they looked."""
    found = commerce.who_wanted(product_id, ASKED, since=at - timedelta(days=ASKED_DAYS), until=at)
    for profile_id, last in commerce.who_wanted(product_id, LOOKED, since=at - timedelta(days=days), until=at).items():
        found[profile_id] = max(last, found.get(profile_id, last))
    return found


def _still_true(trigger: BackInStock | PriceDrop, product_id: str, facts: Mapping[str, Any]) -> bool:
    """It can be bought, and costs no more than was said."""
    product = commerce.believed_products([product_id]).get(product_id)
    if product is None or not product.is_offerable:
        return False
    return isinstance(trigger, BackInStock) or (product.price is not None and product.price <= Decimal(facts["new"]))
