"""The live model is watched: each alarm is raised by its cause, says how to mend it, and is cleared without it."""

from datetime import timedelta

import pytest

from cdp.alarms.queries import open_alarms
from cdp.jobs.models import Job
from recommendations import services
from recommendations.models import Earning, ModelRun
from recommendations.services.watching import FEWEST_PRODUCTS, FEWEST_TOUCHES, watch
from tests.recommendations import world
from tests.recommendations.world import NOW

pytestmark = pytest.mark.django_db


def codes() -> list[str]:
    return [alarm.code for alarm in open_alarms()]


def live() -> ModelRun:
    return world.go_live(world.small_model(("mug", "cup"), [2, 1], {("mug", "cup"): 1.0}))


def test_without_a_model_there_is_nothing_to_watch() -> None:
    assert services.watch_slice() == 0
    assert codes() == []


def test_a_model_that_stands_still_while_orders_flow_is_an_alarm() -> None:
    run, who = live(), world.identifier("user_id", "u1")
    world.order(who, "mug", at=NOW + timedelta(days=6))
    watch(run, NOW)
    assert codes() == []
    world.order(who, "mug", at=NOW + timedelta(days=8))
    watch(run, NOW)
    (alarm,) = open_alarms()
    assert alarm.code == "recommendations.stale"
    assert "has learned nothing since 1 March 2026" in alarm.message
    ModelRun.objects.filter(pk=run.pk).update(trained_until=NOW + timedelta(days=8))
    run.refresh_from_db()
    watch(run, NOW)
    assert codes() == []


def test_many_new_products_are_an_alarm_and_train_at_once_but_not_every_hour() -> None:
    run = live()
    world.products("mug", *(f"new-{number}" for number in range(FEWEST_PRODUCTS - 1)))
    watch(run, NOW)
    assert (codes(), Job.objects.count()) == ([], 0)
    world.product("one more")
    for _ in range(2):
        watch(run, NOW)
    assert (codes(), Job.objects.filter(kind=services.TRAIN).count()) == (["recommendations.catalog"], 1)


def test_people_who_look_at_what_the_model_does_not_know_are_an_alarm() -> None:
    run, who = live(), world.identifier("anonymous_id", "a1")
    for number in range(FEWEST_TOUCHES):
        world.view(who, "mug" if number % 3 else "strange", at=NOW - timedelta(minutes=number + 1))
    watch(run, NOW)
    (alarm,) = open_alarms()
    assert alarm.code == "recommendations.drift"
    assert alarm.message.startswith("34% of what people looked at")


def test_a_fall_of_clicks_is_an_alarm_where_enough_was_seen() -> None:
    run = live()
    for days_ago, clicks in ((10, 300), (1, 100)):
        day = (NOW - timedelta(days=days_ago)).date()
        Earning.objects.create(day=day, placement="home", model_run=run.pk, impressions=3_000, clicks=clicks)
    watch(run, NOW)
    (alarm,) = open_alarms()
    assert alarm.code == "recommendations.clicks"
    assert "3.33% of those seen in the last 3 days, 10.00%" in alarm.message
    Earning.objects.update(impressions=500, clicks=10)
    watch(run, NOW)
    assert codes() == []


def figures(run: ModelRun, ours: float, popularity: float, *, cases: int = 100) -> None:
    marks = {"ndcg": ours, "ndcg_low": ours - 0.01, "ndcg_high": ours + 0.01, "cases": cases}
    run.metrics = {"tasks": {"person": {"new": {"model": marks, "popularity": {"ndcg": popularity}}}}}
    run.save(update_fields=["metrics"])


def test_a_live_model_that_is_worse_than_popularity_is_an_alarm_until_it_is_better() -> None:
    run = live()
    figures(run, 0.1, 0.2)
    watch(run, NOW)
    (alarm,) = open_alarms()
    assert alarm.code == "recommendations.worse"
    assert "does worse than the popular list: 0.100 to 0.200 on 100 questions" in alarm.message
    figures(run, 0.1, 0.2, cases=10)
    watch(run, NOW)
    assert codes() == []


def test_a_figure_clearly_below_that_of_the_live_run_before_is_an_alarm() -> None:
    before, after = live(), live()
    figures(before, 0.30, 0.1)
    figures(after, 0.29, 0.1)
    watch(after, NOW)
    assert codes() == []
    figures(after, 0.25, 0.1)
    watch(after, NOW)
    (alarm,) = open_alarms()
    assert alarm.code == "recommendations.fallen"
    assert "person NDCG 0.250 after 0.300" in alarm.message
