"""Sent mails with all that was known about their address and person when they were sent, to be proven."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q

from cdp.lib.hashing import address_hash
from consent import queries as consent
from consent.contracts import Subject
from consent.models import Entry, Purpose, Suppression
from mailing.models import Message
from mailing.proving import ROOT, Law, Line, Proof, Sent, prove
from profiles import queries as profiles
from profiles.contracts import IdentifierFacts
from profiles.standing import found_then, members_then

GIVEN = (Message.State.SENDING, Message.State.SENT, Message.State.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Proven:
    """One mail and its proof; `words`: version and language of the words the entry answered, `notice`: its version."""

    message: Message
    proof: Proof
    words: str
    notice: int | None


def sent_messages(count: int, *, seed: int | None = None) -> list[Message]:
    """The last so many marketing mails handed over; with `seed` so many of all, by chance."""
    given = Message.objects.filter(
        state__in=GIVEN, sending_at__isnull=False, kind="marketing", channel="email"
    ).order_by("-sending_at", "-pk")
    if seed is not None:
        ids = list(given.values_list("pk", flat=True))
        given = given.filter(pk__in=random.Random(seed).sample(ids, min(count, len(ids))))
    return list(given[:count])


def proof_of(message: Message) -> Proven:
    """What the ledger says of this mail's permission."""
    members = _members(message)
    sent, lines = _sent(message, members), _lines(message, members)
    proof = prove(sent, lines)
    entry = Entry.objects.filter(pk=proof.by).first() if proof.by is not None else None
    facts = consent.entry_facts([proof.by]).get(proof.by) if proof.by is not None else None
    words = f"v{facts.wording.version} {facts.wording.locale}" if facts and facts.wording else "not recorded"
    return Proven(message, proof, words if entry else "by default", entry.notice_version if entry else None)


def _members(message: Message) -> list[IdentifierFacts]:
    """Who stood beside the mail's identifier when it was sent; nobody where it has been erased since."""
    assert message.sending_at is not None
    fact = profiles.identifier_facts([message.identifier_id]).get(message.identifier_id)
    then = found_then(fact.kind, fact.value, message.sending_at) if fact else None
    return members_then(then.profile_id, message.sending_at) if then else []


def _sent(message: Message, members: Sequence[IdentifierFacts]) -> Sent:
    address = bytes(message.address_hash)
    assert message.sending_at is not None
    held = Suppression.objects.filter(
        address_hash=address, scope__in=("all", "marketing"), created_at__lte=message.sending_at
    ).exclude(reason="unsubscribe")  # what the ledger says itself
    reason = held.values_list("reason", flat=True).first()
    subject = Subject(address, tuple(one.id for one in members) or (message.identifier_id,))
    regime = consent.regimes_of([subject])[0].regime
    return Sent(message.sending_at, message.consent_entry_id, _laws(message.purpose, regime), reason or "")


def _laws(code: str, regime: str) -> tuple[Law, ...]:
    """Of the purpose, its parents, and the root of all."""
    found: list[Law] = []
    purpose = Purpose.objects.get(pk=code)
    while True:
        rule = purpose.rules.filter(regime=regime).first()
        days = rule.expires_after_days if rule else None
        allowed = rule.allowed_by_default if rule else purpose.allowed_by_default
        found.append(Law(purpose.pk, allowed, timedelta(days=days) if days else None))
        if purpose.parent is None:
            return tuple(found) if purpose.pk == ROOT else (*found, Law(ROOT, True))
        purpose = purpose.parent


def _lines(message: Message, members: Sequence[IdentifierFacts]) -> list[Line]:
    address = bytes(message.address_hash)
    emails = {address_hash(one.value) for one in members if one.kind == "email"}
    accounts = {one.id for one in members if one.kind == "user_id"} if emails == {address} else set()
    about = Q(address_hash=address) | Q(identifier_id__in=[one.id for one in members] or [message.identifier_id])
    return [
        Line(
            id=row.pk,
            purpose=row.purpose_id,
            subject="address" if row.identifier_id is None else str(row.identifier_id),
            state=row.state,
            method=row.method,
            occurred_at=row.occurred_at,
            received_at=row.received_at,
            may_grant=row.identifier_id is None or row.identifier_id in accounts,
        )
        for row in Entry.objects.filter(about)
    ]
