"""Of whom the same was said the same holds: answers by shape are those of the fold itself, with their own evidence."""

from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from hypothesis import given
from hypothesis import strategies as st

from consent.alike import Alike
from consent.contracts import (
    AMBIENT,
    DENIED,
    GPC,
    GRANTED,
    PENDING,
    PROCESSING,
    REGIMES,
    WITHDRAWN,
    LedgerLine,
    PurposeFacts,
    RegimeRule,
)
from consent.effect import Told, by_law

Line = tuple[bytes | int, str, int, str]
Person = tuple[bytes | None, set[int], list[list[Line]]]
NOW = datetime(2026, 11, 1, tzinfo=UTC)
OWN, OTHER_ADDRESS = b"a" * 16, b"b" * 16
RULES = MappingProxyType(
    {
        regime: RegimeRule("consent", number % 2 == 1, number == 2, timedelta(days=number) if number else None)
        for number, regime in enumerate(REGIMES)
    }
)


def purpose(code: str, channel: str, parent: str) -> PurposeFacts:
    return PurposeFacts(code, code, parent, channel, "never", "store", (), True, 1, RULES)


CHAINS = (
    (purpose("mail", "email", PROCESSING), purpose(PROCESSING, "", "")),
    (purpose("topic", "", "analytics"), purpose("analytics", "", PROCESSING), purpose(PROCESSING, "", "")),
)
SAID = st.tuples(
    st.sampled_from((1, 2, OWN, OTHER_ADDRESS)),
    st.sampled_from((GRANTED, DENIED, WITHDRAWN, PENDING)),
    st.integers(-4, 1),
    st.sampled_from(("api", GPC, *sorted(AMBIENT))),
)
PERSON = st.tuples(
    st.sampled_from((None, OWN)), st.sets(st.sampled_from((1, 2))), st.lists(st.lists(SAID, max_size=4), min_size=3)
)


@given(st.sampled_from(CHAINS), st.lists(PERSON, min_size=2, max_size=6))
def test_answers_by_shape_are_those_of_the_fold(chain: tuple[PurposeFacts, ...], persons: list[Person]) -> None:
    alike, number = Alike(chain, NOW), 0
    for address, speakers, said in persons:
        told = []
        for one, lines in zip(chain, said, strict=False):
            found = []
            for subject, state, day, method in lines:
                number += 1
                found.append(LedgerLine(number, subject, state, NOW + timedelta(days=day), method))
            told.append(Told(one, found, address if one.channel else None, frozenset(speakers)))
        assert alike.by_law(told) == by_law(told, at=NOW)
