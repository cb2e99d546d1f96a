"""Who opened and clicked, told once a minute has passed; only what people did goes on messages and becomes events.

Opens of people who allow none any more are deleted unread.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from cdp.lib import bulk_sql
from cdp.lib.clock import utc_now
from consent.contracts import Subject
from mailing.classifying import CLICKED, CROWD_WITHIN, HUMAN, OPENED, SETTLE, Crowds, Hit, Verdict, classify, crowds_of
from mailing.models import Message, Receipt
from mailing.queries.tracking import may_track_opens
from mailing.services.telling import tell
from profiles import queries as profiles

SLICE = 500
MOST_HITS = 5_000
FORGET_NETWORKS_AFTER = timedelta(hours=3)
DUE = """
SELECT id, message_id FROM mailing_receipt
WHERE who = '' AND kind IN ('opened', 'clicked') AND at < %s::timestamptz
ORDER BY at LIMIT %s::int FOR UPDATE SKIP LOCKED
"""
SEEN = """
SELECT network, at, message_id FROM mailing_receipt
WHERE network = ANY(%s::bytea[]) AND at BETWEEN %s::timestamptz AND %s::timestamptz AND kind = 'clicked' LIMIT %s::int
"""
SETTLED = """
UPDATE mailing_receipt AS r SET who = told.who, why = told.why
FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS told(id, who, why) WHERE r.id = told.id AND r.who = ''
"""
FIRSTS = """
UPDATE mailing_message AS m SET {column} = least(m.{column}, first.at)
FROM (SELECT id, min(at) AS at FROM unnest(%s::bigint[], %s::timestamptz[]) AS of(id, at) GROUP BY id ORDER BY id)
  AS first
WHERE m.id = first.id AND (m.{column} IS NULL OR m.{column} > first.at)
"""
COLUMNS = {OPENED: "opened_at", CLICKED: "clicked_at"}
FORGET = """
UPDATE mailing_receipt SET network = NULL WHERE id IN (
  SELECT id FROM mailing_receipt WHERE network IS NOT NULL AND at < %s::timestamptz
  LIMIT %s::int FOR UPDATE SKIP LOCKED)
"""


@dataclass(frozen=True, slots=True)
class _Due:
    """A receipt that was told, with its verdict."""

    receipt: Receipt
    verdict: Verdict


def settle_slice(*, now: datetime | None = None) -> int:
    """Tell who it was of up to 500 opens and clicks that are a minute old; how many. Networks older than hours go."""
    moment = now or utc_now()
    worked = _settle(moment)
    return worked or bulk_sql.execute(FORGET, [moment - FORGET_NETWORKS_AFTER, SLICE])


@transaction.atomic
def _settle(now: datetime) -> int:
    due = bulk_sql.fetch(DUE, [now - SETTLE, SLICE])
    if not due:
        return 0
    ids, message_ids = {row[0] for row in due}, {row[1] for row in due}
    found = Receipt.objects.filter(message_id__in=message_ids, kind__in=COLUMNS).select_related("message")
    rows = list(found.defer("message__html", "message__text"))
    told = [one for one in _told(rows, _crowds(rows, ids)) if one.receipt.pk in ids]
    told = _without_refused(told, now)
    bulk_sql.execute(
        SETTLED, [[o.receipt.pk for o in told], [o.verdict.who for o in told], [o.verdict.why for o in told]]
    )
    human = [one.receipt for one in told if one.verdict.who == HUMAN]
    for kind, column in COLUMNS.items():
        of_kind = [one for one in human if one.kind == kind]
        if of_kind:
            params = [[one.message_id for one in of_kind], [one.at for one in of_kind]]
            bulk_sql.execute(FIRSTS.format(column=column), params)
    tell(human)
    return len(due)


def _told(rows: Sequence[Receipt], crowds: Crowds) -> Iterable[_Due]:
    by_message: dict[int, list[Receipt]] = {}
    for row in rows:
        by_message.setdefault(row.message_id, []).append(row)
    for held in by_message.values():
        message = held[0].message
        hits = [Hit(one.kind, one.at, one.agent, one.link, _bytes(one.network)) for one in held]
        verdicts = classify(hits, handed_at=message.sending_at, crowds=crowds)
        yield from (_Due(one, verdict) for one, verdict in zip(held, verdicts, strict=True))


def _crowds(rows: Sequence[Receipt], ids: set[int]) -> Crowds:
    """Of the networks of what is due: how many mails they followed links of, around that time."""
    due = [one for one in rows if one.pk in ids and one.network is not None and one.kind == CLICKED]
    if not due:
        return crowds_of(())
    networks = sorted({_bytes(one.network) or b"" for one in due})
    first, last = min(one.at for one in due) - CROWD_WITHIN, max(one.at for one in due) + CROWD_WITHIN
    return crowds_of(
        (bytes(row[0]), row[1], row[2]) for row in bulk_sql.fetch(SEEN, [networks, first, last, MOST_HITS])
    )


def _without_refused(told: Sequence[_Due], now: datetime) -> list[_Due]:
    """Opens are asked about at use: of whoever does not allow them any more, they are deleted."""
    opens = [one for one in told if one.receipt.kind == OPENED]
    if not opens:
        return list(told)
    messages = {one.receipt.message_id: one.receipt.message for one in opens}
    allowed = dict(zip(messages, may_track_opens(_subjects(list(messages.values())), now), strict=True))
    refused = {one.receipt.pk for one in opens if not allowed[one.receipt.message_id]}
    Receipt.objects.filter(pk__in=refused).delete()
    return [one for one in told if one.receipt.pk not in refused]


def _subjects(messages: Sequence[Message]) -> list[Subject]:
    people = profiles.profiles_of_identifiers([one.identifier_id for one in messages])
    known = profiles.identifiers_of(set(people.values()))
    return [
        Subject(
            address_hash=bytes(one.address_hash),
            identifier_ids=tuple(fact.id for fact in known.get(people[one.identifier_id], ()))
            if one.identifier_id in people
            else (one.identifier_id,),
        )
        for one in messages
    ]


def _bytes(value: "bytes | memoryview | None") -> bytes | None:
    return None if value is None else bytes(value)
