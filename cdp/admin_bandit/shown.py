"""A bandit's figures as its page shows them: headline, arms, charts, candidates."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from cdp.admin_bandit import words
from cdp.admin_home.charts import Chart, Series, day_label
from decisions.evaluation.candidates import NOW, candidates_of
from decisions.evaluation.judging import Judgment
from decisions.queries.bandit_figures import ArmFigures, Standing

MOST_LINES = 6
SURE = 0.95


@dataclass(frozen=True, slots=True)
class ArmLine:
    """One arm in words."""

    id: str
    shows: str
    share: str
    best: str
    rate: str
    interval: str
    won: str
    waiting: int
    since: datetime | None


@dataclass(frozen=True, slots=True)
class CandidateLine:
    """One candidate in words; `may_switch` where something can be said of it."""

    key: str
    name: str
    value: str
    interval: str
    gain: str
    ips: str
    snips: str
    worth: str
    verdict: str
    tag: str
    may_switch: bool


def headline(found: Standing) -> str:
    """The answer first."""
    seen = [arm for arm in found.arms if arm.shown]
    if not seen:
        waiting = sum(arm.waiting for arm in found.arms)
        tail = f": {waiting:,} exposures wait for their window to end" if waiting else ""
        return f"Nothing is known yet{tail}, so every arm is shown alike"
    leader = max(seen, key=lambda arm: (arm.best or 0.0, arm.rate or 0.0))
    is_money = found.bandit.reward.value
    rate = words.reward(leader.rate, is_money=is_money)
    brings = f"{rate} a decision" if is_money else f"{rate} rewarded"
    if leader.best is None:
        return f"“{leader.id}” brings most on the whole, {brings}; who asks decides what is shown"
    if leader.best >= SURE:
        return f"“{leader.id}” is best: {brings}, and {words.percent(leader.best, 1)} sure"
    return f"“{leader.id}” leads with {brings}, and is best with a chance of {words.percent(leader.best)}"


def arm_line(arm: ArmFigures, *, is_money: bool) -> ArmLine:
    """An arm of the table."""
    interval = words.between(arm.low, arm.high, is_money=is_money) if arm.shown else "–"
    return ArmLine(
        arm.id,
        words.outcome(arm.outcome),
        words.percent(arm.share, 1),
        words.percent(arm.best, 1) if arm.best is not None else "by who asks",
        words.reward(arm.rate, is_money=is_money),
        interval,
        f"{arm.won:,} of {arm.shown:,}",
        arm.waiting,
        arm.since,
    )


def share_chart(found: Standing, days: Mapping[date, Mapping[str, int]]) -> Chart:
    """How decisions were shared by day, in percent."""
    arms = sorted(found.arms, key=lambda arm: -arm.decided)[:MOST_LINES]
    order = [arm.id for arm in found.arms if arm in arms]
    series = [
        Series(name, [_share(days[day], name) for day in days], f"arm-{place + 1}", is_line=True)
        for place, name in enumerate(order)
    ]
    title = "Share of decisions by day"
    return Chart("shares", title, [day_label(datetime(one.year, one.month, one.day)) for one in days], series,  # noqa: DTZ001 - a day, no instant
                 "Day", "Percent of decisions", decimals=1)  # fmt: skip


def rate_chart(found: Standing) -> Chart:
    """Mean rewards with their intervals."""
    is_money = found.bandit.reward.value
    arms = [arm for arm in found.arms if arm.shown]
    factor = 1 if is_money else 100
    series = Series(
        "Mean reward",
        [(arm.rate or 0.0) * factor for arm in arms],
        "arm-1",
        low=[arm.low * factor for arm in arms],
        high=[arm.high * factor for arm in arms],
        colors=[f"arm-{min(found.arms.index(arm), MOST_LINES - 1) + 1}" for arm in arms],
    )
    what = "Money a decision" if is_money else "Percent rewarded"
    return Chart("rates", "What each arm brings", [arm.id for arm in arms], [series], "Arm", what, decimals=2)


def candidate_lines(found: Standing, judged: Mapping[str, tuple[Judgment, datetime]]) -> Sequence[CandidateLine]:
    """Every candidate, the most promising first, those of which nothing can be said last."""
    is_money = found.bandit.reward.value
    pairs = [(one, judged[one.key][0]) for one in candidates_of(found.running.definition) if one.key in judged]
    pairs.sort(key=lambda pair: -pair[1].gain.value if pair[1].gain else float("inf"))
    lines = []
    for one, judgment in pairs:
        says, tag = words.verdict(judgment)
        robust, gain = judgment.robust, judgment.gain
        lines.append(
            CandidateLine(
                one.key,
                words.candidate(one.key, one.bandit),
                words.estimate(robust, is_money=is_money),
                words.between(robust.low, robust.high, is_money=is_money) if robust else "",
                _signed(gain.value, is_money=is_money) if gain else "–",
                words.estimate(judgment.ips, is_money=is_money),
                words.estimate(judgment.snips, is_money=is_money),
                f"{judgment.effective:,.0f}",
                says,
                tag,
                not judgment.refusal and one.key != NOW,
            )
        )
    return lines


def _share(day: Mapping[str, int], arm: str) -> float:
    return 100 * day.get(arm, 0) / max(sum(day.values()), 1)


def _signed(value: float, *, is_money: bool) -> str:
    said = words.reward(abs(value), is_money=is_money)
    return f"+{said}" if value >= 0 else f"−{said}"
