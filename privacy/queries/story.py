"""A request as its page tells it: what was asked, how long is left, each step with its evidence, the letters."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from consent.purposes_in_force import purposes_now
from privacy import clocks, steps
from privacy.letter_words import ASKED
from privacy.models import Export, Request, Step
from privacy.queries.requests import STATES, Clock, clock_of, masked, open_orders, progress
from recipients import queries as recipients

LETTERS = {
    "link": "The link",
    "export_ready": "The export is ready",
    "done": "It is done",
    "refused": "Why it is refused",
    "extended": "Why it takes longer",
    "confirm": "Double opt-in",
}
MARKS = {"done": "✓", "failed": "✕", "working": "●", "waiting": "○"}


@dataclass(frozen=True, slots=True)
class ShownStep:
    """A step as a line of the story. `facts`: (name, value) of its evidence."""

    title: str
    state: str
    mark: str
    facts: tuple[tuple[str, str], ...]
    error: str
    attempts: int
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Story:
    """The whole page. `can`: what staff may do with it now, by name."""

    headline: str
    asked: str
    whom: str
    shows_personal: bool
    state: str
    clock: Clock | None
    done: int
    of: int
    steps: tuple[ShownStep, ...]
    erased: tuple[ShownStep, ...]
    erased_done: int
    wishes: tuple[tuple[str, str], ...]
    letters: tuple[tuple[str, str, datetime], ...]
    recipients: tuple[Any, ...]
    export: Export | None
    open_orders: int
    extended_due: datetime | None
    can: frozenset[str] = field(default_factory=frozenset)


def story_of(request: Request, now: datetime, *, sees_personal: bool) -> Story:
    """All that the page shows."""
    rows = list(request.steps.all())
    told = progress(rows)
    shows = bool(request.address) and sees_personal
    stores = [row for row in rows if row.name.startswith(steps.ERASE_PREFIX)]
    export = Export.objects.filter(request=request, deleted_at=None).first()
    return Story(
        headline=_headline(request, told),
        asked=ASKED[request.kind],
        whom=request.address if shows else masked(request.address),
        shows_personal=shows,
        state=STATES[request.state],
        clock=clock_of(request, now),
        done=told["done"],
        of=told["of"],
        steps=tuple(_shown(row) for row in rows if row not in stores),
        erased=tuple(_shown(row) for row in stores),
        erased_done=sum(row.state == Step.State.DONE for row in stores),
        wishes=_wishes(request, sees_personal=sees_personal),
        letters=tuple(
            (LETTERS[one.kind], one.get_state_display(), one.made_at) for one in request.letters.order_by("made_at")
        ),
        recipients=tuple(recipients.duty_states(_deliveries(rows))),
        export=export,
        open_orders=_open_orders(request, now),
        extended_due=clocks.due_at(request.received_at, request.regime, extended=True),
        can=_can(request),
    )


def _open_orders(request: Request, now: datetime) -> int:
    is_asked = request.kind == Request.Kind.ERASE and request.state in (Request.State.OPEN, Request.State.UNVERIFIED)
    return open_orders(request.pk, now=now) if is_asked else 0


def objectionable() -> list[tuple[str, str]]:
    """(code, label) of the purposes a form offers to object to."""
    return [(one.code, one.label) for one in purposes_now().shown]


def _headline(request: Request, told: Mapping[str, Any]) -> str:
    if request.state == Request.State.FAILED:
        return f"Stuck at “{told['next']}”: it is tried again by itself"
    return {
        Request.State.UNVERIFIED: "Waiting until the link sent to the address is used",
        Request.State.OPEN: "It is them: decide whether to do it",
        Request.State.WORKING: f"Being carried out: {told['next'] or 'finishing'}",
        Request.State.DONE: "Done",
        Request.State.REFUSED: "Refused, and the person was told why",
        Request.State.EXPIRED: "Nobody used the link: nothing was done",
    }[Request.State(request.state)]


def _can(request: Request) -> frozenset[str]:
    found = {
        Request.State.UNVERIFIED: {"attest", "link", "refuse"},
        Request.State.OPEN: {"approve", "refuse"},
        Request.State.FAILED: {"again"},
    }.get(Request.State(request.state), set())
    may_extend = request.verified_at and not request.closed_at and not request.extended_at
    return frozenset(found | ({"extend"} if may_extend else set()))


def _shown(step: Step) -> ShownStep:
    facts = tuple(
        (name.replace("_", " "), _fact(value)) for name, value in step.evidence.items() if name != "deliveries"
    )
    return ShownStep(step.title, step.state, MARKS[step.state], facts, step.error, step.attempts, step.ended_at)


def _fact(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_fact(one)}" for name, one in value.items()) or "none"
    if isinstance(value, list):
        return ", ".join(str(one) for one in value) or "none"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def _wishes(request: Request, *, sees_personal: bool) -> tuple[tuple[str, str], ...]:
    fields = request.wishes.get("fields", [])
    if fields:
        hidden = "(only for those who may see personal data)"
        return tuple((one["field"], _wish(one["new"]) if sees_personal else hidden) for one in fields)
    named = request.wishes.get("purposes", [])
    known = purposes_now()
    return tuple(("purpose", found.label if (found := known.get(code)) else code) for code in named)


def _wish(new: Any) -> str:
    return "(take it away)" if new is None else str(new)


def _deliveries(rows: list[Step]) -> list[int]:
    return [one for row in rows for one in row.evidence.get("deliveries", [])]
