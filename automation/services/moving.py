"""The moves of one person on their way: on to the next step, wait, hand a message over, end. Only the row in memory."""

from datetime import datetime

from automation.models import Enrollment
from automation.queries.ways import Way

DONE, SKIPPED = "done", "skipped"


def enter(way: Way, now: datetime) -> None:
    """The trigger has come true: to the first step of what runs now."""
    row = way.row
    row.version_id = row.journey.version_id
    row.state, row.entered_at = Enrollment.State.WAITING, now
    row.node, row.node_at, row.due_at, row.reason = way.graph.first, now, now, ""


def go_on(way: Way, now: datetime, *, outcome: str = DONE, arm: str = "", reason: str = "") -> None:
    """The step was passed: to the one behind it, or to the end."""
    row = way.row
    way.passed.append((row.node, outcome, reason))
    row.node, row.node_at, row.awaits, row.reason = way.graph.next_of(row.node, arm), now, "", ""
    if row.node:
        row.state, row.due_at = Enrollment.State.WAITING, now
    else:
        _arrive(way, now)


def wait(way: Way, until: datetime, *, reason: str = "", awaits: str = "") -> None:
    """At this step until an instant, or until an event before it."""
    row = way.row
    row.due_at, row.reason, row.awaits, way.is_moving = until, reason, awaits, False


def hand_over(way: Way) -> None:
    """Its message is queued: what becomes of that decides when it goes on."""
    row = way.row
    row.state, row.reason, row.due_at, way.is_moving = Enrollment.State.SENDING, "", None, False


def end(way: Way, state: str, reason: str, now: datetime) -> None:
    """Over, with its reason. Where it stood stays on the row."""
    row = way.row
    row.state, row.reason, row.ended_at, row.awaits, way.is_moving = state, reason, now, "", False


def _arrive(way: Way, now: datetime) -> None:
    """At the end: told by its last mail; whoever was to be written to and never was left without one, and why."""
    sends = {step.id for step in way.graph.sends()}
    told = [one for one in (*way.before, *way.passed) if one[0] in sends]
    mailed = [reason for _, outcome, reason in told if outcome == DONE]
    if told and not mailed:
        end(way, Enrollment.State.EXITED, told[0][2] or "finished", now)
    else:
        end(way, Enrollment.State.DONE, mailed[-1] if mailed else "finished", now)


def end_story(way: Way, reason: str, now: datetime) -> None:
    """Its story is over; reaching the goal is no failure."""
    state = Enrollment.State.DONE if reason == "goal_reached" else Enrollment.State.EXITED
    end(way, state, reason, now)
