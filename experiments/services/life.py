"""An experiment's life: draft → running → stopped → archived, each step with its line in the audit.

Nobody who met an experiment ever moves to another variant, whatever is done here but for the end: a stopped one gives
everybody its winner, or the control. A winner is named where the results allow it, else with a written reason.
"""

import secrets
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction

from cdp.access.services import record_audit
from cdp.outbox.services import publish
from experiments import queries
from experiments.assignment import shares
from experiments.deciding import HOLDOUT, HOLDOUT_KEY, TREATED
from experiments.drafts import faults
from experiments.layering import free_range, widest_gap
from experiments.models import Experiment, Layer
from experiments.queries.drafts import draft_of
from experiments.queries.results import latest_result
from experiments.services.drafting import ExperimentRefusedError, staffs, subject_of
from segments.rules import RuleError
from segments.services.attached import attach_rule, detach_rule

State = Experiment.State
UNDO_FOR = timedelta(hours=24)
SHORTEST_REASON = 10
MOST_HELD_OUT = 0.5
HOLDOUT_GOALS = [
    {"name": "Revenue", "kind": "revenue", "within_days": 28},
    {"name": "Orders", "kind": "conversion", "event": "Order Completed", "within_days": 28},
]
"""What everything together should bring."""


@transaction.atomic
def start(experiment_id: int, now: datetime, by: AbstractBaseUser | None = None) -> Experiment:
    """From now on people meet it. Raises ExperimentRefusedError with everything that keeps it from starting."""
    row = _locked(experiment_id)
    if row.state != State.DRAFT:
        raise _refused("state", "Only a draft can be started: copy this one to run it again.")
    if found := faults(draft_of(row)):
        raise ExperimentRefusedError(found)
    _take_part_of_layer(row)
    _attach(row, by)
    row.state, row.started_at, row.stopped_at = State.RUNNING, now, None
    _save(row)
    _say(by, "started an experiment", row, f"{row.traffic:.0%} of those it is about")
    return row


@transaction.atomic
def change_traffic(experiment_id: int, traffic: float, by: AbstractBaseUser | None = None) -> Experiment:
    """Another share of people takes part. Whoever met the experiment stays in it, in the same variant."""
    row = _locked(experiment_id)
    if row.state != State.RUNNING:
        raise _refused("traffic", "Traffic is changed while an experiment runs; before that it stands in the draft.")
    if not 0 <= traffic <= 1:
        raise _refused("traffic", "From 0 to 100 %.")
    was, row.traffic = row.traffic, traffic
    _save(row)
    _say(by, "changed the traffic of an experiment", row, f"from {was:.0%} to {traffic:.0%}")
    return row


@transaction.atomic
def stop(
    experiment_id: int, now: datetime, *, winner: str = "", note: str = "", by: AbstractBaseUser | None = None
) -> Experiment:
    """Nobody is split any more: everybody gets `winner`, or the control where none is named.

    Raises ExperimentRefusedError where the results do not allow this winner and `note` gives no reason.
    """
    row = _locked(experiment_id)
    if row.state != State.RUNNING:
        raise _refused("state", "Only a running experiment can be stopped.")
    _check_winner(row, winner, note)
    row.state, row.stopped_at, row.winner, row.decision_note = State.STOPPED, now, winner, note.strip()
    _save(row)
    detach_rule(_owner(row))
    told = f"winner: {winner}" if winner else "no winner: everybody gets the control"
    _say(by, "stopped an experiment", row, f"{told}. {note}".strip())
    publish("experiment.stopped", {"experiment": row.key, "winner": winner})
    return row


@transaction.atomic
def undo_stop(experiment_id: int, now: datetime, by: AbstractBaseUser | None = None) -> Experiment:
    """It runs on, as if it had not been stopped, within a day. Who met it is in the variant they had."""
    row = _locked(experiment_id)
    if not can_undo(row, now):
        raise _refused("state", "A stop can be undone for 24 hours. Copy the experiment to run it again.")
    if row.layer_id is not None and not _is_free(row):
        raise _refused("layer", "Its part of the layer is another experiment's by now. Copy it to run it again.")
    _attach(row, by)
    row.state, row.stopped_at, row.winner, row.decision_note = State.RUNNING, None, "", ""
    _save(row)
    _say(by, "undid the stop of an experiment", row, "")
    return row


@transaction.atomic
def declare_winner(experiment_id: int, winner: str, note: str = "", by: AbstractBaseUser | None = None) -> Experiment:
    """Another end for a stopped experiment: everybody gets `winner` from now on. Raises ExperimentRefusedError."""
    row = _locked(experiment_id)
    if row.state != State.STOPPED:
        raise _refused("state", "A winner is named when an experiment is stopped, or after.")
    _check_winner(row, winner, note)
    row.winner, row.decision_note = winner, note.strip()
    _save(row)
    _say(by, "named the winner of an experiment", row, f"{winner or 'none'}. {note}".strip())
    return row


@transaction.atomic
def archive(experiment_id: int, by: AbstractBaseUser | None = None) -> Experiment:
    """Out of the list. A winner is still what everybody gets where a placement names it."""
    row = _locked(experiment_id)
    if row.state == State.RUNNING:
        raise _refused("state", "It runs: stop it first.")
    row.state = State.ARCHIVED
    _save(row)
    detach_rule(_owner(row))
    _say(by, "archived an experiment", row, "")
    return row


@transaction.atomic
def set_global_holdout(share: float, now: datetime, by: AbstractBaseUser | None = None) -> Experiment:
    """This share of everybody gets no experiment, no bandit and nothing personal; 0 ends it.

    Whoever was counted on a side stays there while it runs; whoever was not is split by the new share, and only those
    are measured from then on: people of two shares together would not be split as asked.
    """
    if not 0 <= share <= MOST_HELD_OUT:
        raise _refused("share", f"From 0 to {MOST_HELD_OUT:.0%}: a holdout is there to measure, not to withhold.")
    fresh: dict[str, Any] = {
        "name": "Global holdout",
        "variants": {},
        "salt": secrets.token_hex(8),
        "state": State.STOPPED,
    }
    row, _ = Experiment.objects.select_for_update().get_or_create(
        key=HOLDOUT_KEY, defaults={**fresh, "control": HOLDOUT}
    )
    is_other = row.variants.get(HOLDOUT) != share
    if share or not row.variants:  # an ended one is still read by the share it had
        row.variants = {HOLDOUT: share, TREATED: float(1 - Decimal(str(share)))}
    row.goals = row.goals or HOLDOUT_GOALS
    row.labels = row.labels or {HOLDOUT: "Held out of everything", TREATED: "Everybody else"}
    if share and (is_other or row.state != State.RUNNING):
        row.state, row.started_at, row.stopped_at = State.RUNNING, now, None
    elif not share:
        row.state, row.stopped_at = State.STOPPED, now
    _save(row)
    _say(by, "set the global holdout", row, f"{share:.1%} of everybody")
    return row


def can_undo(row: Experiment, now: datetime) -> bool:
    """Whether its stop is young enough to be undone."""
    return row.state == State.STOPPED and row.stopped_at is not None and now - row.stopped_at <= UNDO_FOR


def is_allowed(row: Experiment, winner: str) -> bool:
    """Whether the newest result lets this variant be called the winner without a reason of one's own."""
    if not winner:
        return True
    result = latest_result(row.key)
    if result is None:
        return False
    verdict = result.verdict
    return winner == verdict.winner or (winner == row.control and verdict.state in ("control", "no_difference"))


def _check_winner(row: Experiment, winner: str, note: str) -> None:
    if winner and winner not in row.variants:
        raise _refused("winner", f"“{winner}” is none of its variants.")
    if not is_allowed(row, winner) and len(note.strip()) < SHORTEST_REASON:
        text = "The results do not allow to call it yet. Write why you decide all the same: it is kept with the result."
        raise _refused("note", text)


def _take_part_of_layer(row: Experiment) -> None:
    """The first free part of its layer that is wide enough, under the layer's lock."""
    if row.layer_id is None:
        return
    layer = Layer.objects.select_for_update().get(pk=row.layer_id)
    taken = _taken(layer.pk, but=row.pk)
    found = free_range(taken, row.layer_to - row.layer_from)
    if found is None:
        left = f"{widest_gap(taken):.0%} of “{layer.name}” is free in one piece"
        raise _refused("layer_share", f"Only {left}: take less, or wait until another experiment ends.")
    row.layer_from, row.layer_to = found


def _is_free(row: Experiment) -> bool:
    layer = Layer.objects.select_for_update().get(experiments=row.pk)
    taken = _taken(layer.pk, but=row.pk)
    return all(high <= row.layer_from or low >= row.layer_to for low, high in taken)


def _taken(layer_id: int, *, but: int) -> list[tuple[float, float]]:
    rows = staffs().filter(layer_id=layer_id, state=State.RUNNING).exclude(pk=but)
    return list(rows.values_list("layer_from", "layer_to"))


def _attach(row: Experiment, by: AbstractBaseUser | None) -> None:
    row.audience_slug = ""
    if row.audience is None:
        return
    try:
        row.audience_slug = attach_rule(_owner(row), row.audience, name=f"Experiment “{row.name}”", by=by)
    except RuleError as error:
        raise _refused("audience", f"Whom it is about: {error}") from error


def _owner(row: Experiment) -> str:
    return f"experiment:{row.key}"


def _locked(experiment_id: int) -> Experiment:
    row: Experiment = staffs().select_for_update(of=("self",)).get(pk=experiment_id)
    if row.key == HOLDOUT_KEY:
        raise _refused("state", "The holdout of everything is set on the list of experiments.")
    return row


def _save(row: Experiment) -> None:
    shares(row.variants)
    row.version += 1
    row.save()
    transaction.on_commit(queries.forget_experiments)


def _say(by: AbstractBaseUser | None, action: str, row: Experiment, detail: str) -> None:
    record_audit(by, action, subject_of(row), detail or row.name)


def _refused(field: str, sentence: str) -> ExperimentRefusedError:
    return ExperimentRefusedError([(field, sentence)])
