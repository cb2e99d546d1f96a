"""TC strings: read as their makers meant them, and told from what is none."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent import tcf
from consent.contracts import ANALYTICS, ML_TRAINING, PERSONALIZATION, THIRD_PARTY_SHARING

# Made with @iabtechlabtcf/core 1.5.21 (TCF policy 5, the v2.2 of the framework): string, consents, interests.
MADE: dict[str, tuple[str, set[int], set[int]]] = {
    "all": (
        "CQgYw8AQgcD4AAfADBENAwFgAP_gAAAAAAYgFeQAwABAAIAV4AAAAAAA.IAAA.YAAAAAAAAAAA",
        set(range(1, 12)),
        set(),
    ),
    "none": ("CQgYw8AQgcD4AAfADBENAwFgAAAAAAAAAAYgAAAAAAAA.IAAA.YAAAAAAAAAAA", set(), set()),
    "storage": ("CQgYw8AQgcD4AAfADBENAwFgAIAAAAAAAAYgAAAAAAAA.IAAA.YAAAAAAAAAAA", {1}, set()),
    "ads": ("CQgYw8AQgcD4AAfADBENAwFgAHAAAAAAAAYgAAAAAAAA.IAAA.YAAAAAAAAAAA", {2, 3, 4}, set()),
    "onlyfour": ("CQgYw8AQgcD4AAfADBENAwFgAJAAAAAAAAYgAAAAAAAA.IAAA.YAAAAAAAAAAA", {1, 4}, set()),
    "content": ("CQgYw8AQgcD4AAfADBENAwFgAIwAAAAAAAYgAAAAAAAA.IAAA.YAAAAAAAAAAA", {1, 5, 6}, set()),
    "measure": ("CQgYw8AQgcD4AAfADBENAwFgAIOAAEPAAAYgAAAAAAAA.IAAA.YAAAAAAAAAAA", {8, 1, 9, 7}, {2, 7, 8, 9, 10}),
    "improve": ("CQgYw8AQgcD4AAfADBENAwFgAABAAAAAAAYgAAAAAAAA.IAAA.YAAAAAAAAAAA", {10}, set()),
    "limited11": ("CQgYw8AQgcD4AAfADBENAwFgAIAgAAIAAAYgAAAAAAAA.IAAA.YAAAAAAAAAAA", {1, 11}, {7}),
    "ranges": ("CQgYw8AQgcD4AAfADBENAwFgAIMAAAAAAAYgJYQBQABAAIAAYArwCWAAAAAA.IAAA.YAAAAAAAAAAA", {8, 1, 7}, set()),
    "disclosed": ("CQgYw8AQgcD4AAfADBENAwFgAPAAAAAAAAYgAEAEAAAAAAAA.IAGEEQAA", {1, 2, 3, 4}, set()),
}
# Published in the framework's own documents (policy 2).
PUBLISHED = (
    "COvFyGBOvFyGBAbAAAENAPCAAOAAAAAAAAAAAEEUACCKAAA.IFoEUQQgAIQwgIwQABAEAAAAOIAACAIAAAAQAIAgEAACEAAAAAgAQBAAAAAAAG"
    "BAAgAAAAAAAFAAECAAAgAAQARAEQAAAAAJAAIAAgAAAYQEAAAQmAgBC3ZAYzUw"
)


@pytest.mark.parametrize("name", MADE)
def test_the_framework_s_own_encoder_is_read_as_it_meant(name: str) -> None:
    text, consents, interests = MADE[name]
    core = tcf.decode(text)
    assert (set(core.consents), set(core.interests)) == (consents, interests)
    assert (core.policy_version, core.cmp_id) == (5, 31)
    assert (core.created, core.updated) == (datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 2, tzinfo=UTC))


def test_a_published_string_is_read() -> None:
    core = tcf.decode(PUBLISHED)
    assert (sorted(core.consents), sorted(core.interests), core.policy_version) == ([1, 2, 3], [], 2)
    assert (core.cmp_id, core.language) == (27, "EN")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("all", {THIRD_PARTY_SHARING: True, PERSONALIZATION: True, ANALYTICS: True, ML_TRAINING: True}),
        ("none", {THIRD_PARTY_SHARING: False, PERSONALIZATION: False, ANALYTICS: False, ML_TRAINING: False}),
        ("storage", {THIRD_PARTY_SHARING: False, PERSONALIZATION: False, ANALYTICS: False, ML_TRAINING: False}),
        # Consented without storage on the device: not granted, and not refused either.
        ("ads", {PERSONALIZATION: False, ANALYTICS: False, ML_TRAINING: False}),
        ("onlyfour", {THIRD_PARTY_SHARING: False, PERSONALIZATION: False, ANALYTICS: False, ML_TRAINING: False}),
        ("content", {THIRD_PARTY_SHARING: False, PERSONALIZATION: True, ANALYTICS: False, ML_TRAINING: False}),
        # A legitimate interest in 10 is no consent, and nobody refused it.
        ("measure", {THIRD_PARTY_SHARING: False, PERSONALIZATION: False, ANALYTICS: True}),
    ],
)
def test_ours_are_granted_where_every_part_is_consented_to(name: str, said: dict[str, bool]) -> None:
    assert tcf.said(tcf.decode(MADE[name][0])) == said


@pytest.mark.parametrize(
    "text",
    ["", ".", "x", "CO", "!!!", "C" * 5000, MADE["all"][0][:36], "BOEFEAyOEFEAyAHABDENAIgAAABuABAAU", "Ö" + PUBLISHED,
     "A" * 60, "-" * 60, "C" + "_" * 60, MADE["all"][0] + "x" * 9000],
)  # fmt: skip
def test_what_is_no_string_of_version_two_is_not_taken_for_a_refusal(text: str) -> None:
    with pytest.raises(tcf.BadString):
        tcf.decode(text)


@given(st.text(max_size=300) | st.text(alphabet="ABCDabcd0189-_.", max_size=300))
def test_no_text_breaks_the_reader(text: str) -> None:
    try:
        core = tcf.decode(text)
    except tcf.BadString:
        return
    assert core.consents <= set(range(1, 25))
