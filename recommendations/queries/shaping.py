"""Answers as JSON: products as they are shown, in the currency asked for; never what the shop pays for one.

The body of an answer without a placement holds nothing that differs between equal answers: its id stands in a header.
"""

from decimal import Decimal
from typing import Any

import msgspec

from cdp.lib.clock import from_us
from commerce.contracts import ProductFacts
from recommendations.contracts import Answer
from recommendations.placements import PlacementSpec
from recommendations.queries.live import live_model

MOST_ENCODED = 20_000
_encoded: dict[tuple[str, str], tuple[ProductFacts, msgspec.Raw]] = {}
encode = msgspec.json.Encoder(decimal_format="number").encode


def body_of(found: Answer, *, currency: str, spec: PlacementSpec | None) -> dict[str, Any]:
    """One answer. Of a placement also its key and title, and the side of its holdout the asker is on."""
    body: dict[str, Any] = {
        "strategy": found.strategy,
        "model": found.model_run,
        "trained_until": _trained_until(found.model_run),
        "note": found.note,
    }
    if spec is not None:
        body |= {"placement": spec.key, "title": spec.title, "variant": found.variant or None}
    body["items"] = [
        {
            "product_id": item.product_id,
            "score": item.score,
            "reason": item.reason,
            "sentence": item.sentence,
            "strategy": item.strategy,
            "product": _product_json(item.product, currency),
        }
        for item in found.items
    ]
    return body


def _trained_until(run: int | None) -> str | None:
    """The newest event the live model learned from."""
    live = live_model()
    if run is None or live is None or live.run_id != run:
        return None
    return from_us(live.model.trained_until_us).isoformat(timespec="seconds").replace("+00:00", "Z")


def _product_json(facts: ProductFacts, currency: str) -> msgspec.Raw:
    """A product as it stands in answers, encoded once as long as the catalog holds these very facts of it."""
    key = (facts.product_id, currency)
    kept = _encoded.get(key)
    if kept is not None and kept[0] is facts:
        return kept[1]
    raw = msgspec.Raw(encode(_product(facts)))
    if len(_encoded) >= MOST_ENCODED:
        _encoded.clear()
    _encoded[key] = (facts, raw)
    return raw


def _product(facts: ProductFacts) -> dict[str, Any]:
    """Its prices are in the currency asked for already, where the shop told one."""
    return {
        "name": facts.name,
        "category": facts.category,
        "categories": facts.categories,
        "brand": facts.brand,
        "group_id": facts.group_id,
        "price": _decimal(facts.price),
        "list_price": _decimal(facts.list_price),
        "currency": facts.currency,
        "url": facts.url,
        "image_url": facts.image_url,
        "images": facts.images,
        "in_stock": facts.in_stock,
    }


def _decimal(value: Decimal | None) -> str | None:
    return None if value is None else f"{value.normalize():f}"
