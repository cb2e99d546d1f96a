"""What a decision would make of people, before it is taken: who there would be, with all that would be theirs.

Computed in shadow from what is stored; nothing is written and nothing is locked. The fingerprint says of which state
the preview speaks: a decision on another state is refused.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, F, Sum

from cdp.admin_home.charts import spoken
from cdp.identity_desk.people import Called, called, identity_url
from cdp.identity_desk.words import kind_words
from cdp.lib.hashing import address_hash, keyed_hash
from commerce.models import Order
from consent import queries as consent
from consent import services as consent_services
from consent.contracts import Carried, Subject
from consent.models import Purpose
from consent.reasons import reason_words
from mailing.models import Message
from profiles import folds
from profiles import page as tables
from profiles import queries as profiles
from profiles.contracts import IdentifierFacts, StateDelta
from profiles.models import Identifier, IdentifierState
from profiles.recognizing import MASK, recognized
from profiles.rules_in_force import rules_now
from profiles.services import rows
from profiles.services.shadow import Shadow
from segments.queries import would_be_in

TRAITS_SHOWN, IDENTIFIERS_SHOWN = 12, 12


@dataclass(frozen=True, slots=True)
class Allowed:
    """What we would be allowed to do for one purpose; `is_carried`: because a withdrawal is written now."""

    label: str
    allowed: bool
    why: str
    is_carried: bool = False


@dataclass(frozen=True, slots=True)
class Side:
    """One person as they would be. `note` says how they come to be."""

    profile_id: UUID
    name: str
    note: str
    url: str
    identifiers: tuple[tuple[str, str], ...]
    more_identifiers: int
    traits: tuple[tuple[str, str], ...]
    more_traits: int
    events: int
    orders: int
    value: str
    mails: int
    segments: tuple[str, ...]
    consent: tuple[Allowed, ...]


@dataclass(frozen=True, slots=True)
class Preview:
    """Who there is and who there would be. `changes`: whether anybody would be somebody else."""

    before: tuple[Called, ...]
    after: tuple[Side, ...]
    changes: bool
    carried: tuple[Carried, ...]
    mails: int
    seen: Mapping[int, UUID]
    fingerprint: str


def build(
    shadow: Shadow,
    targets: Collection[int],
    *,
    carried: Sequence[Carried] = (),
    personal: bool,
    now: datetime,
    about: str,
) -> Preview:
    """The preview of `shadow` for the people of these identifiers. `about` names the decision, for the fingerprint."""
    facts = profiles.identifier_facts(targets)
    present = {fact.profile_id for fact in facts.values()}
    known = called(present, personal=personal)
    seen = {fact.id: person.profile_id for person in known.values() for fact in person.identifiers}
    groups = {profile_id: ids for profile_id, ids in _parts(shadow, seen).items() if any(i in seen for i in ids)}
    for fact in facts.values():  # a shared identifier is in no neighborhood
        if fact.is_shared:
            groups.setdefault(fact.profile_id, (fact.id,))
    sides = _sides(groups, known, carried, personal=personal, now=now)
    return Preview(
        before=tuple(known.values()),
        after=tuple(sorted(sides, key=lambda side: (side.profile_id not in known, -side.events))),
        changes={frozenset(ids) for ids in groups.values()} != {frozenset(_of(p)) for p in known.values()},
        carried=tuple(carried),
        mails=sum(side.mails for side in sides),
        seen=seen,
        fingerprint=_fingerprint(about, seen, carried),
    )


def whole_sides(shadow: Shadow, one: Collection[int], other: Collection[int]) -> tuple[list[int], list[int]]:
    """Both sides with those of the same people who stand on none, where each would go: to whom consent is carried."""
    sides = {*one, *other}
    whole = sides | {i for ids in shadow.before.values() if not sides.isdisjoint(ids) for i in ids}
    left = {*one} | {i for ids in shadow.after.values() if not {*one}.isdisjoint(ids) for i in ids if i in whole}
    return sorted(left), sorted(whole - left)


def carried_between(one: Collection[int], other: Collection[int], now: datetime) -> list[Carried]:
    """The withdrawals that parting these two sides writes; none where they are not one person now."""
    facts = profiles.identifier_facts([*one, *other])
    left, right = [facts[i] for i in one if i in facts], [facts[i] for i in other if i in facts]
    if not {fact.profile_id for fact in left} & {fact.profile_id for fact in right}:
        return []
    return consent_services.carried(left, right, at=now)


def _parts(shadow: Shadow, seen: Mapping[int, UUID]) -> Mapping[UUID, tuple[int, ...]]:
    """Who there would be; where the neighborhood is too large to walk, everybody stays who they are."""
    if shadow.after:
        return shadow.after
    found: dict[UUID, list[int]] = {}
    for identifier_id, profile_id in seen.items():
        found.setdefault(profile_id, []).append(identifier_id)
    return {profile_id: tuple(sorted(ids)) for profile_id, ids in found.items()}


def _of(person: Called) -> list[int]:
    return [fact.id for fact in person.identifiers]


def _sides(
    groups: Mapping[UUID, Collection[int]],
    known: Mapping[UUID, Called],
    carried: Sequence[Carried],
    *,
    personal: bool,
    now: datetime,
) -> list[Side]:
    facts = profiles.identifier_facts([i for ids in groups.values() for i in ids])
    states = {person: _state(ids) for person, ids in groups.items()}
    traits = {person: _values(state) for person, state in states.items()}
    segments = would_be_in(groups, traits, now)
    found = []
    for person, ids in groups.items():
        own = sorted((facts[i] for i in ids if i in facts), key=lambda fact: (fact.first_seen_at, fact.id))
        is_shared = any(fact.is_shared for fact in own)
        totals = folds.totals(states[person].counters)
        orders, value = _bought(ids)
        shown = sorted(traits[person].items())[:TRAITS_SHOWN]
        found.append(
            Side(
                profile_id=person,
                name=recognized(person, traits[person], own, personal=personal).name,
                note=_note(person, ids, known),
                url=identity_url(person) if person in known else "",
                identifiers=tuple(
                    (kind_words(fact.kind), tables.shown(fact.kind, fact.value, personal=personal))
                    for fact in own[:IDENTIFIERS_SHOWN]
                ),
                more_identifiers=max(0, len(own) - IDENTIFIERS_SHOWN),
                traits=tuple((name, tables.text(value) if personal else MASK) for name, value in shown),
                more_traits=max(0, len(traits[person]) - TRAITS_SHOWN),
                events=totals[0] if totals else 0,
                orders=orders,
                value=value,
                mails=Message.objects.filter(identifier_id__in=ids, state=Message.State.SENT).count(),
                segments=() if is_shared else tuple(segments[person]),
                consent=tuple(_allowed(own, traits[person], carried, now)),
            )
        )
    return found


def _note(person: UUID, ids: Collection[int], known: Mapping[UUID, Called]) -> str:
    mine = set(ids)
    strangers = mine - {i for one in known.values() for i in _of(one)}
    joined = [one for one in known.values() if set(_of(one)) & mine]
    if strangers:
        return "joins somebody who was another person until now, since no link of theirs is refused any more"
    if len(joined) > 1:
        return "one person again"
    if person not in known:
        return "a person of their own again, under an id they were once known by"
    return "keeps the profile id" if set(_of(known[person])) != mine else "stays as they are"


def _state(ids: Collection[int]) -> StateDelta:
    found = IdentifierState.objects.filter(pk__in=list(ids)).values_list("traits", "counters")
    return folds.join_all(
        StateDelta(
            {name: (value, at, by) for name, (value, at, by) in traits.items()},
            {name: (count, first, last) for name, (count, first, last) in counters.items()},
        )
        for traits, counters in found.iterator(chunk_size=100)
    )


def _values(state: StateDelta) -> dict[str, object]:
    return {name: value for name, (value, _, _) in state.traits.items() if value is not None}


def _bought(ids: Collection[int]) -> tuple[int, str]:
    found = Order.objects.filter(identifier_id__in=list(ids), status__in=Order.BOUGHT, placed_at__isnull=False)
    sums = list(
        found.values_list("currency")
        .annotate(total=Sum(F("revenue") - F("refunded")), count=Count("pk"))
        .order_by("-total")
    )
    return sum(count for *_, count in sums), " + ".join(spoken(total, currency) for currency, total, _ in sums)


def _allowed(
    facts: Sequence[IdentifierFacts], traits: Mapping[str, object], carried: Sequence[Carried], now: datetime
) -> list[Allowed]:
    emails = [fact.value for fact in facts if fact.kind == "email" and not fact.is_shared]
    hashes = {address_hash(email): email for email in emails}
    said = str(traits.get("email") or "").strip().lower()
    main = said if said in emails else (emails[-1] if emails else "")
    ids = tuple(fact.id for fact in facts)
    subject = Subject(address_hash(main) if main else None, ids)
    withheld = {one.purpose for one in carried if one.address_hash in hashes or one.identifier_id in ids}
    found = []
    for purpose in Purpose.objects.order_by("label"):
        if purpose.pk in withheld:
            found.append(Allowed(purpose.label, False, "a withdrawal is written: the other side said no", True))
            continue
        decision = consent.allows(subject, purpose.pk, now)
        found.append(Allowed(purpose.label, decision.allowed, reason_words(decision.reason)))
    return found


def _fingerprint(about: str, seen: Mapping[int, UUID], carried: Sequence[Carried]) -> str:
    """Of who these people are, what keeps them apart, the rules and the withdrawals; not of how often they came."""
    sides = rows.sides_of(seen)
    parts = [about, str(rules_now().number)]
    parts += [f"{i}={profile_id.hex}" for i, profile_id in sorted(seen.items())]
    parts += [f"{i}:{sorted(places)}" for i, places in sorted(sides.items())]
    parts += sorted(f"{one.side}{one.purpose}{one.identifier_id}{one.address_hash!r}" for one in carried)
    shared = Identifier.objects.filter(pk__in=list(seen), is_shared=True).order_by("pk").values_list("pk", flat=True)
    return keyed_hash("identity desk", *parts, *(f"shared {pk}" for pk in shared)).hex()
