"""What the builder's fields suggest: asked as one types, answered as JSON."""

from django.http import HttpRequest, JsonResponse

from lake.contracts import QueryError
from segments.admin_preview import segment_asked
from segments.queries.suggesting import NAMES, Asked, Suggestion
from segments.queries.suggesting_values import VALUES

LONGEST = 200
PERSONAL = "These values may tell of people: type the one you mean."


def answer(request: HttpRequest) -> JsonResponse:
    """GET `what` (a key of NAMES or VALUES), `q` (what is typed), `event`, `name`, `segment`: {items, empty}."""
    given = {name: request.GET.get(name, "")[:LONGEST] for name in ("what", "q", "event", "name", "segment")}
    user = request.user
    may_see_personal = user.has_perm("profiles.view_personal")
    asked = Asked(given["q"].strip(), given["event"], given["name"], segment_asked(given["segment"]), may_see_personal)
    find = {**NAMES, **VALUES}.get(given["what"])
    if find is None:
        return JsonResponse({"items": [], "empty": "There is nothing to suggest for this."}, status=404)
    try:
        found = find(asked)
    except QueryError as error:
        return JsonResponse({"items": [], "empty": f"No suggestions now: {error}."})
    hides = not found and given["what"] in ("values", "trait_values") and not may_see_personal
    return JsonResponse({"items": [_item(one) for one in found], "empty": PERSONAL if hides else ""})


def _item(one: Suggestion) -> dict[str, object]:
    item: dict[str, object] = {"value": one.value}
    return item | {name: text for name in ("words", "note", "often") if (text := getattr(one, name))}
