"""What staff write of an experiment before it starts, and everything that is wrong with it, in words. Pure."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from experiments.assignment import TOLERANCE
from experiments.deciding import HOLDOUT_KEY
from experiments.metrics import MetricError, parse_metrics

Fault = tuple[str, str]
"""(field, sentence); fields of rows are `variants.0`, `goals.1`."""
KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,49}")
KEPT_BY_PROGRAMS = ("placement-", "journey-", "campaign-")
FEWEST_VARIANTS, MOST_VARIANTS = 2, 10
SMALLEST_SHARE = Decimal("0.01")
LONGEST_TEXT = 2_000


@dataclass(frozen=True, slots=True)
class VariantDraft:
    """One way to treat people. `key` is what placements name; `label` says what it is."""

    key: str
    share: Decimal
    label: str = ""


@dataclass(frozen=True, slots=True)
class ExperimentDraft:
    """As an editor holds it. `layer`: the name of the layer it shares people in, "" for none; `layer_share`: how much
    of the layer it wants. `traffic` and shares are fractions of 1."""

    key: str
    name: str
    variants: tuple[VariantDraft, ...]
    control: str
    hypothesis: str = ""
    traffic: float = 1.0
    audience: Mapping[str, Any] | None = None
    goals: tuple[Mapping[str, Any], ...] = ()
    guardrails: tuple[Mapping[str, Any], ...] = ()
    min_effect: float = 0.05
    alpha: float = 0.05
    layer: str = ""
    layer_share: float = 1.0


def faults(draft: ExperimentDraft) -> list[Fault]:
    """Everything that keeps it from being kept as a draft or started."""
    return [
        *_names(draft),
        *_variants(draft.variants, draft.control),
        *_metrics(draft),
        *_figures(draft),
    ]


def taken_faults(draft: ExperimentDraft, taken: Collection[str]) -> list[Fault]:
    """Of a new one, whose key must be nobody's."""
    if draft.key == HOLDOUT_KEY:
        return [("key", f"“{HOLDOUT_KEY}” is kept for the holdout of everything: set it on the list of experiments.")]
    if draft.key.startswith(KEPT_BY_PROGRAMS):
        return [("key", "Keys that begin with placement-, journey- or campaign- are kept for their holdouts.")]
    return [("key", f"“{draft.key}” is another experiment's: choose another key.")] if draft.key in taken else []


def _names(draft: ExperimentDraft) -> list[Fault]:
    found: list[Fault] = []
    if not draft.name.strip():
        found.append(("name", "Give it a name."))
    if not KEY.fullmatch(draft.key):
        found.append(("key", "Small letters, digits, - and _, at most 50, like home-hero-2."))
    if len(draft.hypothesis) > LONGEST_TEXT:
        found.append(("hypothesis", f"At most {LONGEST_TEXT:,} characters."))
    return found


def _variants(variants: Sequence[VariantDraft], control: str) -> list[Fault]:
    found: list[Fault] = []
    if not FEWEST_VARIANTS <= len(variants) <= MOST_VARIANTS:
        found.append(("variants", f"It takes {FEWEST_VARIANTS} to {MOST_VARIANTS} variants, the control among them."))
    keys = [one.key for one in variants]
    for place, one in enumerate(variants):
        if not KEY.fullmatch(one.key):
            found.append((f"variants.{place}", "Key: small letters, digits, - and _, like control or big-picture."))
        elif one.key in keys[:place]:
            found.append((f"variants.{place}", f"“{one.key}” stands twice."))
        if not one.share.is_finite() or not SMALLEST_SHARE <= one.share <= 1:
            found.append((f"variants.{place}", "Share: from 1 to 100 %."))
    if not found and abs(sum((one.share for one in variants), Decimal(0)) - 1) > TOLERANCE:
        total = sum((one.share for one in variants), Decimal(0))
        found.append(("variants", f"The shares must make 100 % together, not {float(total * 100):g} %."))
    if control not in keys:
        found.append(("control", "Say which variant is the control: what people get today."))
    return found


def _metrics(draft: ExperimentDraft) -> list[Fault]:
    if not draft.goals:
        return [("goals", "Name at least one goal: without one nothing can be decided.")]
    try:
        parse_metrics(list(draft.goals), list(draft.guardrails))
    except MetricError as error:
        return [(metric_field(error.path), f"{error.message[:1].upper()}{error.message[1:]}.")]
    return []


def metric_field(path: str) -> str:
    """`$.goals[1].event` → `goals.1`."""
    found = re.match(r"\$\.(goals|guardrails)(?:\[(\d+)\])?", path)
    return "goals" if found is None else found[1] + (f".{found[2]}" if found[2] else "")


def _figures(draft: ExperimentDraft) -> list[Fault]:
    checks = (
        ("traffic", 0 <= draft.traffic <= 1, "From 0 to 100 %."),
        ("min_effect", 0.001 <= draft.min_effect <= 2, "From 0.1 to 200 %."),
        ("alpha", 0.001 <= draft.alpha <= 0.2, "A risk from 0.1 to 20 %; 5 % is usual."),
        ("layer_share", not draft.layer or 0.01 <= draft.layer_share <= 1, "From 1 to 100 % of the layer."),
    )
    return [(field, sentence) for field, is_good, sentence in checks if not is_good]
