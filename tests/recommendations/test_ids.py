"""Ids of answers: what they say, and that nobody else can write one."""

import base64
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommendations.ids import PREFIX, AnswerId, BadIdError, make, read

KEY, NONCE = b"k" * 32, bytes(range(12))
SERVED = datetime(2026, 3, 1, 12, tzinfo=UTC)
UNIT = b"u" * 16


def text(**changed: object) -> str:
    given: dict[str, object] = {
        "nonce": NONCE, "placement": "home-top", "variant": "treated", "model_run": 7, "served_at": SERVED,
        "products": ["mug", "cup"], "unit": UNIT, "key": KEY,
    }  # fmt: skip
    return make(**{**given, **changed})  # type: ignore[arg-type]


def test_an_id_says_what_the_answer_was() -> None:
    found = read(text(), key=KEY, now=SERVED)
    assert found == AnswerId(
        nonce=NONCE,
        placement="home-top",
        variant="treated",
        model_run=7,
        served_at=SERVED,
        unit=UNIT,
        tags=found.tags,
        tag_key=found.tag_key,
    )
    assert [found.showed(name) for name in ("mug", "cup", "pot", "Mug", "")] == [True, True, False, False, False]


@given(
    placement=st.text(max_size=60).filter(lambda text: text.isprintable()),
    products=st.lists(st.text(max_size=20), max_size=50),
    run=st.integers(0, 2**32 - 1),
    variant=st.sampled_from(["", "treated", "holdout"]),
    nonce=st.binary(min_size=12, max_size=12),
)
def test_whatever_is_put_in_comes_out(
    placement: str, products: list[str], run: int, variant: str, nonce: bytes
) -> None:
    unit = UNIT if variant else b""
    made = text(placement=placement, products=products, model_run=run, variant=variant, nonce=nonce, unit=unit)
    found = read(made, key=KEY, now=SERVED)
    assert (found.placement, found.model_run, found.variant, found.nonce) == (placement, run, variant, nonce)
    assert found.unit == unit
    assert all(found.showed(product) for product in products)


def test_what_an_answer_showed_is_not_read_by_trying_products_on_its_id() -> None:
    """Ids stand in addresses of mails: without our key two of one list have no product in common."""
    one, other = (read(text(nonce=NONCE, key=key), key=key, now=SERVED) for key in (KEY, b"another key"))
    assert one.nonce == other.nonce
    assert not one.tags & other.tags


def test_an_answer_without_a_model_says_run_0() -> None:
    assert read(text(model_run=None), key=KEY, now=SERVED).model_run == 0


def test_no_single_letter_of_an_id_can_be_changed() -> None:
    made = text()
    for place in range(len(made)):
        for letter in "Ax_":
            forged = made[:place] + letter + made[place + 1 :]
            if forged != made:
                with pytest.raises(BadIdError) as refused:
                    read(forged, key=KEY, now=SERVED)
                assert refused.value.reason == "unknown_id"


NO_IDS = [None, 7, "", "r1_", "r1_!!!!", "r1_" + "A" * 90, "r2_" + text()[3:], text() + "A", text()[:-1], "é" + text()]


@pytest.mark.parametrize("given", [*NO_IDS, "r1_" + "A" * 5_000])
def test_what_is_no_id_of_ours_is_refused(given: object) -> None:
    with pytest.raises(BadIdError, match="no id of an answer of ours"):
        read(given, key=KEY, now=SERVED)


def test_an_id_signed_with_another_key_is_refused() -> None:
    with pytest.raises(BadIdError, match="no id of an answer of ours"):
        read(text(key=b"x" * 32), key=KEY, now=SERVED)


def test_an_id_is_taken_for_30_days() -> None:
    made = text()
    assert read(made, key=KEY, now=SERVED + timedelta(days=30)).placement == "home-top"
    with pytest.raises(BadIdError, match="older than 30 days") as refused:
        read(made, key=KEY, now=SERVED + timedelta(days=30, seconds=1))
    assert refused.value.reason == "old_id"


def test_two_ids_of_one_unit_have_nothing_of_it_in_common() -> None:
    raw = [base64.urlsafe_b64decode(text(nonce=bytes([n]) * 12)[len(PREFIX) :] + "==") for n in (1, 2)]
    assert UNIT not in raw[0] + raw[1]
    pieces = [{one[at : at + 4] for at in range(26, 42)} for one in raw]
    assert pieces[0] & pieces[1] == set()
