"""One price list: settings, rows, file, versions, and beside them what somebody pays by it. Nothing typed is lost."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from cdp.admin_placement.pictures import let_pictures_in
from cdp.admin_placement.preview import wanted_of
from cdp.admin_price import rows as rows_shown
from cdp.admin_price import typed as forms
from cdp.admin_price.preview import FEW, Preview, preview
from cdp.admin_price.rights import ADD, CHANGE, LOOK, around, found, require
from cdp.admin_price.typed import WHOM, Typed
from cdp.admin_price.whom import who_context
from cdp.admin_price.words import sentence, when
from cdp.lib.admin_parts import actor, may
from cdp.lib.clock import utc_now
from commerce.models import Product
from offers.models import Price, PriceList
from offers.price_choice import ListFacts
from offers.queries.price_lists import facts_of
from offers.services import prices as services
from offers.services.prices import KEPT_VERSIONS, ListDraft, PriceListRefusedError
from segments.queries.suggesting import names_of

MOST_PRODUCTS = 20


@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    """A new list."""
    require(request, LOOK, ADD)
    if request.method == "POST":
        return _posted(request, forms.of_post(request.POST), None)
    return list_page(request, forms.fresh(_usual_currency()), None)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, list_id: int) -> HttpResponse:
    """A list that is there. Who may not change it may look at it as anybody all the same."""
    require(request, LOOK)
    row = found(list_id)
    if request.method == "POST":
        form = forms.of_post(request.POST) if may(request, CHANGE) else forms.of_row(row)
        return _posted(request, form, row)
    return list_page(request, forms.of_row(row), row)


def list_page(
    request: HttpRequest, form: Typed, row: PriceList | None, *, shown: Preview | None = None, **more: Any
) -> HttpResponse:
    """The whole page. `more`: what became of a file or of rows."""
    segments = {**names_of("rule"), **names_of("static")}
    wanted = wanted_of(request.POST)
    context: dict[str, Any] = around(
        request,
        row.name if row else "New price list",
        price_list=row,
        form=form,
        problems=sum(map(len, form.errors.values())),
        whom_choices=WHOM,
        segments=sorted(segments.items(), key=lambda pair: pair[1].casefold()),
        is_readonly=not may(request, CHANGE if row else ADD),
        preview=shown,
        at_products=_products(request),
        at_quantity=request.POST.get("at_quantity", "1"),
        **who_context(request, wanted),
    )
    if row is not None:
        context |= _of_row(request, row, segments.get(row.segment, ""), more)
    return let_pictures_in(request, TemplateResponse(request, "prices/edit.html", context | more))


def _posted(request: HttpRequest, form: Typed, row: PriceList | None) -> HttpResponse:
    if row is not None:
        form.texts["key"] = row.key
    draft = form.draft()
    if request.POST.get("what") != "save":
        return _previewed(request, form, draft, row)
    require(request, CHANGE if row else ADD)
    segments = {*names_of("rule"), *names_of("static")}
    try:
        if form.errors:
            raise PriceListRefusedError(services.faults(draft, segments))
        saved = services.save_list(draft, list_id=row.pk if row else None, segments=segments, by=actor(request))
    except PriceListRefusedError as error:
        form.fail(error.faults)
        if row is not None:
            form.texts["seen"] = row.updated_at.isoformat()
        return list_page(request, form, row)
    is_live = saved.state == PriceList.State.LIVE
    said = "prices follow within three seconds" if is_live else "give it rows or a percentage, then switch it on"
    messages.info(request, f"“{saved.name}” is saved: {said}.")
    return HttpResponseRedirect(reverse("price-list", args=[saved.pk]))


def _previewed(request: HttpRequest, form: Typed, draft: ListDraft, row: PriceList | None) -> HttpResponse:
    """What is typed, shown: by the page's script a piece of it, else the whole page."""
    form.fail(fault for fault in services.faults(draft, None) if row or fault[0] not in ("name", "key"))
    if form.errors:
        shown = Preview("Nothing to show yet", problem="Mend what is marked in the form, and it is shown here at once.")
    else:
        products = _products(request) or _first(row)
        count = request.POST.get("at_quantity", "1")
        shown = preview(request, _facts(draft, row), wanted_of(request.POST), products, count, utc_now())
    if request.headers.get("X-Preview") != "yes":
        return list_page(request, form, row, shown=shown)
    context = {"preview": shown, "faults": sorted(form.errors.items())}
    return let_pictures_in(request, TemplateResponse(request, "prices/preview.html", context))


def _facts(draft: ListDraft, row: PriceList | None) -> ListFacts:
    pk = row.pk if row else 0
    return ListFacts(
        pk, draft.key, draft.name, draft.currency, draft.priority, draft.segment, draft.group, draft.percent_off
    )


def _of_row(request: HttpRequest, row: PriceList, segment_name: str, more: dict[str, Any]) -> dict[str, Any]:
    facts, search = facts_of(row), request.GET.get("q", "").replace("\0", "").strip()[:200]
    number = request.GET.get("page", "1")
    page = rows_shown.page_of(
        row,
        search,
        int(number) if number.isdecimal() and len(number) < 6 else 1,
        typed=more.get("typed_rows", {}),
        errors=more.get("row_errors", {}),
    )
    count = page.total if not search else Price.objects.filter(price_list=row).count()
    versions = list(row.versions.defer("rows", "terms").select_related("saved_by").order_by("-number"))
    return {
        "sentence": sentence(facts, count, segment_name),
        "when": when(facts, utc_now()),
        "rows": page,
        "row_count": count,
        "search": search,
        "versions": versions,
        "undo_to": versions[1].number if len(versions) > 1 else None,
        "kept_versions": KEPT_VERSIONS,
    }


def _products(request: HttpRequest) -> list[str]:
    texts = (text.replace("\0", "").strip()[:200] for text in request.POST.getlist("at_product")[:MOST_PRODUCTS])
    return list(dict.fromkeys(text for text in texts if text))


def _first(row: PriceList | None) -> list[str]:
    """Products to begin with: the list's own first ones, else some of the catalog."""
    found = Price.objects.filter(price_list=row).order_by("product_id").values_list("product_id", flat=True)
    own = list(found.distinct()[:FEW]) if row else []
    usual = Product.objects.filter(active=True, is_trusted=True, price__isnull=False).order_by("name", "product_id")
    return own or list(usual.values_list("product_id", flat=True)[:FEW])


def _usual_currency() -> str:
    found = PriceList.objects.order_by("-pk").values_list("currency", flat=True).first()
    told = Product.objects.exclude(currency="").order_by("-pk").values_list("currency", flat=True).first()
    return found or told or "EUR"
