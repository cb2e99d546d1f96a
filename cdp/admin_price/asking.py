"""What the page's script asks for: how many people a list is for, customer groups there are, products, people."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.response import TemplateResponse
from django.views.decorators.http import require_POST, require_safe

from cdp.admin_placement.preview import hits
from cdp.admin_placement.rights import PEOPLE, PERSONAL
from cdp.admin_placement.suggesting import suggestions
from cdp.admin_price.rights import LOOK, require
from cdp.lib.admin_parts import may
from cdp.lib.clock import utc_now
from lake.contracts import QueryError
from offers.queries.pricing import TRAIT
from segments.queries import PreviewBusyError, preview
from segments.queries.suggesting import Asked
from segments.queries.suggesting_values import trait_values
from segments.rules import RuleError, parse_rule

LONGEST = 200


@require_POST
def count(request: HttpRequest) -> JsonResponse:
    """{words}: how many people are in `segment` and of `group`, counted now."""
    require(request, LOOK)
    segment, group = (request.POST.get(name, "").replace("\0", "").strip()[:LONGEST] for name in ("segment", "group"))
    clauses: list[dict[str, str]] = []
    if segment:
        clauses.append({"in_segment": segment})
    if group:
        clauses.append({"trait": TRAIT, "is": "eq", "value": group})
    if not clauses:
        return JsonResponse({"words": "Everybody gets it, visitors who are not known as well."})
    try:
        found = preview(parse_rule({"all": clauses}), segment_id=None, now=utc_now())
    except (RuleError, QueryError, PreviewBusyError) as error:
        return JsonResponse({"words": f"They cannot be counted now: {error}"})
    are = "1 person gets" if found.count == 1 else f"{found.count:,} people get"
    return JsonResponse({"words": f"{are} it now, of about {found.people:,}; who refuses personalization does not."})


@require_safe
def suggest(request: HttpRequest) -> JsonResponse:
    """GET `what` (product, group), `q`: {items: [{value, words, note, …}]}."""
    require(request, LOOK)
    text = request.GET.get("q", "").replace("\0", "").strip()[:LONGEST]
    if request.GET.get("what") != "group":
        return JsonResponse({"items": suggestions("product", text)})
    try:
        found = trait_values(Asked(text, name=TRAIT))
    except QueryError:
        found = []
    return JsonResponse({"items": [{"value": str(one.value), "words": one.words, "note": one.often} for one in found]})


@require_POST
def people(request: HttpRequest) -> HttpResponse:
    """Those found by `person_q`, to be chosen; by POST, so that an address stays out of logs."""
    require(request, PEOPLE)
    text = request.POST.get("person_q", "").replace("\0", "").strip()[:LONGEST]
    context = {"hits": hits(request, text), "asked": text, "personal": may(request, PERSONAL)}
    return TemplateResponse(request, "placements/people.html", context)
