"""A tiny shop made of rows: products, people with identifiers, orders, events, and models built by hand."""

import itertools
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import cast

import numpy as np
import uuid_utils.compat

from cdp.lib.clock import to_us
from commerce.models import Order, OrderLine, Product
from events.models import Event, Source
from profiles.models import Identifier
from recommendations import model as artifacts
from recommendations.estimators.facing import Arrays, Estimator, TrainingData
from recommendations.estimators.interactions import Interactions
from recommendations.estimators.neighbors import Neighbors
from recommendations.estimators.own import Own
from recommendations.estimators.popularity import Popularity
from recommendations.estimators.taste import Taste
from recommendations.estimators.together import BoughtTogether, ViewedTogether
from recommendations.model import Model
from recommendations.models import ModelRun
from recommendations.queries import forget_catalog, forget_model, model_path
from recommendations.training.recipe import default_blends

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
_numbers = itertools.count(1)


def product(
    product_id: str, *, in_stock: bool = True, active: bool = True, is_told_by_browser: bool = False
) -> Product:
    """A product named after its id, from the feed."""
    forget_catalog()
    return Product.objects.create(
        product_id=product_id,
        name=f"The {product_id}",
        price=Decimal("9.500000"),
        currency="EUR",
        in_stock=in_stock,
        active=active,
        from_feed=not is_told_by_browser,
        seen_at=NOW,
    )


def products(*product_ids: str) -> None:
    """Several products in stock, oldest first."""
    for product_id in product_ids:
        product(product_id)


def identifier(kind: str, value: str, *, of: Identifier | None = None, is_shared: bool = False) -> Identifier:
    """An identifier with a profile of its own, or in the profile of another."""
    own = uuid_utils.compat.uuid7()
    return Identifier.objects.create(
        kind=kind,
        value=value,
        first_seen_at=NOW,
        minted_id=own,
        profile_id=of.profile_id if of else own,
        is_shared=is_shared,
    )


def order(who: Identifier | None, *product_ids: str, at: datetime = NOW, is_guest: bool = False) -> Order:
    """A placed order with one line a product."""
    number = next(_numbers)
    placed = Order.objects.create(
        order_id=f"o-{number}",
        identifier_id=who.pk if who else None,
        status=Order.Status.PLACED,
        is_guest=is_guest,
        placed_at=at,
        digest=b"0" * 16,
    )
    for position, product_id in enumerate(product_ids):
        OrderLine.objects.create(
            order=placed,
            position=position,
            kind=OrderLine.Kind.GOODS,
            product_id=product_id,
            quantity=1,
            price=1,
            amount=1,
            occurred_at=at,
        )
    return placed


def give_back(placed: Order, product_id: str) -> None:
    """One piece of an order is refunded."""
    OrderLine.objects.create(
        order=placed,
        position=placed.lines.count(),
        kind=OrderLine.Kind.REFUND,
        product_id=product_id,
        quantity=-1,
        price=1,
        amount=-1,
        occurred_at=NOW,
    )
    Order.objects.filter(pk=placed.pk).update(status=Order.Status.PARTLY_REFUNDED)


def event(who: Identifier, name: str, *, at: datetime = NOW - timedelta(minutes=5), **properties: object) -> Event:
    """An event that hangs on an identifier."""
    number = next(_numbers)
    return Event.objects.create(
        id=number,
        source_id=1,
        inbox_id=number,
        index=0,
        message_hash=number.to_bytes(16, "big"),
        type="track",
        name=name,
        identifier_id=who.pk,
        server_side=False,
        occurred_at=at,
        received_at=at,
        properties=properties,
    )


def view(who: Identifier, product_id: str, *, at: datetime = NOW - timedelta(minutes=5)) -> Event:
    """A product seen."""
    return event(who, "Product Viewed", at=at, product_id=product_id)


def source() -> Source:
    """A browser source with its write key."""
    return Source.objects.create(name="shop", kind=Source.Kind.BROWSER)


def small_model(ids: Sequence[str], popularity: Sequence[float], pairs: dict[tuple[str, str], float]) -> Model:
    """A model whose pairs are written out: pairs[(a, b)] is how much having a, or being with it, speaks for b."""
    codes = {product_id: code for code, product_id in enumerate(ids)}
    rows = [codes[one] for one, _ in pairs], [codes[other] for _, other in pairs], list(pairs.values())
    places = np.array(rows[0], np.int32), np.array(rows[1], np.int32), np.array(rows[2], np.float32)
    neighbors = Neighbors.from_pairs(places, len(ids))
    wanted = np.array(popularity, dtype=np.float64)
    order = np.argsort(-wanted, kind="stable")
    order = order[wanted[order] > 0]
    people, items, at_us, kinds = (np.zeros(0, kind) for kind in ("i4", "i4", "i8", "i1"))
    nothing = Interactions(people, items, at_us, kinds, products=tuple(ids), n_people=0)
    empty = Popularity().fit(TrainingData(nothing), to_us(NOW)).arrays()
    whole: Arrays = {"codes": order.astype(np.int32), "scores": wanted[order], "total": np.array([wanted.sum()])}
    taste = {**neighbors.arrays(), "learned": np.array([len(ids)]), "method": np.array([1], np.int8)}
    parts = {
        "popularity": Popularity.restore({}, {**empty, **whole}),
        "own": Own().fit(TrainingData(nothing), to_us(NOW)),
        "taste": Taste.restore({}, taste),
        "bought_together": BoughtTogether.restore({}, neighbors.arrays()),
        "viewed_together": ViewedTogether.restore({}, neighbors.arrays()),
    }
    return Model(
        products=tuple(ids),
        parts=cast(dict[str, Estimator], parts),
        blends=default_blends(parts),
        trained_until_us=to_us(NOW),
        half_life_days=180.0,
    )


def go_live(model: Model) -> ModelRun:
    """A run with its folder, live at once in this process."""
    artifact = f"recommendations-{uuid_utils.compat.uuid7()}"
    checksum = artifacts.write(model, model_path(artifact))
    ModelRun.objects.update(is_live=False)
    forget_model()
    return ModelRun.objects.create(
        trained_until=NOW, artifact=artifact, checksum=checksum, is_live=True, promoted_at=NOW
    )
