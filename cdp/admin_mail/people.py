"""As whom a mail is shown: people found as everywhere in the admin, masked for those who may not see personal data."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_POST

from cdp.admin_mail.rights import LOOK, PEOPLE, PERSONAL, require
from cdp.identity_desk.searching import people_by
from cdp.lib.admin_parts import may
from consent.tokens import mask
from profiles.recognizing import initials

MOST, LONGEST = 8, 200
HIDDEN = "•••"
NAMES = ("first_name", "last_name", "name")


@require_POST
def find(request: HttpRequest) -> JsonResponse:
    """{people: [{id, name, detail}]} whom `person_q` names whole; by POST, so that an address stays out of logs."""
    require(request, LOOK, PEOPLE)
    text = request.POST.get("person_q", "").replace("\0", "").strip()[:LONGEST]
    hits = people_by(text, personal=may(request, PERSONAL))[:MOST] if text else []
    people = [
        {
            "id": str(hit.person.profile_id),
            "name": hit.person.name,
            "detail": f"{hit.person.detail} (by {hit.by_words})",
        }
        for hit in hits
        if not hit.person.is_shared
    ]
    return JsonResponse({"people": people})


def masked(values: Mapping[str, Any]) -> dict[str, Any]:
    """The same values with nothing that names the person: what is missing stays missing, so fallbacks show."""
    person = dict(values.get("person") or {})
    for name in NAMES:
        if person.get(name):
            person[name] = initials(str(person[name]))
    if person.get("email"):
        person["email"] = mask(str(person["email"]))
    traits = person.get("traits")
    if isinstance(traits, Mapping):
        person["traits"] = {name: HIDDEN if value not in (None, "") else value for name, value in traits.items()}
    event = values.get("event")
    hidden = {"event": dict.fromkeys(event, HIDDEN)} if isinstance(event, Mapping) else {}
    return {**values, "person": person, **hidden}
