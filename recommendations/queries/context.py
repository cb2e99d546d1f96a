"""From what is known of a person to what estimators are asked with: codes of the model, weights as in training.

The present visit is what was touched with no pause of half an hour up to now: the last click is part of the next
question. Of somebody who never bought, the last visit stands for it when it is over. Nothing is stored.
"""

from collections.abc import Sequence

from cdp.lib.clock import to_us
from commerce.contracts import ProductFacts
from recommendations.contracts import RecommendationRequest
from recommendations.estimators.facing import Context
from recommendations.estimators.interactions import Kind
from recommendations.estimators.visits import GAP_US
from recommendations.estimators.wording import text_of
from recommendations.histories import Did, history_of, purchases_of, session_of
from recommendations.model import Model
from recommendations.queries.people import Past, Touch


def context_of(
    request: RecommendationRequest, past: Past, model: Model, product: ProductFacts | None = None
) -> Context:
    """What the model is asked. `product` describes the one in front, for one that the model never saw."""
    done = _coded((*past.purchases, *past.touches), model)
    visit = visit_of((*past.purchases, *past.touches), to_us(request.now)) or last_visit_of(past)
    front = model.codes.get(request.product_id) if request.product_id else None
    return Context(
        now_us=to_us(request.now),
        history=history_of(done, model.trained_until_us, model.half_life_days),
        purchases=purchases_of(_coded(past.purchases, model), model.trained_until_us, model.half_life_days),
        session=session_of(_coded(visit, model)),
        product=front,
        product_text=described(product) if front is None and product is not None else "",
        cart=tuple(dict.fromkeys(model.codes[pid] for pid in request.cart if pid in model.codes)),
        category=request.category,
        region=request.region,
    )


def visit_of(touches: Sequence[Touch], now_us: int) -> tuple[Touch, ...]:
    """The touches of the present visit, oldest first; none when the last one is longer ago than a pause."""
    found: list[Touch] = []
    until = now_us
    for touch in sorted(touches, key=lambda touch: (-touch.at_us, touch.product_id)):
        if until - touch.at_us > GAP_US:
            break
        found.append(touch)
        until = touch.at_us
    return tuple(reversed(found))


def viewed_now(past: Past, now_us: int) -> frozenset[str]:
    """Products looked at in the present visit."""
    visit = visit_of((*past.purchases, *past.touches), now_us)
    return frozenset(touch.product_id for touch in visit if touch.kind == Kind.VIEW)


def in_cart_now(past: Past, now_us: int) -> frozenset[str]:
    """Products put into the cart in the present visit that lie there still."""
    if not past.cart:
        return frozenset()
    visit = visit_of((*past.purchases, *past.touches), now_us)
    since = visit[0].at_us if visit else now_us + 1
    return frozenset(product_id for product_id, at_us in past.cart.items() if since <= at_us <= now_us)


def last_visit_of(past: Past) -> tuple[Touch, ...]:
    """The last visit of somebody who never bought: all that is known of their taste, however long ago; else none."""
    if past.purchases or not past.touches:
        return ()
    return visit_of(past.touches, max(touch.at_us for touch in past.touches))


def described(product: ProductFacts) -> str:
    """The words of a product, as content reads them in training."""
    return text_of(product.name, category=product.category, brand=product.brand, attributes=product.categories)


def _coded(touches: Sequence[Touch], model: Model) -> list[Did]:
    codes = model.codes
    return [
        Did(codes[touch.product_id], int(touch.kind), touch.at_us, touch.times)
        for touch in touches
        if touch.product_id in codes
    ]
