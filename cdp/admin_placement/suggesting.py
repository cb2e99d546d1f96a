"""What the form's fields suggest as one types: products with picture and price, categories, brands, people."""

from dataclasses import asdict

from django.db.models import Q
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.response import TemplateResponse
from django.views.decorators.http import require_POST, require_safe

from cdp.admin_placement.pictures import shown
from cdp.admin_placement.preview import hits
from cdp.admin_placement.rights import LOOK, PEOPLE, PERSONAL, require
from cdp.lib.admin_parts import may
from commerce.contracts import ProductFacts
from commerce.models import Product
from commerce.queries import category_tree
from segments.queries.suggesting import Asked, Suggestion, brands, categories

MOST, LONGEST = 12, 200
FIELDS = ProductFacts.__struct_fields__


@require_safe
def suggest(request: HttpRequest) -> HttpResponse:
    """GET `what` (product, category, brand), `q` (what is typed): {items: [{value, words, note, price, picture}]}."""
    require(request, LOOK)
    text = request.GET.get("q", "").replace("\0", "").strip()[:LONGEST]
    what = request.GET.get("what", "")
    items = suggestions(what, text)
    return JsonResponse({"items": items or []}, status=404 if items is None else 200)


def suggestions(what: str, text: str) -> list[dict[str, str]] | None:
    """Products, categories or brands that fit a text; None for anything else. Also what other pages' fields suggest."""
    if what == "product":
        return _products(text)
    find = {"category": _categories, "brand": brands}.get(what)
    return None if find is None else [_item(one) for one in find(Asked(text))[:MOST]]


@require_POST
def people(request: HttpRequest) -> HttpResponse:
    """Those found by `person_q`, to be chosen; by POST, so that an address stays out of logs."""
    require(request, LOOK, PEOPLE)
    text = request.POST.get("person_q", "").replace("\0", "").strip()[:LONGEST]
    context = {"hits": hits(request, text), "asked": text, "personal": may(request, PERSONAL)}
    return TemplateResponse(request, "placements/people.html", context)


def _products(text: str) -> list[dict[str, str]]:
    wanted = Q(name__icontains=text) | Q(product_id__istartswith=text)
    rows = Product.objects.filter(wanted).order_by("-active", "-in_stock", "name", "product_id")
    found = [shown(ProductFacts(*row)) for row in rows.values_list(*FIELDS)[:MOST]]
    return [asdict(one) | {"value": one.product_id, "words": one.name} for one in found]


def _categories(asked: Asked) -> list[Suggestion]:
    """Every step of the paths of categories, since a name matches any; then names that only visitors' events told."""
    counts: dict[str, int] = {}
    for node in category_tree().walk():
        if asked.text.casefold() in node.name.casefold():
            counts[node.name] = counts.get(node.name, 0) + node.products
    names = sorted(counts, key=lambda name: (-counts[name], name.casefold()))
    steps = [Suggestion(name, often=f"{counts[name]:,} product{'' if counts[name] == 1 else 's'}") for name in names]
    return steps[:MOST] + [one for one in categories(asked) if one.value not in counts]


def _item(one: Suggestion) -> dict[str, str]:
    return {"value": one.value, "words": one.value, "note": one.often}
