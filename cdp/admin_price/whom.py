"""For whom a preview is: nobody, or a person, as the consent gate lets them be known. Looks are audited."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.http import HttpRequest

from cdp.access.services import record_view
from cdp.admin_placement.preview import NOBODY, PERSON, Wanted, chosen, hits
from cdp.admin_placement.rights import PEOPLE
from cdp.lib.admin_parts import actor, may
from people.queries.callers import Whose
from profiles import queries as profiles
from segments.queries.standing import Known, known_of

STRANGER = Known()


@dataclass(frozen=True, slots=True)
class Whom:
    """`problem`: what keeps the preview from being shown; `note`: why a person is nobody here."""

    known: Known = STRANGER
    note: str = ""
    problem: str = ""


def whom_of(request: HttpRequest, wanted: Wanted, looked_at: str, now: datetime) -> Whom:
    """Whom the preview's fields name."""
    if wanted.who != PERSON:
        return Whom()
    if not may(request, PEOPLE):
        return Whom(problem="Your group sees no people: look at it as nobody.")
    try:
        profile_id = profiles.resolve(UUID(wanted.profile))
    except ValueError:
        profile_id = None
    if profile_id is None:
        return Whom(problem="Find a person by their whole e-mail address, an id or an order number, and choose them.")
    record_view(actor(request), f"profile:{profile_id}", looked_at, now=now)
    known = known_of(Whose(profile_id=profile_id), now, is_browser=False)
    if known.refusal is not None:
        return Whom(known, "They do not allow personalization, so they see what nobody in particular sees.")
    if known.is_nobody:
        return Whom(known, "They share an identifier with too many others, so they are nobody in particular here.")
    return Whom(known)


def who_context(request: HttpRequest, wanted: Wanted) -> dict[str, object]:
    """What the fields of the preview need."""
    profile, name = chosen(request, wanted)
    others = [hit for hit in hits(request, wanted.search) if str(hit.person.profile_id) != profile]
    return {
        "wanted": wanted,
        "is_person": wanted.who == PERSON,
        "is_nobody": wanted.who in (NOBODY, ""),
        "chosen_profile": profile,
        "chosen_called": name,
        "hits": others,
    }
