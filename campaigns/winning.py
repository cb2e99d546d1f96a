"""Which variant wins a test: the best rate per mail, if it leads the second by as much as was asked. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

WORDS = {"clicks": "clicked", "opens": "opened", "revenue": "revenue per mail"}


@dataclass(frozen=True, slots=True)
class Tally:
    """A variant's mails handed over in the test, and what they brought: people, or money."""

    variant: str
    sent: int
    score: float

    @property
    def rate(self) -> float:
        """Per mail; 0 where none was sent."""
        return self.score / self.sent if self.sent else 0.0


@dataclass(frozen=True, slots=True)
class Choice:
    """`is_clear`: it led by enough; else it is the first variant, and `why` says so."""

    variant: str
    is_clear: bool
    why: str


def choose(tallies: Sequence[Tally], metric: str, min_lead_percent: int) -> Choice:
    """`tallies` in the variants' order, at least one. A rate of nothing wins nothing."""
    ranked = sorted(tallies, key=lambda one: -one.rate)
    best, second = ranked[0], ranked[1] if len(ranked) > 1 else Tally("", 0, 0.0)
    told = ", ".join(f"{one.variant}: {_rate(one, metric)}" for one in tallies)
    if best.rate > 0 and best.rate > second.rate and best.rate >= second.rate * (1 + min_lead_percent / 100) - 1e-12:
        return Choice(best.variant, True, f"{told}. {best.variant} leads by {_lead(best, second)}.")
    first = tallies[0].variant
    return Choice(
        first,
        False,
        f"{told}. No clear winner (a lead of {min_lead_percent} % was asked), so it is the first, {first}.",
    )


def _rate(one: Tally, metric: str) -> str:
    if metric == "revenue":
        return f"{one.rate:,.2f} {WORDS[metric]}"
    return f"{one.rate * 100:.1f} % of {one.sent:,} {WORDS[metric]}"


def _lead(best: Tally, second: Tally) -> str:
    return f"{(best.rate / second.rate - 1) * 100:.0f} %" if second.rate else "all there is"
