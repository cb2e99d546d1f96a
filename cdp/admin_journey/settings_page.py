"""A journey's settings: name, purpose, priority, who may come in again, who is held out. They hold at once."""

from decimal import Decimal, InvalidOperation

from django.conf import settings as site
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from automation.models import Journey
from automation.services.drafting import DraftRefusedError, JourneySettings, save_settings
from cdp.admin_journey.rights import CHANGE, around, found, require
from cdp.lib.admin_parts import actor
from consent.contracts import EMAIL_OPEN_TRACKING
from consent.models import Purpose

PERCENT = Decimal(100)


@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: HttpRequest, journey_id: int) -> HttpResponse:
    """The form; POST saves it."""
    row = found(request, journey_id)
    typed: dict[str, str] = _stored(row)
    if request.method == "POST":
        require(request, CHANGE)
        typed = {name: request.POST.get(name, "").replace("\0", "").strip() for name in typed}
        try:
            save_settings(row.pk, _read(request.POST), by=actor(request))
        except DraftRefusedError as error:
            messages.error(request, f"It is not saved: {error}")
        else:
            messages.info(request, "The settings are saved and hold from now on.")
            return HttpResponseRedirect(reverse("journey-settings", args=[row.pk]))
    purposes = _purposes().order_by("position", "code").values_list("code", "label")
    context = around(
        request,
        row.name,
        row,
        "journey-settings",
        typed=typed,
        purposes=list(purposes),
        reentries=Journey.Reentry.choices,
        call=_call(row),
    )
    return TemplateResponse(request, "admin/journey/settings.html", context)


def _purposes() -> QuerySet[Purpose]:
    """What mails are sent for; measuring whether they are opened is none."""
    return Purpose.objects.filter(channel="email").exclude(code=EMAIL_OPEN_TRACKING)


def _call(row: Journey) -> str:
    """How a program lets somebody in, to be copied; carts come in by themselves, so they are only taken out."""
    trigger = row.draft.get("trigger")
    on = trigger.get("on") if isinstance(trigger, dict) else ""
    if on == "api":
        what, body = "trigger", '{"person": {"user_id": "u1"}}'
    else:
        what, body = "cancel" if on == "cart_abandoned" else "enroll", '{"people": [{"user_id": "u1"}]}'
    return (
        f"curl {site.BASE_URL}/v1/journeys/{row.slug}/{what} -H 'Authorization: Bearer sk_…' "
        f"-H 'Content-Type: application/json' -d '{body}'"
    )


def _stored(row: Journey) -> dict[str, str]:
    return {
        "name": row.name,
        "purpose": row.purpose_code,
        "priority": str(row.priority),
        "reentry": row.reentry,
        "reentry_days": str(row.reentry_days),
        "holdout": f"{float(row.holdout_share) * 100:.4g}",
        "notes": row.notes,
    }


def _read(post: QueryDict) -> JourneySettings:
    """What was typed. Raises DraftRefusedError."""
    purpose = post.get("purpose", "")
    if not _purposes().filter(code=purpose).exists():
        raise DraftRefusedError("Choose what the mails are sent for.")
    try:
        holdout = Decimal(post.get("holdout", "").replace(",", ".").removesuffix("%").strip())
        if not holdout.is_finite():
            raise InvalidOperation
    except InvalidOperation:
        raise DraftRefusedError("The share held out is a number, like 10.") from None
    return JourneySettings(
        name=post.get("name", "").replace("\0", ""),
        purpose=purpose,
        priority=_whole(post, "priority", "The priority is a whole number from 0 to 100."),
        reentry=post.get("reentry", ""),
        reentry_days=_whole(post, "reentry_days", "The days are a whole number, like 30."),
        holdout_share=(holdout / PERCENT).quantize(Decimal("0.001")),
        notes=post.get("notes", "").replace("\0", ""),
    )


def _whole(post: QueryDict, name: str, otherwise: str) -> int:
    text = post.get(name, "").strip()
    if not (text.isascii() and text.isdecimal() and len(text) <= 5):
        raise DraftRefusedError(otherwise)
    return int(text)
