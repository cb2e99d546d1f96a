"""What carts are about, for many enrollments with a handful of statements: their lines, and orders since."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from automation.contracts import CartNow, CartStory
from commerce import queries as commerce
from commerce.contracts import CartFacts, CartLine, OrderFacts, ProductFacts
from mailing.names import presentable

Lines = tuple[tuple[CartLine, ProductFacts | None], ...]


@dataclass(frozen=True, slots=True)
class CartAsked:
    """An enrollment's cart (None: it is gone), and the identifiers of whoever it belongs to."""

    cart: CartFacts | None
    armed_at: datetime
    identifier_ids: tuple[int, ...]
    was_mailed: bool = False


@dataclass(frozen=True, slots=True)
class Situation:
    """A cart's story, and what a mail about it needs: the lines that can be bought now."""

    story: CartStory
    cart: CartFacts | None
    lines: Lines


def cart_now(cart: CartFacts | None) -> CartNow | None:
    """A stored cart as the journey sees it."""
    if cart is None:
        return None
    return CartNow(cart.state, len(cart.lines), cart.last_added_at, cart.last_activity_at)


def situations(asked: Sequence[CartAsked]) -> list[Situation]:
    """What holds for each cart now, in their order."""
    if not asked:
        return []
    carts = [one.cart for one in asked]
    lines = _offerable(carts)
    since = [
        cart.last_added_at if cart and cart.last_added_at else one.armed_at
        for one, cart in zip(asked, carts, strict=True)
    ]
    ordered = _ordered([one.identifier_ids for one in asked], since)
    return [
        Situation(
            CartStory(
                cart=cart_now(carts[n]),
                armed_at=one.armed_at,
                offerable_lines=len(lines[n]),
                known_lines=len(known_lines(lines[n])),
                ordered_since=ordered[n],
                was_mailed=one.was_mailed,
            ),
            carts[n],
            lines[n],
        )
        for n, one in enumerate(asked)
    ]


def known_lines(lines: Lines) -> list[tuple[CartLine, ProductFacts]]:
    """The lines a mail may show: a stranger may say with the public key what lies in a cart, but not what it is."""
    return [(line, product) for line, product in lines if product and is_presentable(product)]


def is_presentable(product: ProductFacts) -> bool:
    """Whether a mail may name this product: a feed or a server told of it, and its name holds no address."""
    return product.is_trusted and bool(presentable(product.name or product.product_id))


def _offerable(carts: Sequence[CartFacts | None]) -> list[Lines]:
    """The lines that can be bought now; a product the catalog does not know is taken at the cart's word."""
    ids = {line.product_id for cart in carts if cart for line in cart.lines}
    known = commerce.products(ids) | commerce.believed_products(ids)
    pairs = [[(line, known.get(line.product_id)) for line in cart.lines] if cart else [] for cart in carts]
    return [tuple((line, p) for line, p in of_cart if p is None or p.is_offerable) for of_cart in pairs]


def _ordered(people: Sequence[tuple[int, ...]], since: Sequence[datetime]) -> list[bool]:
    """Whether each person placed an order since their instant, whatever identifier it hangs on."""
    orders = commerce.orders_since({pk for ids in people for pk in ids}, min(since))
    return [any(_is_theirs(order, ids, at) for order in orders) for ids, at in zip(people, since, strict=True)]


def _is_theirs(order: OrderFacts, identifier_ids: tuple[int, ...], since: datetime) -> bool:
    return order.identifier_id in identifier_ids and order.placed_at is not None and order.placed_at >= since
