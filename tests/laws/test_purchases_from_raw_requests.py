"""Carts and orders against an oracle that reads the raw requests, whoever turns out to be one person.

Late, future, repeated and shuffled requests from browsers and servers, on one worker or eight; staff part people in the
middle and join them again. What is spoiled in the folds is noticed.
"""

import random
from collections.abc import Callable, Container, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import structs

from cdp.lib.clock import to_us, utc_now
from cdp.outbox.services import drain_all
from commerce import carts, orders
from commerce.models import Cart, Order
from profiles.models import Identifier
from profiles.services import lift, separate
from tests.emptying import empty_tables
from tests.laws import purchases
from tests.laws.purchases import Deed
from tests.laws.test_arrival_changes_nothing import work_until_empty
from tests.laws.test_people_from_raw_requests import heard, make_sources, send
from tests.profiles import oracle
from tests.profiles.oracle import Key
from tests.threads import in_threads

pytestmark = pytest.mark.django_db(transaction=True)
Items = list[tuple[bool, dict[str, Any]]]
FOLDING = {"commerce.refold", "commerce.rejoin"}
TOLD = {"future": timedelta(hours=2), "late": timedelta(days=-40), "old": timedelta(days=-6)}
lines = st.dictionaries(st.integers(0, 2), st.integers(1, 3), max_size=3)
deeds = st.one_of(
    st.tuples(st.just("Product Added"), st.integers(0, 2), st.integers(1, 3), st.sampled_from(["2.50", "4"])),
    st.tuples(st.just("Product Added"), st.integers(0, 2), st.integers(1, 3), st.sampled_from(["2.50", "4"])),
    st.tuples(st.just("Product Removed"), st.integers(0, 2), st.integers(1, 3)),
    st.tuples(st.just("Cart Viewed"), lines),
    st.tuples(st.just("Order Completed"), st.integers(0, 2), lines, st.none() | st.sampled_from(["7", "20.25"])),
    st.tuples(st.just("Order Completed"), st.integers(0, 2), lines, st.none() | st.sampled_from(["7", "20.25"])),
    st.tuples(st.just("Order Updated"), st.integers(0, 2), lines, st.none()),
    st.tuples(st.just("Order Refunded"), st.integers(0, 2), st.none() | st.just("3") | lines),
    st.tuples(st.just("Order Cancelled"), st.integers(0, 2)),
    st.just(("identify",)),
    st.just(("alias",)),
)
drafts = st.tuples(
    deeds,
    st.booleans(),
    st.none() | st.integers(0, 2),
    st.integers(0, 2),
    st.none() | st.integers(0, 1),
    st.sampled_from(["late", "old", "old", "future"]),
    st.integers(0, 50),
)


def items_of(draws: list[Any], now: datetime) -> Items:
    """[(by the browser source, item)]."""
    found = []
    for n, (deed, is_browser, user, device, cart, when, minutes) in enumerate(draws):
        at = now + TOLD[when] + timedelta(minutes=minutes)
        item: dict[str, Any] = {"messageId": f"m{n}", "anonymousId": f"a{device}", "timestamp": at.isoformat()}
        if user is not None or deed[0] == "alias":
            item["userId"] = f"u{user or 0}"
        if deed[0] == "identify":
            item |= {"type": "identify", "traits": {"email": f"e{user or 0}@x.example"}}
        elif deed[0] == "alias":
            item |= {"type": "alias", "previousId": f"a{(device + 1) % 3}"}
        else:
            said = says(*deed)
            if cart is not None and not deed[0].startswith(("Order R", "Order U", "Order Can")):
                said["cart_id"] = f"c{cart}"
            item |= {"type": "track", "event": deed[0], "properties": said}
        found.append((is_browser, item))
    return found


def says(name: str, thing: Any, *more: Any) -> dict[str, Any]:
    """The properties of one deed."""
    if name == "Cart Viewed":
        return {"products": _listed(thing, price="3")}
    if name.startswith("Product"):
        said = {"product_id": f"p{thing}", "quantity": more[0]}
        return said if name == "Product Removed" else said | {"price": more[1]}
    said = {"order_id": f"o{thing}"}
    if name in ("Order Completed", "Order Updated"):
        said["products"] = _listed(more[0], price="5")
        return said if more[1] is None else said | {"revenue": more[1]}
    if name == "Order Refunded" and more[0]:
        return said | ({"total": more[0]} if isinstance(more[0], str) else {"products": _listed(more[0])})
    return said


def _listed(entries: dict[int, int], **more: str) -> list[dict[str, Any]]:
    return [{"product_id": f"p{product}", "quantity": quantity, **more} for product, quantity in entries.items()]


def believed(items: Items, now: datetime, never: Sequence[tuple[set[Key], set[Key]]] = ()) -> dict[str, Any]:
    """What any service must make of these requests, each received once at `now`, with staff's decisions."""
    links, events = heard(items, now)
    people = {key: members for members in oracle.people(links, never) for key in members}
    done = [
        Deed(event.keys[0], (event.at, event.message), to_us(now), not is_browser, item["event"], item["properties"])
        for (is_browser, item), event in zip(items, events, strict=True)
        if item["type"] == "track"
    ]
    return {"carts": purchases.carts(done, people), "orders": purchases.orders(done)}


def stored() -> dict[str, Any]:
    """As `believed`, read from the database."""
    names = {row.pk: (row.kind, row.value) for row in Identifier.objects.all()}
    return {
        "carts": {_cart_name(cart.key, names): _cart(cart, names) for cart in Cart.objects.all()},
        "orders": {order.order_id: _order(order, names) for order in Order.objects.prefetch_related("lines")},
    }


def _cart_name(key: str, names: dict[int, Key]) -> str:
    if not key.startswith("run:"):
        return key
    _, identifier, start = key.split(":")
    return f"run:{':'.join(names[int(identifier)])}:{start}"


def _cart(cart: Cart, names: dict[int, Key]) -> tuple[Any, ...]:
    inside = {line["product_id"]: (Decimal(line["quantity"]), Decimal(line["price"])) for line in cart.lines}
    times = to_us(cart.opened_at), to_us(cart.last_activity_at)
    return cart.state, inside, cart.value, cart.order_id, *times, names[cart.identifier_id]


def _order(order: Order, names: dict[int, Key]) -> tuple[Any, ...]:
    told = sorted((line.product_id, line.quantity, line.amount) for line in order.lines.all())
    placed = None if order.placed_at is None else to_us(order.placed_at)
    assert order.identifier_id is not None
    return order.status, order.revenue, order.refunded, placed, names[order.identifier_id], told


def work(workers: int, folding: Container[str] = FOLDING) -> None:
    in_threads(workers, work_until_empty)
    in_threads(workers, lambda: drain_all(only=folding))
    drain_all(only=folding)


def sides_of(shuffler: random.Random) -> tuple[set[Key], set[Key]] | None:
    """What staff part: somebody's identifiers against the others of that person, else two who are two."""
    people: dict[Any, list[Identifier]] = {}
    for row in Identifier.objects.order_by("kind", "value"):
        people.setdefault(row.profile_id, []).append(row)
    every = sorted(([(row.kind, row.value) for row in rows] for rows in people.values()), key=str)
    merged = [keys for keys in every if len(keys) > 1]
    if merged:
        keys = shuffler.choice(merged)
        one = set(shuffler.sample(keys, shuffler.randrange(1, len(keys))))
        return one, set(keys) - one
    return (set(every[0]), set(every[1])) if len(every) > 1 else None


def part(sides: tuple[set[Key], set[Key]]) -> int:
    """Staff part two; the number of the separation."""
    one, other = ([Identifier.objects.get(kind=kind, value=value).pk for kind, value in sorted(side)] for side in sides)
    return separate(one, other, reason="two people", actor=None).pk


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(drafts, min_size=1, max_size=25), st.randoms(use_true_random=False), st.sampled_from([1, 8]),
    st.integers(1, 9),
)  # fmt: skip
def test_any_order_workers_and_decisions_of_staff_make_the_carts_and_orders_of_the_raw_requests(
    draws: list[Any], shuffler: random.Random, workers: int, batch: int
) -> None:
    empty_tables()
    now = utc_now().replace(microsecond=0)
    items, sources = items_of(draws, now), make_sources()
    shuffled = items + shuffler.sample(items, len(items) // 3)
    shuffler.shuffle(shuffled)
    batches = [shuffled[start : start + batch] for start in range(0, len(shuffled), batch)]
    middle = shuffler.randrange(1, len(batches) + 1)
    for each in batches[:middle]:
        send(each, sources, now)
    work(workers)
    sides = sides_of(shuffler)
    separation = part(sides) if sides is not None else None
    for each in batches[middle:]:
        send(each, sources, now)
    work(workers)
    assert stored() == believed(items, now, [] if sides is None else [sides])
    if separation is not None:
        lift(separation, reason="one person after all", actor=None)
    send(items, sources, now + timedelta(hours=25))
    work(workers)
    assert stored() == believed(items, now)


def usual(dice: random.Random) -> list[Any]:
    """Draws as Hypothesis would make them, many and not shrunk."""

    def some() -> dict[int, int]:
        return {product: dice.randint(1, 3) for product in range(3) if dice.random() < 0.6}

    def deed() -> tuple[Any, ...]:
        thing = dice.randrange(3)
        return dice.choice([
            ("Product Added", thing, dice.randint(1, 3), "4"),
            ("Product Removed", thing, 1),
            ("Cart Viewed", some()),
            ("Order Completed", thing, some(), None),
            ("Order Refunded", thing, "3"),
            ("identify",),
        ])  # fmt: skip

    return [
        (
            deed(), dice.random() < 0.5, dice.choice([None, 0, 1, 2]), dice.randrange(3), dice.choice([None, 0, 1]),
            dice.choice(["late", "old"]), dice.randrange(50),
        )
        for _ in range(60)
    ]  # fmt: skip


def _nothing_is_closed(patch: pytest.MonkeyPatch) -> set[str]:
    patch.setattr(carts._Cart, "close", lambda cart, closing: None)
    return FOLDING


def _browsers_refund_too(patch: pytest.MonkeyPatch) -> set[str]:
    real: Callable[..., Any] = orders._refunds
    patch.setattr(
        orders, "_refunds", lambda told, *rest: real([structs.replace(e, is_server=True) for e in told], *rest)
    )
    return FOLDING


def _who_parted_is_unheard_of(patch: pytest.MonkeyPatch) -> set[str]:
    return {"commerce.refold"}


@pytest.mark.parametrize("sabotage", [None, _nothing_is_closed, _browsers_refund_too, _who_parted_is_unheard_of])
def test_a_spoiled_fold_is_noticed(
    sabotage: Callable[[pytest.MonkeyPatch], set[str]] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Negative controls, beside the same world with nothing spoiled."""
    folding = FOLDING if sabotage is None else sabotage(monkeypatch)
    now = utc_now().replace(microsecond=0)
    items = items_of(usual(random.Random(4)), now)
    send(items, make_sources(), now)
    work(1, folding)
    merged = believed(items, now)
    tried = (sides_of(random.Random(number)) for number in range(100))
    sides = next(each for each in tried if each is not None and believed(items, now, [each]) != merged)
    part(sides)
    work(1, folding)
    assert (stored() == believed(items, now, [sides])) is (sabotage is None)
