"""The preview beside a rule while it is edited: asked by the page's script, answered as JSON in words."""

from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.http import HttpRequest, JsonResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from cdp.lib.clock import utc_now
from lake.contracts import QueryError
from segments import queries
from segments.contracts import Preview
from segments.forms import RuleField
from segments.queries.labels import person_labels
from segments.rules import Node, parse_rule

LONGEST_RULE = 200_000
BUSY = "Another preview is being computed. Trying again…"


def placeholder(url: str, segment_id: int | None) -> SafeString:
    """Where the script writes; the live region says the headline to a screen reader."""
    return format_html(
        '<div class="s-preview" data-preview="{}" data-segment="{}">'
        '<p class="s-preview-headline" aria-live="polite">The number of people appears here while you edit.</p>'
        '<div class="s-preview-more"></div></div>',
        url,
        segment_id or "",
    )


def answer(request: HttpRequest) -> JsonResponse:
    """POST `definition` (the rule as typed) and `segment` (an id or nothing). `error` says what is wrong with it;
    `busy` that nothing is, and to ask again.

    A half-typed rule is what a preview is for, so it is answered, not refused.
    """
    try:
        rule = _rule(request.POST.get("definition", ""))
    except ValidationError as error:
        return JsonResponse({"error": " ".join(error.messages)})
    segment = request.POST.get("segment", "")
    now = utc_now()
    try:
        found = queries.preview(
            rule, segment_id=int(segment) if segment.isdecimal() and len(segment) < 19 else None, now=now
        )
    except queries.PreviewBusyError:
        return JsonResponse({"busy": BUSY})
    except QueryError as error:
        return JsonResponse({"error": str(error)}, status=503)
    return JsonResponse(
        {
            "headline": _headline(found),
            "change": _change(found),
            "sentence": rule.sentence(),
            "as_of": "as of now" if found.as_of is None else f"as of {found.as_of:%Y-%m-%d %H:%M} UTC",
            "people": _people(request, found.sample),
            "more": max(0, found.count - len(found.sample)),
        }
    )


def _rule(text: str) -> Node:
    if len(text) > LONGEST_RULE:
        raise ValidationError(f"A rule has at most {LONGEST_RULE:,} characters.")
    return parse_rule(RuleField().to_python(text))


def _headline(found: Preview) -> str:
    who = "1 person matches" if found.count == 1 else f"{found.count:,} people match"
    if not found.people:
        return "Nobody is known yet: send events first."
    if found.count == found.people:
        return f"{who} now: everybody."
    share = 100 * found.count / found.people
    part = f"{share:.1f} %" if share >= 0.1 or not found.count else "under 0.1 %"
    return f"{who} now, {part} of {found.people:,}."


def _change(found: Preview) -> str:
    if found.entering is None or found.leaving is None:
        return ""
    if not found.entering and not found.leaving:
        return "Saving it would change nothing for anybody."
    return f"{found.entering:,} would enter, {found.leaving:,} would leave."


def _people(request: HttpRequest, sample: tuple[UUID, ...]) -> list[dict[str, Any]]:
    user: Any = request.user
    labels = person_labels(sample, unmasked=user.has_perm("profiles.view_personal"))
    links = user.has_perm("profiles.view_profile")
    return [
        {
            "label": labels[profile_id],
            "url": reverse("admin:profiles_profile_change", args=[profile_id]) if links else "",
        }
        for profile_id in sample
    ]
