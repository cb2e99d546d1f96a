"""Puts one person's page together: the head, and the one tab that was asked for. Views are audited by the caller."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest
from django.utils import timezone

from cdp.admin_home.navigation import may_open
from cdp.admin_person import parts, past, permissions, traits
from cdp.admin_person.consents import consent_entries, shown_subjects
from cdp.admin_person.figures import figures
from cdp.admin_person.header import header
from cdp.admin_person.saying import may_say
from cdp.admin_person.timeline import person_timeline
from cdp.admin_segment.clauses import Sight, clauses
from cdp.identity_desk.tab import identity_tab
from cdp.lib.clock import utc_now
from consent import queries as consent
from people.queries import accounts
from profiles import queries as profiles
from profiles.contracts import Counter, IdentifierFacts
from profiles.models import Profile
from segments import queries as segments

TABS = (
    ("timeline", "Timeline"),
    ("figures", "Figures"),
    ("traits", "Traits"),
    ("segments", "Segments"),
    ("shopping", "Orders and carts"),
    ("messages", "Messages"),
    ("consent", "Consent"),
    ("accounts", "Accounts"),
    ("identity", "Identity"),
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

    @property
    def zone(self) -> ZoneInfo:
        """The reader's."""
        return ZoneInfo(timezone.get_current_timezone_name())

    def counters(self) -> dict[str, Counter]:
        """How often they did what."""
        state = profiles.profile_states([self.profile.pk]).get(self.profile.pk)
        return state.counters if state else {}


def context(request: HttpRequest, profile: Profile, *, personal: bool) -> dict[str, Any]:
    """What the template admin/person/page.html shows."""
    found = profiles.identifiers_of([profile.pk])[profile.pk]
    asked = Asked(request, profile, found, personal, utc_now())
    at, problem = past.instant(request.GET.get("at", ""), asked.zone, asked.now)
    always = {
        "header": header(profile, asked.ids, asked.now),
        "personal": personal,
        "may": {name: may_open(request, label) for name, label in LINKED.items()},
        "at_problem": problem,
        "latest": timezone.localtime(asked.now).strftime("%Y-%m-%dT%H:%M"),
    }
    if at is not None:
        return {**always, **past.context(profile.pk, found, request.GET, at, personal=personal, zone=asked.zone)}
    chosen = request.GET.get("tab", "")
    tab = chosen if chosen in dict(TABS) else TABS[0][0]
    return {
        **always,
        "tabs": TABS,
        "tab": tab,
        "tab_title": dict(TABS)[tab],
        "tab_template": f"admin/person/{tab}.html",
        **BUILDERS[tab](asked),
    }


LINKED = {
    "event": "events.event",
    "order": "commerce.order",
    "cart": "commerce.cart",
    "message": "mailing.message",
    "segment": "segments.segment",
    "identifier": "profiles.identifier",
    "entry": "consent.entry",
    "request": "privacy.request",
    "computed": "people.computedtrait",
}


def _timeline(asked: Asked) -> dict[str, Any]:
    shown = person_timeline(asked.ids, asked.counters(), asked.request.GET, asked.zone, personal=asked.personal)
    return {"timeline": shown}


def _figures(asked: Asked) -> dict[str, Any]:
    return {"figures": figures(asked.ids, asked.counters(), asked.now, personal=asked.personal)}


def _accounts(asked: Asked) -> dict[str, Any]:
    return {"accounts": parts.accounts(accounts.accounts_of(asked.ids), personal=asked.personal)}


def _segments(asked: Asked) -> dict[str, Any]:
    whys = segments.why(asked.profile.pk, None, asked.now)
    sight = Sight(asked.personal, asked.request.user.has_perm("events.view_event"))
    shown = list(zip(whys, clauses((why.explanation for why in whys), sight), strict=True))
    return {
        "inside": [(why, clause) for why, clause in shown if why.is_member],
        "outside": [(why, clause) for why, clause in shown if not why.is_member],
        "left": parts.left_segments(asked.profile.pk),
    }


def _shopping(asked: Asked) -> dict[str, Any]:
    return {"orders": parts.orders(asked.ids), "carts": parts.carts(asked.ids)}


def _messages(asked: Asked) -> dict[str, Any]:
    return {"mails": parts.mails(asked.ids)}


def _consent(asked: Asked) -> dict[str, Any]:
    subject = permissions.subject_of(asked.profile.pk, asked.identifiers)
    shown = shown_subjects(asked.identifiers, personal=asked.personal)
    return {
        "law": permissions.law(consent.regimes_of([subject])[0]),
        "permissions": permissions.permissions(subject, asked.now),
        "preferences": permissions.preferences(asked.identifiers, shown, asked.now),
        "not_done": permissions.not_done(asked.identifiers, shown),
        "requests": permissions.requests(asked.identifiers),
        "entries": consent_entries(asked.identifiers, personal=asked.personal),
        "suppressions": parts.suppressions(asked.identifiers),
        "may_say": may_say(asked.request) and any(not fact.is_shared for fact in asked.identifiers),
    }


def _identity(asked: Asked) -> dict[str, Any]:
    return identity_tab(asked.request, asked.profile, asked.identifiers)


def _traits(asked: Asked) -> dict[str, Any]:
    said = profiles.trait_times(asked.profile.pk)
    return {"traits": traits.traits(said, asked.ids, personal=asked.personal)}


BUILDERS: Mapping[str, Callable[[Asked], dict[str, Any]]] = {
    "timeline": _timeline,
    "figures": _figures,
    "accounts": _accounts,
    "segments": _segments,
    "shopping": _shopping,
    "messages": _messages,
    "consent": _consent,
    "identity": _identity,
    "traits": _traits,
}
