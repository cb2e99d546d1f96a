"""Products that could be sold and were never shown in 28 days: searchable, by reason, a page at a time."""

from dataclasses import dataclass
from datetime import datetime

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

from cdp.admin_home.navigation import may_open
from cdp.admin_model import shown
from cdp.admin_model.frame import page, require
from cdp.admin_model.shown import WHY_WORDS, Missing, Why
from cdp.lib.clock import utc_now
from commerce.models import Product

ROWS = 50
LONGEST = 100


@dataclass(frozen=True, slots=True)
class Line:
    """One product of the list."""

    name: str
    product_id: str
    url: str
    category: str
    brand: str
    added_at: datetime
    why: str
    says: str


def never_page(request: HttpRequest) -> HttpResponse:
    """`?why=` a reason's number, `?q=` in name or id, `?page=` from 1."""
    require(request)
    kept = shown.missing_kept(utc_now())
    found: Missing = kept.value
    why = _why(request)
    text = request.GET.get("q", "").strip()[:LONGEST].replace("\0", "")
    pks = shown.chosen(found, why=why, text=text)
    number = _page(request, len(pks))
    here = pks[(number - 1) * ROWS : number * ROWS]
    return page(
        request,
        "never.html",
        "never",
        "Never shown",
        headline=headline(found),
        at=kept.at,
        days=shown.DAYS,
        reasons=[(int(each), WHY_WORDS[each][0], count, each == why) for each in Why if (count := found.count(each))],
        total=found.count(),
        why=None if why is None else int(why),
        why_says="" if why is None else WHY_WORDS[why][1],
        q=text,
        count=len(pks),
        lines=_lines(request, [int(pk) for pk in here], found),
        number=number,
        last=max(1, -(-len(pks) // ROWS)),
        has_products=Product.objects.exists(),
    )


def headline(found: Missing) -> str:
    """“1,204 products that can be sold were never shown in the last 28 days”."""
    count = found.count()
    if not count:
        return f"Every product that can be sold was shown in the last {shown.DAYS} days"
    words = "1 product that can be sold was" if count == 1 else f"{count:,} products that can be sold were"
    return f"{words} never shown in the last {shown.DAYS} days"


def _why(request: HttpRequest) -> Why | None:
    text = request.GET.get("why", "")
    if not text:
        return None
    if text not in {str(int(each)) for each in Why}:
        raise Http404("There is no such reason.")
    return Why(int(text))


def _page(request: HttpRequest, count: int) -> int:
    text = request.GET.get("page", "1")
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 8 else 0
    if number < 1 or (number > 1 and (number - 1) * ROWS >= count):
        raise Http404("There is no such page.")
    return number


def _lines(request: HttpRequest, pks: list[int], found: Missing) -> list[Line]:
    """In the order of `pks`; products deleted since are left out."""
    whys = dict(zip(found.pks.tolist(), found.whys.tolist(), strict=True)) if pks else {}
    opens = may_open(request, "commerce.product")
    rows = Product.objects.in_bulk(pks)
    return [
        Line(
            name=row.name or row.product_id,
            product_id=row.product_id,
            url=reverse("admin:commerce_product_change", args=[pk]) if opens else "",
            category=row.category,
            brand=row.brand,
            added_at=row.added_at,
            why=WHY_WORDS[Why(whys[pk])][0],
            says=WHY_WORDS[Why(whys[pk])][1],
        )
        for pk in pks
        if (row := rows.get(pk)) is not None
    ]
