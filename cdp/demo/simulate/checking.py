"""Holding the platform against the truth: who is one person, who agreed to what, who was mailed. Reads the database.

Read with the simulator's own bookkeeping: what the service decides is only looked up here, never asked why.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from math import comb
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import connection

from automation.models import Enrollment, Journey
from automation.services.journeys import ABANDONED_CART
from cdp.demo.simulate.truth_files import read
from cdp.lib.hashing import address_hash
from consent import queries as consent
from consent.contracts import EMAIL_MARKETING, PERSONALIZATION, Subject
from mailing.models import Message
from profiles import queries as profiles

CHUNK = 2_000
PRECISION, RECALL, CONSENT = 1.0, 0.98, 1.0
Key = tuple[str, str]
LOOKUP = """
SELECT i.kind, i.value, i.id, i.profile_id FROM unnest(%s::text[], %s::text[]) AS asked(kind, value)
JOIN profiles_identifier AS i ON i.kind = asked.kind AND i.value = asked.value
"""


@dataclass(frozen=True, slots=True)
class Verdict:
    """One comparison: the sentence to print, and whether platform and truth agree as they must."""

    sentence: str
    is_good: bool


def check_identity(folder: Path) -> Verdict:
    """Pairs of identifiers: joined though of two people (precision), apart though linked in the truth (recall)."""
    owners: dict[UUID, Counter[str]] = defaultdict(Counter)
    due = together = unknown = identifiers = 0
    for people in _chunks(read(folder, "people")):
        found = _lookup([key for person in people for key in _keys(person)])
        for person in people:
            keys = _keys(person)
            identifiers += len(keys)
            unknown += sum(key not in found for key in keys)
            for key in keys:
                if key in found:
                    owners[found[key][1]][person["person"]] += 1
            for cluster in _clusters(keys, person["links"]):
                due += comb(len(cluster), 2)
                sizes = Counter(found[key][1] for key in cluster if key in found)
                together += sum(comb(size, 2) for size in sizes.values())
    joined = sum(comb(who.total(), 2) for who in owners.values())
    right = sum(comb(count, 2) for who in owners.values() for count in who.values())
    precision, recall = (right / joined if joined else 1.0), (together / due if due else 1.0)
    return Verdict(
        f"identity: pairwise precision {precision:.4f}, recall {recall:.4f}"
        f" ({identifiers:,} identifiers, {unknown} unknown, {due:,} pairs)",
        precision >= PRECISION and recall >= RECALL,
    )


def check_consent(folder: Path, now: datetime) -> Verdict:
    """Whether the gate opens and stays shut as people said: the newsletter by address, personalization by account."""
    right: Counter[str] = Counter()
    asked: Counter[str] = Counter()
    for people in _chunks(read(folder, "consent")):
        for purpose, wanted, subjects in (_newsletter(people), _personalization(people)):
            answers = consent.allows_each(subjects, purpose, now) if subjects else []
            asked[purpose] += len(answers)
            right[purpose] += sum(answer.allowed == want for answer, want in zip(answers, wanted, strict=True))
    shares = ", ".join(f"{purpose} {right[purpose]:,} of {asked[purpose]:,}" for purpose in sorted(asked))
    return Verdict(f"consent: as said for {shares}", right == asked)


def check_mails(folder: Path) -> Verdict:
    """Carts that must be written about were, once, unless held out; all others were not.

    Carts that were not idle yet when the truth was written are left out: they are by now.
    """
    carts = [cart for cart in read(folder, "carts") if cart["reason"] != "not_idle"]
    about_carts = list(
        Journey.objects.filter(slug=ABANDONED_CART, state=Journey.State.LIVE).values_list("pk", flat=True)
    )
    if not about_carts:
        return Verdict("mails: not compared, as the journey about carts is not live", True)
    sent = Counter(
        Message.objects.filter(
            sender="journey", sender_id__in=about_carts, step="mail_1", state=Message.State.SENT
        ).values_list("address", flat=True)
    )
    ends: dict[str, set[str]] = defaultdict(set)
    ways = Enrollment.objects.filter(journey_id__in=about_carts)
    for cart_key, reason in ways.values_list("cart_key", "reason"):
        ends[cart_key].add(reason)
    due = [cart for cart in carts if cart["must_mail"]]
    held_out = [cart for cart in due if "held_out" in ends[f"cart:{cart['cart_id']}"]]
    mailed = sum(sent[cart["address"]] == 1 for cart in due if cart not in held_out)
    # Carts that the shop does not name stand under keys of the service's own: whether they are held out is not seen.
    hidden = sum(cart["cart_id"] is None and sent[cart["address"]] == 0 for cart in due)
    wrong = sum(bool(cart["address"]) and sent[cart["address"]] > 0 for cart in carts if not cart["must_mail"])
    return Verdict(
        f"mails: {mailed} of {len(due) - len(held_out)} due were sent once, {len(held_out)} held out,"
        f" {wrong} of {len(carts) - len(due)} that must not be sent were",
        wrong == 0 and mailed + len(held_out) + hidden >= len(due),
    )


def _newsletter(people: Sequence[dict[str, Any]]) -> tuple[str, list[bool], list[Subject]]:
    found = _lookup([("email", person["email"]) for person in people if person["email"] is not None])
    known = [person for person in people if ("email", person["email"]) in found]
    homes = [found["email", person["email"]][1] for person in known]
    subjects = [
        Subject(address_hash(person["email"]), ids) for person, ids in zip(known, _identifiers_of(homes), strict=True)
    ]
    return EMAIL_MARKETING, [person["may_mail"] for person in known], subjects


def _personalization(people: Sequence[dict[str, Any]]) -> tuple[str, list[bool], list[Subject]]:
    found = _lookup([("user_id", person["user_id"]) for person in people if person["user_id"] is not None])
    known = [person for person in people if ("user_id", person["user_id"]) in found]
    homes = [found["user_id", person["user_id"]][1] for person in known]
    subjects = [Subject(identifier_ids=ids) for ids in _identifiers_of(homes)]
    return PERSONALIZATION, [person["may_personalize"] for person in known], subjects


def _identifiers_of(homes: Sequence[UUID]) -> list[tuple[int, ...]]:
    """Of each profile, by which the law of where its person lives is found too."""
    theirs = profiles.identifiers_of(list(homes))
    return [tuple(fact.id for fact in theirs[home]) for home in homes]


def _chunks(rows: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    while chunk := list(islice(rows, CHUNK)):
        yield chunk


def _lookup(keys: Sequence[Key]) -> dict[Key, tuple[int, UUID]]:
    """{identifier: (its id, the id of its profile)} of those the platform knows."""
    with connection.cursor() as cursor:
        cursor.execute(LOOKUP, [[kind for kind, _ in keys], [value for _, value in keys]])
        return {(kind, value): (number, profile) for kind, value, number, profile in cursor.fetchall()}


def _keys(person: dict[str, Any]) -> list[Key]:
    return [(kind, value) for kind, value in person["identifiers"]]


def _clusters(keys: Sequence[Key], links: Sequence[Sequence[Sequence[str]]]) -> Iterator[set[Key]]:
    """Identifiers that share a path of links."""
    near: dict[Key, set[Key]] = {key: set() for key in keys}
    for (a_kind, a), (b_kind, b) in links:
        near[a_kind, a].add((b_kind, b))
        near[b_kind, b].add((a_kind, a))
    left = dict.fromkeys(keys)
    while left:
        group, edge = set[Key](), {next(iter(left))}
        while edge:
            group |= edge
            edge = {other for each in edge for other in near[each]} - group
        for key in group:
            del left[key]
        yield group
