"""What we may do with a person, by which law and since when, what they prefer, and what was not done and why."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from cdp.lib.hashing import address_hash
from consent import queries as consent
from consent.contracts import EntryFacts, PurposeState, RegimeFound, Subject
from consent.models import Regime
from consent.purposes_in_force import purposes_now
from consent.reasons import method_words, reason_words
from privacy.models import Request
from profiles.contracts import IdentifierFacts

BY = {
    "country": "by the country they told us",
    "address": "by their postal address",
    "time_zone": "by the time zone of their devices",
    "default": "nothing tells where they live, so the default holds",
}
USES = {
    "send": "Mail not sent",
    "recommendation": "Not personalized",
    "decision": "Not decided by what they did",
    "price": "Given the list price",
    "segment": "Not acted upon as a member of a segment",
    "training": "Not learned from",
    "sharing": "Not told to another party",
    "export": "Not exported",
    "ingest": "Not stored as it came",
    "enrichment": "Not looked up where they are",
}
OF_MAIL = {
    "paused": "they asked for a pause",
    "frequency": "they want mail less often",
}
REQUESTS = 10


@dataclass(frozen=True, slots=True)
class LawShown:
    """The regime in words, and how it was derived."""

    name: str
    how: str


@dataclass(frozen=True, slots=True)
class Permission:
    """What holds for one purpose now. `level`: 1 for a topic. `entry_id`: the ledger line that says so, if one does."""

    label: str
    level: int
    allowed: bool
    why: str
    basis: str
    since: datetime | None
    expires_at: datetime | None
    how: str
    by: str
    words: str
    notice: int | None
    entry_id: int | None


@dataclass(frozen=True, slots=True)
class PreferenceShown:
    """How often one address wants mail; `paused_until` None: it is not paused."""

    address: str
    frequency: str
    paused_until: datetime | None
    locale: str


@dataclass(frozen=True, slots=True)
class NotDone:
    """Something that was not done, how often at least, and why."""

    what: str
    purpose: str
    why: str
    about: str
    times: int
    first_at: datetime
    last_at: datetime
    entry_id: int | None
    is_default: bool


def law(found: RegimeFound) -> LawShown:
    """The law of a person, as a page tells it."""
    detail = f" ({found.detail})" if found.detail else ""
    return LawShown(str(Regime(found.regime).label), f"{BY[found.by]}{detail}")


def subject_of(profile_id: UUID, identifiers: Sequence[IdentifierFacts]) -> Subject:
    """Whom the gate is asked about."""
    found = consent.subjects_of([profile_id]).get(profile_id)
    return found or Subject(identifier_ids=tuple(fact.id for fact in identifiers))


def permissions(subject: Subject, now: datetime) -> list[Permission]:
    """Every purpose in order, topics below theirs."""
    states = list(_flat(consent.states(subject, now)))
    entries = consent.entry_facts({state.entry_id for state, _ in states if state.entry_id is not None})
    return [_permission(state, level, entries.get(state.entry_id or 0)) for state, level in states]


def _flat(states: Sequence[PurposeState], level: int = 0) -> Iterator[tuple[PurposeState, int]]:
    for state in states:
        yield state, level
        yield from _flat(state.children, level + 1)


def _permission(state: PurposeState, level: int, entry: EntryFacts | None) -> Permission:
    words = entry.wording if entry else None
    return Permission(
        label=state.label,
        level=level,
        allowed=state.allowed,
        why=reason_words(state.reason),
        basis=state.legal_basis.replace("_", " "),
        since=state.since,
        expires_at=state.expires_at,
        how=method_words(entry.method) if entry else "",
        by=entry.actor if entry else "",
        words=f"v{words.version} {words.locale}" if words else "",
        notice=state.notice_version,
        entry_id=state.entry_id,
    )


def preferences(
    identifiers: Sequence[IdentifierFacts], shown: Mapping[object, str], now: datetime
) -> list[PreferenceShown]:
    """What the owners of the person's addresses asked for."""
    frequencies = {"all": "as it comes", "weekly": "at most once a week", "monthly": "at most once a month"}
    hashes = [address_hash(fact.value) for fact in identifiers if fact.kind == "email"]
    return [
        PreferenceShown(
            shown.get(address, ""),
            frequencies.get(wish.frequency, wish.frequency),
            wish.paused_until if wish.paused_until and wish.paused_until > now else None,
            wish.locale,
        )
        for address, wish in consent.mail_preferences(hashes).items()
    ]


def not_done(identifiers: Sequence[IdentifierFacts], shown: Mapping[object, str]) -> list[NotDone]:
    """Refusals in words, the latest first."""
    hashes = [address_hash(fact.value) for fact in identifiers if fact.kind in ("email", "phone")]
    purposes = purposes_now()
    found = []
    for one in consent.refusals_of([fact.id for fact in identifiers], hashes):
        purpose = purposes.get(one.purpose)
        found.append(
            NotDone(
                what=USES.get(one.use, one.use),
                purpose=purpose.label if purpose else one.purpose,
                why=OF_MAIL.get(one.reason) or reason_words(one.reason.removeprefix("suppressed_")),
                about=shown.get(one.identifier_id if one.address_hash is None else one.address_hash, ""),
                times=one.times,
                first_at=one.first_at,
                last_at=one.last_at,
                entry_id=one.entry_id,
                is_default=one.reason.endswith("default_denied"),
            )
        )
    return found


def requests(identifiers: Sequence[IdentifierFacts]) -> list[Request]:
    """The person's privacy requests, newest first: those under one of their addresses."""
    hashes = [address_hash(fact.value) for fact in identifiers if fact.kind in ("email", "phone")]
    return list(Request.objects.filter(address_hash__in=hashes).order_by("-received_at")[:REQUESTS])
