"""Chance that can be repeated: one numpy stream a path of numbers, so that nobody's draws depend on another's. Pure."""

from bisect import bisect_right
from collections.abc import Sequence
from math import log
from typing import TypeVar
from uuid import UUID

import numpy as np

Thing = TypeVar("Thing")
BLOCK = 256
MASK = (1 << 63) - 1

# First number of a path: what the stream is for.
LAYOUT, MARKET, PRICES, HOUSEHOLD, LIFE, LIVE, REPEATS = range(7)


class Dice:
    """Draws of the stream named by a seed and a path. The same name gives the same draws on every machine."""

    __slots__ = ("_at", "_block", "rng")

    def __init__(self, seed: int, *path: int) -> None:
        self.rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed & MASK, spawn_key=path)))
        self._block: list[float] = []
        self._at = 0

    def roll(self) -> float:
        """Uniform in [0, 1). Bought in blocks: a call to numpy costs more than the number."""
        if self._at == len(self._block):
            self._block, self._at = self.rng.random(BLOCK).tolist(), 0
        self._at += 1
        return self._block[self._at - 1]

    def chance(self, probability: float) -> bool:
        """True with this probability."""
        return self.roll() < probability

    def below(self, bound: int) -> int:
        """A whole number from 0 to bound - 1."""
        return int(self.roll() * bound)

    def between(self, low: int, high: int) -> int:
        """A whole number from low to high - 1."""
        return low + int(self.roll() * (high - low))

    def one_of(self, things: Sequence[Thing]) -> Thing:
        """One of them, each as likely."""
        return things[int(self.roll() * len(things))]

    def weighted(self, cumulative: Sequence[float]) -> int:
        """A position, by running sums of weights; the last sum is the whole."""
        return min(bisect_right(cumulative, self.roll() * cumulative[-1]), len(cumulative) - 1)

    def wait(self, mean: float) -> float:
        """An exponential waiting time."""
        return -mean * log(1.0 - self.roll())

    def uuid(self) -> str:
        """A version 4 UUID."""
        return str(UUID(bytes=self.rng.bytes(16), version=4))


def running(weights: Sequence[float]) -> tuple[float, ...]:
    """Running sums for `Dice.weighted`."""
    total, sums = 0.0, []
    for weight in weights:
        total += weight
        sums.append(total)
    return tuple(sums)
