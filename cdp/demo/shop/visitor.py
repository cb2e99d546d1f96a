"""Who is in the shop: one signed cookie. Its anonymous id is minted here, and the panel is bound to it.

Nothing in it can be forged without SECRET_KEY; a cookie that does not verify is a new visitor. Who only looks around
and may not be followed has no cookie: their page carries its id with our signature, and brings it back once it may be
kept.
"""

import uuid
from typing import Any
from urllib.parse import unquote

import msgspec
from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponseBase

from cdp.demo.shop.basket import Basket, basket_of

COOKIE = "shop_visitor"
SALT = "cdp.demo.shop.visitor"
MINTED_SALT = "cdp.demo.shop.minted"
MINTED = "visitor"  # the field in which a page brings its id back
TWO_MONTHS_S = 60 * 24 * 3600
A_DAY_S = 24 * 3600
MOST_WISHES, MOST_ACCOUNTS, MOST_EMAILS = 24, 5, 3
CHOICE_COOKIE = "cdp_consent"  # of cdp.js: the choice as it was made in the browser
ID_COOKIE = "cdp_anonymous_id"  # of cdp.js: there once events may be sent


class Account(msgspec.Struct, frozen=True, array_like=True):
    """An account that was opened in this very browser."""

    user_id: str
    name: str
    email: str


class LastOrder(msgspec.Struct, frozen=True, array_like=True):
    """The order the thank-you page may show. `saved`: each promotion with its cents."""

    order_id: str
    email: str
    lines: list[tuple[str, int]]
    coupon: str
    saved: list[tuple[str, int]] = []
    shipping: int = 0
    total: int = 0


class Answer(msgspec.Struct, frozen=True):
    """What cdp.js keeps of an answer, as far as the shop reads it."""

    preferences: dict[str, bool]


class Visitor(msgspec.Struct, omit_defaults=True):
    """Changed in place by the views; written back if it changed. `emails`: addresses typed in at checkouts here."""

    anonymous_id: str = msgspec.field(default_factory=lambda: str(uuid.uuid4()))
    cart_id: str = msgspec.field(default_factory=lambda: f"cart-{uuid.uuid4().hex[:16]}")
    lines: list[tuple[str, int]] = []
    coupon: str = ""
    wishes: list[str] = []
    user: Account | None = None
    accounts: list[Account] = []
    emails: list[str] = []
    last_order: LastOrder | None = None
    events: list[tuple[str, dict[str, Any]]] = []
    note: str = ""
    started: str = ""  # the cart whose checkout was told of
    without: list[str] = []  # offers that were refused as the order was to be placed

    @property
    def is_blank(self) -> bool:
        """Whether nothing is here that the visitor put here."""
        return set(msgspec.to_builtins(self)) <= {"anonymous_id", "cart_id"}

    @property
    def basket(self) -> Basket:
        """The cart."""
        return basket_of(self.cart_id, self.lines)

    def quantity_of(self, sku: str) -> int:
        """How many of a variant lie in the cart."""
        return dict(self.lines).get(sku, 0)

    def put(self, sku: str, quantity: int) -> None:
        """So many of a variant from now on; 0 takes it out."""
        kept = dict(self.lines)
        kept[sku] = quantity
        self.lines = [(each, number) for each, number in kept.items() if number > 0]

    def empty_cart(self) -> None:
        """After an order: the next cart is another one."""
        self.lines, self.coupon, self.without, self.cart_id = [], "", [], f"cart-{uuid.uuid4().hex[:16]}"

    def become_somebody_else(self) -> None:
        """After a sign-out or a refusal: nothing joins what follows with what was."""
        self.anonymous_id, self.user, self.emails = str(uuid.uuid4()), None, []

    def take_events(self) -> list[tuple[str, dict[str, Any]]]:
        """Events the next page shall track, once."""
        taken, self.events = self.events, []
        return taken

    def take_note(self) -> str:
        """What the next page shall say, once."""
        taken, self.note = self.note, ""
        return taken


def visitor_of(request: HttpRequest) -> Visitor:
    """The visitor of this request, one object however often it is asked for."""
    found: Visitor | None = getattr(request, "_shop_visitor", None)
    if found is None:
        found = _named_by(request.COOKIES.get(COOKIE, "")) or _brought_back(request)
        request._shop_visitor = found  # type: ignore[attr-defined]
    return found


def read(cookie: str) -> Visitor:
    """The visitor a cookie names; a new one if it does not verify or cannot be read."""
    return _named_by(cookie) or Visitor()


def _named_by(cookie: str) -> Visitor | None:
    try:
        return msgspec.convert(signing.loads(cookie, salt=SALT, max_age=TWO_MONTHS_S), Visitor)
    except (signing.BadSignature, msgspec.ValidationError):
        return None


def _brought_back(request: HttpRequest) -> Visitor:
    """A new visitor, under the id that was minted for the page which asks, if it was."""
    try:
        minted = signing.loads(request.POST.get(MINTED, ""), salt=MINTED_SALT, max_age=A_DAY_S)
    except signing.BadSignature:
        return Visitor()
    return Visitor(anonymous_id=minted)


def written(visitor: Visitor) -> str:
    """The cookie's text."""
    return signing.dumps(msgspec.to_builtins(visitor), salt=SALT, compress=True)


def is_kept(request: HttpRequest, *, keeps_id: bool = False) -> bool:
    """Whether this visitor has a cookie after this request. An id alone is reason enough only once it may be used.

    It is kept by `keeps_id`, of the one request that brings it: two pages opened at once must not keep one each.
    """
    had = bool(request.COOKIES.get(COOKIE))
    return not visitor_of(request).is_blank or ((had or keeps_id) and may_track(request))


def minted_of(request: HttpRequest, *, keeps_id: bool = False) -> str:
    """The id under our signature, for the page to bring back; "" where the cookie has it."""
    if is_kept(request, keeps_id=keeps_id):
        return ""
    return signing.dumps(visitor_of(request).anonymous_id, salt=MINTED_SALT)


def remember(request: HttpRequest, response: HttpResponseBase, *, keeps_id: bool = False) -> None:
    """Write the cookie back if the visitor changed; take it away if nothing is left in it that we may keep."""
    visitor = visitor_of(request)
    before = request.COOKIES.get(COOKIE, "")
    if not is_kept(request, keeps_id=keeps_id):
        if before:
            response.delete_cookie(COOKIE, samesite="Lax")
        return
    if before and msgspec.to_builtins(read(before)) == msgspec.to_builtins(visitor):
        return
    response.set_cookie(
        COOKIE,
        written(visitor),
        max_age=TWO_MONTHS_S,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )


def choice_of(request: HttpRequest) -> dict[str, bool] | None:
    """What was chosen in the banner, by purpose; None while nobody has chosen."""
    try:
        return msgspec.json.decode(unquote(request.COOKIES.get(CHOICE_COOKIE, "")), type=Answer).preferences
    except msgspec.MsgspecError:
        return None


def may_track(request: HttpRequest) -> bool:
    """Whether events may carry this visitor's anonymous id: after a yes, and where the law needs none until a no."""
    choice = choice_of(request) or {}
    unasked = request.COOKIES.get(ID_COOKIE) == visitor_of(request).anonymous_id
    return choice.get("analytics", unasked)


def may_personalize(request: HttpRequest) -> bool:
    """Whether what is shown may depend on this visitor."""
    return may_track(request) and (choice_of(request) or {}).get("personalization", True)
