"""What a comparison says, in sentences: what was found, what to use, what it would bring. Pure."""

from experiments.uplift.compare import Compared, Decile
from experiments.uplift.learners import BY_KEY

TENTHS = 10


def amount(value: float, *, is_binary: bool, signed: bool = False) -> str:
    """A share in percent, a difference of two (`signed`) in percent points, or an amount per head."""
    sign = "+" if signed and value > 0 else "−" if value < 0 else ""
    if is_binary:
        return f"{sign}{abs(value) * 100:.2f}\u00a0{'points' if signed else '%'}"
    return f"{sign}{abs(value):,.3f}"


def headline(found: Compared) -> str:
    """Who is moved and what to use, in one sentence."""
    if not found.is_found:
        return "Nothing is found: nobody can be told apart by how much the offer moves them"
    label = BY_KEY[found.chosen].label
    if BY_KEY[found.chosen].is_response:
        return f"The {lowered(label)} ranks no worse than any learner: use it"
    top = sum(one.uplift for one in found.deciles[:3]) / 3
    rest = sum(one.uplift for one in found.deciles[3:]) / max(1, len(found.deciles) - 3)
    gain, other = (amount(each, is_binary=found.is_binary, signed=True) for each in (top, rest))
    return f"The {label} finds whom the offer moves: {gain} in the first three tenths, {other} in the rest"


def effect_words(found: Compared) -> str:
    """What the offer did over all people."""
    low, high, effect = (
        amount(each, is_binary=found.is_binary, signed=True)
        for each in (found.effect_low, found.effect_high, found.effect)
    )
    treated, others = (amount(each, is_binary=found.is_binary) for each in (found.rate_treated, found.rate_others))
    return (
        f"Over all {found.people:,} people: {treated} of {found.treated:,} treated, {others} of {found.others:,} not "
        f"treated; the difference is {effect} (95 % interval {low} to {high})."
        if found.is_binary
        else f"Over all {found.people:,} people: {treated} a head of {found.treated:,} treated, {others} a head of "
        f"{found.others:,} not treated; the difference is {effect} (95 % interval {low} to {high})."
    )


def choice_words(found: Compared) -> str:
    """Why this one is used."""
    chosen, best = found.marked(found.chosen), found.marked(found.best)
    says = [
        f"Used is the simplest one that is within one standard error of the best: “{BY_KEY[found.chosen].label}” with "
        f"a Qini of {qini(chosen.qini, is_binary=found.is_binary)}."
    ]
    if chosen.key != best.key:
        says.append(
            f"The best mean has “{BY_KEY[best.key].label}” with {qini(best.qini, is_binary=found.is_binary)}, "
            f"{qini(chosen.behind, is_binary=found.is_binary)} more, of which "
            f"±\u00a0{qini(chosen.noise, is_binary=found.is_binary)} is noise."
        )
    if not found.is_found:
        says.append("Its Qini stands less than three standard errors above zero, which chance alone may bring.")
    return " ".join(says)


def advice(found: Compared) -> str:
    """What to do with it."""
    helps, hurts = found.effect_low > 0, found.effect_high < 0
    if not found.is_found:
        if helps:
            return (
                "The offer works on average, so send it to everybody it pays for; choosing among them brings nothing."
            )
        return "Keep to everybody or nobody, or ask again with more people or other features."
    if hurts:
        return "On average the offer does harm: send it to the first tenths only, if to anybody."
    losing = sum(one.high < 0 for one in found.deciles)
    if losing:
        return f"Spare the last tenths: in {losing} of {TENTHS} the offer does harm."
    return "Send it from the first tenth downwards, as far as what it brings pays for it."


def lowered(label: str) -> str:
    """A label inside a sentence."""
    return label if label[1:2] == "-" else label[:1].lower() + label[1:]


def qini(value: float, *, is_binary: bool) -> str:
    """A Qini coefficient: in percent points a treated head, or money."""
    sign = "−" if value < 0 else ""
    return f"{sign}{abs(value) * 100:.2f}\u00a0%" if is_binary else f"{sign}{abs(value):.3f}"


def tenth_words(found: Decile, *, is_binary: bool) -> tuple[str, str, str, str]:
    """(treated, others, uplift, interval) of a tenth."""
    low, high = (amount(each, is_binary=is_binary, signed=True) for each in (found.low, found.high))
    return (
        amount(found.treated, is_binary=is_binary),
        amount(found.others, is_binary=is_binary),
        amount(found.uplift, is_binary=is_binary, signed=True),
        f"{low} to {high}",
    )
