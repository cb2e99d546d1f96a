"""What a comparison is about: which column or variant was treated, what counts as reached, by which features. Pure."""

from typing import Any

import msgspec


class FileSpec(msgspec.Struct, frozen=True, tag="file", tag_field="of"):
    """Columns of an uploaded log. `treated` and `control` are values of `treatment`; other rows are left out."""

    treatment: str
    treated: str
    control: str
    outcome: str
    features: tuple[str, ...]


class ExperimentSpec(msgspec.Struct, frozen=True, tag="experiment", tag_field="of"):
    """Two variants of an experiment of ours, and a goal as experiments.metrics reads it."""

    treated: str
    control: str
    goal: dict[str, Any]


Spec = FileSpec | ExperimentSpec


def read_spec(raw: object) -> Spec:
    """As it is stored. Raises msgspec.ValidationError."""
    found: Spec = msgspec.convert(raw, type=Spec)
    return found
