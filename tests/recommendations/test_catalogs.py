"""The catalog and the model in process: followed, bounded, never with what a product costs; swapped under load."""

import threading
import time
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cdp.lib.clock import utc_now
from commerce.models import Product
from recommendations import model as artifacts
from recommendations import queries
from recommendations.contracts import RecommendationRequest
from recommendations.models import ModelRun, ShownProduct
from recommendations.queries import model_path
from recommendations.queries.catalog import catalog, forget_catalog, refresh_catalog
from recommendations.queries.newcomers import HARDLY, newcomers
from tests.recommendations import world
from tests.recommendations.world import NOW, small_model

IDS = ("mug", "cup", "pot")


@pytest.mark.django_db
def test_facts_are_told_without_what_a_product_costs() -> None:
    world.product("mug")
    Product.objects.update(cost=Decimal(3), quantity=Decimal(7))
    held = catalog()
    (facts,) = held.facts_of([held.row("mug")]).values()
    assert (facts.product_id, facts.cost, facts.quantity) == ("mug", None, Decimal(7))
    assert held.goods.margin.tolist() == pytest.approx([6.5 / 9.5])


@pytest.mark.django_db
def test_a_larger_catalog_reads_what_is_shown_and_keeps_some_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recommendations.queries.catalog.FACTS_KEPT", 2)
    world.products(*IDS)
    held = catalog()
    assert held.facts == {}
    with CaptureQueriesContext(connection) as captured:
        assert sorted(one.product_id for one in held.facts_of([0, 1]).values()) == ["cup", "mug"]
        assert len(held.facts_of([0, 1])) == 2
    assert len(captured) == 1
    Product.objects.filter(product_id="pot").delete()
    assert held.facts_of([2]) == {}


@pytest.mark.django_db
def test_changes_additions_and_deletions_are_followed_and_unchanged_facts_are_kept() -> None:
    world.products(*IDS)
    before = catalog()
    kept = before.facts_of([before.row("cup")])[before.row("cup")]
    Product.objects.create(product_id="new", name="New", category="Pans", from_feed=True, seen_at=NOW)
    Product.objects.filter(product_id="mug").delete()
    Product.objects.filter(product_id="pot").update(in_stock=False, updated_at=utc_now())
    refresh_catalog()
    after = catalog()
    assert after is not before
    assert (after.row("mug"), before.row("mug")) == (-1, 0)
    offered = {after.product_id(row) for row in range(len(after)) if after.taken.offerable[row]}
    assert offered == {"cup", "new"}
    assert after.facts_of([after.row("new")])[after.row("new")].category == "Pans"
    assert after.facts_of([after.row("cup")])[after.row("cup")] == kept
    refresh_catalog()
    assert catalog() is after


@pytest.mark.django_db
def test_new_products_are_those_added_lately_but_not_with_the_first_ones_and_hardly_seen() -> None:
    world.products("first", "second", "fresh", "seen", "sold-out", "old")
    days = {"first": 90, "second": 90, "fresh": 2, "seen": 2, "sold-out": 2, "old": 40}
    for product_id, age in days.items():
        Product.objects.filter(product_id=product_id).update(added_at=NOW - timedelta(days=age))
    Product.objects.filter(product_id="sold-out").update(in_stock=False)
    ShownProduct.objects.create(day=NOW.date(), product_id="seen", impressions=HARDLY)
    ShownProduct.objects.create(day=NOW.date(), product_id="fresh", impressions=HARDLY - 1)
    forget_catalog()
    held = catalog()
    assert [held.product_id(row) for row in newcomers(held, NOW)] == ["fresh"]


@pytest.mark.django_db
def test_a_catalog_that_came_all_at_once_has_no_new_products() -> None:
    world.products(*IDS)
    assert len(newcomers(catalog(), utc_now())) == 0


@pytest.mark.django_db(transaction=True)
def test_another_model_goes_live_within_five_seconds_while_requests_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    world.products(*IDS)
    model = small_model(IDS, [1, 2, 3], {("mug", "cup"): 0.5})
    first = world.go_live(model)
    runs: list[int | None] = []
    faults: list[BaseException] = []
    stop = threading.Event()

    def ask() -> None:
        try:
            while not stop.is_set():
                runs.append(queries.answer(RecommendationRequest(now=NOW, product_id="mug")).model_run)
                time.sleep(0.002)
        except BaseException as fault:  # told to the test
            faults.append(fault)
        finally:
            connection.close()

    read = artifacts.read

    def slowly(*args: object) -> object:
        """Loading takes a while; nobody waits for it."""
        time.sleep(0.5)
        return read(*args)  # type: ignore[arg-type]

    assert queries.answer(RecommendationRequest(now=NOW)).model_run == first.pk
    monkeypatch.setattr("recommendations.queries.live.artifacts.read", slowly)
    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        checksum = artifacts.write(model, model_path("second"))
        ModelRun.objects.update(is_live=False)
        second = ModelRun.objects.create(trained_until=NOW, artifact="second", checksum=checksum, is_live=True)
        promoted_at = time.monotonic()
        while not (runs and runs[-1] == second.pk) and time.monotonic() < promoted_at + 30 and not faults:
            time.sleep(0.01)
    finally:
        stop.set()
        for thread in threads:
            thread.join(30)
    assert faults == []
    assert set(runs) == {first.pk, second.pk}
    assert runs[-1] == second.pk
