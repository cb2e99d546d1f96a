"""Codes of an offer: a shared one, pools that are made or uploaded, how many are left, and a pool as a file."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib import messages
from django.db.models import Count, Q, Sum
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from cdp.access.services import record_audit
from cdp.admin_offer.rights import CHANGE, LOOK, around, found, require, tabs
from cdp.jobs.models import Job
from cdp.lib.admin_parts import actor
from offers.coding import USUAL_LENGTH, BadCodes, normal
from offers.models import Code, CodePool, Offer
from offers.services import codes
from offers.services.codes import NewPool

SHOWN = 50
MOST_BYTES = 20 * 1024 * 1024
MOST_REJECTED = 20
RUNNING = ("queued", "running")


@dataclass(frozen=True, slots=True)
class Pool:
    """A pool with its figures. `job`: that fills it, while it does."""

    row: CodePool
    codes: int
    given: int
    used: int
    void: int
    job: Job | None

    @property
    def free(self) -> int:
        """Codes that nobody has and that can be given."""
        return max(0, self.codes - self.given - self.used - self.void)


@require_safe
def page(request: HttpRequest, offer_id: int) -> HttpResponse:
    """Every pool, the newest first; ?code= looks one up."""
    require(request, LOOK)
    return _page(request, found(offer_id))


@require_POST
def make(request: HttpRequest, offer_id: int) -> HttpResponse:
    """A shared code, a pool that a job fills, or an uploaded one: `kind` says which."""
    require(request, LOOK, CHANGE)
    row, post = found(offer_id), request.POST
    name = post.get("name", "").replace("\0", "").strip() or "Codes"
    by, kind = actor(request), post.get("kind", "")
    try:
        new = NewPool(row.pk, name, _moment(post.get("expires_at", "")))
        if kind == "shared":
            most = _whole(post.get("most_uses", ""), "How often it is taken")
            codes.share_code(new, post.get("code", ""), most_uses=most, by=by)
            said = "The code is there: carts that name it are told of the offer."
        elif kind == "uploaded":
            said = _uploaded(request, new)
        else:
            count = _whole(post.get("count", ""), "How many")
            if count is None:
                raise BadCodes("Say how many codes are to be made.")
            length = _whole(post.get("length", ""), "The length") or USUAL_LENGTH
            codes.generate_codes(new, count, length=length, prefix=post.get("prefix", ""), by=by)
            said = f"{count:,} codes are being made: the pool fills while you go on."
    except BadCodes as error:
        messages.error(request, str(error))
        return _page(request, row, typed=dict(post.items()))
    record_audit(by, "made codes of an offer", f"offer:{row.pk}", name)
    messages.info(request, said)
    return HttpResponseRedirect(reverse("offer-codes", args=[row.pk]))


@require_safe
def pool(request: HttpRequest, offer_id: int, pool_id: int) -> HttpResponse:
    """Some codes of a pool: the newest given or used first."""
    require(request, LOOK)
    row, of = found(offer_id), _pool(offer_id, pool_id)
    rows = Code.objects.filter(pool=of).order_by("-uses", "-given_at", "pk")[:SHOWN]
    context = around(
        request, f"{row.name}: {of.name}", offer=row, tabs=tabs(row, "offer-codes"), pool=_figures([of])[0], codes=rows
    )
    return TemplateResponse(request, "offers/pool.html", context)


@require_safe
def download(request: HttpRequest, offer_id: int, pool_id: int) -> HttpResponseBase:
    """A pool as CSV: code, uses, whether it was given. Told in the audit."""
    require(request, LOOK, CHANGE)
    of = _pool(offer_id, pool_id)
    record_audit(actor(request), "downloaded codes of an offer", f"offer:{offer_id}", of.name)
    rows = Code.objects.filter(pool=of).order_by("pk").values_list("shown", "uses", "identifier_id", "is_void")

    def lines() -> Iterator[str]:
        yield "code,uses,given,taken_back\r\n"
        for shown, uses, identifier_id, is_void in rows.iterator(chunk_size=5_000):
            text = f'"{shown.replace(chr(34), chr(34) * 2)}"'
            yield f"{text},{uses},{'yes' if identifier_id else 'no'},{'yes' if is_void else 'no'}\r\n"

    answer = StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="codes-{of.pk}.csv"'
    return answer


@require_POST
def switch(request: HttpRequest, offer_id: int, pool_id: int) -> HttpResponse:
    """Take a pool back, or give it again: `on` says which."""
    require(request, LOOK, CHANGE)
    of = _pool(offer_id, pool_id)
    if request.POST.get("on") == "yes":
        codes.restore_pool(of.pk)
        messages.info(request, f"Codes of “{of.name}” are taken again.")
    else:
        codes.void_pool(of.pk)
        messages.info(
            request, f"No code of “{of.name}” is taken any more; what is reserved stays. The same button undoes it."
        )
    record_audit(actor(request), "switched codes of an offer", f"offer:{offer_id}", of.name)
    return HttpResponseRedirect(reverse("offer-codes", args=[offer_id]))


def _page(request: HttpRequest, row: Offer, *, typed: dict[str, Any] | None = None) -> HttpResponse:
    pools = _figures(list(CodePool.objects.filter(offer=row).order_by("-pk")[:100]))
    asked = request.GET.get("code", "").replace("\0", "").strip()[:200]
    looked = Code.objects.filter(code=normal(asked)).select_related("pool", "offer").first() if asked else None
    context = around(
        request,
        f"{row.name}: codes",
        offer=row,
        tabs=tabs(row, "offer-codes"),
        pools=pools,
        headline=_headline(pools),
        typed=typed or {"kind": "generated", "length": str(USUAL_LENGTH)},
        asked=asked,
        looked=looked,
        zone=settings.COMPANY_TIME_ZONE,
    )
    return TemplateResponse(request, "offers/codes.html", context)


def _headline(pools: list[Pool]) -> str:
    if not pools:
        return "No codes yet"
    free = sum(one.free for one in pools if one.row.is_active and one.row.kind != CodePool.Kind.SHARED)
    used = sum(one.used for one in pools)
    left = (
        f"{free:,} codes left to give" if any(one.row.kind != CodePool.Kind.SHARED for one in pools) else "Shared codes"
    )
    return f"{left}, {used:,} in use or used"


def _figures(rows: list[CodePool]) -> list[Pool]:
    sums = (
        Code.objects.filter(pool__in=rows)
        .values("pool_id")
        .annotate(
            codes=Count("id"),
            given=Count("id", filter=Q(identifier_id__isnull=False, uses=0, is_void=False)),
            used=Sum("uses"),
            void=Count("id", filter=Q(is_void=True, uses=0)),
        )
    )
    figures = {
        pk: (int(all_), int(given), int(used or 0), int(void))
        for pk, all_, given, used, void in sums.values_list("pool_id", "codes", "given", "used", "void")
    }
    jobs = {job.params.get("pool"): job for job in Job.objects.filter(kind=codes.MAKE, state__in=RUNNING)}
    return [Pool(row, *figures.get(row.pk, (0, 0, 0, 0)), job=jobs.get(row.pk)) for row in rows]


def _uploaded(request: HttpRequest, new: NewPool) -> str:
    file = request.FILES.get("file")
    if file is None or not file.size:
        raise BadCodes("Choose a file: text or CSV, one code a line.")
    if file.size > MOST_BYTES:
        raise BadCodes(f"The file is larger than {MOST_BYTES // 1024**2} MB: split it.")
    try:
        text = file.read().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadCodes("The file is not UTF-8: save it as UTF-8 and upload it again.") from None
    found_codes = codes.upload_codes(new, text, by=actor(request))
    for one in found_codes.rejected[:MOST_REJECTED]:
        messages.warning(request, one.detail)
    rest = len(found_codes.rejected) - MOST_REJECTED
    if rest > 0:
        messages.warning(request, f"And {rest:,} further lines that are no codes or there already.")
    return f"{found_codes.added:,} codes are added."


def _whole(text: str, called: str) -> int | None:
    text = text.replace(",", "").strip()
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise BadCodes(f"{called}: a whole number, please.")
    return int(text)


def _moment(text: str) -> datetime | None:
    if not text.strip():
        return None
    try:
        found_at = datetime.fromisoformat(text)
    except ValueError:
        raise BadCodes("Until when: a date and a time, please.") from None
    return found_at if found_at.tzinfo else found_at.replace(tzinfo=ZoneInfo(settings.COMPANY_TIME_ZONE))


def _pool(offer_id: int, pool_id: int) -> CodePool:
    row = CodePool.objects.filter(pk=pool_id, offer_id=offer_id).first()
    if row is None:
        raise Http404("There is no such pool of codes.")
    return row
