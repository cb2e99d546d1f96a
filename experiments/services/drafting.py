"""Writes of drafts: an experiment as staff prepare it. Once it runs, its words may change and nothing else."""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.utils.text import slugify

from cdp.access.services import record_audit
from experiments import queries
from experiments.drafts import ExperimentDraft, Fault, faults, taken_faults
from experiments.models import Experiment, Layer
from segments.rules import RuleError, parse_rule

State = Experiment.State


class ExperimentRefusedError(ValueError):
    """Nothing was changed. `faults`: (field, sentence) of everything that is wrong."""

    def __init__(self, found: Sequence[Fault]) -> None:
        super().__init__(" ".join(sentence for _, sentence in found))
        self.faults = tuple(found)


@transaction.atomic
def save_draft(
    draft: ExperimentDraft, *, experiment_id: int | None = None, by: AbstractBaseUser | None = None
) -> Experiment:
    """A new draft, or another state of one; its key stays. Raises ExperimentRefusedError, Experiment.DoesNotExist."""
    row: Experiment = staffs().select_for_update(of=("self",)).get(pk=experiment_id) if experiment_id else Experiment()
    if experiment_id and row.state != State.DRAFT:
        raise ExperimentRefusedError([("state", "It is no draft any more: only its words and its traffic change now.")])
    found = [*faults(draft), *_rule_faults(draft.audience)]
    if not experiment_id:
        taken = Experiment.objects.filter(key=draft.key).values_list("key", flat=True)
        found += taken_faults(draft, set(taken))
    if found:
        raise ExperimentRefusedError(found)
    if not experiment_id:
        row.key, row.salt, row.created_by_id = draft.key, secrets.token_hex(8), getattr(by, "pk", None)
    _fill(row, draft)
    row.save()
    record_audit(by, "changed an experiment" if experiment_id else "made an experiment", subject_of(row), row.name)
    transaction.on_commit(queries.forget_experiments)
    return row


@transaction.atomic
def retell(
    experiment_id: int,
    *,
    name: str,
    hypothesis: str,
    labels: Mapping[str, str],
    by: AbstractBaseUser | None = None,
) -> Experiment:
    """Other words for an experiment in any state. Raises ExperimentRefusedError, Experiment.DoesNotExist."""
    row: Experiment = staffs().select_for_update(of=("self",)).get(pk=experiment_id)
    if not name.strip():
        raise ExperimentRefusedError([("name", "Give it a name.")])
    row.name, row.hypothesis = name.strip(), hypothesis.strip()
    row.labels = {key: labels[key] for key in row.variants if labels.get(key)}
    row.save(update_fields=["name", "hypothesis", "labels"])
    record_audit(by, "changed the words of an experiment", subject_of(row), row.name)
    return row


def staffs() -> Any:
    """Experiments that staff made."""
    return Experiment.objects.filter(owner="")


def subject_of(row: Experiment) -> str:
    """Under what the audit names it."""
    return f"experiment:{row.key}"


def _fill(row: Experiment, draft: ExperimentDraft) -> None:
    row.name, row.hypothesis, row.state = draft.name.strip(), draft.hypothesis.strip(), State.DRAFT
    row.variants = {one.key: float(one.share) for one in draft.variants}
    row.labels = {one.key: one.label for one in draft.variants if one.label}
    row.control, row.traffic = draft.control, draft.traffic
    row.audience = dict(draft.audience) if draft.audience else None
    row.goals, row.guardrails = [dict(one) for one in draft.goals], [dict(one) for one in draft.guardrails]
    row.min_effect, row.alpha = draft.min_effect, draft.alpha
    row.layer = _layer(draft.layer)
    row.layer_from, row.layer_to = 0.0, draft.layer_share if draft.layer else 1.0


def _layer(name: str) -> Layer | None:
    """The layer of this name, made where there is none."""
    if not name.strip():
        return None
    key = slugify(name)[:50].strip("-") or "layer"
    fresh = {"name": name.strip(), "salt": secrets.token_hex(8)}
    return Layer.objects.get_or_create(key=key, defaults=fresh)[0]


def _rule_faults(rule: Mapping[str, Any] | None) -> list[Fault]:
    if not rule:
        return []
    try:
        parse_rule(dict(rule))
    except RuleError as error:
        return [("audience", f"Whom it is about: {error}")]
    return []
