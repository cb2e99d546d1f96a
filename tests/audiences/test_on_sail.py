"""What audiences ask of everybody, asked through Spark Connect (Sail on loopback)."""

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from audiences.queries.discovery import looked_at
from audiences.services import rfm
from lake.engines import Spark
from lake.queries.engine import engine
from tests.audiences.shop import NOW, Shop
from tests.audiences.test_discovery import busy, silent
from tests.lake.sail import serving

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def address(settings: Settings) -> Iterator[str]:
    with serving() as found:
        yield found
        settings.LAKE_ENGINE = found
        asked = engine()
        assert isinstance(asked, Spark)
        asked.close()


def test_groups_are_looked_for_in_the_same_figures(settings: Settings, address: str) -> None:
    shop = Shop()
    busy(shop)
    rfm.refresh(NOW)
    here = looked_at(NOW, silent)
    settings.LAKE_ENGINE = address
    there = looked_at(NOW, silent)
    assert [one.column for one in there.features] == [one.column for one in here.features]
    assert (there.everybody, there.keys.equals(here.keys)) == (62, True)
    assert there.values.tolist() == here.values.tolist()
