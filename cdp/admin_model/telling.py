"""Whether a placement does better than its holdout, in a sentence, and how many answers it takes to know. Pure."""

from math import ceil

from experiments.stats.intervals import multiplier
from recommendations.comparing import ALPHA, Difference

POWER = 0.841621  # standard errors more, to find with 80 % what is there, not with 50 %
SMALLEST = 0.02  # a difference below this part of the share is not looked for
MOST = 5_000_000
STEPS = 12
FEWEST = 100  # answers a side, below which nothing is said of a difference


def needed(found: Difference, answers: int) -> int | None:
    """About how many answers in all would tell sides apart that differ as these seem to, split as now.

    None where they seem not to differ, or where nobody will ever see so many.
    """
    gap = abs(found.difference)
    if gap <= SMALLEST * max(found.second, found.first) or not gap:
        return None
    error = (found.high - found.low) / 2 / multiplier(answers, ALPHA)
    count = answers
    for _ in range(STEPS):  # the interval's width in standard errors falls slowly with the answers
        count = max(1, ceil(answers * ((multiplier(count, ALPHA) + POWER) * error / gap) ** 2))
        if count > MOST:
            return None
    return count


def rounded(count: int) -> str:
    """Two digits that say something: about 9,000."""
    if count < 100:
        return f"{count:,}"
    step = 10 ** (len(str(count)) - 2)
    return f"{ceil(count / step) * step:,}"


def too_few(treated: int, holdout: int) -> str:
    """That one side has seen fewer than FEWEST answers, and how many it takes; empty where both have seen enough."""
    if min(treated, holdout) >= FEWEST:
        return ""
    return (
        f"Too few to compare: {treated:,} answer{'' if treated == 1 else 's'} seen with recommendations and "
        f"{holdout:,} in the holdout; from {FEWEST:,} each on this says whether they differ."
    )


def told(found: Difference | None, answers: int, *, what: str) -> str:
    """“Clicked more often than in the holdout, by 1.2 points (0.4 to 2.0)”, or that it cannot be told yet.

    `answers`: of both sides; `what`: clicked, put into the cart, bought.
    """
    if found is None:
        return "Nothing to compare with yet: one side has seen nothing."
    between = f"{points(found.low)} to {points(found.high)}"
    if found.is_sure:
        more = "more" if found.difference > 0 else "less"
        return (
            f"Something is {what} {more} often than in the holdout: {points(found.difference)} points{_lift(found)} "
            f"(95\u00a0% interval {between}, however often one looks)."
        )
    count = needed(found, answers)
    if count is None:
        return f"No difference to be seen in {answers:,} answers: {between} points."
    if count <= answers:
        count = answers + 1
    return f"Cannot be told apart yet: {answers:,} answers seen, about {rounded(count)} needed."


def _lift(found: Difference) -> str:
    """, 50 % more · , 2.3 × as often."""
    if found.lift is None:
        return ""
    if found.lift >= 1:
        return f", {found.lift + 1:.1f}\u00a0× as often"
    return f", {abs(found.lift) * 100:.0f}\u00a0% {'more' if found.lift > 0 else 'less'}"


def points(share: float) -> str:
    """A difference of shares in points, with its sign: +1.2."""
    return f"{'−' if share < 0 else '+'}{abs(share) * 100:.1f}"
