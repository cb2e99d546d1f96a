"""The gate: whether a purpose is allowed for a person, with the reason and the entry that says so.

One statement reads what was said of the purpose and its parents. A second one, asked only where the answer depends on
it, tells the law that holds for the person; a third, only where an account may speak, whose the user ids are.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime
from itertools import compress

from cdp.lib import bulk_sql
from cdp.lib.decision import Decision
from cdp.lib.hashing import address_hash
from consent import ledger
from consent.alike import Alike
from consent.contracts import GRANTED, OTHER, LedgerLine, PurposeFacts, Subject
from consent.effect import Told
from consent.purposes_in_force import purposes_now
from consent.queries.entries import line_of
from consent.queries.regimes import regimes_of
from profiles import queries as profiles

UNKNOWN = Decision(False, "unknown_purpose")
KIND_OF_CHANNEL = {"email": "email", "sms": "phone"}

SAID = """
SELECT purpose_id, id, address_hash, identifier_id, state, occurred_at, method FROM consent_entry
WHERE (address_hash = ANY(%s::bytea[]) OR identifier_id = ANY(%s::bigint[])) AND purpose_id = ANY(%s::text[])
"""
KNOWN_BY = " AND received_at <= %s::timestamptz"


@dataclass(slots=True)
class Said:
    """What the ledger says about some subjects: lines by purpose and subject key; whose user ids may speak for them."""

    lines: dict[str, dict[bytes | int, list[LedgerLine]]]
    user_ids: dict[Subject, frozenset[int]] = field(default_factory=dict)
    only_addresses: dict[Subject, dict[str, bytes]] = field(default_factory=dict)

    def told(self, subject: Subject, purpose: PurposeFacts) -> Told:
        """What was said of this purpose about this subject."""
        address = subject.at_channel(purpose.channel)
        lines = self.lines_of(subject, purpose)
        return Told(purpose, lines, address, self._speakers(subject, purpose, address))

    def lines_of(self, subject: Subject, purpose: PurposeFacts) -> list[LedgerLine]:
        """The lines of it alone: of all their identifiers, and of where its channel goes; without one, of both."""
        by_key = self.lines.get(purpose.code)
        if not by_key:
            return []
        address = subject.at_channel(purpose.channel)
        keys: list[bytes | int] = [*subject.identifier_ids]
        if address is not None:
            keys.append(address)
        elif not purpose.channel:
            keys += [one for one in (subject.address_hash, subject.phone_hash) if one is not None]
        return [line for key in keys if key in by_key for line in by_key[key]]

    def _speakers(self, subject: Subject, purpose: PurposeFacts, address: bytes | None) -> Set[int]:
        """User ids that may speak for the person; for an address, if it is the only one of its kind they have. Asked at
        use, so that it does not matter whether the address or the statement was known first.
        """
        if purpose.channel and self.only_addresses.get(subject, {}).get(purpose.channel) != address:
            return frozenset()
        return self.user_ids.get(subject, frozenset())


def allows(subject: Subject, purpose: str, at: datetime, *, known_at: datetime | None = None) -> Decision:
    """Whether `purpose` is allowed for `subject` at `at`. `known_at`: by what the ledger had received until then.

    Reasons: granted, withdrawn, denied, expired, pending, default_allowed, default_denied, no_address,
    unknown_purpose; parent_… where it is the parent that is not allowed; restricted while the person has restricted
    all processing. `evidence` is the id of the ledger entry that says so, None for a default.
    """
    return allows_each([subject], purpose, at, known_at=known_at)[0]


def allows_each(
    subjects: Sequence[Subject], purpose: str, at: datetime, *, known_at: datetime | None = None
) -> list[Decision]:
    """`allows` for many subjects with one query, in their order; two more where laws differ or an account may speak."""
    chain = purposes_now().chain(purpose)
    if not chain:
        return [UNKNOWN for _ in subjects]
    return allows_read(subjects, chain, read(subjects, chain, at, known_at=known_at), at)


def allows_read(subjects: Sequence[Subject], chain: Sequence[PurposeFacts], said: Said, at: datetime) -> list[Decision]:
    """The same by what was `read` of these subjects and a purpose's chain."""
    answers = _answers(subjects, chain, said, at)
    differ = [len(set(answer.values())) > 1 for answer in answers]
    asked = list(compress(subjects, differ))
    laws = iter(regimes_of(asked) if asked else ())
    return [answer[next(laws).regime if depends else OTHER] for answer, depends in zip(answers, differ, strict=True)]


def _answers(
    subjects: Sequence[Subject], chain: Sequence[PurposeFacts], said: Said, at: datetime
) -> list[Mapping[str, Decision]]:
    """What holds for each subject by law. Those of whom nothing was said are alike but for where it would go."""
    heard = {key for by_key in said.lines.values() for key in by_key}
    alike = Alike(chain, at)
    silent: dict[tuple[bool, ...], Mapping[str, Decision]] = {}
    found = []
    for subject in subjects:
        if not heard.isdisjoint((*subject.identifier_ids, subject.address_hash, subject.phone_hash)):
            found.append(alike.by_law([said.told(subject, one) for one in chain]))
            continue
        shape = tuple([subject.at_channel(one.channel) is None for one in chain])
        if shape not in silent:
            silent[shape] = alike.by_law([said.told(subject, one) for one in chain])
        found.append(silent[shape])
    return found


def read(
    subjects: Sequence[Subject], purposes: Iterable[PurposeFacts], at: datetime, *, known_at: datetime | None = None
) -> Said:
    """What the ledger says about these subjects and purposes."""
    asked = {one.code: one for one in purposes}
    addresses = [one for s in subjects for one in (s.address_hash, s.phone_hash) if one is not None]
    identifiers = [identifier_id for s in subjects for identifier_id in s.identifier_ids]
    statement, params = SAID, [addresses, identifiers, list(asked)]
    if known_at is not None:
        statement, params = SAID + KNOWN_BY, [*params, known_at]
    rows = (bulk_sql.fetch_often if len(subjects) == 1 else bulk_sql.fetch)(statement, params)
    said = Said({})
    for code, *entry in rows:
        line = line_of(*entry)
        said.lines.setdefault(code, {}).setdefault(line.subject, []).append(line)
    _find_speakers(said, subjects, asked.values(), at)
    return said


def _find_speakers(said: Said, subjects: Sequence[Subject], purposes: Collection[PurposeFacts], at: datetime) -> None:
    """Whose user ids may speak, where it makes a difference."""
    matters: set[int] = set()
    for purpose in purposes:
        matters |= _speaking(said.lines.get(purpose.code, {}), purpose, at)
    asked = [subject for subject in subjects if not matters.isdisjoint(subject.identifier_ids)]
    facts = profiles.identifier_facts({i for subject in asked for i in subject.identifier_ids}) if asked else {}
    for subject in asked:
        theirs = [facts[i] for i in subject.identifier_ids if i in facts and not facts[i].is_shared]
        said.user_ids[subject] = frozenset(fact.id for fact in theirs if fact.kind == "user_id")
        for channel, kind in KIND_OF_CHANNEL.items():
            values = [fact.value for fact in theirs if fact.kind == kind]
            if len(values) == 1:
                said.only_addresses.setdefault(subject, {})[channel] = address_hash(values[0])


def _speaking(by_key: dict[bytes | int, list[LedgerLine]], purpose: PurposeFacts, at: datetime) -> set[int]:
    """Identifiers whose kind matters: of grants for a channel, and of a fresh yes beside one that has grown old."""
    granted = {key for key, said in by_key.items() if isinstance(key, int) and any(e.state == GRANTED for e in said)}
    if purpose.channel or not granted:
        return granted
    soonest = min((rule.expires_after for rule in purpose.rules.values() if rule.expires_after), default=None)
    lines = [line for said in by_key.values() for line in said]
    return granted if any(ledger.has_grown_old(line, at, soonest) for line in lines) else set()
