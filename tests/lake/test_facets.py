"""Every reading of a value: what rules and engines compare."""

from decimal import Decimal

import pytest

from lake.facets import NOTHING, Facets, read

US = 1_000_000


@pytest.mark.parametrize(
    ("json", "expected"),
    [
        ("null", NOTHING),
        ("18.99", Facets(number=Decimal("18.99"), folded="18.99", present=True)),
        ('"18.99"', Facets(number=Decimal("18.99"), folded="18.99", present=True)),
        ('"01067"', Facets(number=Decimal(1067), folded="01067", present=True)),
        ('"1_000"', Facets(text="1_000", folded="1_000", present=True)),
        ('" Straße "', Facets(text=" Straße ", folded="strasse", present=True)),
        ("true", Facets(flag=True, present=True)),
        ("[1]", Facets(present=True)),
        ("{}", Facets(present=True)),
        ('"2026-01-01"', Facets(text="2026-01-01", folded="2026-01-01", instant=1_767_225_600 * US, present=True)),
        ("1767225600", Facets(Decimal(1_767_225_600), None, "1767225600", 1_767_225_600 * US, None, True)),
        ("20", Facets(number=Decimal(20), folded="20", present=True)),
    ],
)
def test_a_value_is_read_in_every_way_it_can_be(json: str, expected: Facets) -> None:
    assert read(json) == expected
