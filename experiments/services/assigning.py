"""Which variant an asker gets of experiments made by staff. Writes nothing: exposures are written once it was seen."""

from collections.abc import Collection
from datetime import datetime

from experiments.contracts import Assigned
from experiments.deciding import (
    ASSIGNED,
    HOLDOUT,
    HOLDOUT_KEY,
    MET,
    NOBODY,
    TAKING_PART,
    TARGET,
    UNKNOWN,
    Running,
    drawn,
    settled,
    split,
)
from experiments.queries.askers import Asker
from experiments.queries.met import Standing, met_by
from experiments.queries.running import running_now
from segments.queries.standing import standing


def assign_now(key: str, asker: Asker, now: datetime) -> Assigned:
    """What the asker gets of this experiment."""
    return assign_all_now([key], asker, now)[key]


def assign_all_now(keys: Collection[str], asker: Asker, now: datetime) -> dict[str, Assigned]:
    """{key: what the asker gets}, in as many statements as for one.

    Nobody, and whoever refuses personalization, gets what is the same for everybody, and asks the database nothing.
    """
    known = running_now()
    found: dict[str, Assigned] = {key: Assigned("", UNKNOWN, 0) for key in keys if key not in known}
    open_: list[Running] = []
    for one in (known[key] for key in keys if key in known):
        same = settled(one) if not asker.is_nobody else settled(one) or (one.control, NOBODY)
        if same is not None:
            found[one.key] = Assigned(*same, one.version)
        else:
            open_.append(one)
    return found | (_split(open_, known, asker, now) if open_ else {})


def held_out_now(asker: Asker, now: datetime) -> bool:
    """Whether the asker is in the global holdout: no experiment, no bandit, nothing personal. Never of nobody."""
    one = running_now().get(HOLDOUT_KEY)
    if one is None or one.state != "running" or asker.is_nobody:
        return False
    return _side(one, asker, met_by(asker, [one.id])) == HOLDOUT


def _split(open_: list[Running], known: dict[str, Running], asker: Asker, now: datetime) -> dict[str, Assigned]:
    holdout = known.get(HOLDOUT_KEY)
    holdouts = [holdout] if holdout is not None and holdout.state == "running" else []
    wanted = {one.id for one in (*open_, *holdouts)}
    for one in open_:
        wanted |= one.layer.siblings if one.layer is not None else frozenset()
    standing_ = met_by(asker, sorted(wanted))
    is_held_out = any(_side(one, asker, standing_) == HOLDOUT for one in holdouts)
    found, asked = {}, []
    for one in open_:
        met = standing_.met.get(one.id, (b"", ""))[1]
        taken = split(one, asker.unit, met=met, met_of=standing_.met, is_held_out=is_held_out)
        if taken is None:
            asked.append(one)
        else:
            found[one.key] = _assigned(one, *taken, standing_)
    held = _held(asked, asker, now)
    for one in asked:
        is_meant = not one.audience or one.audience in held
        taken = (drawn(one, asker.unit), ASSIGNED) if is_meant else (one.control, TARGET)
        found[one.key] = _assigned(one, *taken, standing_)
    return found


def _held(asked: list[Running], asker: Asker, now: datetime) -> frozenset[str]:
    slugs = {one.audience for one in asked if one.audience}
    return standing(asker.known, slugs, now) if slugs else frozenset()


def _side(holdout: Running, asker: Asker, standing_: Standing) -> str:
    met = standing_.met.get(holdout.id)
    return met[1] if met else drawn(holdout, asker.unit)


def _assigned(one: Running, variant: str, reason: str, standing_: Standing) -> Assigned:
    if reason == MET:
        hashed = standing_.met[one.id][0]
        return Assigned(variant, reason, one.version, True, hashed, standing_.ids.get(hashed))
    return Assigned(variant, reason, one.version, reason in TAKING_PART, standing_.unit_hash, standing_.identifier_id)
