"""The training job on rows: what is learned, who is left out, what is written, which run is live."""

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from cdp.jobs.models import Job
from cdp.jobs.services import run_slice
from cdp.outbox.models import TopicRow
from consent.contracts import DENIED, ML_TRAINING, NewEntry
from consent.services import record_entries
from recommendations import queries, services, training
from recommendations.contracts import RecommendationRequest
from recommendations.estimators import Kind
from recommendations.models import ModelRun
from recommendations.services import NothingToLearnError
from tests.recommendations import world
from tests.recommendations.world import NOW

pytestmark = pytest.mark.django_db


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
    run = train(min_people=2)
    assert run.is_live
    assert (run.people, run.products, run.interactions) == (12, 3, 24)
    assert run.params["min_people"] == 2
    assert queries.model_path(run.artifact).exists()
    assert set(run.metrics["all"]) == {"popularity", "popularity_all_time", "buy_again", "for_you"}
    assert run.metrics["left_out_for_consent"] == 0
    assert TopicRow.objects.get(topic="model.promoted").payload == {"run_id": run.pk}
    queries.forget_model()
    found = queries.recommend(RecommendationRequest(now=NOW, product_id="cup", n=1))
    assert [item.product_id for item in found] == ["mug"]


def test_nothing_to_learn_from_says_so_and_writes_nothing() -> None:
    with pytest.raises(NothingToLearnError, match="send some, then train"):
        train()
    assert not ModelRun.objects.exists()
    assert not queries.model_path("x").parent.exists()


def test_the_job_reports_progress_and_its_result() -> None:
    little_shop()
    job = services.train_later({"min_people": 2})
    assert run_slice() == 1
    job.refresh_from_db()
    run = ModelRun.objects.get()
    assert (job.state, job.total) == (Job.State.DONE, training.STEPS + 1)
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
    first = train()
    for _ in range(services.FILES_KEPT + 1):
        train()
    live = queries.live_run()
    assert live is not None
    assert queries.model_path(live.artifact).exists()
    assert not queries.model_path(first.artifact).exists()
    assert len(list(queries.model_path("x").parent.iterdir())) == services.FILES_KEPT + 1


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
    assert str(Job.objects.get().pk) in out.getvalue()


def test_the_command_names_a_missing_worker() -> None:
    with pytest.raises(CommandError, match="is a worker running"):
        call_command("train_recommendations", "--wait", "--timeout", "0", stdout=StringIO())


def test_a_training_that_waits_already_is_not_queued_twice() -> None:
    first = services.train_later()
    assert services.train_later() == first
    assert services.train_later({"l2": 50.0}) != first
    assert Job.objects.count() == 2


def test_an_unknown_parameter_queues_nothing() -> None:
    with pytest.raises(ValueError, match="unknown parameter 'speed'"):
        services.train_later({"speed": 1})
    assert not Job.objects.exists()
