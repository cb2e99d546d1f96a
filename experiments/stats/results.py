"""What an experiment came to, frozen: everything a page shows, as it was computed at one instant.

Rows of `experiments.Result` hold it as JSON. Shares and relative changes are fractions (0.05 = 5 %); money is float
here, since it is estimated, not owed.
"""

from dataclasses import dataclass
from datetime import date, datetime

DECIDING, GOAL, GUARDRAIL = "deciding", "goal", "guardrail"
"""What a metric is for: the first goal decides, further goals explain, guardrails must not suffer."""


@dataclass(frozen=True, slots=True)
class Effect:
    """A variant's mean less the control's: `value` lies in [low, high] however often it was looked at (1 − alpha).

    `fixed_low` and `fixed_high` hold only for who looks once, at the end: shown for comparison, decide nothing.
    """

    value: float
    low: float
    high: float
    fixed_low: float
    fixed_high: float

    @property
    def is_sure(self) -> bool:
        """Whether the always-valid interval leaves out 0."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True, slots=True)
class VariantResult:
    """One variant on one metric. Of the control, and where too little is known, the effects are None.

    `mean`: a person's (the share of them for a conversion, numerator / denominator for a ratio), as it was, without
    regression adjustment; `total`: all of theirs together; `doers`: people with anything at all.
    `chance`: that it is better than the control, of one look. `p_value` is always valid, `fixed_p_value` is for one
    look; `corrected_p_value` is `p_value` corrected for the variants and metrics looked at beside it.
    `is_better`, `is_worse`: sure after the correction, in the direction the metric is meant to go.
    """

    variant: str
    people: int
    mean: float
    total: float
    doers: int
    absolute: Effect | None = None
    relative: Effect | None = None
    chance: float | None = None
    p_value: float | None = None
    fixed_p_value: float | None = None
    corrected_p_value: float | None = None
    is_better: bool = False
    is_worse: bool = False


@dataclass(frozen=True, slots=True)
class DayPoint:
    """A variant's relative effect as it was known at the end of a day (company's zone), by the always-valid interval.

    None while too little was known.
    """

    day: date
    variant: str
    people: int
    mean: float
    relative: Effect | None = None
    absolute: Effect | None = None


@dataclass(frozen=True, slots=True)
class MetricResult:
    """One metric over all variants, the control first. `currency` is empty where no money is counted.

    `variance_removed`: the share of the variance that what people did before took away (CUPED); None = not adjusted.
    `cap`: where a person's value was cut, and `capped` how many were. `problem`: why nothing is told, in words.
    """

    name: str
    kind: str
    role: str
    direction: str
    currency: str
    within_days: int
    variants: tuple[VariantResult, ...]
    days: tuple[DayPoint, ...] = ()
    variance_removed: float | None = None
    cap: float | None = None
    capped: int = 0
    problem: str = ""


@dataclass(frozen=True, slots=True)
class SampleRatio:
    """Whether people were split as asked. `p_value`: how likely so uneven a split comes by chance; None = nobody yet.

    While `is_alarming` nothing of the result may be believed. `expected`: people by variant, had it been exact.
    """

    heads: dict[str, int]
    expected: dict[str, float]
    p_value: float | None
    is_alarming: bool


@dataclass(frozen=True, slots=True)
class SliceResult:
    """The deciding metric among those who were in a segment when they first met the experiment.

    Corrected for all slices and variants looked at together (Holm).
    """

    segment: str
    name: str
    people: int
    variants: tuple[VariantResult, ...]


@dataclass(frozen=True, slots=True)
class Check:
    """One condition of calling a winner, in words with its figures. `code`: sample_ratio, whole_weeks, people, effect,
    guardrails."""

    code: str
    text: str
    is_met: bool


WINNER, CONTROL, NO_DIFFERENCE, UNDECIDED, STOPPED_BY_GUARDRAIL, BROKEN = (
    "winner",
    "control",
    "no_difference",
    "undecided",
    "guardrail",
    "broken",
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What may be said now. `winner` is named only where every check is met; `text` is one sentence for staff.

    States: winner; control (every variant is worse); no_difference (none is further than the smallest effect worth
    finding from the control); guardrail (a variant is better, but a guardrail suffers); broken (the split did not come
    out as asked); undecided.
    """

    state: str
    winner: str
    text: str
    checks: tuple[Check, ...]


@dataclass(frozen=True, slots=True)
class ExperimentResult:
    """An experiment as of `at`. `people`: those counted; `left_out`: {reason: people} of those who are not.

    Reasons: crossed (met several variants before we knew it was one person; of uneven shares nobody is: they count
    where they met it first), refused (said no to analytics), unasked (never said anything of it where the law wants a
    yes), shared (a device of many), unknown (never seen apart from the exposure), before (of the global holdout: met it
    when its share was another). `open`: people whose window is not over yet. `as_of`: set where the lake was behind.
    `days`: whole days since it began.
    """

    experiment_key: str
    version: int
    at: datetime
    started_at: datetime | None
    days: int
    alpha: float
    min_effect: float
    control: str
    people: int
    exposures: int
    open: int
    left_out: dict[str, int]
    sample_ratio: SampleRatio
    metrics: tuple[MetricResult, ...]
    slices: tuple[SliceResult, ...]
    verdict: Verdict
    as_of: datetime | None = None

    @property
    def deciding(self) -> MetricResult | None:
        """The metric that decides."""
        return next((one for one in self.metrics if one.role == DECIDING), None)
