"""Puts one person's page together: the head, and the one tab that was asked for. Views are audited by the caller."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest
from django.utils import timezone

from cdp.admin_home.navigation import may_open
from cdp.admin_person import parts
from cdp.admin_person.header import badges, header
from cdp.admin_person.timeline import person_timeline
from cdp.identity_desk.tab import identity_tab
from cdp.lib.clock import utc_now
from profiles import queries as profiles
from profiles.contracts import IdentifierFacts
from profiles.models import Profile
from segments import queries as segments

TABS = (
    ("timeline", "Timeline"),
    ("segments", "Segments"),
    ("shopping", "Orders and carts"),
    ("messages", "Messages"),
    ("consent", "Consent"),
    ("identity", "Identity"),
    ("traits", "Traits"),
)


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose page, by whom, when. `personal`: the reader may see personal data unmasked."""

    request: HttpRequest
    profile: Profile
    identifiers: Sequence[IdentifierFacts]
    personal: bool
    now: datetime

    @property
    def ids(self) -> list[int]:
        """The person's identifiers."""
        return [fact.id for fact in self.identifiers]


def context(request: HttpRequest, profile: Profile, *, personal: bool) -> dict[str, Any]:
    """What the template admin/person/page.html shows."""
    found = profiles.identifiers_of([profile.pk])[profile.pk]
    asked = Asked(request, profile, found, personal, utc_now())
    chosen = request.GET.get("tab", "")
    tab = chosen if chosen in dict(TABS) else TABS[0][0]
    return {
        "header": header(profile, asked.ids, asked.now),
        "tabs": TABS,
        "tab": tab,
        "tab_title": dict(TABS)[tab],
        "tab_template": f"admin/person/{tab}.html",
        "personal": personal,
        "may": {name: may_open(request, label) for name, label in LINKED.items()},
        **BUILDERS[tab](asked),
    }


LINKED = {
    "event": "events.event",
    "order": "commerce.order",
    "cart": "commerce.cart",
    "message": "automation.message",
    "segment": "segments.segment",
    "identifier": "profiles.identifier",
}


def _timeline(asked: Asked) -> dict[str, Any]:
    state = profiles.profile_states([asked.profile.pk]).get(asked.profile.pk)
    zone = ZoneInfo(timezone.get_current_timezone_name())
    return {"timeline": person_timeline(asked.ids, state.counters if state else {}, asked.request.GET, zone)}


def _segments(asked: Asked) -> dict[str, Any]:
    whys = segments.why(asked.profile.pk, None, asked.now)
    return {
        "inside": [why for why in whys if why.is_member],
        "outside": [why for why in whys if not why.is_member],
        "left": parts.left_segments(asked.profile.pk),
    }


def _shopping(asked: Asked) -> dict[str, Any]:
    return {"orders": parts.orders(asked.ids), "carts": parts.carts(asked.ids)}


def _messages(asked: Asked) -> dict[str, Any]:
    return {"mails": parts.mails(asked.ids)}


def _consent(asked: Asked) -> dict[str, Any]:
    return {
        "purposes": badges(asked.profile, asked.ids, asked.now),
        "entries": parts.consent_entries(asked.identifiers),
        "suppressions": parts.suppressions(asked.identifiers),
    }


def _identity(asked: Asked) -> dict[str, Any]:
    return identity_tab(asked.request, asked.profile, asked.identifiers)


def _traits(asked: Asked) -> dict[str, Any]:
    return {"traits": parts.traits(asked.profile.pk, personal=asked.personal)}


BUILDERS: Mapping[str, Callable[[Asked], dict[str, Any]]] = {
    "timeline": _timeline,
    "segments": _segments,
    "shopping": _shopping,
    "messages": _messages,
    "consent": _consent,
    "identity": _identity,
    "traits": _traits,
}
