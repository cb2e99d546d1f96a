"""Proofs: what shows that a line of the ledger is true, deletable; and the sign-ups that wait for a confirmation.

An address is asked at most once a day for what events say, else at most three times a day and once in ten minutes: what
is said meanwhile joins the sign-up that was asked about last.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from django.db.models import Q

from cdp.outbox.services import publish
from consent.choices import Choice
from consent.contracts import DENIED, WITHDRAWN, NewEntry
from consent.models import Entry, Proof, Suppression
from consent.services.choice_targets import Target

SIGN_UP = "sign_up"
DAY = timedelta(days=1)
AGAIN_AFTER = timedelta(minutes=10)
MOST_A_DAY = 3
EVENT = "event"


def keep_proof(target: Target, now: datetime) -> int | None:
    """Keep what the choice brought; None where it brought nothing."""
    choice = target.choice
    if not choice.proof:
        return None
    return _keep(choice.proof_kind or choice.method, dict(choice.proof), target, now)


def sign_up_proof(target: Target, now: datetime) -> int:
    """The proof under which this sign-up waits: a new one, or that of the letter which was just sent."""
    choice = target.choice
    recent = _recent(target, now)
    wants_letter = _may_ask(target, now)
    if recent and (not wants_letter or not _is_time(choice, recent, now)):
        return recent[0].pk
    content = {
        "address": target.address,
        "locale": choice.locale,
        "purposes": [choice.purpose],
        "letter": wants_letter,
        **({"said": dict(choice.proof)} if choice.proof else {}),
    }
    return _keep(SIGN_UP, content, target, now)


def tell_pending(
    prepared: Mapping[int, tuple[NewEntry, Target]], written: Mapping[bytes, int], now: datetime
) -> set[int]:
    """Publish "consent.pending" once a proof made just now; the places a letter was asked for."""
    first: dict[int, tuple[int, int]] = {}
    for place, (entry, _) in prepared.items():
        entry_id = written.get(entry.entry_key)
        if entry.state == "pending" and entry_id is not None and entry.proof_id is not None:
            first.setdefault(entry.proof_id, (place, entry_id))
    asked = Proof.objects.filter(pk__in=list(first), made_at=now, content__letter=True)
    places = set()
    for proof in asked.order_by("pk"):
        place, entry_id = first[proof.pk]
        publish("consent.pending", {"entry_id": entry_id, "proof_id": proof.pk})
        places.add(place)
    return places


def discard(proof_ids: Iterable[int]) -> None:
    """Proofs whose line was known already; those that other lines hang on stay."""
    wanted = set(proof_ids)
    if wanted:
        Proof.objects.filter(pk__in=wanted).exclude(kind=SIGN_UP).delete()


def _recent(target: Target, now: datetime) -> list[Proof]:
    """Sign-ups of this address that it was asked about within a day, the latest first."""
    rows = Proof.objects.filter(address_hash=target.address_hash, kind=SIGN_UP, made_at__gt=now - DAY)
    return [row for row in rows.order_by("-made_at", "-pk") if row.content.get("letter")]


def _is_time(choice: Choice, recent: list[Proof], now: datetime) -> bool:
    if choice.proof_kind == EVENT or recent[0].made_at > now - AGAIN_AFTER:
        return False
    return len(recent) < MOST_A_DAY


def _may_ask(target: Target, now: datetime) -> bool:
    """Whether a letter may go out for it: it is news, its address is known and did not refuse since."""
    choice = target.choice
    at = choice.occurred_at or now
    if not (choice.sends_letter and target.address and target.purpose.channel == "email" and at > now - DAY):
        return False
    silenced = Suppression.objects.filter(address_hash=target.address_hash)
    if silenced.filter(Q(scope="all") | Q(reason__in=("complaint", "hard_bounce", "manual"))).exists():
        return False
    return not refused_since(target.address_hash, choice.purpose, at)


def refused_since(address: bytes | None, purpose: str, at: datetime) -> bool:
    """Whether the address said no after this sign-up: then it is over."""
    said = Entry.objects.filter(address_hash=address, purpose_id=purpose, occurred_at__gt=at)
    return said.filter(state__in=(WITHDRAWN, DENIED)).exists()


def _keep(kind: str, content: dict[str, object], target: Target, now: datetime) -> int:
    proof = Proof.objects.create(
        kind=kind,
        content=content,
        address_hash=target.address_hash,
        identifier_id=target.identifier_id,
        made_at=now,
    )
    return proof.pk
