"""The training set is asked of the lake by its engine, whichever that is; the database's own rows say the same."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from pytest_django import Settings

import commerce.queries
from commerce.models import Order, Product
from commerce.queries import touches
from lake.contracts import LakeNotReadyError
from lake.engines import Spark
from lake.queries.engine import engine
from recommendations import queries
from recommendations.queries.people import KIND_OF
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
    Order.objects.filter(pk=world.order(ann, "mug", "mug", "Cup-7", at=NOW - timedelta(days=2)).pk).update(country="DE")
    Order.objects.filter(pk=world.order(ben, "007", at=NOW - timedelta(days=40)).pk).update(country="AT")
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


Rows = list[tuple[str, str, int, str]]


def everything(share: float = 1.0) -> tuple[Rows, dict[str, str], tuple[int, int]]:
    """What commerce gives of purchases and events, sorted; the countries; and how many rows it counts of all."""
    names = tuple(KIND_OF)
    tables = (
        commerce.queries.purchases(until=UNTIL, share=share),
        commerce.queries.product_events(names, since=SINCE, until=UNTIL, share=share),
    )
    rows = [tuple(row.values()) for table in tables for row in table.to_pylist()]
    counts = (
        commerce.queries.count_purchases(until=UNTIL)[0],
        commerce.queries.count_product_events(names, since=SINCE, until=UNTIL)[0],
    )
    return sorted(rows), commerce.queries.countries(until=UNTIL, share=share), counts


def in_database(monkeypatch: pytest.MonkeyPatch, share: float = 1.0) -> tuple[Rows, dict[str, str], tuple[int, int]]:
    """The same while there is no lake."""

    def not_ready(*_: object) -> None:
        raise LakeNotReadyError("it is being built")

    with monkeypatch.context() as patch:
        patch.setattr(touches, "_of_lake", not_ready)
        return everything(share)


@pytest.mark.parametrize("asked", ["duckdb", "sail"])
@pytest.mark.usefixtures("shop")
def test_every_engine_gives_the_rows_and_the_set_that_the_database_gives(
    asked: str, address: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.LAKE_ENGINE = address if asked == "sail" else "duckdb"
    expected = in_database(monkeypatch)
    found = everything()
    assert found == expected
    assert found[2] == (5, 6)
    assert len(found[0]) == 11
    assert set(found[1].values()) == {"DE", "AT"}
    whose = everything(share=0.5)
    assert whose == in_database(monkeypatch, share=0.5)
    assert {row[0] for row in whose[0]} == {row[0] for row in found[0] if int(row[0][-4:], 16) < 32_768}
    learned = queries.training_set(UNTIL)
    assert learned.interactions.products == ("007", "18.50", "7", "Cup-7", "Kanne ß", "mug", "pot")
    assert (learned.interactions.n_people, len(learned.interactions)) == (2, 10)
    assert sorted(learned.data.regions) == ["AT", "DE"]
    assert (learned.share, learned.there_are, learned.engine) == (1.0, 11, "sc" if asked == "sail" else "duckdb")
    engine_asked = engine()
    assert isinstance(engine_asked, Spark) is (asked == "sail")
    if isinstance(engine_asked, Spark):
        engine_asked.close()


def test_beyond_the_bound_people_are_sampled_whole_and_always_the_same_ones() -> None:
    people = [world.identifier("user_id", f"u{number}") for number in range(60)]
    for who in people:
        world.order(who, "mug", "cup", at=NOW - timedelta(days=1))
    found = queries.training_set(UNTIL, max_interactions=60)
    assert (found.share, found.there_are) == (0.5, 120)
    assert 0 < found.interactions.n_people < 60
    assert len(found.interactions) == 2 * found.interactions.n_people
    assert found.note.startswith("50.0% of the people were read, chosen by their ids: there are 120 interactions")
    again = queries.training_set(UNTIL, max_interactions=60)
    assert again.interactions.n_people == found.interactions.n_people


def test_articles_are_the_active_products_of_a_feed_or_a_server_and_stand_beside_their_codes() -> None:
    who = world.identifier("user_id", "u1")
    world.order(who, "nowhere in the catalog", at=NOW)
    world.product("shown")
    world.product("rumor", is_told_by_browser=True)
    world.product("gone", active=False)
    Product.objects.filter(product_id="shown").update(
        category="Cups", brand="Bauer", attributes={"color": "blue", "sizes": ["S", "M"], "weight": 3}
    )
    data = queries.training_set(UNTIL).data
    assert data.interactions.products == ("nowhere in the catalog", "shown")
    nothing, shown = data.articles
    assert nothing is None
    assert shown is not None
    assert (shown.product_id, shown.category) == ("shown", "Cups")
    assert all(word in shown.text for word in ("The shown", "Cups", "Bauer", "blue", "S M"))


def test_a_shop_of_which_only_browsers_told_learns_of_what_they_told() -> None:
    world.order(world.identifier("user_id", "u1"), "mug", at=NOW)
    world.product("rumor", is_told_by_browser=True)
    assert queries.training_set(UNTIL).interactions.products == ("mug", "rumor")


def test_where_there_are_only_views_of_years_ago_they_are_learned_from() -> None:
    who, years = world.identifier("anonymous_id", "a1"), timedelta(days=4_000)
    for number in range(20):
        world.event(who, "Product Viewed", product_id=f"p{number}", at=NOW - years - timedelta(days=number))
    world.event(who, "Product Viewed", product_id="too old", at=NOW - years - timedelta(days=300))
    learned = queries.training_set(UNTIL)
    assert (len(learned.interactions), learned.there_are) == (20, 20)
    assert "too old" not in learned.interactions.products
    world.event(who, "Product Viewed", product_id="a click of today", at=NOW)
    assert len(queries.training_set(UNTIL).interactions) == 21
    world.order(who, "an order of today", at=NOW)
    assert len(queries.training_set(UNTIL).interactions) == 22
