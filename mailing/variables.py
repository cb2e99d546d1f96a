"""The variables that a mail's words may use, with what each is, whether it may be empty, and who gives it. Pure.

One table: the lint, the editor's list, docs/mail-templates.md and the example values read it.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

ALWAYS = frozenset({"person", "shop", "links", "agreed", "recommendations"})
"""Groups that every mail is given, whoever sends it. An order mail has no recommendations unless its blocks ask."""


@dataclass(frozen=True, slots=True)
class Group:
    """Variables that are given together. `given`: by whom, in words."""

    code: str
    label: str
    given: str


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable. In `path`, `[]` stands for each item of a list and `*` for any name.

    `kind`: text, amount, url, image, number, date, flag, list or object. `may_be_empty`: then words that use it need a
    `default` or stand under an `if`.
    """

    path: str
    label: str
    example: str = ""
    kind: str = "text"
    may_be_empty: bool = False

    @property
    def group(self) -> str:
        """The first part of the path."""
        return self.path.partition(".")[0].removesuffix("[]")


GROUPS = (
    Group("person", "Person", "always"),
    Group("shop", "Shop", "always"),
    Group("links", "Ways out", "always"),
    Group("agreed", "Consent", "always"),
    Group("recommendations", "Recommendations", "where a recommendations block asks for them"),
    Group("cart", "Cart", "by journeys about carts"),
    Group("product", "Product", "by journeys about a product: viewed, back in stock, cheaper, due again"),
    Group("products", "Products", "by journeys about several products, and by order mails"),
    Group("order", "Order", "by journeys about orders, and by order mails"),
    Group("event", "Event", "by journeys that an event starts: its properties"),
    Group("offer", "Offer", "by journeys that gave an offer before, and by offer blocks that name one"),
)

_PRODUCT = (
    ("name", "Name", "Blue wool hat", "text", False),
    ("price", "Price", "€24.00", "amount", True),
    ("list_price", "Price before", "€30.00", "amount", True),
    ("quantity", "Quantity", "2", "number", True),
    ("url", "Page", "https://shop.example/p/hat", "url", True),
    ("image_url", "Picture", "https://shop.example/i/hat.jpg", "image", True),
    ("note", "Note", "Goes with your scarf", "text", True),
    ("product_id", "Id", "hat-1", "text", False),
)


def _of_product(path: str, label: str, prefix: str = "") -> tuple[Variable, ...]:
    return tuple(
        Variable(f"{path}.{name}", f"{label}: {words.lower()}", f"{prefix}{example}", kind, may_be_empty)
        for name, words, example, kind, may_be_empty in _PRODUCT
    )


VARIABLES: tuple[Variable, ...] = (
    Variable("person.first_name", "First name", "Jane", may_be_empty=True),
    Variable("person.last_name", "Last name", "Doe", may_be_empty=True),
    Variable("person.name", "Full name", "Jane Doe", may_be_empty=True),
    Variable("person.email", "E-mail address", "jane@example.com"),
    Variable("person.country", "Country", "DE", may_be_empty=True),
    Variable("person.locale", "Language", "en", may_be_empty=True),
    Variable("person.traits.*", "Any trait", "gold", may_be_empty=True),
    Variable("shop.name", "Company", "Larkfell"),
    Variable("shop.url", "Shop", "https://shop.example", "url"),
    Variable("shop.postal_address", "Postal address", "1 Example Street, Berlin"),
    Variable("links.unsubscribe", "Unsubscribe", "https://cdp.example/u/…", "url"),
    Variable("links.preferences", "E-mail preferences", "https://cdp.example/p/…", "url"),
    Variable("links.browser", "View in browser", "https://cdp.example/m/v/…", "url"),
    Variable("agreed", "Whether they said yes to such mails", "true", "flag"),
    Variable("cart.lines[]", "Cart: lines", kind="list"),
    *_of_product("cart.lines[]", "Cart line"),
    Variable("cart.total", "Cart: total", "€72.00", "amount", may_be_empty=True),
    Variable("cart.count", "Cart: how many lines", "2", "number"),
    Variable("cart.url", "Cart: page", "https://shop.example/cart", "url"),
    Variable("order.number", "Order: number", "10024"),
    Variable("order.id", "Order: id", "10024"),
    Variable("order.lines[]", "Order: lines", kind="list"),
    *_of_product("order.lines[]", "Order line"),
    Variable("order.total", "Order: total", "€72.00", "amount", may_be_empty=True),
    Variable("order.refunded", "Order: refunded amount", "€24.00", "amount", may_be_empty=True),
    Variable("order.status", "Order: status", "shipped"),
    Variable("order.placed_at", "Order: date", "3 May 2026", "date", may_be_empty=True),
    Variable("order.url", "Order: page", "https://shop.example/orders/10024", "url", may_be_empty=True),
    Variable("order.tracking_url", "Order: tracking", "https://shop.example/t/1", "url", may_be_empty=True),
    Variable("order.tracking_number", "Order: parcel number", "JD0002", may_be_empty=True),
    Variable("order.carrier", "Order: carrier", "DHL", may_be_empty=True),
    Variable("order.expected_at", "Order: expected on", "12 May 2026", "date", may_be_empty=True),
    *_of_product("product", "Product"),
    Variable("products[]", "Products", kind="list"),
    *_of_product("products[]", "Product of a list"),
    Variable("recommendations[]", "Recommendations", kind="list"),
    *_of_product("recommendations[]", "Recommendation"),
    Variable("event.*", "Any property of the event", "Spring sale", may_be_empty=True),
    Variable("offer.title", "Offer: title", "10 % off"),
    Variable("offer.code", "Offer: code", "BACK10", may_be_empty=True),
    Variable("offer.expires", "Offer: last day", "12 May 2026", "date", may_be_empty=True),
)

_BY_PATH = {one.path: one for one in VARIABLES}
_PARTS = {".".join(one.path.split(".")[:n]) for one in VARIABLES for n in range(1, one.path.count(".") + 2)}
OF_LISTS = frozenset({"size", "first", "last"})


def known(path: str) -> Variable | None:
    """The variable of a path as it is written (`cart.lines[0].name`, `person.traits.tier`); None: there is none.

    Parts on the way to one (`cart`, `cart.lines`) and `.size`, `.first`, `.last` of lists count as variables too.
    """
    parts = _normal(path)
    if len(parts) > 1 and parts[-1] in OF_LISTS and f"{'.'.join(parts[:-1])}[]" in _BY_PATH:
        return Variable(path, path, kind="number" if parts[-1] == "size" else "object")
    for written in _spellings(parts):
        if written in _BY_PATH:
            return _BY_PATH[written]
        if written in _PARTS:
            return Variable(written, written, kind="object", may_be_empty="[]" not in written)
    return None


def suggestion(path: str, also: Collection[str] = ()) -> str:
    """The variable that was most likely meant, as it is written; empty: none is near. `also`: further names."""
    names = [*(one.path.replace("[]", "") for one in VARIABLES if "*" not in one.path), *also]
    near = get_close_matches(path.replace("[0]", ""), names, n=1, cutoff=0.6)
    if near:
        return near[0]
    last = path.rpartition(".")[2]
    ends = {name.rpartition(".")[2]: name for name in reversed(names)}
    meant = get_close_matches(last, list(ends), n=1, cutoff=0.75)
    return ends[meant[0]] if meant else ""


def _normal(path: str) -> list[str]:
    return path.replace("[", ".[").split(".")


def _spellings(parts: Sequence[str]) -> Iterator[str]:
    """The path with indexes as `[]`; then with its end as any name."""
    joined = ""
    for part in parts:
        is_item = part.startswith("[") or (part in ("first", "last") and f"{joined}[]" in _BY_PATH)
        joined = f"{joined}[]" if is_item else f"{joined}.{part}" if joined else part
    yield joined
    yield f"{joined}[]"
    if joined.startswith("person.traits."):
        yield "person.traits.*"
    if joined.startswith("event."):
        yield "event.*"
