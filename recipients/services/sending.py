"""Sending: what is due is asked at the gate, made and handed over, each by the state as of that moment.

One transaction claims, asks, builds and notes the disclosure; after its commit all are sent at once, each in a thread
of its own; a second transaction notes what came of it. Between asking and the first byte lie milliseconds. At least
once: a worker that dies in between leaves rows that are due again, and the recipient tells repeats by `id`.

A slice waits for answers for a second and a half. Who has not answered by then is left alone, and what came of it is
noted by a later slice: one dead recipient delays nobody.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from cdp.lib import bulk_sql, outbound
from cdp.lib.clock import utc_now
from cdp.lib.decision import Decision
from consent import services as consent
from consent.contracts import NewRefusal
from recipients import retrying, signing
from recipients.contracts import DUTIES, TEST
from recipients.models import Delivery, Recipient
from recipients.services import outcomes, payloads
from recipients.services.asking import About, Answer, about_each, answer_each

AT_ONCE = 8  # deliveries of one recipient in a slice; one while it does not answer
ALL_AT_ONCE = 32  # deliveries in a slice, each with a thread: none waits for another once the gate was asked
TIMEOUT_S = 10.0
PATIENCE_S = 1.5
MOST_HANGING = 96  # threads that wait for answers; no more is claimed until some end
CLAIM = """
SELECT d.id FROM recipients_recipient AS r CROSS JOIN LATERAL (
  SELECT id, next_at FROM recipients_delivery
  WHERE recipient_id = r.id AND state = 'waiting' AND next_at <= %s::timestamptz
    AND (r.enabled OR topic LIKE 'privacy.%%')
  ORDER BY next_at LIMIT CASE WHEN r.failures > 0 THEN 1 ELSE %s::bigint END FOR UPDATE SKIP LOCKED
) AS d WHERE r.quiet_until IS NULL OR r.quiet_until <= %s::timestamptz
ORDER BY row_number() OVER (PARTITION BY r.id ORDER BY d.next_at), d.next_at LIMIT %s::bigint
"""
LEASED = """UPDATE recipients_delivery SET attempts = attempts + 1, next_at = %s::timestamptz
WHERE id = ANY(%s::bigint[])"""
DISCLOSED = """
INSERT INTO recipients_disclosure AS old (recipient_id, profile_id, fields, first_at, last_at, times)
SELECT r, p, string_to_array(f, chr(31)), %s::timestamptz, %s::timestamptz, n
FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::bigint[]) AS t(r, given, f, n), LATERAL (SELECT given::uuid AS p)
ORDER BY p, r
ON CONFLICT (profile_id, recipient_id) DO UPDATE SET last_at = excluded.last_at, times = old.times + excluded.times,
  fields = ARRAY(SELECT DISTINCT f FROM unnest(old.fields || excluded.fields) AS f ORDER BY f)
"""
SEPARATOR = chr(31)  # in no trait's name
# The negative control of the tests sets this to False and must be caught: nobody else touches it.
ASKS_THE_GATE = True


@dataclass(frozen=True, slots=True)
class Ready:
    """A delivery as it goes out."""

    delivery: Delivery
    recipient: Recipient
    body: bytes


Posted = tuple[Ready, "Future[outcomes.Result]"]
_hanging: list[Posted] = []


def deliver_slice() -> int:
    """Work what is due: up to eight deliveries a recipient, in turns. Returns how many were decided or sent."""
    harvested = _harvest()
    if len(_hanging) >= MOST_HANGING:
        return harvested
    now = utc_now()
    with transaction.atomic():
        claimed = _claim(now)
        ready = _prepare(claimed, now)
    if ready:
        posted = _hand_over(ready)
        wait([future for _, future in posted], timeout=PATIENCE_S)
        _conclude(posted)
    return len(claimed) + harvested


def forget_hanging() -> None:
    """Let go of what was not answered yet, in this process; the rows are due again when their lease ends."""
    _hanging.clear()


def _harvest() -> int:
    """Note what came of deliveries that earlier slices did not wait for; how many."""
    ended = [one for one in _hanging if one[1].done()]
    _hanging[:] = [one for one in _hanging if not one[1].done()]
    _conclude(ended)
    return len(ended)


def _conclude(posted: Sequence[Posted]) -> None:
    """Note what ended; whoever still hangs is left alone until it must have ended, too."""
    results = [future.result() for _, future in posted if future.done()]
    hanging = [one for one in posted if not one[1].done()]
    with transaction.atomic():
        if results:
            outcomes.note(results, utc_now())
        outcomes.leave_alone({one.recipient.pk for one, _ in hanging}, utc_now() + timedelta(seconds=TIMEOUT_S))
    _hanging.extend(hanging)


def send_test(recipient: Recipient, *, now: datetime) -> Delivery:
    """Send a made-up delivery at once; the row says what came of it."""
    delivery = Delivery.objects.create(
        recipient=recipient,
        key=f"{TEST}:{now.isoformat()}",
        topic=TEST,
        facts={"hello": "This is a test. Nobody's data is in it."},
        attempts=1,
        next_at=now + retrying.LEASE,
        made_at=now,
    )
    body = payloads.body(delivery, about=None, told=delivery.facts, fields=(), now=now)
    (_, answer) = _hand_over([Ready(delivery, recipient, body)])[0]
    with transaction.atomic():
        outcomes.note([answer.result()], utc_now(), is_last_try=True)
    delivery.refresh_from_db()
    return delivery


def _claim(now: datetime) -> list[Delivery]:
    ids = [row[0] for row in bulk_sql.fetch(CLAIM, [now, AT_ONCE, now, ALL_AT_ONCE])]
    if not ids:
        return []
    bulk_sql.execute(LEASED, [now + retrying.LEASE, ids])
    return list(Delivery.objects.filter(pk__in=ids).select_related("recipient").order_by("pk"))


def _prepare(claimed: Sequence[Delivery], now: datetime) -> list[Ready]:
    """What of the claimed may go out; the rest is noted as suppressed, with its reason."""
    people = about_each(claimed)
    duties = [(one, about) for one, about in zip(claimed, people, strict=True) if _is_duty(one)]
    others = [(one, about) for one, about in zip(claimed, people, strict=True) if not _is_duty(one)]
    ready = [_duty(one, about, now) for one, about in duties]
    nobody = [(one, Decision(False, about)) for one, about in others if isinstance(about, str)]
    known = [(one, about) for one, about in others if isinstance(about, About)]
    answers = list(zip(known, _ask(known, now), strict=True))
    refused = [(one, answer, about) for (one, about), answer in answers if not answer.decision.allowed]
    allowed = [(one, answer, about) for (one, about), answer in answers if answer.decision.allowed]
    told = payloads.facts_of([one for one, _, _ in allowed])
    for one, answer, about in allowed:
        if one.pk not in told:
            nobody.append((one, Decision(False, "gone")))
            continue
        one.profile_id, one.consent_entry_id = about.profile_id, answer.decision.evidence
        body = payloads.body(one, about=about, told=told[one.pk], fields=one.recipient.fields, now=now)
        ready.append(Ready(one, one.recipient, body))
    noes = [(one, Decision(False, answer.reason, answer.decision.evidence)) for one, answer, _ in refused]
    _suppress([*nobody, *noes], now)
    consent.note_refusals([_refusal(answer, about) for _, answer, about in refused], now)
    _note_disclosed([one.delivery for one in ready if not _is_duty(one.delivery)], now)
    return ready


def _ask(asked: Sequence[tuple[Delivery, About]], now: datetime) -> list[Answer]:
    if not ASKS_THE_GATE:
        return [Answer("sharing", one.recipient.purpose, Decision(True, "not_asked")) for one, _ in asked]
    return answer_each(asked, now)


def _duty(delivery: Delivery, about: About | str, now: datetime) -> Ready:
    known = about if isinstance(about, About) else None
    told = payloads.duty_told(delivery, known)
    return Ready(delivery, delivery.recipient, payloads.body(delivery, about=None, told=told, fields=(), now=now))


def _is_duty(delivery: Delivery) -> bool:
    return delivery.topic in DUTIES or delivery.topic == TEST


def _suppress(found: Iterable[tuple[Delivery, Decision]], now: datetime) -> None:
    rows = []
    for one, decision in found:
        one.state, one.reason, one.consent_entry_id = Delivery.State.SUPPRESSED, decision.reason, decision.evidence
        one.attempts -= 1  # nothing was tried
        one.finished_at = now
        if decision.reason == "gone":  # who is erased leaves nothing behind, also not what came in late
            one.key, one.profile_id, one.identifier_id, one.facts = f"erased:{one.pk}", None, None, {}
        rows.append(one)
    changed = ["state", "reason", "consent_entry_id", "attempts", "finished_at", "profile_id", "identifier_id", "facts"]
    changed.append("key")
    Delivery.objects.bulk_update(rows, changed)


def _refusal(answer: Answer, about: About) -> NewRefusal:
    """Counted for the strongest of the person's identifiers: the oldest one."""
    said = answer.decision
    return NewRefusal(
        answer.use, answer.purpose, said.reason, entry_id=said.evidence, identifier_id=about.identifiers[0].id
    )


def _note_disclosed(deliveries: Sequence[Delivery], now: datetime) -> None:
    if not deliveries:
        return
    Delivery.objects.bulk_update(deliveries, ["profile_id", "consent_entry_id"])
    counts: dict[tuple[str, int], int] = {}
    fields = {one.recipient_id: SEPARATOR.join(one.recipient.fields) for one in deliveries}
    for one in deliveries:
        key = (str(one.profile_id), one.recipient_id)
        counts[key] = counts.get(key, 0) + 1
    pairs = sorted(counts)
    columns = [
        [recipient_id for _, recipient_id in pairs],
        [profile_id for profile_id, _ in pairs],
        [fields[recipient_id] for _, recipient_id in pairs],
        [counts[pair] for pair in pairs],
    ]
    bulk_sql.execute(DISCLOSED, [now, now, *columns])


def _hand_over(ready: Sequence[Ready]) -> list[Posted]:
    """All at once, a thread each; no thread touches the database."""
    private = bool(settings.RECIPIENTS_ALLOW_PRIVATE)
    pool = ThreadPoolExecutor(max_workers=len(ready), thread_name_prefix="recipients")
    posted = [(one, pool.submit(_timed_post, one, private)) for one in ready]
    pool.shutdown(wait=False)  # its threads end with what they were given
    return posted


def _timed_post(one: Ready, allow_private: bool) -> outcomes.Result:
    began = time.monotonic()
    status, failure = _post(one, allow_private)
    return outcomes.Result(one.delivery, status, failure, round((time.monotonic() - began) * 1000))


def _post(one: Ready, allow_private: bool) -> tuple[int | None, str]:
    """(the status or None, why there is none)."""
    now = utc_now()
    recipient = one.recipient
    keys = [recipient.secret]
    if recipient.previous_secret and recipient.previous_until is not None and recipient.previous_until > now:
        keys.append(recipient.previous_secret)
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "cdp-recipients/1",
        "X-CDP-Topic": one.delivery.topic,
        **signing.headers(f"dlv_{one.delivery.pk}", one.body, keys, int(now.timestamp())),
    }
    post: Callable[..., outbound.Answer] = outbound.post
    try:
        return post(recipient.url, one.body, headers, timeout_s=TIMEOUT_S, allow_private=allow_private).status, ""
    except outbound.AddressRefused:
        return None, "address_refused"
    except outbound.Unreachable as failure:
        return None, str(failure)
