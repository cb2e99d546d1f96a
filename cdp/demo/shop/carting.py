"""The cart and the wish list: what is put in and taken out, and the events that tell of it."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_POST, require_safe

from cdp.demo.catalog import CURRENCY, catalog
from cdp.demo.shop.basket import MOST_LINES, Line, bounded, find_variant, line_of
from cdp.demo.shop.pages import Event, Page, done, priced_of, render_page
from cdp.demo.shop.promoting import AWAY
from cdp.demo.shop.same_origin import same_origin
from cdp.demo.shop.shelves import shown_products
from cdp.demo.shop.visitor import MOST_WISHES, Visitor, visitor_of

CART = "/shop/cart/"


@require_safe
def cart(request: HttpRequest) -> HttpResponse:
    """The cart."""
    basket = visitor_of(request).basket
    events: list[Event] = []
    if basket.lines:
        events.append(("Cart Viewed", {"cart_id": basket.cart_id, "products": basket.as_products()}))
    return render_page(request, "cart.html", Page("Your cart", "Cart", events), {"priced": priced_of(request)})


@same_origin
@require_POST
def add(request: HttpRequest) -> HttpResponse:
    """One more line, or more of one: `sku`, `quantity`."""
    visitor = visitor_of(request)
    found = find_variant(request.POST.get("sku", ""))
    if found is None:
        raise Http404("no such product")
    product, variant = found
    before = visitor.quantity_of(variant.sku)
    after = bounded(product, before + _number(request.POST.get("quantity", "1")))
    if after <= before or (not before and len(visitor.lines) >= MOST_LINES):
        return done(request, product.path, [], _no_more(product.stock), added=False)
    visitor.put(variant.sku, after)
    line = Line(product, variant, after - before)
    events = [("Product Added", _told(visitor, line))]
    if request.POST.get("from") == "wishlist":
        events.insert(0, ("Wishlist Product Added to Cart", _told(visitor, line)))
        visitor.wishes = [each for each in visitor.wishes if each != product.product_id]
    return done(request, CART, events, f"{product.name} is in your cart.", added=True)


@same_origin
@require_POST
def change(request: HttpRequest) -> HttpResponse:
    """A line's number: `sku`, `quantity`; 0 takes it out."""
    visitor = visitor_of(request)
    line = line_of(request.POST.get("sku", ""), visitor.quantity_of(request.POST.get("sku", "")))
    if line is None or not line.quantity:
        return done(request, CART, [])
    wanted = bounded(line.product, _number(request.POST.get("quantity", "0")))
    visitor.put(line.variant.sku, wanted)
    moved = Line(line.product, line.variant, abs(wanted - line.quantity))
    name = "Product Added" if wanted > line.quantity else "Product Removed"
    events: list[Event] = [(name, _told(visitor, moved))] if moved.quantity else []
    return done(request, CART, events)


@same_origin
@require_POST
def coupon(request: HttpRequest) -> HttpResponse:
    """A code: `coupon`; `from` says which page asks. One whose offer may yet hold is kept."""
    visitor = visitor_of(request)
    to = CART if request.POST.get("from") == "cart" else "/shop/checkout/"
    code = request.POST.get("coupon", "").strip().upper()[:40]
    visitor.coupon, visitor.without = code, []
    if not code:
        return done(request, to, [], "No code is used.", applied=False)
    priced = priced_of(request)
    about = {"cart_id": visitor.cart_id, "coupon_id": code, "coupon_name": code}
    events: list[Event] = [("Coupon Entered", about)]
    is_applied = any(one.code for one in priced.applied)
    if is_applied:
        events.append(("Coupon Applied", {**about, "discount": priced.discount / 100}))
    else:
        events.append(("Coupon Denied", {**about, "reason": priced.code.reason if priced.code else "not_checked"}))
    if priced.code is None or priced.code.reason.startswith("code_"):
        visitor.coupon = ""
    return done(request, to, events, priced.said or AWAY, applied=is_applied)


@require_safe
def wishlist(request: HttpRequest) -> HttpResponse:
    """What is wished for."""
    wished = shown_products(visitor_of(request).wishes)
    return render_page(request, "wishlist.html", Page("Wish list", "Wish list"), {"wished": wished})


@same_origin
@require_POST
def wish(request: HttpRequest) -> HttpResponse:
    """Onto the wish list, or off it again: `product_id`."""
    visitor = visitor_of(request)
    product = catalog().by_id.get(request.POST.get("product_id", ""))
    if product is None:
        raise Http404("no such product")
    about = product.as_property(wishlist_id=f"wish-{visitor.anonymous_id[:8]}", currency=CURRENCY)
    if product.product_id in visitor.wishes:
        visitor.wishes = [each for each in visitor.wishes if each != product.product_id]
        events: list[Event] = [("Product Removed from Wishlist", about)]
        return done(request, "/shop/wishlist/", events, wished=False, wishes=len(visitor.wishes))
    visitor.wishes = [product.product_id, *visitor.wishes][:MOST_WISHES]
    note = f"{product.name} is on your wish list."
    events = [("Product Added to Wishlist", about)]
    return done(request, product.path, events, note, wished=True, wishes=len(visitor.wishes))


def _told(visitor: Visitor, line: Line) -> dict[str, Any]:
    return {"cart_id": visitor.cart_id, "currency": CURRENCY, **line.as_property()}


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 0


def _no_more(stock: int) -> str:
    return f"There are {stock} left, and all of them are in your cart." if stock else "It is sold out."
