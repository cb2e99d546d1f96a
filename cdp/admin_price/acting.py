"""What is done with a price list: rows typed, a file taken or given, on and off, a version restored, deleted."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cdp.access.services import record_audit
from cdp.admin_price import rows as rows_shown
from cdp.admin_price import typed as forms
from cdp.admin_price.one_page import list_page
from cdp.admin_price.rights import CHANGE, DELETE, LOOK, found, require
from cdp.lib.admin_parts import actor, confirmed
from offers.models import Price, PriceList, PriceListVersion
from offers.prices_csv import NotPricesError, PriceRow, written
from offers.services import prices as services
from offers.services.prices import PriceListRefusedError, Uploaded

MOST_BYTES = 10 * 1024 * 1024
SHOWN_REJECTS = 200
State = PriceList.State


@require_POST
def rows(request: HttpRequest, list_id: int) -> HttpResponse:
    """Prices typed into the table, rows taken out, rows added; what cannot be used is marked and nothing is saved."""
    require(request, LOOK, CHANGE)
    row = found(list_id)
    wanted, gone, errors = rows_shown.changed(row, request.POST)
    try:
        if not errors:
            services.set_rows(row.pk, wanted, remove=gone, by=actor(request))
    except PriceListRefusedError as error:
        errors["file"] = str(error)
    if errors:
        fresh = zip(*(request.POST.getlist(f"new_{name}") for name in ("product", "quantity", "price")), strict=False)
        more: dict[str, Any] = {
            "row_errors": errors,
            "typed_rows": dict(request.POST.items()),
            "new_rows": [(*each, errors.get(f"new.{place}", "")) for place, each in enumerate(fresh)],
        }
        return list_page(request, forms.of_row(row), row, **more)
    done = len(wanted) + len(gone)
    messages.info(request, f"{done} row{'' if done == 1 else 's'} changed." if done else "Nothing was changed.")
    return _back(row)


@require_POST
def upload(request: HttpRequest, list_id: int) -> HttpResponse:
    """A CSV file, in the place of all rows or beside them; lines that were not taken are named on the page."""
    require(request, LOOK, CHANGE)
    row, file = found(list_id), request.FILES.get("file")
    problem, done = "", Uploaded(0, 0)
    if file is None:
        problem = "Choose a file first."
    elif (file.size or 0) > MOST_BYTES:
        problem = "The file has more than 10 MB: part it and merge the parts."
    else:
        try:
            how = request.POST.get("how") == "replace"
            done = services.upload_rows(row.pk, file.read(), replace=how, by=actor(request))
        except (NotPricesError, PriceListRefusedError) as error:
            problem = str(error)
    if problem or done.rejected:
        fresh = PriceList.objects.get(pk=row.pk)
        more: dict[str, Any] = {"upload": done, "upload_problem": problem, "rejected": done.rejected[:SHOWN_REJECTS]}
        return list_page(request, forms.of_row(fresh), fresh, **more)
    gone = f", {done.removed:,} are gone" if done.removed else ""
    messages.info(request, f"{done.taken:,} row{'' if done.taken == 1 else 's'} taken{gone}. Undo it under Versions.")
    return _back(row)


@require_safe
def download(request: HttpRequest, list_id: int) -> StreamingHttpResponse:
    """The rows as a file that can be changed and uploaded again."""
    require(request, LOOK)
    row = found(list_id)
    kept = Price.objects.filter(price_list=row).order_by("product_id", "min_quantity")
    values = kept.values_list("product_id", "min_quantity", "price").iterator(2_000)
    answer = StreamingHttpResponse(written((PriceRow(*each) for each in values), row.currency), content_type="text/csv")
    answer["Content-Disposition"] = f'attachment; filename="prices-{row.key}.csv"'
    record_audit(actor(request), "downloaded a price list", f"price list:{row.pk}", row.key)
    return answer


@require_POST
def switch(request: HttpRequest, list_id: int) -> HttpResponse:
    """Live, draft or archived: `to` says which. Undone by the same buttons."""
    require(request, LOOK, CHANGE)
    row, wanted = found(list_id), request.POST.get("to", "")
    state = State(wanted) if wanted in set(State) else State.DRAFT
    services.switch_list(row.pk, state, by=actor(request))
    said = {
        State.LIVE: "is live: prices follow within three seconds",
        State.DRAFT: "is off: its customers pay what everybody pays",
        State.ARCHIVED: "is put away",
    }[state]
    messages.info(request, f"“{row.name}” {said}.")
    return _back(row)


@require_POST
def restore(request: HttpRequest, list_id: int) -> HttpResponse:
    """The list as it stood after version `number`."""
    require(request, LOOK, CHANGE)
    row, number = found(list_id), request.POST.get("number", "")
    try:
        services.restore_list(row.pk, int(number) if number.isdecimal() and len(number) < 9 else 0, by=actor(request))
    except PriceListVersion.DoesNotExist:
        messages.error(request, "That version is not kept any more.")
        return _back(row)
    messages.info(request, f"It stands as after version {number} again, rows and settings. This can be undone, too.")
    return _back(row)


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, list_id: int) -> HttpResponse:
    """The consequence first, then the button."""
    require(request, LOOK, DELETE)
    row = found(list_id)
    asked = confirmed(
        request,
        title=f"Delete “{row.name}”",
        consequence="Its customers pay what everybody pays, and its rows and versions are gone for good. "
        "To stop it for a while, switch it off instead.",
        button="Delete price list",
        back=reverse("price-list", args=[row.pk]),
    )
    if asked is not None:
        return asked
    called = services.delete_list(row.pk, by=actor(request))
    messages.info(request, f"“{called}” is deleted.")
    return HttpResponseRedirect(reverse("prices-desk"))


def _back(row: PriceList) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("price-list", args=[row.pk]))
