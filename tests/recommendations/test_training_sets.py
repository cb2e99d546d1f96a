"""The training set is asked of the lake by its engine, whichever that is; the database's own rows say the same."""

from collections.abc import Iterator
from datetime import timedelta

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal
from pytest_django import Settings

import commerce.queries
from commerce.queries import frames
from lake.contracts import LakeNotReadyError
from lake.engines import Spark
from lake.queries.engine import engine
from recommendations import queries
from tests.lake.sail import serving
from tests.lake.test_projecting import flush
from tests.recommendations import world
from tests.recommendations.world import NOW

pytestmark = pytest.mark.django_db(transaction=True)
UNTIL = NOW + timedelta(days=1)
SINCE = NOW - timedelta(days=30)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serving() as found:
        yield found


@pytest.fixture
def shop() -> None:
    """In the files: two people with orders and views, a guest, somebody who is nobody; then some more, in the tail."""
    ann = world.identifier("user_id", "ann")
    browser, ben = world.identifier("anonymous_id", "a1", of=ann), world.identifier("user_id", "ben")
    world.order(ann, "mug", "mug", "Cup-7", at=NOW - timedelta(days=2))
    world.order(ben, "007", at=NOW - timedelta(days=40))
    world.order(ben, "mug", at=NOW, is_guest=True)
    world.order(None, "nobodys")
    world.view(world.identifier("anonymous_id", "kiosk", is_shared=True), "kiosk")
    for product in ("Cup-7", "007", "18.50", "mug"):
        world.view(browser, product)
    flush()
    world.event(browser, "Product Added", product_id=7)
    world.event(ben, "Product Viewed", product_id="Kanne ß", at=NOW - timedelta(days=3))
    world.event(ben, "Product Viewed", product_id="old", at=NOW - timedelta(days=300))
    world.event(ben, "Product Searched", product_id="no")
    world.event(ben, "Product Viewed", product_id="")
    world.order(ben, "pot", at=NOW - timedelta(days=1))


def both_frames() -> tuple[pd.DataFrame, pd.DataFrame]:
    return (
        commerce.queries.order_lines_frame(since=SINCE, until=UNTIL),
        commerce.queries.interactions_frame(since=SINCE, until=UNTIL),
    )


def in_database(monkeypatch: pytest.MonkeyPatch) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The same frames while there is no lake."""

    def not_ready(*_: object) -> None:
        raise LakeNotReadyError("it is being built")

    with monkeypatch.context() as patch:
        patch.setattr(frames, "_frame_of_lake", not_ready)
        return both_frames()


@pytest.mark.parametrize("asked", ["duckdb", "sail"])
@pytest.mark.usefixtures("shop")
def test_every_engine_gives_the_frames_and_the_set_that_the_database_gives(
    asked: str, address: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.LAKE_ENGINE = address if asked == "sail" else "duckdb"
    expected = in_database(monkeypatch)
    found = both_frames()
    assert [len(frame) for frame in found] == [4, 6]
    assert found[1]["product_id"].tolist() == ["Kanne ß", "Cup-7", "007", "18.50", "mug", "7"]
    for ours, theirs in zip(found, expected, strict=True):
        assert_frame_equal(ours, theirs)
    learned = queries.training_set(UNTIL).interactions
    assert learned.products == ("007", "18.50", "7", "Cup-7", "Kanne ß", "mug", "pot")
    assert (learned.n_people, len(learned)) == (2, 10)
    engine_asked = engine()
    assert isinstance(engine_asked, Spark) is (asked == "sail")
    if isinstance(engine_asked, Spark):
        engine_asked.close()
