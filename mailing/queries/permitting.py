"""Whether messages might go out now: everything but the sender's own story and the pace of the queue.

Asked by senders when a step is due, and with their stories in the transaction of the hand-over; in batches, a dozen
statements however many are asked. Exact under the address locks only.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cdp.lib.decision import Decision
from consent import queries as consent
from consent.contracts import GRANTED, MailPreferenceFacts
from consent.queries.suppressions import suppressions_of
from mailing.contracts import GO, Asked, Permission, Said
from mailing.deciding import MARKETING, Facts, Rules, Verdict, decide
from mailing.queries.counts import given, policy, rules_of
from mailing.queries.people import PersonAsked, Whom, people

EVERY = {"weekly": timedelta(days=7), "monthly": timedelta(days=30)}
NO_WISH = MailPreferenceFacts()
NOT_ASKED = Decision(True, "transactional")


@dataclass(frozen=True, slots=True)
class Story:
    """One question with what its sender says of it."""

    asked: Asked
    said: Said
    newer_queued: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """A verdict, and whom it is about."""

    verdict: Verdict
    person: PersonAsked
    consent: Decision
    locale: str = ""

    @property
    def permission(self) -> Permission:
        """The same, as senders take it."""
        verdict, person = self.verdict, self.person
        return Permission(
            action=verdict.action,
            reason=verdict.reason,
            not_before=verdict.not_before,
            evidence=verdict.evidence,
            address=person.address,
            profile_id=person.profile_id,
            identifier_ids=person.identifier_ids,
            zone=person.zone,
            locale=self.locale,
            country=person.country,
            agreed=self.consent.reason == GRANTED,
        )


def permitted(asked: Sequence[Asked], now: datetime) -> list[Permission]:
    """Whether each might go out now, in their order."""
    stories = [Story(one, Said(GO, since=one.since, until=one.until)) for one in asked]
    return [answer.permission for answer in answers(stories, now)]


def answers(stories: Sequence[Story], now: datetime, *, rules: Rules | None = None) -> list[Answer]:
    """The decision about each, with the policy's rules unless others are given."""
    if not stories:
        return []
    found = policy()
    asked = [story.asked for story in stories]
    whom = [Whom(one.identifier_id, one.channel, one.address) for one in asked]
    persons = people(whom, time_zone=found.time_zone)
    gate = _gate(asked, persons, now)
    hashes = sorted({person.hashed for person in persons if person.hashed})
    mailed, wishes = consent.last_mailed(hashes), consent.mail_preferences(hashes)
    counted = {channel: given(hashes, now, channel=channel) for channel in {one.channel for one in asked}}
    in_force = rules or rules_of(found)
    result = []
    for story, person, (decision, suppressed) in zip(stories, persons, gate, strict=True):
        wish = wishes.get(person.hashed or b"", NO_WISH)
        today, this_week = counted[story.asked.channel].get(person.hashed or b"", (0, 0))
        facts = Facts(
            said=story.said,
            consent=decision,
            kind=story.asked.kind,
            is_shared=person.is_shared,
            has_address=person.address is not None,
            is_theirs=person.is_theirs,
            suppressed=suppressed,
            last_mailed_at=mailed.get(person.hashed or b""),
            newer_queued=story.newer_queued,
            mails_today=today,
            mails_this_week=this_week,
            paused_until=wish.paused_until,
            at_most_every=EVERY.get(wish.frequency, timedelta(0)),
            zone=person.zone,
            waiting_since=story.asked.waiting_since,
        )
        result.append(Answer(decide(facts, rules=in_force, now=now), person, decision, wish.locale or person.locale))
    return result


def _gate(asked: Sequence[Asked], persons: Sequence[PersonAsked], now: datetime) -> list[tuple[Decision, str]]:
    """What the gate says of each for its purpose, asked once a purpose; of transactional ones only what forbids all."""
    said: dict[int, tuple[Decision, str]] = {}
    marketing = [n for n, one in enumerate(asked) if one.kind == MARKETING]
    for purpose in sorted({asked[n].purpose for n in marketing}):
        mine = [n for n in marketing if asked[n].purpose == purpose]
        said |= dict(zip(mine, consent.mail_gate([persons[n].subject for n in mine], purpose, now), strict=True))
    others = [n for n in range(len(asked)) if n not in said]
    held = _held_for_all([persons[n] for n in others])
    return [said[n] if n in said else (NOT_ASKED, held.get(persons[n].hashed or b"", "")) for n in range(len(asked))]


def _held_for_all(persons: Sequence[PersonAsked]) -> Mapping[bytes, str]:
    """{address hash: why it must not be written to at all}."""
    hashes = {person.hashed for person in persons if person.hashed}
    rows = suppressions_of(hashes) if hashes else {}
    return {address: one.reason for address, held in rows.items() for one in held if one.scope == "all"}
