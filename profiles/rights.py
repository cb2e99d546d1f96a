"""What profiles hold of a person: who they are, what is known of them, and how that came about."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from cdp.lib.rights import Erased, Part, Person, Row, Store
from profiles.models import AccountMember, IdentifierState, IdentityMove, Link, SeparatedIdentifier
from profiles.queries import identifier_facts
from profiles.services.erasing import erase_identity, identity_remains

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def export(person: Person) -> Iterator[Part]:
    """Identifiers, traits, activity, accounts, and what was joined or kept apart."""
    yield Part("identifiers", "By what you are known to us, and since when.", _identifiers(person))
    yield Part("traits", "What is known about you, and when it was said last.", _traits(person))
    yield Part("activity", "How often each kind of event was counted for you, first and last.", _counters(person))
    yield Part("identifiers_seen_together", "Which of your identifiers were seen together.", _links(person))
    yield Part("accounts", "Groups, such as companies, that you were seen in.", _accounts(person))
    yield Part("merges_and_splits", "When identifiers of yours were joined with or parted from others.", _moves(person))
    yield Part("kept_apart", "Where staff decided that identifiers are not one person.", _apart(person))


def erase(person: Person, now: datetime) -> Erased:
    """Everything at once, under the identity lock."""
    return Erased({name: count for name, count in erase_identity(person.ids, person.profile_ids).items() if count})


def remains(person: Person) -> int:
    """Rows of theirs that still stand."""
    return identity_remains(person.ids, person.profile_ids)


def _identifiers(person: Person) -> Iterator[Row]:
    facts = identifier_facts(person.ids)
    for one in person.identifiers:
        seen = facts[one.id].first_seen_at.isoformat() if one.id in facts else None
        yield {"kind": one.kind, "value": one.value, "first_seen_at": seen}


def _traits(person: Person) -> Iterator[Row]:
    known = {one.id: one for one in person.identifiers}
    for state in _states(person):
        for name, (value, at_us, _) in sorted(state.traits.items()):
            own = known[state.pk]
            yield {"trait": name, "value": value, "said_at": _at(at_us), "known_for": own.value, "kind": own.kind}


def _counters(person: Person) -> Iterator[Row]:
    known = {one.id: one for one in person.identifiers}
    for state in _states(person):
        for name, (count, first_us, last_us) in sorted(state.counters.items()):
            own = known[state.pk]
            row = {"event": name, "count": count, "first_at": _at(first_us), "last_at": _at(last_us)}
            yield row | {"known_for": own.value, "kind": own.kind}


def _states(person: Person) -> Iterator[IdentifierState]:
    yield from IdentifierState.objects.filter(pk__in=person.ids).order_by("pk").iterator(chunk_size=50)


def _links(person: Person) -> Iterator[Row]:
    known = {one.id: one for one in person.identifiers}
    for link in Link.objects.filter(a_id__in=person.ids, b_id__in=person.ids).order_by("first_seen_at", "pk"):
        pair = [f"{known[end].kind}: {known[end].value}" for end in (link.a_id, link.b_id)]
        yield {"identifiers": pair, "first_seen_together_at": link.first_seen_at.isoformat()}


def _accounts(person: Person) -> Iterator[Row]:
    rows = AccountMember.objects.filter(identifier_id__in=person.ids).select_related("account").order_by("pk")
    for row in rows:
        yield {
            "group_id": row.account.group_id,
            "traits": {name: value for name, (value, *_) in row.account.traits.items() if value is not None},
            "first_seen_at": row.first_seen_at.isoformat(),
            "last_seen_at": row.last_seen_at.isoformat(),
        }


def _moves(person: Person) -> Iterator[Row]:
    known = {one.id: one for one in person.identifiers}
    rows = IdentityMove.objects.filter(identifier_id__in=person.ids).select_related("change").order_by("at", "pk")
    for row in rows:
        own = known[row.identifier_id]
        yield {
            "at": row.at.isoformat(),
            "what": row.change.kind,
            "why": row.change.get_cause_display(),
            "identifier": f"{own.kind}: {own.value}",
        }


def _apart(person: Person) -> Iterator[Row]:
    known = {one.id: one for one in person.identifiers}
    rows = SeparatedIdentifier.objects.filter(identifier_id__in=person.ids).select_related("separation").order_by("pk")
    for row in rows:
        lifted = row.separation.lifted_at
        yield {
            "identifier": f"{known[row.identifier_id].kind}: {known[row.identifier_id].value}",
            "since": row.separation.made_at.isoformat(),
            "until": lifted.isoformat() if lifted else None,
            "reason": row.separation.reason,
        }


def _at(us: int) -> str:
    return (EPOCH + timedelta(microseconds=us)).isoformat()


STORES = (
    Store(
        name="profiles",
        title="Who the person is and what is known of them",
        stage=50,
        erase=erase,
        remains=remains,
        export=export,
        models=(
            "profiles.Identifier",
            "profiles.Link",
            "profiles.IdentifierState",
            "profiles.Profile",
            "profiles.SeparatedIdentifier",
            "profiles.IdentityChange",
            "profiles.IdentityMove",
            "profiles.AccountMember",
            "profiles.Account",
        ),
    ),
)
