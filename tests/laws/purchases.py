"""The oracle of carts and orders: what any service must make of the events, written apart from commerce.

Slow and plain: it looks at all events at once, knows who is one person from the identity oracle, and no database.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from tests.profiles.oracle import Key

WEEK_US = 7 * 86_400_000_000
CARTING = ("Product Added", "Product Removed", "Cart Viewed")
TELLING = ("Order Completed", "Order Updated")
NAMED = ("user_id", "email", "phone")
People = dict[Key, frozenset[Key]]
"""{identifier: all identifiers of its person}."""
Moment = tuple[int, str]
"""(time in µs, message): what happened when, and which of two at one instant comes first."""


class Deed(NamedTuple):
    """One event: the identifier it hangs on, when, when it came in (µs), by a server or a browser, and what it says."""

    key: Key
    moment: Moment
    received: int
    is_server: bool
    name: str
    says: dict[str, Any]

    @property
    def came(self) -> Moment:
        """When it was told, by the clock that can be believed."""
        return (self.moment[0] if self.is_server else self.received), self.moment[1]


class Order(NamedTuple):
    """An order as far as a cart sees it."""

    moment: Moment
    order_id: str
    names_the_cart: bool


def carts(deeds: Sequence[Deed], people: People) -> dict[str, Any]:
    """{`cart:<id>` or `run:<kind>:<value>:<µs>`: (state, {product: (quantity, price)}, value, order, owner, times)}."""
    found: dict[str, Any] = {}
    touching = sorted((deed for deed in deeds if deed.name in CARTING), key=lambda deed: deed.moment)
    for cart_id in {deed.says["cart_id"] for deed in touching if "cart_id" in deed.says}:
        own = [deed for deed in touching if deed.says.get("cart_id") == cart_id]
        told = _told([*own, *_orders_of_cart(cart_id, own, deeds, people)], is_run=False)
        found |= {f"cart:{cart_id}": (*cart, _owner(own, people)) for cart in told}
    for key in {deed.key for deed in touching if "cart_id" not in deed.says}:
        own = [deed for deed in touching if deed.key == key and "cart_id" not in deed.says]
        for cart in _told([*own, *_orders_of_run(key, deeds, people)], is_run=True):
            found[f"run:{key[0]}:{key[1]}:{cart[4]}"] = (*cart, key)
    return found


def _orders_of_cart(cart_id: str, own: list[Deed], deeds: Sequence[Deed], people: People) -> list[Order]:
    """Orders that name the cart, whoever told; and of each who touched it those that name no cart of theirs."""
    placed = [deed for deed in deeds if deed.name == "Order Completed"]
    found = []
    for order_id in {deed.says["order_id"] for deed in placed}:
        naming = [
            deed.moment for deed in placed if (deed.says["order_id"], deed.says.get("cart_id")) == (order_id, cart_id)
        ]
        moments = list(naming)
        for person in {people[deed.key] for deed in own}:
            theirs = [deed for deed in placed if deed.key in person and deed.says["order_id"] == order_id]
            named = {deed.says.get("cart_id") for deed in theirs}
            if theirs and (cart_id in named or not named & _carts_of(person, deeds)):
                moments.append(min(deed.moment for deed in theirs))
        if moments:
            found.append(Order(min(moments), order_id, bool(naming)))
    return found


def _orders_of_run(key: Key, deeds: Sequence[Deed], people: People) -> list[Order]:
    person, found = people[key], []
    placed = [deed for deed in deeds if deed.name == "Order Completed" and deed.key in person]
    for order_id in {deed.says["order_id"] for deed in placed}:
        theirs = [deed for deed in placed if deed.says["order_id"] == order_id]
        if not {deed.says.get("cart_id") for deed in theirs} & _carts_of(person, deeds):
            found.append(Order(min(deed.moment for deed in theirs), order_id, False))
    return found


def _carts_of(person: frozenset[Key], deeds: Sequence[Deed]) -> set[str]:
    return {
        deed.says["cart_id"] for deed in deeds if deed.name in CARTING and deed.key in person and "cart_id" in deed.says
    }


def _told(steps: list[Deed | Order], *, is_run: bool) -> list[tuple[Any, ...]]:
    """The carts of one trail: one for a cart with an id, else as many as orders and idle weeks make of it."""
    done: list[dict[str, Any]] = []
    cart: dict[str, Any] = {}
    for step in sorted(steps, key=lambda step: step.moment):
        at = step.moment[0]
        if isinstance(step, Order):
            for each in (*(done if is_run else ()), cart):
                if each and (each["state"] == "open" or (each["state"] == "emptied" and step.names_the_cart)):
                    each |= {"state": "ordered", "order": step.order_id, "touched": at}
            if is_run and cart:
                done, cart = [*done, cart], {}
            continue
        if is_run and cart and at - cart["touched"] > WEEK_US:
            done, cart = [*done, cart], {}
        before = cart["lines"] if cart.get("state") == "open" else {}
        after = _changed(before, step)
        more = any(quantity > (before.get(name) or (0,))[0] for name, (quantity, _) in after.items())
        if cart.get("state", "ordered") == "ordered":
            if not more:
                continue
            cart = {"opened": at}
        cart |= {"lines": after, "state": "open" if after else "emptied", "touched": at, "order": cart.get("order")}
    return [
        (
            each["state"],
            each["lines"],
            sum((quantity * price for quantity, price in each["lines"].values()), Decimal(0)),
            each["order"],
            each["opened"],
            each["touched"],
        )
        for each in (*done, cart)
        if each
    ]


def _changed(lines: dict[str, tuple[Decimal, Decimal]], deed: Deed) -> dict[str, tuple[Decimal, Decimal]]:
    says = deed.says
    if deed.name == "Cart Viewed":
        return {line["product_id"]: (Decimal(line["quantity"]), Decimal(line["price"])) for line in says["products"]}
    product, quantity = says["product_id"], Decimal(says["quantity"])
    here = lines.get(product, (Decimal(0), Decimal(0)))[0]
    if deed.name == "Product Added":
        return {**lines, product: (here + quantity, Decimal(says["price"]))}
    left = {name: line for name, line in lines.items() if name != product}
    return {**left, product: (here - quantity, lines[product][1])} if here > quantity else left


def _owner(own: list[Deed], people: People) -> Key:
    """Told of by a server, else with a name, else the first; on the strongest identifier, the last that was seen."""

    def place(person: frozenset[Key]) -> tuple[bool, bool, Moment]:
        touches = [deed for deed in own if deed.key in person]
        told = [deed for deed in touches if deed.is_server]
        is_named = any(deed.key[0] in NAMED for deed in told or touches)
        return not told, not is_named, min(deed.came for deed in told or touches)

    person = min({people[deed.key] for deed in own}, key=place)
    touches = [deed for deed in own if deed.key in person]
    touches = [deed for deed in touches if deed.is_server] or touches
    strongest = min(_strength(deed.key) for deed in touches)
    return max((deed for deed in touches if _strength(deed.key) == strongest), key=lambda deed: deed.moment).key


def _strength(key: Key) -> int:
    return NAMED.index(key[0]) if key[0] in NAMED else len(NAMED)


def orders(deeds: Sequence[Deed]) -> dict[str, Any]:
    """{order id: (status, revenue, refunded, when placed in µs, whose, sorted lines (product, quantity, amount))}."""
    found = {}
    for order_id in {deed.says["order_id"] for deed in deeds if deed.name.startswith("Order ")}:
        own = [deed for deed in deeds if deed.name.startswith("Order ") and deed.says["order_id"] == order_id]
        own.sort(key=lambda deed: (deed.name in TELLING, deed.is_server, deed.moment), reverse=True)
        telling = [deed for deed in own if deed.name in TELLING]
        goods = _lines(telling[0].says["products"]) if telling else []
        told = [Decimal(deed.says["revenue"]) for deed in telling if "revenue" in deed.says]
        revenue = told[0] if told else sum((amount for _, _, amount in goods), Decimal(0))
        refunds = _refunds([deed for deed in own if deed.name == "Order Refunded"], goods, revenue)
        refunded = -sum((amount for _, _, amount in refunds), Decimal(0))
        completed = [deed.moment[0] for deed in telling if deed.name == "Order Completed"]
        placed = completed[0] if completed else min((deed.moment[0] for deed in telling), default=None)
        names = {deed.name for deed in own}
        status = _status(names, revenue, refunded)
        found[order_id] = (status, revenue, refunded, placed, own[0].key, sorted([*goods, *refunds]))
    return found


def _status(names: set[str], revenue: Decimal, refunded: Decimal) -> str:
    if "Order Cancelled" in names:
        return "cancelled"
    if names == {"Order Refunded"}:
        return "pending"
    if refunded <= 0:
        return "placed"
    return "partly_refunded" if refunded < revenue else "refunded"


def _lines(products: list[dict[str, Any]]) -> list[tuple[str, Decimal, Decimal]]:
    return [
        (each["product_id"], Decimal(each["quantity"]), Decimal(each["quantity"]) * Decimal(each["price"]))
        for each in products
    ]


def _refunds(
    deeds: list[Deed], goods: list[tuple[str, Decimal, Decimal]], revenue: Decimal
) -> list[tuple[str, Decimal, Decimal]]:
    """What went back. A server's word makes browsers' nothing; without products or total all that is left goes back."""
    lines: list[tuple[str, Decimal, Decimal]] = []
    price = {product: amount / quantity for product, quantity, amount in goods}
    for deed in sorted([d for d in deeds if d.is_server] or deeds, key=lambda deed: deed.moment):
        if "products" in deed.says:
            for each in deed.says["products"]:
                quantity = Decimal(each["quantity"])
                lines.append((each["product_id"], -quantity, -quantity * price.get(each["product_id"], Decimal(0))))
        elif "total" in deed.says:
            lines.append(("", Decimal(-1), -Decimal(deed.says["total"])))
        elif goods and all(product for product, _, _ in lines):
            for product, quantity, _ in goods:
                gone = -sum((count for name, count, _ in lines if name == product), Decimal(0))
                if gone < quantity:
                    lines.append((product, gone - quantity, (gone - quantity) * price[product]))
        elif (rest := revenue + sum((amount for _, _, amount in lines), Decimal(0))) > 0:
            lines.append(("", Decimal(-1), -rest))
    return lines
