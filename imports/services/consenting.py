"""What a file of people says about consent, by the same door as everybody's word.

A file never lifts what somebody said: a yes counts from its own date where the row has one and shows what proves it,
else from the beginning of time, so that any refusal ever made is later. A yes without proof to a purpose that asks for
double opt-in waits, and nobody is written to about it. A no counts from its date, else from the file's.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from consent.choices import Choice
from consent.contracts import GRANTED, WITHDRAWN
from consent.purposes_in_force import Purposes, purposes_now
from consent.queries import erased
from consent.services import choose_each
from imports.contracts import Built, Consented
from imports.models import Import

METHOD = "import"
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
KIND_OF_CHANNEL = {"email": "email", "sms": "phone"}
STRONGEST = ("user_id", "email", "phone")


def say_consents(rows: Sequence[Built], job: Import, *, actor: str, now: datetime) -> int:
    """Record what these rows say; how many lines are new. The same file again writes nothing; the erased stay so."""
    telling = [row for row in rows if row.consents]
    if not telling:
        return 0
    gone = erased(sorted({key for row in telling for key in row.keys}))
    purposes = purposes_now()
    choices = [
        choice
        for row in telling
        if gone.keys().isdisjoint(row.keys)
        for said in row.consents
        for choice in _choices(row, said, purposes, job, actor)
    ]
    return sum(not isinstance(one, Exception) and one.recorded for one in choose_each(choices, now=now))


def dated(said: Consented, content_at: datetime) -> datetime:
    """From when it counts."""
    if not said.allowed:
        return said.at or content_at
    return said.at if said.at is not None and said.proof else BEGINNING


def _choices(row: Built, said: Consented, purposes: Purposes, job: Import, actor: str) -> Iterable[Choice]:
    purpose = purposes.get(said.purpose)
    subject = _subject(row, purpose.channel) if purpose is not None else None
    if subject is None:
        return
    yield Choice(
        purpose=said.purpose,
        state=GRANTED if said.allowed else WITHDRAWN,
        method=METHOD,
        identifier=subject,
        occurred_at=dated(said, job.content_at),
        actor=actor,
        source_id=job.source_id,
        proof={"import": str(job.pk), "row": row.row, "says": said.proof} if said.allowed else {},
        proof_kind=METHOD,
        is_verified=bool(said.proof),
        is_confirmed=bool(said.proof),
        sends_letter=False,
    )


def _subject(row: Built, channel: str) -> tuple[str, str] | None:
    """The address a purpose is stated for, else the strongest of the row's identifiers."""
    keys = dict(row.keys)
    if channel:
        kind = KIND_OF_CHANNEL[channel]
        return (kind, keys[kind]) if kind in keys else None
    kind = next((one for one in STRONGEST if one in keys), row.keys[0][0])
    return kind, keys[kind]
