"""The transaction that decides: messages and their addresses locked, everything asked again, and `sending` committed.

A withdrawal takes the same address lock, so it comes before the questions, or after the hand-over began. Of several
marketing messages to one address one is decided at a time: the others stay where they are in the queue.
"""

import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import transaction

from cdp.lib import bulk_sql
from cdp.lib.clock import utc_now
from cdp.lib.decision import Decision
from consent import services as consent
from consent.contracts import NewRefusal
from mailing.channels import Outgoing
from mailing.content import ContentError
from mailing.contracts import END, GO, WAIT, Asked, Said
from mailing.deciding import MARKETING, Verdict
from mailing.models import Message
from mailing.queries.permitting import Answer, Story, answers
from mailing.senders import UnknownSender, sender
from mailing.services.composing import Composed, compose
from mailing.services.concluding import conclude, tell

# The negative control of the tests sets this to False and must be caught: nobody else touches it.
ASK_PERMISSION_AGAIN = True
GRANTED = Decision(True, "granted")
BY_CONSENT, BY_WISH = "consent_", ("suppressed_", "paused", "frequency")
AGAIN = timedelta(minutes=15)
MENDED_WITHIN = timedelta(days=3)
LOCK = """
SELECT id FROM mailing_message WHERE id = ANY(%s::bigint[]) AND state = 'queued' ORDER BY id FOR UPDATE SKIP LOCKED
"""
SENDING = """
UPDATE mailing_message SET state = 'sending', reason = '', sending_at = %s::timestamptz, attempts = attempts + 1,
  subject = new.subject, html = new.html, text = new.text, message_id = new.message_id, locale = new.locale,
  template_version = new.version, consent_entry_id = new.entry, not_before_at = NULL
FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::integer[], %s::bigint[])
  AS new(id, subject, html, text, message_id, locale, version, entry)
WHERE mailing_message.id = new.id
"""
WAITING = """
UPDATE mailing_message SET not_before_at = new.at, reason = new.reason
FROM unnest(%s::bigint[], %s::timestamptz[], %s::text[]) AS new(id, at, reason) WHERE mailing_message.id = new.id
"""
log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Prepared:
    """What is now `sending`, with what is handed over; how many messages were decided at all; when the first of them
    was, by the monotonic clock."""

    messages: list[Message] = field(default_factory=list)
    outgoing: list[Outgoing] = field(default_factory=list)
    decided: int = 0
    decided_at: float = field(default_factory=time.monotonic)


@transaction.atomic
def prepare(ids: Sequence[int], at: datetime | None = None) -> Prepared:
    """Decide about these messages, as far as nobody else has them. `at`: as if it were then."""
    messages = _taken(ids)
    if not messages:
        return Prepared()
    consent.lock_addresses({bytes(one.address_hash) for one in messages})
    # Not before the locks: what was said while we waited for them would lie in the future, and not count.
    now = at or utc_now()
    said = _said(messages, now)
    found = answers(_stories(messages, said, now), now)
    verdicts = [one.verdict for one in found] if ASK_PERMISSION_AGAIN else [_unasked(one.verdict) for one in found]
    going = [n for n, verdict in enumerate(verdicts) if verdict.action == GO]
    composed = _composed([messages[n] for n in going], [found[n] for n in going], now)
    done = dict(zip(going, composed, strict=True))
    for n, one in done.items():
        if isinstance(one, Exception):
            log.error("message_not_rendered", message=messages[n].pk, template=messages[n].template, error=str(one))
            verdicts[n] = _unrendered(messages[n], one, now)
    _hold(messages, verdicts)
    _end(messages, verdicts, now)
    _note_refused(messages, verdicts, now)
    sent = [(messages[n], one, verdicts[n]) for n, one in done.items() if isinstance(one, Composed)]
    _to_sending(sent, now)
    return Prepared([message for message, *_ in sent], [one.outgoing for _, one, _ in sent], len(messages))


def _taken(ids: Sequence[int]) -> list[Message]:
    """Those of them that are still queued and free, locked; of marketing ones to one address the first."""
    locked = [row[0] for row in bulk_sql.fetch(LOCK, [list(ids)])]
    rows = {row.pk: row for row in Message.objects.filter(pk__in=locked)}
    found: list[Message] = []
    seen: set[bytes] = set()
    for pk in [pk for pk in ids if pk in rows]:
        row, address = rows[pk], bytes(rows[pk].address_hash)
        if row.kind == MARKETING and address in seen:
            continue
        seen.add(address)
        found.append(row)
    return found


def _said(messages: Sequence[Message], now: datetime) -> list[Said]:
    """What each sender says of its own, asked once a sender."""
    by_sender: dict[str, list[int]] = defaultdict(list)
    for n, one in enumerate(messages):
        by_sender[one.sender].append(n)
    found: dict[int, Said] = {}
    for key, places in by_sender.items():
        try:
            asked = sender(key).ask([messages[n] for n in places], now)
        except UnknownSender:
            asked = [Said(END, "no_sender") for _ in places]
        found |= dict(zip(places, asked, strict=True))
    return [found[n] for n in range(len(messages))]


def _stories(messages: Sequence[Message], said: Sequence[Said], now: datetime) -> list[Story]:
    rivals = _newest_rivals(messages, said, now)
    stories = []
    for message, one in zip(messages, said, strict=True):
        rival = rivals.get(bytes(message.address_hash))
        mine = (one.newest_first, message.pk) if one.newest_first else None
        asked = Asked(
            message.identifier_id, message.purpose, message.kind, message.address or "", channel=message.channel
        )
        stories.append(Story(asked, one, newer_queued=bool(mine and rival and rival > mine)))
    return stories


def _newest_rivals(
    messages: Sequence[Message], said: Sequence[Said], now: datetime
) -> Mapping[bytes, tuple[datetime, int]]:
    """{address hash: the newest of the other queued messages for it that would go}. Asked only where it matters."""
    mine = {
        bytes(m.address_hash) for m, one in zip(messages, said, strict=True) if one.newest_first and one.action == GO
    }
    if not mine:
        return {}
    others = Message.objects.filter(address_hash__in=list(mine), state=Message.State.QUEUED, kind=MARKETING)
    rows = list(others.exclude(pk__in=[one.pk for one in messages]))
    found: dict[bytes, tuple[datetime, int]] = {}
    for row, one in zip(rows, _said(rows, now), strict=True):
        if one.action == GO and one.newest_first:
            address = bytes(row.address_hash)
            found[address] = max(found.get(address, (one.newest_first, row.pk)), (one.newest_first, row.pk))
    return found


def _unasked(verdict: Verdict) -> Verdict:
    is_refused = verdict.reason.startswith((BY_CONSENT, "suppressed_"))
    return Verdict(GO) if is_refused else verdict


def _composed(messages: Sequence[Message], found: Sequence[Answer], now: datetime) -> list[Composed | Exception]:
    own: list[Mapping[str, Any]] = [{} for _ in messages]
    by_sender: dict[str, list[int]] = defaultdict(list)
    for n, one in enumerate(messages):
        by_sender[one.sender].append(n)
    for key, places in by_sender.items():
        for n, values in zip(places, sender(key).fill([messages[n] for n in places], now), strict=True):
            own[n] = values
    return compose(messages, found, own, now) if messages else []


def _unrendered(message: Message, error: Exception, now: datetime) -> Verdict:
    """A mail about an order waits for its template to be mended; marketing does not."""
    is_awaited = (
        message.kind != MARKETING and isinstance(error, ContentError) and now < message.queued_at + MENDED_WITHIN
    )
    return Verdict(WAIT, "render_failed", now + AGAIN) if is_awaited else Verdict(END, "render_failed")


def _hold(messages: Sequence[Message], verdicts: Sequence[Verdict]) -> None:
    waits = [(one.pk, v.not_before, v.reason) for one, v in zip(messages, verdicts, strict=True) if v.action == WAIT]
    if waits:
        bulk_sql.execute(WAITING, [list(column) for column in zip(*waits, strict=True)])


def _end(messages: Sequence[Message], verdicts: Sequence[Verdict], now: datetime) -> None:
    """Suppressed for good, with the reason."""
    ended = []
    for one, verdict in zip(messages, verdicts, strict=True):
        if verdict.action == END:
            one.state, one.reason, one.finished_at = Message.State.SUPPRESSED, verdict.reason, now
            ended.append(one)
    conclude(ended)
    tell(ended, now)


def _note_refused(messages: Sequence[Message], verdicts: Sequence[Verdict], now: datetime) -> None:
    """What was not sent because of the gate, a suppression or the owner's wish, for the person's page and figures."""
    noted = [
        NewRefusal(
            "send",
            one.purpose,
            verdict.reason.removeprefix(BY_CONSENT),
            entry_id=verdict.evidence,
            address_hash=bytes(one.address_hash),
        )
        for one, verdict in zip(messages, verdicts, strict=True)
        if verdict.reason.startswith((BY_CONSENT, *BY_WISH))
    ]
    if noted:
        consent.note_refusals(noted, now)


def _to_sending(sent: Sequence[tuple[Message, Composed, Verdict]], now: datetime) -> None:
    if not sent:
        return
    for message, one, verdict in sent:
        message.state, message.reason, message.sending_at = Message.State.SENDING, "", now
        message.attempts += 1
        message.subject, message.message_id = one.rendered.subject, one.message_id
        message.consent_entry_id = verdict.evidence
    columns: list[list[Any]] = [
        [message.pk for message, *_ in sent],
        [one.rendered.subject for _, one, _ in sent],
        [one.rendered.html for _, one, _ in sent],
        [one.rendered.text for _, one, _ in sent],
        [one.message_id for _, one, _ in sent],
        [one.rendered.locale for _, one, _ in sent],
        [one.version for _, one, _ in sent],
        [verdict.evidence for *_, verdict in sent],
    ]
    bulk_sql.execute(SENDING, [now, *columns])
    mailed = {bytes(message.address_hash): now for message, *_ in sent if message.kind == MARKETING}
    consent.note_mailed_each(mailed)
