"""The training job on rows: what is learned, who is left out, what is written, which run is live."""

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.db.models import F

from cdp.jobs.models import Job
from cdp.jobs.services import run_slice
from cdp.outbox.models import TopicRow
from commerce.models import Order, OrderLine
from consent.contracts import DENIED, ML_TRAINING, NewEntry
from consent.services import record_entries
from recommendations import model as artifacts
from recommendations import queries, services, training
from recommendations.contracts import RecommendationRequest
from recommendations.estimators import Kind
from recommendations.model import TASKS
from recommendations.models import ModelRun
from recommendations.services import NothingToLearnError
from recommendations.services.promoting import drop_old_folders
from tests.recommendations import world
from tests.recommendations.world import NOW

pytestmark = pytest.mark.django_db
FEW: dict[str, Any] = {"parts": {"taste": {"min_people": 2}}}


def little_shop(people: int = 12) -> None:
    """Everybody buys a mug; every other person a cup with it, the others a pot; over a hundred days."""
    world.products("mug", "cup", "pot")
    for number in range(people):
        who = world.identifier("user_id", f"u{number}")
        at = NOW - timedelta(days=100 - number)
        world.order(who, "mug", at=at)
        world.order(who, "cup" if number % 2 else "pot", at=NOW - timedelta(days=8 * number))


def train(**params: Any) -> ModelRun:
    return services.train(
        training.Params.from_json(params), now=NOW + timedelta(days=1), job_id=None, report=lambda *_: None
    )


def test_the_training_set_holds_purchases_views_and_additions_by_profile() -> None:
    person = world.identifier("user_id", "u1")
    browser = world.identifier("anonymous_id", "a1", of=person)
    world.order(person, "mug", "mug", "cup", at=NOW - timedelta(days=1))
    world.view(browser, "pot")
    world.event(browser, "Product Added", product_id="pot")
    world.event(browser, "Product Viewed", product_id="old", at=NOW - timedelta(days=300))
    world.event(browser, "Product Searched", product_id="no")
    world.order(None, "nobodys")
    world.view(world.identifier("anonymous_id", "kiosk", is_shared=True), "kiosk")
    found = queries.training_set(NOW + timedelta(days=1)).interactions
    rows = sorted(zip((found.products[item] for item in found.items), found.kinds.tolist(), strict=True))
    assert rows == [("cup", Kind.PURCHASE), ("mug", Kind.PURCHASE), ("pot", Kind.VIEW), ("pot", Kind.ADD)]
    assert found.n_people == 1


def test_who_denied_ml_training_is_left_out() -> None:
    kept, gone = world.identifier("user_id", "kept"), world.identifier("user_id", "gone")
    device = world.identifier("anonymous_id", "a1", of=gone)
    world.order(kept, "mug")
    world.order(gone, "secret")
    with transaction.atomic():
        record_entries([NewEntry(b"1" * 16, ML_TRAINING, DENIED, "api", NOW, identifier_id=device.pk)])
    found = queries.training_set(NOW + timedelta(days=1))
    assert (found.left_out, found.refused) == (1, {"denied": 1})
    assert found.interactions.products == ("mug",)


def test_a_training_writes_a_run_its_file_and_goes_live() -> None:
    little_shop()
    run = train(**FEW)
    assert run.is_live
    assert (run.people, run.products, run.interactions) == (12, 3, 24)
    assert run.params["parts"]["taste"]["params"]["min_people"] == 2
    assert run.params["asked"]["parts"] == FEW["parts"]
    assert queries.model_path(run.artifact).exists()
    assert (run.promoted_at is not None, run.override_reason, run.sampled) == (True, "", 1.0)
    assert (run.seconds or 0) > 0
    assert (run.peak_mb or 0) > 50
    assert (run.size_mb or 0) > 0
    assert run.log[0][2] == "reading orders, events and the catalog"
    assert run.log[-1][2] == run.verdict
    assert run.metrics["blends"].keys() == set(TASKS)
    assert run.metrics["learned_from"]["note"] == "all 24 interactions were read"
    assert run.metrics["left_out_for_consent"] == 0
    assert TopicRow.objects.get(topic="model.promoted").payload == {"run_id": run.pk}
    queries.forget_model()
    found = queries.recommend(RecommendationRequest(now=NOW, product_id="cup", n=1))
    assert [item.product_id for item in found] == ["mug"]


def test_nothing_to_learn_from_says_so_and_writes_nothing() -> None:
    with pytest.raises(NothingToLearnError, match="Send some, then train"):
        train()
    assert not ModelRun.objects.exists()
    assert not queries.model_path("x").parent.exists()


def test_where_everybody_is_left_out_the_job_says_how_many_why_and_what_to_do() -> None:
    who = world.identifier("user_id", "gone")
    world.order(who, "mug")
    with transaction.atomic():
        record_entries([NewEntry(b"1" * 16, ML_TRAINING, DENIED, "api", NOW, identifier_id=who.pk)])
    job = services.train_later()
    assert run_slice() == 1
    job.refresh_from_db()
    assert (job.state, job.error) == (
        Job.State.FAILED,
        "There is nothing to learn from: the only person with orders or product events does not allow the purpose "
        "“ml_training”, and was left out (1: they said no). Ask for that purpose in the shop's consent dialog and the "
        "preference center, then train: docs/consent.md says who is asked under which law.",
    )
    assert not ModelRun.objects.exists()


def test_the_job_reports_progress_and_its_result() -> None:
    little_shop()
    job = services.train_later(FEW)
    assert run_slice() == 1
    job.refresh_from_db()
    run = ModelRun.objects.get()
    assert (job.state, job.total, job.error) == (Job.State.DONE, 100, "")
    assert job.result["run"] == run.pk
    assert job.result["is_live"] is True
    assert run.job_id == job.pk


def test_a_cancelled_job_leaves_the_live_model_alone() -> None:
    little_shop()

    def cancelled(step: int, note: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        services.train(training.Params(), now=NOW, job_id=None, report=cancelled)
    assert not ModelRun.objects.exists()


def test_old_files_are_dropped_but_never_the_live_one() -> None:
    little_shop(4)
    first = train(tune=False)
    first_live = train(tune=False)
    for _ in range(services.FOLDERS_KEPT + 1):
        kept = world.go_live(world.small_model(("a",), [1], {}))
    ModelRun.objects.update(is_live=False)
    ModelRun.objects.filter(pk=first_live.pk).update(is_live=True)
    drop_old_folders()
    there = {path.name for path in queries.model_path("").iterdir()}
    assert {first_live.artifact, kept.artifact} < there
    assert first.artifact not in there
    assert len(there) == services.FOLDERS_KEPT + 1


def test_a_training_is_queued_once_when_the_newest_run_is_a_day_old() -> None:
    assert services.nightly_slice() == 0  # the first training is staff's decision
    run = world.go_live(world.small_model(("a",), [1], {}))
    assert services.nightly_slice() == 0
    ModelRun.objects.filter(pk=run.pk).update(created_at=NOW - timedelta(days=400))
    assert services.nightly_slice() == 1
    assert services.nightly_slice() == 0
    assert Job.objects.filter(kind=services.TRAIN).count() == 1


def test_the_command_queues_a_job_and_says_which() -> None:
    out = StringIO()
    call_command("train_recommendations", stdout=out)
    assert str(Job.objects.get(kind=services.TRAIN).pk) in out.getvalue()


def test_the_command_names_a_missing_worker() -> None:
    with pytest.raises(CommandError, match="is a worker running"):
        call_command("train_recommendations", "--wait", "--timeout", "0", stdout=StringIO())


def test_a_training_that_waits_already_is_not_queued_twice() -> None:
    first = services.train_later()
    assert services.train_later() == first
    assert services.train_later({"half_life_days": 50.0}) != first
    assert Job.objects.count() == 2


def test_an_unknown_parameter_queues_nothing() -> None:
    with pytest.raises(ValueError, match="unknown parameter 'speed'"):
        services.train_later({"speed": 1})
    assert not Job.objects.exists()


def test_where_the_live_model_cannot_be_served_a_training_is_queued_at_once() -> None:
    """As after an update whose models have another format."""
    run = world.go_live(world.small_model(("a",), [1], {}))
    ModelRun.objects.filter(pk=run.pk).update(artifact="recommendations-old.npz")
    queries.model_path("recommendations-old.npz").write_bytes(b"PK")
    assert services.nightly_slice() == 1
    assert services.nightly_slice() == 0


def test_what_the_live_run_was_asked_for_is_asked_for_again_at_night() -> None:
    little_shop(4)
    run = train(half_life_days=50.0, tune=False)
    ModelRun.objects.filter(pk=run.pk).update(created_at=NOW - timedelta(days=400))
    assert services.nightly_slice() == 1
    assert Job.objects.get(kind=services.TRAIN).params == run.params["asked"]
    assert run.params["asked"]["half_life_days"] == 50.0


def test_who_was_erased_or_refuses_since_is_gone_with_the_next_training() -> None:
    little_shop()
    gone = world.identifier("user_id", "gone")
    world.order(gone, "secret", at=NOW - timedelta(days=2))
    first = train(tune=False)
    with transaction.atomic():
        record_entries([NewEntry(b"1" * 16, ML_TRAINING, DENIED, "api", NOW, identifier_id=gone.pk)])
    second = train(tune=False)
    assert second.is_live
    assert second.metrics["left_out_by_reason"] == {"denied": 1}
    kept = [artifacts.read(queries.model_path(run.artifact), run.checksum).products for run in (first, second)]
    assert ["secret" in products for products in kept] == [True, False]


@pytest.mark.parametrize(
    ("products", "people", "basket"),
    [(1, 1, 1), (1, 12, 1), (12, 1, 12), (12, 12, 1), (2, 2, 2)],
    ids=["one of each", "one product", "one person", "carts of one product", "two of each"],
)
def test_the_smallest_shops_train_and_answer(products: int, people: int, basket: int) -> None:
    names = [f"p{number}" for number in range(products)]
    world.products(*names, "untouched")
    for number in range(people):
        who = world.identifier("user_id", f"u{number}")
        for turn in range(4):
            lines = [names[(number + turn + place) % products] for place in range(basket)]
            world.order(who, *lines, at=NOW - timedelta(days=30 * turn + number))
    run = train()
    assert run.is_live
    assert run.products == products + 1
    queries.forget_model()
    found = queries.recommend(RecommendationRequest(now=NOW, n=3))
    assert 1 <= len(found) <= 3
    assert len({item.product_id for item in found}) == len(found)


def test_products_of_the_catalog_that_nobody_touched_are_in_the_model() -> None:
    little_shop()
    world.product("new mug")
    world.product("gone", active=False)
    run = train(tune=False)
    model = artifacts.read(queries.model_path(run.artifact), run.checksum)
    assert list(model.products) == ["cup", "mug", "new mug", "pot"]
    assert run.metrics["catalog"] == {"products": 4, "interacted": 3, "catalog_only": 1}


def test_a_worse_recipe_is_kept_back_and_the_live_model_stays() -> None:
    shop_of_pairs()
    good = train(tune=False, learn_blends=False)
    assert good.is_live
    worse = train(tune=False, learn_blends=False, parts={"taste": {"min_people": 1_000}, "own": {"floor": 1.0}})
    assert not worse.is_live
    assert worse.verdict.startswith("kept back: not better than the live model: -")
    assert worse.metrics["against_live"]["run"] == good.pk
    assert queries.live_run() == good
    with pytest.raises(services.ReasonMissingError, match="was kept back"):
        services.promote(worse.pk, reason="  ")
    assert queries.live_run() == good
    forced = services.promote(worse.pk, reason="to compare it")
    assert (queries.live_run(), forced.override_reason) == (forced, "to compare it")
    again = services.promote(good.pk)  # it was live before: no reason is needed
    assert (queries.live_run(), again.override_reason) == (good, "")


def test_where_what_is_learned_anew_is_worse_the_live_recipe_learns_from_the_newer_events() -> None:
    shop_of_pairs()
    asked = {"tune": False, "learn_blends": False, "parts": {"taste": {"min_people": 1_000}}}
    first = train(**asked)
    better = {**first.params["parts"], "taste": {**first.params["parts"]["taste"], "params": {"min_people": 2}}}
    ModelRun.objects.filter(pk=first.pk).update(params={**first.params, "parts": better})
    second = train(**asked)
    assert second.params["parts"]["taste"]["params"]["min_people"] == 2
    assert second.metrics["against_live"]["difference"] == 0
    assert second.is_live
    assert second.verdict.startswith("the live model's recipe on newer events")


def test_a_click_years_after_all_else_neither_hides_it_nor_is_the_whole_test() -> None:
    shop_of_pairs()
    first = train(tune=False)
    world.view(world.identifier("anonymous_id", "a1"), "a1", at=NOW)
    Order.objects.update(placed_at=F("placed_at") - timedelta(days=4_000))
    OrderLine.objects.update(occurred_at=F("occurred_at") - timedelta(days=4_000))
    second = train(tune=False)
    assert second.metrics["tasks"].keys() == first.metrics["tasks"].keys()
    scores = [
        artifacts.read(queries.model_path(run.artifact), run.checksum).parts["popularity"].arrays()["scores"]
        for run in (first, second)
    ]
    assert len(scores[0]) == len(scores[1]) == 24
    assert scores[1][0] == pytest.approx(scores[0][0], rel=0.2)


def shop_of_pairs(people: int = 60) -> None:
    """Two tastes: each person buys six products of one of them, one every ten days."""
    for number in range(people):
        who = world.identifier("user_id", f"u{number}")
        for turn in range(7):
            product_id = f"{'ab'[number % 2]}{(number * 7 + turn * (1 + number % 3)) % 12}"
            world.order(who, product_id, at=NOW - timedelta(days=10 * (7 - turn), minutes=number))
