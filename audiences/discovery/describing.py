"""A cluster in words: by what it stands out, how much, against everybody who was looked at."""

from dataclasses import dataclass

import numpy as np

from audiences.discovery.clustering import Labels, Numbers
from audiences.discovery.features import SPARSE, Feature

LINES = 4
TOLD_FROM = 0.25
"""In spreads of everybody: what differs less is not told."""


@dataclass(frozen=True, slots=True)
class Described:
    """`title` in a few words; `lines` of (sentence, how many times the average, None where there is no average)."""

    title: str
    lines: tuple[tuple[str, float | None], ...]


def describe(features: tuple[Feature, ...], values: Numbers, labels: Labels) -> list[Described]:
    """Of each cluster, titles that differ."""
    found: list[Described] = []
    taken: set[str] = set()
    for number in range(int(labels.max()) + 1):
        told = _standing_out(features, values, labels == number)
        names = [feature.more if z > 0 else feature.less for feature, z, _, _ in told]
        title = _title(names[:2])
        for more in range(3, LINES + 1):
            if title in taken:
                title = _title(names[:more])
        if title in taken:
            title = f"{title} ({number + 1})"
        taken.add(title)
        found.append(Described(title, tuple(_line(*one) for one in told)))
    return found


def _standing_out(
    features: tuple[Feature, ...], values: Numbers, mine: np.ndarray[tuple[int], np.dtype[np.bool_]]
) -> list[tuple[Feature, float, float, float]]:
    """(feature, by how many spreads, the cluster's mean, everybody's mean), what stands out most first."""
    found = []
    for place, feature in enumerate(features):
        column = values[:, place]
        known = column < SPARSE
        if not known[mine].any():
            continue
        plain = column if feature.is_share else np.log1p(np.maximum(np.where(known, column, 0.0), 0.0))
        spread = plain[known].std()
        if spread < 1e-9:
            continue
        z = float((plain[mine & known].mean() - plain[known].mean()) / spread)
        if abs(z) >= TOLD_FROM:
            found.append((feature, z, float(column[mine & known].mean()), float(column[known].mean())))
    return sorted(found, key=lambda one: -abs(one[1]))[:LINES]


def _line(feature: Feature, z: float, own: float, all_of_them: float) -> tuple[str, float | None]:
    lift = own / all_of_them if all_of_them > 1e-9 else None
    return f"{_said(feature, own)} {feature.noun}, against {_said(feature, all_of_them)} on average", lift


def _said(feature: Feature, number: float) -> str:
    if feature.is_share:
        return f"{number:.0%}".replace("%", " %")
    said = f"{abs(number):,.0f}" if abs(number) >= 100 or not number else f"{abs(number):.1f}"
    return f"−{said}" if number < 0 else said


def _title(names: list[str]) -> str:
    title = ", ".join(names) or "much like everybody"
    return title[:1].upper() + title[1:]
