"""A process that was idle answers from what is so now, not from what it knew; only large reads go on behind."""

import threading
import time
from collections.abc import Callable

import pytest
from django.db import connection

from cdp.lib.clock import utc_now
from commerce.models import Product
from recommendations import model as artifacts
from recommendations import queries
from recommendations.contracts import RecommendationRequest
from recommendations.models import ModelRun, Placement
from recommendations.queries import behind, model_path, placements
from recommendations.queries import catalog as catalogs
from recommendations.queries import live as models
from recommendations.queries.catalog import catalog
from tests.recommendations import world
from tests.recommendations.world import NOW, small_model

pytestmark = pytest.mark.django_db(transaction=True)
IDS = ("mug", "cup", "pot")


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Lets seconds pass for what is held in process."""
    passed = [0.0]
    really = time.monotonic
    for module in (catalogs, models, placements):
        monkeypatch.setattr(
            module, "time", type("Clock", (), {"monotonic": staticmethod(lambda: really() + passed[0])})
        )

    def pass_by(seconds: float) -> None:
        passed[0] += seconds

    return pass_by


def ids() -> list[str]:
    return [item.product_id for item in queries.answer(RecommendationRequest(now=NOW)).items]


def until(holds: Callable[[], bool]) -> bool:
    end = time.monotonic() + 20
    while not holds() and time.monotonic() < end:
        time.sleep(0.01)
    return holds()


def test_the_first_answer_after_a_quiet_time_has_neither_what_is_gone_nor_misses_what_is_new(
    later: Callable[[float], None],
) -> None:
    world.products(*IDS)
    world.go_live(small_model(IDS, [1, 2, 3], {}))
    assert ids() == ["pot", "cup", "mug"]
    Product.objects.filter(product_id="pot").update(in_stock=False, updated_at=utc_now())
    later(catalogs.REFRESH_EVERY_S)
    assert ids() == ["cup", "mug"]
    Product.objects.filter(product_id="cup").delete()
    Product.objects.create(product_id="new", name="New", from_feed=True, seen_at=NOW)
    later(3600)
    assert ids() == ["mug", "new"]


def test_many_changes_are_read_behind_the_answer(
    later: Callable[[float], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogs, "FEW_CHANGES", 2)
    world.products(*IDS)
    before = catalog()
    go_on = threading.Event()
    follow = catalogs._followed
    monkeypatch.setattr(catalogs, "_followed", lambda *args: go_on.wait(20) and follow(*args))
    Product.objects.update(in_stock=False, updated_at=utc_now())
    later(60)
    assert catalog() is before
    go_on.set()
    assert until(lambda: catalog() is not before)
    assert not catalog().taken.offerable.any()


def test_while_one_asks_the_others_go_on_until_it_would_be_too_late(
    later: Callable[[float], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    world.products(*IDS)
    before = catalog()
    asked, go_on = threading.Event(), threading.Event()
    fingerprint = catalogs._fingerprint

    def slowly() -> tuple[object, ...]:
        asked.set()
        go_on.wait(20)
        return fingerprint()

    found: list[object] = []

    def ask() -> None:
        try:
            found.append(catalog())
        finally:
            connection.close()

    monkeypatch.setattr(catalogs, "_fingerprint", slowly)
    Product.objects.update(in_stock=False, updated_at=utc_now())
    later(catalogs.REFRESH_EVERY_S)
    threads = [threading.Thread(target=ask) for _ in range(2)]
    threads[0].start()
    assert asked.wait(20)
    assert catalog() is before, "nobody waits for the one who asks"
    later(behind.LATE_S)
    threads[1].start()
    threads[1].join(0.2)
    assert threads[1].is_alive(), "but for those who come late"
    go_on.set()
    for thread in threads:
        thread.join(20)
    assert len(found) == 2
    assert found[0] is found[1] is not before


@pytest.mark.parametrize(("size_mb", "first"), [(0.1, "second"), (500.0, "first"), (None, "first")])
def test_a_small_model_goes_live_before_the_next_answer_and_a_large_one_behind_it(
    later: Callable[[float], None], size_mb: float | None, first: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.products(*IDS)
    model = small_model(IDS, [1, 2, 3], {})
    runs = {"first": world.go_live(model).pk}
    assert queries.answer(RecommendationRequest(now=NOW)).model_run == runs["first"]
    checksum = artifacts.write(model, model_path("second"))
    ModelRun.objects.update(is_live=False)
    runs["second"] = ModelRun.objects.create(
        trained_until=NOW, artifact="second", checksum=checksum, is_live=True, size_mb=size_mb
    ).pk
    go_on = threading.Event()
    read = artifacts.read
    if first == "first":
        monkeypatch.setattr(artifacts, "read", lambda *args: go_on.wait(20) and read(*args))
    later(3600)
    assert queries.answer(RecommendationRequest(now=NOW)).model_run == runs[first]
    go_on.set()
    assert until(lambda: queries.answer(RecommendationRequest(now=NOW)).model_run == runs["second"])


def test_a_placement_taken_away_is_gone_after_a_quiet_time(later: Callable[[float], None]) -> None:
    Placement.objects.create(key="home", name="Home", kind="home", strategies=[{"strategy": "popular", "weight": 1}])
    assert placements.placement("home") is not None
    Placement.objects.update(is_active=False)
    later(placements.REFRESH_EVERY_S)
    assert placements.placement("home") is None
