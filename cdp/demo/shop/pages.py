"""What every page of the shop is rendered with: the visitor, the script, what the page shall track."""

from dataclasses import dataclass, field
from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render

from cdp.demo.catalog import CATEGORIES, Product
from cdp.demo.shop import backend
from cdp.demo.shop.promoting import Priced
from cdp.demo.shop.visitor import may_personalize, minted_of, remember, visitor_of
from cdp.script.assembling import current

NAME = "Larkfell"
PANEL_COOKIE = "shop_panel"  # open or closed, as the visitor left the panel; set by panel.js

Event = tuple[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Page:
    """A page's own part: its title, the page call's category and name, and the events it tracks when it is opened."""

    title: str
    kind: str
    events: list[Event] = field(default_factory=list)
    description: str = ""


def render_page(
    request: HttpRequest, template: str, page: Page, context: dict[str, Any] | None = None, status: int = 200
) -> HttpResponse:
    """The page; until the demo is seeded, the notice that the shop opens soon."""
    found = backend.keys()
    if found is None:
        opening = render(request, "shop/opening.html", {"shop": NAME}, status=503)
        opening["Retry-After"] = "5"
        return opening
    visitor = visitor_of(request)
    panel = request.COOKIES.get(PANEL_COOKIE, "")
    user = visitor.user
    events, note = [*visitor.take_events(), *page.events], visitor.take_note()
    shared = {
        "shop": NAME,
        "page": page,
        "categories": CATEGORIES,
        "visitor": visitor,
        "minted": minted_of(request),
        "user": user,
        "basket": visitor.basket,
        "note": note,
        "script": current(),
        "write_key": found.browser,
        "user_token": backend.user_token(user.user_id) if user else "",
        "panel": panel if panel in ("open", "closed") else "",
        "events": msgspec.json.encode(events).decode(),
    }
    response = render(request, f"shop/{template}", shared | (context or {}), status=status)
    response["Cache-Control"] = "private, no-store"
    remember(request, response)
    return response


def priced_of(request: HttpRequest) -> Priced:
    """The visitor's cart after promotions, as the platform says now."""
    visitor = visitor_of(request)
    found = backend.evaluated(
        visitor.basket,
        [visitor.coupon] if visitor.coupon else [],
        user_id=visitor.user.user_id if visitor.user else "",
        anonymous_id=visitor.anonymous_id,
        may_personalize=may_personalize(request),
    )
    return Priced(visitor.basket, found, frozenset(visitor.without))


def wants_json(request: HttpRequest) -> bool:
    """Whether the shop's own script asks, which goes on without a new page."""
    return "application/json" in request.headers.get("Accept", "")


def done(request: HttpRequest, to: str, events: list[Event], note: str = "", **more: Any) -> HttpResponse:
    """After a change: JSON with what the script shall track and say, or a redirect whose page does it."""
    visitor = visitor_of(request)
    if wants_json(request):
        basket = visitor.basket
        told = {"events": events, "note": note, "count": basket.count, "cart": basket.product_ids, **more}
        response: HttpResponse = JsonResponse(told)
    else:
        visitor.events, visitor.note = [*visitor.events, *events], note
        response = redirect(to)
    remember(request, response)
    return response


def listed(products: tuple[Product, ...]) -> list[dict[str, Any]]:
    """`products` of Product List Viewed."""
    return [product.as_property(position=place) for place, product in enumerate(products, 1)]
