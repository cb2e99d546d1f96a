"""Strategies of what rules read beside events and traits: leaves over it, and the facts they look at."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

Json = st.SearchStrategy[dict[str, Any]]
NOW = datetime.fromtimestamp(1_800_000_000, UTC)
SLUGS = ("vip", "new")
KINDS = ("email", "phone", "user_id", "ios.idfv")


def _slugs() -> st.SearchStrategy[frozenset[str]]:
    return st.frozensets(st.sampled_from(SLUGS))


SCORED = st.one_of(
    st.fixed_dictionaries(
        {
            "score": st.just("churn"),
            "is": st.sampled_from(["eq", "ne", "gt", "lt"]),
            "value": st.sampled_from([0.1, 0.7]),
        },
        optional={"fresh_within": st.fixed_dictionaries({"days": st.integers(1, 12)})},
    ),
)
COMPUTED = st.fixed_dictionaries(
    {},
    optional={
        "score.churn": st.sampled_from([0.1, 0.7, "high"]),
        "score.churn.at": st.integers(-12, 3).map(lambda days: (NOW + timedelta(days=days)).isoformat()),
    },
)
BELONGING: tuple[Json, ...] = (
    st.fixed_dictionaries({"in_segment": st.sampled_from(SLUGS)}),
    st.fixed_dictionaries({"in_list": st.sampled_from(SLUGS)}),
    st.fixed_dictionaries({"has": st.sampled_from([*KINDS, "device"])}),
    SCORED,
)
BESIDE: dict[str, st.SearchStrategy[Any]] = {
    "computed": COMPUTED,
    "kinds": st.frozensets(st.sampled_from(KINDS)),
    "segments": _slugs(),
    "lists": _slugs(),
}


def leaves(conditions: Callable[[str], Json], counts: Json, windows: Json) -> tuple[Json, ...]:
    """Every leaf over these facts; conditions on properties, counts and windows as all leaves take them."""
    return BELONGING
