"""Checkout and order: the order is told to the platform by the shop's server, whose word counts."""

import secrets

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from cdp.demo.shop import backend
from cdp.demo.shop.basket import basket_of
from cdp.demo.shop.pages import Event, Page, priced_of, render_page
from cdp.demo.shop.promoting import Priced, as_uses, without_refused
from cdp.demo.shop.same_origin import same_origin
from cdp.demo.shop.visitor import MOST_EMAILS, LastOrder, Visitor, may_track, remember, visitor_of
from notices.queries import is_mailed


class CheckoutForm(forms.Form):
    """Where it goes. The box for e-mails is not ticked by itself."""

    email = forms.EmailField(max_length=200, label="E-mail")
    first_name = forms.CharField(max_length=60, label="First name")
    last_name = forms.CharField(max_length=60, label="Last name")
    street = forms.CharField(max_length=120, label="Street and number")
    postal_code = forms.CharField(max_length=12, label="Postal code")
    city = forms.CharField(max_length=60, label="City")
    marketing = forms.BooleanField(required=False)


AUTOCOMPLETE = {
    "email": "email",
    "first_name": "given-name",
    "last_name": "family-name",
    "street": "street-address",
    "postal_code": "postal-code",
    "city": "address-level2",
}


@same_origin
@require_http_methods(["GET", "HEAD", "POST"])
def checkout(request: HttpRequest) -> HttpResponse:
    """The form; a good one places the order."""
    visitor = visitor_of(request)
    if not visitor.basket.lines:
        return redirect(f"/shop/order/{visitor.last_order.order_id}/" if visitor.last_order else "/shop/cart/")
    priced = priced_of(request)
    if request.method != "POST":
        return _form(request, CheckoutForm(initial=_known(visitor)), priced, _started(visitor, priced))
    form = CheckoutForm(request.POST)
    if not form.is_valid():
        return _form(request, form, priced, [], status=422)
    order_id = f"LF-{secrets.randbelow(10**8):08d}"
    if refused := backend.refused_uses(as_uses(priced, order_id, _person(request, visitor))):
        visitor.without = sorted({*visitor.without, *refused})
        form.add_error(None, without_refused(refused, priced))
        return _form(request, form, Priced(priced.basket, priced.found, frozenset(visitor.without)), [], status=409)
    _place(request, visitor, priced, order_id, form.cleaned_data)
    response = redirect(f"/shop/order/{order_id}/")
    remember(request, response)
    return response


@require_safe
def order(request: HttpRequest, order_id: str) -> HttpResponse:
    """Thank you; shown to who placed it only."""
    last = visitor_of(request).last_order
    if last is None or last.order_id != order_id:
        raise Http404("no such order")
    context = {"order": last, "ordered": basket_of("", last.lines), "is_mailed": is_mailed("confirmed")}
    return render_page(request, "order.html", Page("Thank you", "Order"), context)


def _started(visitor: Visitor, priced: Priced) -> list[Event]:
    """Told once a cart as it is: a coupon or a mistyped field is no second checkout."""
    state = f"{priced.basket.cart_id}:{priced.subtotal}"
    if visitor.started == state:
        return []
    visitor.started = state
    return [("Checkout Started", {"cart_id": priced.basket.cart_id, **_about(priced)})]


def _place(request: HttpRequest, visitor: Visitor, priced: Priced, order_id: str, given: dict[str, str]) -> None:
    """Tell the order; what was reserved under its id is redeemed by it."""
    basket = priced.basket
    email = given["email"].strip().lower()
    ids = {"anonymousId": visitor.anonymous_id} if may_track(request) else {}
    if visitor.user:
        ids["userId"] = visitor.user.user_id
    # Who refused to be followed, and has no account, is known for this order alone.
    ids = ids or {"anonymousId": f"order-{order_id}"}
    if not visitor.user:
        traits = {"email": email, "firstName": given["first_name"], "lastName": given["last_name"]}
        backend.identify(ids, traits)
    if given["marketing"]:
        backend.state_consent(email, method="checkout_box")
    properties = {
        "order_id": order_id,
        "cart_id": basket.cart_id,
        **_about(priced),
        "shipping_address": _address(given),
    }
    backend.track("Order Completed", properties, ids, message_id=f"order-{order_id}", email=email)
    visitor.emails = [email, *(each for each in visitor.emails if each != email)][:MOST_EMAILS]
    lines = [(line.variant.sku, line.quantity) for line in basket.lines]
    visitor.last_order = LastOrder(order_id, email, lines, visitor.coupon, priced.saved, priced.shipping, priced.total)
    visitor.empty_cart()


def _person(request: HttpRequest, visitor: Visitor) -> dict[str, str]:
    """Whom uses are counted for; nobody who may not be followed."""
    if visitor.user:
        return {"user_id": visitor.user.user_id}
    return {"anonymous_id": visitor.anonymous_id} if may_track(request) else {}


def _about(priced: Priced) -> dict[str, object]:
    return {"affiliation": "Larkfell demo shop", **priced.as_amounts(), "products": priced.basket.as_products()}


def _address(given: dict[str, str]) -> dict[str, str]:
    return {"postal_code": given["postal_code"], "city": given["city"], "country": "DE"}


def _known(visitor: Visitor) -> dict[str, str]:
    if not visitor.user:
        return {}
    first, _, last = visitor.user.name.partition(" ")
    return {"email": visitor.user.email, "first_name": first, "last_name": last}


def _form(
    request: HttpRequest, form: CheckoutForm, priced: Priced, events: list[Event], status: int = 200
) -> HttpResponse:
    for name, value in AUTOCOMPLETE.items():
        form.fields[name].widget.attrs |= {"autocomplete": value, "data-test": name.replace("_", "-")}
    context = {"form": form, "priced": priced}
    return render_page(request, "checkout.html", Page("Checkout", "Checkout", events), context, status)
