"""Transactional letters: one row each, handed over at least once, with words and link made when it is sent.

Their place in line is a lease: whoever claims a letter mints its link and commits before the mail server is spoken to,
and whoever dies in between leaves it to be sent again, with another link. No tracking, no pictures. Only a suppression
of scope `all` keeps a letter back. An address gets at most 5 of a kind an hour and 20 a day, whoever asks.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import make_msgid
from typing import Any

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.db.models import F
from django.template.loader import render_to_string

from cdp.lib.clock import utc_now
from cdp.lib.hashing import address_hash
from cdp.outbox.services import wake
from consent import queries as consent
from consent.tokens import mask
from mailing.channels import DEFERRED, FAILED, SENT, AwayError, Hand, Outcome, Outgoing, hand_of
from mailing.envelope import EnvelopeError, Mail, mail_bytes
from mailing.queries.addressing import mail_signer, sender_domain
from privacy.contracts import (
    CONFIRM,
    DELETE,
    DOWNLOAD,
    LETTER_CONFIRM,
    LETTER_KINDS,
    LETTER_LINK,
    LETTER_READY,
    VERIFY,
)
from privacy.letter_words import LetterText, letter_text
from privacy.models import Letter, Request
from privacy.services import links
from privacy.words import words

SLICE = 20
LEASE = timedelta(minutes=5)
MOST_ATTEMPTS = 12
LONGEST_PAUSE = timedelta(hours=6)
# What anybody may cause by typing an address into a form; answers of a request come once each.
LIMITED = frozenset({LETTER_CONFIRM, LETTER_LINK})
LIMITS = ((timedelta(hours=1), 5), (timedelta(days=1), 20))
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Claimed:
    id: int
    attempt: int
    mail: Outgoing


def send_letter(
    kind: str,
    *,
    address: str,
    key: str,
    now: datetime,
    locale: str = "en",
    request: Request | None = None,
    facts: Mapping[str, Any] | None = None,
) -> Letter | None:
    """Queue a letter in the caller's transaction; the letter, an earlier one of the same `key`, or None if too many.

    `kind`: one of LETTER_KINDS. A `link` says its use in `facts["use"]`. `facts` are ids and codes only. `address` is
    canonical. Who asked is not told of a None: an answer must not say who is known.
    """
    if kind not in LETTER_KINDS:
        raise ValueError(f"there is no letter {kind!r}: use one of {', '.join(sorted(LETTER_KINDS))}")
    hashed = address_hash(address)
    with transaction.atomic():
        _take_turns(hashed)
        if (known := Letter.objects.filter(key=key).first()) is not None:
            return known
        if kind in LIMITED and _too_many(hashed, kind, now):
            log.warning("letter_limited", kind=kind)
            return None
        letter = Letter.objects.create(
            key=key,
            kind=kind,
            address=address,
            address_hash=hashed,
            locale=locale,
            request=request,
            facts=dict(facts or {}),
            next_at=now,
            made_at=now,
        )
        wake("privacy.letters")
    return letter


def letter_slice() -> int:
    """Hand over up to 20 due letters over one connection; how many were worked. None while the server is away."""
    now = utc_now()
    due = Letter.objects.filter(state=Letter.State.WAITING, next_at__lte=now).order_by("next_at", "id")
    worked = 0
    hand = hand_of("email")()
    try:
        for letter_id in due.values_list("pk", flat=True)[:SLICE]:
            hand.reach()
            worked += _send(letter_id, hand)
    except AwayError as error:
        log.warning("mail_server_away", error=str(error))
    finally:
        hand.close()
    return worked


def _send(letter_id: int, hand: Hand) -> int:
    claimed = _claim(letter_id, utc_now())
    if claimed is None:
        return 0
    _conclude(claimed, hand.give(claimed.mail), utc_now())
    return 1


@transaction.atomic
def _claim(letter_id: int, now: datetime) -> _Claimed | None:
    """The mail, its link minted, its letter leased to us; None if another has it or it is no longer wanted."""
    rows = Letter.objects.select_for_update(skip_locked=True, of=("self",)).select_related("request")
    letter = rows.filter(pk=letter_id, state=Letter.State.WAITING, next_at__lte=now).first()
    if letter is None:
        return None
    letter.attempts += 1
    if reason := _unwanted(letter):
        _end(letter, Letter.State.DROPPED, reason, now)
        return None
    try:
        mail = _mail(letter, now)
    except EnvelopeError:  # one that can never be sent delays no other
        _end(letter, Letter.State.FAILED, "address_not_taken", now)
        return None
    letter.next_at = now + LEASE
    letter.save(update_fields=["attempts", "next_at"])
    return _Claimed(letter.pk, letter.attempts, mail)


@transaction.atomic
def _conclude(claimed: _Claimed, outcome: Outcome, now: datetime) -> None:
    """What the hand-over came to: sent; refused for good; else again, since at least once is the promise."""
    letter = Letter.objects.select_for_update().filter(pk=claimed.id, state=Letter.State.WAITING).first()
    if letter is None or letter.attempts != claimed.attempt:
        return
    if outcome.state == SENT:
        _end(letter, Letter.State.SENT, "", now)
    elif outcome.state == FAILED or letter.attempts >= MOST_ATTEMPTS:
        _end(letter, Letter.State.FAILED, outcome.reason, now)
    else:
        pause = timedelta(minutes=15) if outcome.state == DEFERRED else timedelta(seconds=30)
        letter.next_at = now + min(pause * 2 ** (letter.attempts - 1), LONGEST_PAUSE)
        letter.error = outcome.reason
        letter.save(update_fields=["next_at", "error"])


def _end(letter: Letter, state: str, reason: str, now: datetime) -> None:
    """A letter that ended keeps no address."""
    letter.state, letter.error, letter.address = state, reason, ""
    letter.sent_at = now if state == Letter.State.SENT else None
    letter.save(update_fields=["state", "error", "address", "sent_at", "attempts"])


def _unwanted(letter: Letter) -> str:
    """Why it must not be sent any more; empty: it must."""
    found = consent.suppression(bytes(letter.address_hash), marketing=False)
    is_answer_to_erasure = letter.request is not None and letter.request.kind == Request.Kind.ERASE
    if found is not None and not (found.reason == "erasure" and is_answer_to_erasure):
        return found.reason
    opens = letter.facts.get("use") in (VERIFY, DELETE)
    if opens and letter.request is not None and letter.request.state != Request.State.UNVERIFIED:
        return "no_longer_needed"
    return ""


def _mail(letter: Letter, now: datetime) -> Outgoing:
    text = letter_text(words(letter.locale), letter.kind, _facts(letter), _link(letter, now))
    mail = Mail(
        sender=settings.MAIL_FROM,
        to=letter.address,
        subject=text.subject,
        text=_plain(text),
        html=_html(letter, text),
        date=now,
        message_id=make_msgid(domain=sender_domain(settings.MAIL_FROM)),
        headers=(("Auto-Submitted", "auto-generated"),),
    )
    raw, signer = mail_bytes(mail), mail_signer()
    bounces_to = settings.MAIL_FROM.rpartition("<")[2].rstrip("> ").strip()
    signed = signer.sign(raw) if signer else raw
    return Outgoing(letter.pk, letter.address, text=mail.text, raw=signed, mail=mail, return_path=bounces_to)


def _facts(letter: Letter) -> dict[str, Any]:
    request = letter.request
    own = {} if request is None else {"kind": request.kind, "reason": request.note, "due_at": request.due_at}
    return {**own, **letter.facts, "company": settings.COMPANY_NAME}


def _link(letter: Letter, now: datetime) -> str:
    """The link of this very mail; empty for letters without one."""
    use = {LETTER_CONFIRM: CONFIRM, LETTER_READY: DOWNLOAD, LETTER_LINK: str(letter.facts.get("use", ""))}.get(
        letter.kind, ""
    )
    if not use:
        return ""
    facts = {**letter.facts, "masked": mask(letter.address), "locale": letter.locale}
    hashed = bytes(letter.address_hash)
    return links.url(use, links.mint(use, address_hash=hashed, request_id=letter.request_id, facts=facts, now=now))


def _plain(text: LetterText) -> str:
    parts = [text.title, *text.paragraphs]
    if text.url:
        parts += [f"{text.action}:\n{text.url}"]
    parts += [*text.after, f"-- \n{settings.COMPANY_NAME}, {settings.COMPANY_ADDRESS}"]
    return "\n\n".join(parts) + "\n"


def _html(letter: Letter, text: LetterText) -> str:
    context = {
        "text": text,
        "locale": words(letter.locale).tag,
        "company": settings.COMPANY_NAME,
        "postal_address": settings.COMPANY_ADDRESS,
    }
    return render_to_string("privacy/letter.html", context)


def _too_many(hashed: bytes, kind: str, now: datetime) -> bool:
    made = Letter.objects.filter(address_hash=hashed, kind=kind)
    return any(made.filter(made_at__gt=now - span).count() >= most for span, most in LIMITS)


def _take_turns(hashed: bytes) -> None:
    """Letters to one address are counted one after the other, until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(20605, hashtext(%s))", [hashed.hex()])


def drop_letters(request: Request) -> int:
    """Waiting letters of a request are no longer wanted; how many there were."""
    waiting = Letter.objects.filter(request=request, state=Letter.State.WAITING)
    return waiting.update(state=Letter.State.DROPPED, address="", error="no_longer_needed", attempts=F("attempts"))
