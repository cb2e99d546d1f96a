"""Requests are asked for, joined, verified, decided: each with its clock, its steps and a line in the audit log.

Who a request is about counts only once a link sent to the address was used, or staff attested who it is. Asking tells
nobody whether an address is known. The same request asked again while it is open is one request.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import connection, transaction

from cdp.access.services import record_audit
from cdp.lib.hashing import address_hash
from cdp.lib.problems import Problem
from cdp.outbox.services import wake
from consent import queries as consent
from consent.contracts import Subject
from consent.purposes_in_force import purposes_now
from privacy import clocks, steps
from privacy.contracts import DELETE, DOWNLOAD, LETTER_EXTENDED, LETTER_LINK, LETTER_REFUSED, VERIFY
from privacy.models import Letter, Request, Step
from privacy.services import links, rectifying
from privacy.services.erasing import erasure_stores
from privacy.services.finding import find_person
from privacy.services.letters import drop_letters, send_letter
from privacy.wishes import checked
from profiles.identifiers import EMAIL, Blocked, canonicalize

UNVERIFIED_FOR = timedelta(days=7)
ONE_LETTER_S = 60  # asked for twice within a minute is one letter: people press twice
ENDED = frozenset({Request.State.DONE, Request.State.REFUSED, Request.State.EXPIRED})


@transaction.atomic
def ask(
    kind: str,
    address: str,
    *,
    came_by: str,
    now: datetime,
    wishes: Mapping[str, Any] | None = None,
    locale: str = "en",
    actor: AbstractBaseUser | None = None,
) -> Request:
    """Open a request and send the link that verifies it; the open one of the same kind and wishes is joined.

    `kind`: a code of Request.Kind. `came_by`: page, api or staff. `wishes`: see privacy/wishes.py. Raises Problem for
    what is no kind, no e-mail address, or no wish of this kind; never for somebody who is unknown.
    """
    canonical = _canonical(address)
    given = checked(_kind(kind), wishes or {})
    _check_purposes(given)
    hashed = address_hash(canonical)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(20606, hashtext(%s))", [hashed.hex()])
    request = _open_one(kind, hashed, given)
    if request is None:
        request = _new(kind, canonical, hashed, given, came_by, locale, now)
    if actor is not None:
        record_audit(actor, f"asked for {kind}", subject_of(request))
    if request.state == Request.State.UNVERIFIED:
        _send_link(request, now)
    return request


def verify(
    request_id: UUID,
    *,
    now: datetime,
    actor: AbstractBaseUser | None = None,
    key_id: int | None = None,
    reason: str = "",
) -> Request:
    """It is them: by their link, or attested by staff (`actor`) or the shop's backend (`key_id`) with a reason.

    Work begins, or staff are asked. Raises Problem where the request is not waiting for that.
    """
    is_attested = actor is not None or key_id is not None
    if is_attested and not reason.strip():
        raise _refused("reason", "missing", "Say how you made sure who they are: it stays with the request.")
    with transaction.atomic():
        request = locked(request_id)
        if request.state != Request.State.UNVERIFIED:
            raise _conflict(f"This request is not waiting for its link any more: it is {request.state}.")
        request.verified_at = now
        request.regime = regime_of(request.address, now)
        request.due_at = clocks.due_at(request.received_at, request.regime)
        by = f"staff:{actor.pk}" if actor is not None else f"key:{key_id}" if key_id is not None else "link"
        note_step(request, steps.VERIFY, {"by": by, **({"reason": reason.strip()} if reason else {})}, now)
        waits = request.steps.filter(name=steps.DECIDE).exists()
        request.state = Request.State.OPEN if waits else Request.State.WORKING
        request.save(update_fields=["verified_at", "regime", "due_at", "state"])
        links.end_links(request.pk, now=now)
        drop_letters(request)
        if actor is not None:
            record_audit(actor, "attested who they are", subject_of(request), reason.strip())
        wake("privacy.work")
    return request


@transaction.atomic
def approve(request_id: UUID, *, actor: AbstractBaseUser, now: datetime) -> Request:
    """Staff decide that it is done as asked. Raises Problem where there is nothing to decide, or it cannot be done."""
    request = locked(request_id)
    if request.state != Request.State.OPEN:
        raise _conflict(f"There is nothing to approve: the request is {request.state}.")
    if taken := rectifying.taken(request, find_person(EMAIL, request.address)):
        detail = f"The new {' and '.join(taken)} is known as somebody else's. The request would join the two people."
        raise _conflict(f"{detail} Refuse it, or let the person use it in the shop first.")
    note_step(request, steps.DECIDE, {"decided": "approved", "by": f"staff:{actor.pk}"}, now)
    request.state, request.handled_by_id = Request.State.WORKING, actor.pk
    request.save(update_fields=["state", "handled_by_id"])
    record_audit(actor, "approved", subject_of(request))
    wake("privacy.work")
    return request


@transaction.atomic
def refuse(request_id: UUID, *, actor: AbstractBaseUser, reason: str, now: datetime) -> Request:
    """Staff refuse with the legal reason, which the person is sent. Raises Problem once work began, or without one."""
    request = locked(request_id)
    if not reason.strip():
        raise _refused("reason", "missing", "Give the legal reason: the person is sent it.")
    if request.state not in (Request.State.UNVERIFIED, Request.State.OPEN):
        raise _conflict(f"It is too late to refuse: the request is {request.state}.")
    was_verified = request.verified_at is not None
    request.state, request.note, request.handled_by_id = Request.State.REFUSED, reason.strip(), actor.pk
    drop_letters(request)
    links.end_links(request.pk, now=now)
    if was_verified:  # who never showed that the address is theirs is not written to
        answer(request, LETTER_REFUSED, now)
    record_audit(actor, "refused", subject_of(request), reason.strip())
    close(request, now)
    return request


@transaction.atomic
def extend(request_id: UUID, *, actor: AbstractBaseUser, reason: str, now: datetime) -> Request:
    """More time, once, as the law allows; the person is told why. Raises Problem."""
    request = locked(request_id)
    if not reason.strip():
        raise _refused("reason", "missing", "Say why it takes longer: the person is told.")
    if request.closed_at is not None or request.extended_at is not None or request.verified_at is None:
        raise _conflict("Only a verified request that is not finished can be extended, and only once.")
    request.extended_at, request.note = now, reason.strip()
    request.due_at = clocks.due_at(request.received_at, request.regime, extended=True)
    request.save(update_fields=["extended_at", "note", "due_at"])
    answer(request, LETTER_EXTENDED, now)
    record_audit(actor, "extended", subject_of(request), reason.strip())
    return request


@transaction.atomic
def run_again(request_id: UUID, *, actor: AbstractBaseUser, now: datetime) -> Request:
    """Try what failed again at once. Raises Problem where nothing failed."""
    request = locked(request_id)
    if request.state != Request.State.FAILED:
        raise _conflict(f"Nothing failed: the request is {request.state}.")
    request.steps.filter(state=Step.State.FAILED).update(
        state=Step.State.WAITING, attempts=0, started_at=None, ended_at=None
    )
    request.state = Request.State.WORKING
    request.save(update_fields=["state"])
    record_audit(actor, "ran again", subject_of(request))
    wake("privacy.work")
    return request


@transaction.atomic
def send_link_again(request_id: UUID, *, now: datetime) -> Letter | None:
    """Another verifying link for one that expired; None where there is no need, or too many were sent."""
    request = Request.objects.filter(pk=request_id, state=Request.State.UNVERIFIED).first()
    return None if request is None else _send_link(request, now)


@transaction.atomic
def send_download_link(request_id: UUID, *, now: datetime) -> Letter | None:
    """Another link to an export that is still there, to the address it was made for."""
    request = Request.objects.filter(pk=request_id, kind=Request.Kind.ACCESS).exclude(address="").first()
    if request is None:
        return None
    return send_letter(
        LETTER_LINK,
        address=request.address,
        key=f"{DOWNLOAD}:{request.pk}:{int(now.timestamp()) // ONE_LETTER_S}",
        now=now,
        locale=request.locale,
        request=request,
        facts={"use": DOWNLOAD},
    )


def answer(request: Request, kind: str, now: datetime) -> Letter | None:
    """What became of a request, by letter, once."""
    key = f"{kind}:{request.pk}"
    address, locale = request.address, request.locale
    return send_letter(kind, address=address, key=key, now=now, locale=locale, request=request) if address else None


def close(request: Request, now: datetime) -> None:
    """The request ended: it keeps what was asked and done, and nobody's data."""
    request.closed_at = request.closed_at or now
    request.address, request.person, request.wishes, request.address_hash = "", None, {}, None
    request.save()


def locked(request_id: UUID) -> Request:
    """The request, locked. Raises Problem 404."""
    request = Request.objects.select_for_update().filter(pk=request_id).first()
    if request is None:
        raise Problem("not_found", "There is no such request", 404)
    return request


def note_step(request: Request, name: str, evidence: Mapping[str, Any], now: datetime) -> None:
    """A step that is done, with its evidence."""
    request.steps.filter(name=name).update(
        state=Step.State.DONE, evidence=dict(evidence), started_at=now, ended_at=now, error=""
    )


def regime_of(address: str, now: datetime) -> str:
    """The law for the owner of this address: gdpr, ccpa, can_spam or other."""
    person = find_person(EMAIL, address)
    return consent.regimes_of([Subject(address_hash(address), person.ids if person else ())])[0].regime


def subject_of(request: Request) -> str:
    """How the audit log names a request."""
    return f"privacy_request:{request.pk}"


def _new(
    kind: str, address: str, hashed: bytes, wishes: Mapping[str, Any], came_by: str, locale: str, now: datetime
) -> Request:
    regime = consent.regimes_of([Subject(hashed)])[0].regime  # whose it is counts, and shows, once it is verified
    request = Request.objects.create(
        kind=kind,
        regime=regime,
        address=address,
        address_hash=hashed,
        locale=locale,
        wishes=dict(wishes),
        came_by=came_by,
        received_at=now,
        due_at=clocks.due_at(now, regime),
    )
    stores = [(store.name, store.title) for store in erasure_stores()]
    plan = steps.planned(kind, staff_decide=kind in settings.PRIVACY_STAFF_DECIDE, stores=stores)
    Step.objects.bulk_create(
        Step(request=request, position=step.position, name=step.name, title=step.title) for step in plan
    )
    return request


def _open_one(kind: str, hashed: bytes, wishes: Mapping[str, Any]) -> Request | None:
    found = Request.objects.filter(kind=kind, address_hash=hashed, closed_at=None, wishes=dict(wishes))
    return found.exclude(state__in=ENDED).order_by("received_at").first()


def _send_link(request: Request, now: datetime) -> Letter | None:
    use = DELETE if request.kind == Request.Kind.ERASE else VERIFY
    minute = int(now.timestamp()) // ONE_LETTER_S
    return send_letter(
        LETTER_LINK,
        address=request.address,
        key=f"{LETTER_LINK}:{request.pk}:{minute}",
        now=now,
        locale=request.locale,
        request=request,
        facts={"use": use},
    )


def _kind(kind: str) -> str:
    if kind not in Request.Kind.values:
        raise _refused("kind", "unknown_kind", f"There is no {kind!r}. Use one of {', '.join(Request.Kind.values)}.")
    return kind


def _check_purposes(wishes: Mapping[str, Any]) -> None:
    """An objection to what is no purpose would be answered as done while nothing was."""
    known = {purpose.code for purpose in purposes_now().shown}
    if unknown := sorted(set(wishes.get("purposes", ())) - known):
        detail = f"There is no purpose {', '.join(unknown)} to object to. Use some of {', '.join(sorted(known))}."
        raise _refused("purposes", "unknown_purpose", detail)


def _canonical(address: str) -> str:
    key = canonicalize(EMAIL, address)
    if isinstance(key, Blocked):
        raise _refused("email", key.reason, f"This is no e-mail address that we could write to ({key.reason}).")
    return key.value


def _refused(field: str, reason: str, detail: str) -> Problem:
    errors = [{"field": field, "reason": reason, "detail": detail}]
    return Problem("invalid_request", "This privacy request cannot be taken", 422, detail, errors)


def _conflict(detail: str) -> Problem:
    return Problem("request_state", "This cannot be done with the request now", 409, detail)
