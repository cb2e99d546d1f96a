"""Words and numbers of a bandit's pages."""

from collections.abc import Mapping
from typing import Any

from decisions.bandits.policy import LINUCB, ORDER, Bandit
from decisions.evaluation.candidates import EVEN, NOW, ONLY, PROPOSED
from decisions.evaluation.estimates import Estimate
from decisions.evaluation.judging import NO_OVERLAP, NO_ROWS, TOO_THIN, Judgment

POLICIES = {"thompson": "Thompson sampling", "linucb": "LinUCB"}
KINDS = {"click": "a click", ORDER: "an order"}


def percent(share: float | None, digits: int = 0) -> str:
    """62 % · – where nothing is known; what is little keeps its digits."""
    if share is None:
        return "–"
    return f"{share * 100:.{digits}f}\u00a0%"


def reward(value: float | None, *, is_money: bool) -> str:
    """A mean reward a decision: a share of those shown, or money."""
    if value is None:
        return "–"
    return f"{value:,.2f}" if is_money else percent(value, 2)


def between(low: float, high: float, *, is_money: bool) -> str:
    """4.10 % to 5.20 %."""
    return f"{reward(low, is_money=is_money)} to {reward(high, is_money=is_money)}"


def estimate(found: Estimate | None, *, is_money: bool) -> str:
    """The value alone."""
    return reward(found.value, is_money=is_money) if found else "–"


def outcome(shown: Mapping[str, Any]) -> str:
    """What an arm shows."""
    if "content" in shown:
        return f"content “{shown['content']}”"
    if "offer" in shown:
        return f"offer “{shown['offer']}”"
    if "offers" in shown:
        return f"the best of the offers {', '.join(shown['offers'].get('best_of', ()))}"
    if "recommendations" in shown:
        return f"recommendations of “{shown['recommendations']}”"
    return "data for the page" if "data" in shown else "nothing"


def plays(bandit: Bandit) -> str:
    """The policy as a sentence."""
    by = f" by {', '.join(bandit.features)}" if bandit.policy == LINUCB else ""
    kind = KINDS.get(bandit.reward.kind, f"“{bandit.reward.kind}”")
    what = f"the money of {kind}" if bandit.reward.value else kind
    many = bandit.reward.within_hours
    hours = "1 hour" if many == 1 else f"{many} hours"
    return (
        f"{POLICIES[bandit.policy]}{by}, rewarded by {what} within {hours} of being seen;"
        f" every arm keeps at least {percent(bandit.floor, 1)} of the decisions"
    )


def candidate(key: str, bandit: Bandit) -> str:
    """What a candidate would do."""
    if key.startswith(ONLY):
        return f"Always “{key.removeprefix(ONLY)}”"
    if key == NOW:
        return "As it plays by now"
    if key == EVEN:
        return "All arms alike"
    what = f"{POLICIES[bandit.policy]}{' by ' + ', '.join(bandit.features) if bandit.policy == LINUCB else ''}"
    return f"Proposed: {what}, at least {percent(bandit.floor, 1)} each" if key == PROPOSED else what


def verdict(found: Judgment) -> tuple[str, str]:
    """(what is to be thought of it, tag): ok, bad or ""."""
    if found.gain is None:
        return refusal(found), ""
    if found.gain.low > 0:
        return "better than what ran", "ok"
    if found.gain.high < 0:
        return "worse than what ran", "bad"
    return "no difference shown yet", ""


def refusal(found: Judgment) -> str:
    """Why nothing can be said."""
    if found.refusal == NO_ROWS:
        return f"cannot be said: only {found.rows:,} decisions are known to the end, 200 are needed"
    if found.refusal == NO_OVERLAP:
        arms = ", ".join(f"“{arm}”" for arm in found.about)
        return f"cannot be said: the log could not have shown {arms} where this would"
    if found.refusal == TOO_THIN:
        return f"cannot be said: the log is worth only {found.effective:,.0f} decisions of its own, 100 are needed"
    return found.refusal
