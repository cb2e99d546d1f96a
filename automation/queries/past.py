"""People's past for a back-test: their events, since when addresses are known, what the ledger said, mails they got."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from automation.replaying import History
from automation.simulating import Answer, AskMail
from cdp.lib import bulk_sql
from cdp.lib.decision import Decision
from commerce.contracts import Fact
from consent.contracts import PurposeFacts
from consent.purposes_in_force import purposes_now
from consent.queries import gate
from consent.queries.gate import UNKNOWN, allows_read, read
from consent.queries.suppressions import suppressions_of
from consent.suppression_list import NewSuppression
from events import queries as events
from mailing.deciding import Facts, Rules, decide
from mailing.queries.people import PersonAsked, Whom, people
from profiles import queries as profiles

DAY, WEEK, FOREVER = timedelta(days=1), timedelta(days=7), timedelta(days=1_000)
AGREED, NOWHERE = Decision(True, "supposed"), Decision(False, "no_address")
IDENTIFIERS = """
SELECT DISTINCT identifier_id FROM events_event
WHERE name = ANY(%s::text[]) AND occurred_at >= %s::timestamptz AND occurred_at <= %s::timestamptz
"""
MOVES = """
SELECT profile_id, {at} FROM segments_membership m JOIN segments_segment s ON s.id = m.segment_id
WHERE s.slug = %s::text AND {at} >= %s::timestamptz AND {at} <= %s::timestamptz {only}
ORDER BY {at}, profile_id
"""
HANDED = """
SELECT address_hash, sending_at FROM mailing_message
WHERE address_hash = ANY(%s::bytea[]) AND sending_at > %s::timestamptz AND kind = 'marketing'
  AND state IN ('sending', 'sent', 'unknown') AND NOT (sender = 'journey' AND sender_id = %s::bigint)
"""


@dataclass(frozen=True)
class PersonThen:
    """One person. `mails`: when marketing mail of others went to the address, by time; `known_at`: since when the
    address is known; `suppressed`: what stands against it, with when."""

    person: PersonAsked
    history: History
    known_at: datetime | None
    mails: tuple[datetime, ...]
    suppressed: tuple[NewSuppression, ...]
    _said: gate.Said = field(repr=False)
    _chain: tuple[PurposeFacts, ...] = field(repr=False)

    def consent(self, at: datetime) -> Decision:
        """What the ledger said of the purpose at that instant."""
        if not self._chain:
            return UNKNOWN
        return allows_read([self.person.subject], self._chain, self._said, at)[0]

    def held(self, at: datetime) -> str:
        """Why the address must not have been written to then; empty if it might."""
        there = [one for one in self.suppressed if one.created_at <= at and one.scope in ("all", "marketing")]
        return there[0].reason if there else ""

    def answer(
        self,
        asked: AskMail,
        *,
        rules: Rules,
        mailed: Sequence[datetime],
        is_agreed: bool = False,
    ) -> Answer:
        """Whether a message might have gone out then. `mailed`: what was made up before; `is_agreed`: suppose
        that nothing forbids it."""
        at, person = asked.at, self.person
        known = is_agreed or (person.address is not None and (self.known_at is None or self.known_at <= at))
        before = sorted(one for one in (*self.mails, *mailed) if one <= at)
        facts = Facts(
            said=asked.said,
            consent=AGREED if is_agreed else self.consent(at) if known else NOWHERE,
            is_shared=person.is_shared,
            has_address=known,
            suppressed="" if is_agreed else self.held(at),
            last_mailed_at=before[-1] if before else None,
            mails_today=sum(one > at - DAY for one in before),
            mails_this_week=sum(one > at - WEEK for one in before),
            zone=person.zone,
            waiting_since=asked.waiting_since,
        )
        verdict = decide(facts, rules=rules, now=at)
        if not known:  # when it became known is history: nothing has to be looked at in between
            later = self.known_at if person.address is not None and self.known_at is not None else at + FOREVER
            return Answer(verdict.action, verdict.reason, later)
        return Answer(verdict.action, verdict.reason, verdict.not_before)


def profiles_touched(names: Collection[str], since: datetime, until: datetime) -> list[UUID]:
    """Whoever did one of these in that time, as they are people now."""
    ids = [row[0] for row in bulk_sql.fetch(IDENTIFIERS, [sorted(names), since, until])]
    return sorted(set(profiles.profiles_of_identifiers(ids).values()))


def moves(segment: str, since: datetime, until: datetime, *, entered: bool) -> dict[UUID, list[datetime]]:
    """{profile id: when they entered the segment, or left it by its rule} in that time."""
    at = "m.entered_at" if entered else "m.left_at"
    only = "" if entered else "AND m.left_reason = 'rule'"
    found: dict[UUID, list[datetime]] = {}
    for profile_id, moment in bulk_sql.fetch(MOVES.format(at=at, only=only), [segment, since, until]):
        found.setdefault(profile_id, []).append(moment)
    return found


def persons_then(
    profile_ids: Sequence[UUID],
    names: Collection[str],
    since: datetime,
    *,
    purpose: str,
    journey_id: int,
    time_zone: str,
    now: datetime,
) -> list[PersonThen]:
    """Everything about these people that a back-test asks, with about ten statements. Shared profiles are nobody."""
    members = profiles.identifiers_of(list(profile_ids))
    first = {pk: facts[0].id for pk, facts in members.items() if facts and not any(one.is_shared for one in facts)}
    asked = people([Whom(identifier_id) for identifier_id in first.values()], time_zone=time_zone)
    facts = _facts([one.id for person in asked for one in person.identifiers], names, since)
    chain = tuple(purposes_now().chain(purpose))
    said = read([person.subject for person in asked], chain, now)
    hashes = [person.hashed for person in asked if person.hashed]
    mails = _mails(hashes, since - WEEK, journey_id)
    held = suppressions_of(hashes)
    return [
        PersonThen(
            person=person,
            history=_history(person, facts),
            known_at=_known_at(person),
            mails=tuple(mails.get(person.hashed or b"", ())),
            suppressed=held.get(person.hashed or b"", ()),
            _said=said,
            _chain=chain,
        )
        for person in asked
        if person.profile_id is not None
    ]


def _history(person: PersonAsked, facts: Mapping[int, list[Fact]]) -> History:
    mine = [fact for one in person.identifiers for fact in facts.get(one.id, ())]
    mine.sort(key=lambda fact: (fact.at, fact.hash))
    assert person.profile_id is not None
    return History(person.profile_id, {one.id: one.kind for one in person.identifiers}, tuple(mine))


def _known_at(person: PersonAsked) -> datetime | None:
    return next((one.first_seen_at for one in person.identifiers if one.value == person.address), None)


def _facts(ids: Sequence[int], names: Collection[str], since: datetime) -> dict[int, list[Fact]]:
    found: dict[int, list[Fact]] = {}
    for one in events.events_of_identifiers(ids, names, since, with_context=False):
        fact = Fact(
            one.id,
            one.occurred_at,
            one.message_hash,
            one.name,
            one.identifier_id,
            one.server_side,
            one.cart_id or None,
            one.order_id or None,
            one.properties,
            one.received_at,
        )
        found.setdefault(one.identifier_id, []).append(fact)
    return found


def _mails(hashes: Sequence[bytes], since: datetime, journey_id: int) -> dict[bytes, list[datetime]]:
    found: dict[bytes, list[datetime]] = {}
    for address, at in bulk_sql.fetch(HANDED, [list(hashes), since, journey_id]) if hashes else ():
        found.setdefault(bytes(address), []).append(at)
    return {address: sorted(times) for address, times in found.items()}
