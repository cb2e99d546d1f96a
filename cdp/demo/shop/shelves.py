"""The pages one looks around on: home, departments, search, products, and their pictures."""

import hashlib
from collections.abc import Mapping
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified
from django.views.decorators.http import require_safe

from cdp.demo.catalog import CATEGORIES, CURRENCY, Category, Product, catalog, image_svg
from cdp.demo.catalog.drawing import VIEWS, swatches_svg
from cdp.demo.shop import backend
from cdp.demo.shop.browsing import PRICE_WORDS, SORTS, Found, Wanted, browse, read_wanted
from cdp.demo.shop.browsing import search as search_hits
from cdp.demo.shop.pages import Event, Page, listed, render_page
from cdp.demo.shop.visitor import may_personalize, visitor_of

_DEPARTMENTS = {category.slug: category for category in CATEGORIES}
HERO = {"promotion_id": "long-evenings", "creative": "hero", "name": "Long evenings outside", "position": "home-hero"}


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The front of the shop."""
    shop = catalog()
    covers = [(category, shop.by_category[category.slug][0]) for category in CATEGORIES]
    fresh = [next(p for p in shop.by_category[c.slug] if p.in_stock and (p.is_new or p.was_cents)) for c in CATEGORIES]
    page = Page("Outdoor and home, made to last", "Home", [("Promotion Viewed", HERO)])
    return render_page(request, "home.html", page, {"covers": covers, "fresh": fresh, "hero": HERO})


@require_safe
def department(request: HttpRequest, slug: str) -> HttpResponse:
    """One department with its filters."""
    category = _DEPARTMENTS.get(slug)
    if category is None:
        raise Http404("no such department")
    wanted = read_wanted(request.GET, request.GET.getlist("brand"))
    found = browse(catalog().by_category[slug], wanted)
    page = Page(category.name, "Department", _list_events(slug, category.name, wanted, found), category.sentence)
    return render_page(request, "grid.html", page, _grid(request.GET, wanted, found, category))


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """What is found for the words in `q`."""
    wanted = read_wanted(request.GET, request.GET.getlist("brand"))
    own = _in_own_order(request, wanted)
    found = browse(catalog().products, wanted, own.product_ids)
    events: list[Event] = []
    if wanted.query:
        events = [("Products Searched", {"query": wanted.query, "results": found.total})]
        events += _list_events("search", "", wanted, found, own.recommendation_id) if found.products else []
    title = f"“{wanted.query}”" if wanted.query else "Everything"
    context = _grid(request.GET, wanted, found, None)
    context |= {"answer_id": own.recommendation_id, "sentences": own.sentences}
    return render_page(request, "grid.html", Page(title, "Search", events), context)


@require_safe
def product(request: HttpRequest, product_id: str) -> HttpResponse:
    """One product."""
    found = catalog().by_id.get(product_id)
    if found is None:
        raise Http404("no such product")
    value = {"currency": CURRENCY, "value": found.cents / 100}
    about = found.as_property(url=found.path, image_url=found.image_path, variant=found.variants[0].label, **value)
    page = Page(found.name, "Product", [("Product Viewed", about)], found.description)
    context = {
        "product": found,
        "category": _DEPARTMENTS[found.category],
        "views": range(VIEWS),
        "wished": found.product_id in visitor_of(request).wishes,
    }
    return render_page(request, "product.html", page, context)


@require_safe
def image(request: HttpRequest, product_id: str) -> HttpResponse:
    """A product's picture: `color` by name, `view` 0, 1 or 2, or `colors` for dots of what it comes in."""
    found = catalog().by_id.get(product_id)
    if found is None:
        raise Http404("no such product")
    view = request.GET.get("view", "")
    color, near = request.GET.get("color", ""), int(view) if view in {"1", "2"} else 0
    svg = (swatches_svg(found) if view == "colors" else image_svg(found, color, near)).encode()
    tag = f'"{hashlib.sha256(svg).hexdigest()[:16]}"'
    headers = {"ETag": tag, "Cache-Control": "public, max-age=86400", "X-Content-Type-Options": "nosniff"}
    headers["Content-Security-Policy"] = "default-src 'none'"
    if request.headers.get("If-None-Match") == tag:
        return HttpResponseNotModified(headers=headers)
    return HttpResponse(svg, content_type="image/svg+xml", headers=headers)


def _in_own_order(request: HttpRequest, wanted: Wanted) -> backend.Ranked:
    """The first results as the visitor may like them best; the shop's own order where the platform may not know them.

    The server asks, so that the page comes in that order and nothing moves on it.
    """
    visitor = visitor_of(request)
    hits = search_hits(catalog().products, wanted.query) if wanted.query else []
    if len(hits) < 2 or wanted.sort != "recommended" or not may_personalize(request):
        return backend.Ranked()
    user_id = visitor.user.user_id if visitor.user else ""
    found = [product.product_id for product in hits]
    return backend.ranked("search-results", found, user_id=user_id, anonymous_id=visitor.anonymous_id)


def _list_events(list_id: str, category: str, wanted: Wanted, found: Found, answer_id: str = "") -> list[Event]:
    told = {"list_id": list_id, "category": category, "products": listed(found.products)}
    if answer_id:
        told |= {"recommendation_id": answer_id}
    if not wanted.is_filtered and wanted.sort == "recommended":
        return [("Product List Viewed", told)]
    filters = [{"type": "brand", "value": brand} for brand in wanted.brands]
    filters += [{"type": "price", "value": PRICE_WORDS[wanted.price]}] if wanted.price else []
    filters += [{"type": "availability", "value": "in stock"}] if wanted.in_stock else []
    sorts = [{"type": wanted.sort, "value": "asc"}] if wanted.sort != "recommended" else []
    return [("Product List Filtered", {**told, "filters": filters, "sorts": sorts})]


def _grid(params: Mapping[str, str], wanted: Wanted, found: Found, category: Category | None) -> dict[str, object]:
    return {
        "category": category,
        "wanted": wanted,
        "found": found,
        "sorts": SORTS,
        "prices": PRICE_WORDS,
        "list_id": category.slug if category else "search",
        "shown": ",".join(product.product_id for product in found.products),
        "before": _page_query(wanted, found.page - 1) if found.page > 1 else "",
        "after": _page_query(wanted, found.page + 1) if found.page < found.pages else "",
    }


def _page_query(wanted: Wanted, number: int) -> str:
    pairs: list[tuple[str, str]] = [("q", wanted.query)] if wanted.query else []
    pairs += [("brand", brand) for brand in wanted.brands]
    pairs += [("price", wanted.price)] if wanted.price else []
    pairs += [("stock", "1")] if wanted.in_stock else []
    pairs += [("sort", wanted.sort)] if wanted.sort != "recommended" else []
    return "?" + urlencode([*pairs, ("page", str(number))])


def shown_products(ids: list[str]) -> list[Product]:
    """The products of these ids that exist, in their order."""
    known = catalog().by_id
    return [known[each] for each in ids if each in known]
