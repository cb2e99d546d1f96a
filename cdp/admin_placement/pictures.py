"""Products as these pages show them, and from which hosts a browser may load their pictures."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from cdp.lib.admin_parts import money
from commerce.contracts import ProductFacts
from commerce.queries import products


@dataclass(frozen=True, slots=True)
class Shown:
    """A product in a row or a preview. Where the page may not load its picture, `letter` stands in its place."""

    product_id: str
    name: str
    price: str
    list_price: str
    note: str
    picture: str
    letter: str


def shown(facts: ProductFacts) -> Shown:
    """As the shopper would see it, in words."""
    out = "not active" if not facts.active else "" if facts.in_stock else "out of stock"
    name = facts.name or facts.product_id
    reduced = facts.list_price is not None and facts.price is not None and facts.list_price > facts.price
    return Shown(
        facts.product_id,
        name,
        money(facts.price, facts.currency) if facts.price is not None else "",
        money(facts.list_price, facts.currency) if reduced else "",
        " · ".join(part for part in (facts.category, facts.brand, out) if part),
        facts.image_url if may_load(facts.image_url) else "",
        name[:1].upper(),
    )


def shown_products(ids: Collection[str]) -> dict[str, Shown]:
    """Those that exist, by id; one statement."""
    wanted = {each for each in ids if each}
    return {key: shown(facts) for key, facts in products(wanted).items()} if wanted else {}


def let_pictures_in(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Allows the page to load pictures of the shop's own hosts, which are those a mail may show."""
    marked: Any = response
    marked._csp_update = {"img-src": sorted(_origins())}
    return response


def may_load(address: str) -> bool:
    """Whether a page of the admin may show this picture: it is of the shop's own hosts."""
    parts = urlsplit(address)
    if not parts.netloc:
        return address.startswith("/")
    return f"{parts.scheme}://{parts.netloc}" in _origins()


def _origins() -> set[str]:
    own = [urlsplit(address) for address in (settings.SHOP_URL, settings.BASE_URL)]
    return {f"{each.scheme}://{each.netloc}" for each in own} | {
        f"https://{host}" for host in settings.MAIL_IMAGE_HOSTS
    }
