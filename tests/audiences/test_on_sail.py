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


def test_groups_are_looked_for_in_the_same_figures(settings: Settings) -> None:
    shop = Shop()
    busy(shop)
    rfm.refresh(NOW)
    here = looked_at(NOW, silent)
    for address in _served(settings):
        settings.LAKE_ENGINE = address
        there = looked_at(NOW, silent)
        assert (there.features, there.everybody) == (here.features, 62)
        assert there.keys.equals(here.keys)
        assert there.values.tolist() == here.values.tolist()


def _served(settings: Settings) -> Iterator[str]:
    with serving() as address:
        yield address
        found = engine()
        assert isinstance(found, Spark)
        found.close()
