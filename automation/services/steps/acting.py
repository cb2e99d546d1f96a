"""Steps that do something inside the house at once, in the slice's transaction: hence exactly once."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from automation.graph import AddToList, Exit, GiveOffer, SetTrait
from automation.models import Enrollment
from automation.queries.ways import Way
from automation.services import moving
from events.services import record
from events.services.internal import internal_source
from offers.giving import NotGiven
from offers.services.giving import Giving, give_each
from profiles.contracts import IdentifierFacts
from profiles.identifiers import ANONYMOUS_ID, USER_ID, rank
from segments.models import Segment
from segments.services import put_entries

SOURCE = "Journeys"
LIVE = 0


def set_trait(ways: Sequence[Way], now: datetime) -> None:
    """By an identify event of a source of our own, named by enrollment and step: it enters the log once."""
    told = []
    for way in ways:
        assert isinstance(way.step, SetTrait)
        strongest = min(way.person.identifiers, key=lambda one: (rank(one.kind), one.id), default=None)
        if strongest is None:
            moving.go_on(way, now, outcome=moving.SKIPPED, reason="unknown_person")
            continue
        told.append(_identify(way, way.step, strongest, now))
        moving.go_on(way, now)
    if told:
        record(internal_source(SOURCE), told, lane=LIVE)


def add_to_list(ways: Sequence[Way], now: datetime) -> None:
    """On the static list of this slug, each by their strongest identifier; skipped where the list is gone."""
    slugs = {way.step.list for way in ways if isinstance(way.step, AddToList)}
    lists = dict(Segment.objects.filter(slug__in=slugs, kind=Segment.Kind.STATIC).values_list("slug", "pk"))
    for slug in sorted(slugs):
        mine = [way for way in ways if isinstance(way.step, AddToList) and way.step.list == slug]
        people = [way.person.profile_id for way in mine if way.person.profile_id is not None]
        if slug in lists and people:
            put_entries(lists[slug], people, origin="journey", now=now)
        for way in mine:
            is_put = slug in lists and way.person.profile_id is not None
            outcome, reason = (moving.DONE, "") if is_put else (moving.SKIPPED, "no_list")
            moving.go_on(way, now, outcome=outcome, reason=reason)


def give_offer(ways: Sequence[Way], now: datetime) -> None:
    """Kept in the enrollment's facts, for the mails behind it. Of an offer of ours each is given a code, once; whoever
    cannot be given one goes on without."""
    by_offer: dict[str, list[tuple[Way, GiveOffer]]] = {}
    for way in ways:
        assert isinstance(way.step, GiveOffer)
        by_offer.setdefault(way.step.offer, []).append((way, way.step))
    for way, step in by_offer.pop("", []):
        until = (now + timedelta(days=step.days)).date().isoformat()
        way.row.facts = way.row.facts | {"offer": {"title": step.title, "code": step.code, "expires": until}}
        moving.go_on(way, now)
    for offer in sorted(by_offer):
        _give(offer, by_offer[offer], now)


def _give(offer: str, ways: Sequence[tuple[Way, GiveOffer]], now: datetime) -> None:
    asked = [
        Giving(way.row.identifier_id, f"journey:{way.row.pk}:{step.id}", now + timedelta(days=step.days))
        for way, step in ways
    ]
    for (way, step), given in zip(ways, give_each(offer, asked, now), strict=True):
        if isinstance(given, NotGiven):
            way.row.facts = {name: value for name, value in way.row.facts.items() if name != "offer"}
            moving.go_on(way, now, outcome=moving.SKIPPED, reason=given.reason)
            continue
        told = {"title": step.title or given.title(way.person.locale), "code": given.code, "offer": given.offer}
        ends = {"expires": day.isoformat()} if (day := given.last_day(ZoneInfo(settings.COMPANY_TIME_ZONE))) else {}
        way.row.facts = way.row.facts | {"offer": told | ends}
        moving.go_on(way, now)


def leave(ways: Sequence[Way], now: datetime) -> None:
    """Out of the journey."""
    for way in ways:
        assert isinstance(way.step, Exit)
        way.passed.append((way.row.node, moving.DONE, ""))
        moving.end(way, Enrollment.State.DONE, "exit_step", now)


def _identify(way: Way, step: SetTrait, who: IdentifierFacts, now: datetime) -> dict[str, Any]:
    message_id = f"journey-{way.row.pk}-{step.id}"
    item: dict[str, Any] = {
        "type": "identify",
        "messageId": message_id,
        "timestamp": now.isoformat(),
        "traits": {step.trait: step.value},
        "context": {"library": {"name": "journeys"}},
    }
    if who.kind == USER_ID:
        return item | {"userId": who.value}
    if who.kind == ANONYMOUS_ID:
        return item | {"anonymousId": who.value}
    # Every event needs a user or an anonymous id: one a person, however many traits are set.
    named = {"id": who.value, "type": who.kind, "collection": "users", "encoding": "none"}
    return item | {"anonymousId": f"journeys-{who.id}", "context": item["context"] | {"externalIds": [named]}}
