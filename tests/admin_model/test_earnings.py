"""What placements earn: figures, the sentence beside the holdout, periods, models."""

from datetime import timedelta

import pytest

from cdp.lib.clock import utc_now
from recommendations.models import Placement
from tests.admin_model import world
from tests.admin_model.test_runs import words

pytestmark = pytest.mark.django_db
PAGE = "/admin/model/earnings/"


def counts(answers: int, clicked: int) -> dict[str, int]:
    return {
        "answers": answers,
        "impressions": answers * 8,
        "clicked": clicked,
        "clicks": clicked,
        "added": clicked // 4,
    }


def test_before_anything_was_seen_the_page_teaches() -> None:
    page = words(world.staff("analyst"), PAGE)
    assert "Nothing was earned yet" in page
    assert "/v1/recommendations/feedback" in page


def test_a_placement_that_does_better_than_its_holdout_says_so_with_its_interval() -> None:
    Placement.objects.create(key="home-top", name="Top of the home page")
    run = world.run(live=True)
    world.earned("home-top", "treated", run.pk, counts(20_000, 1_200), euros="1204.50")
    world.earned("home-top", "holdout", run.pk, counts(20_000, 800), euros="700")
    page = words(world.staff("analyst"), PAGE)
    assert "1 placement does better than what is popular; 320,000 products seen in the last 28 days" in page
    assert "Top of the home page" in page
    assert "Something is clicked more often than in the holdout: +2.0 points, 50 % more" in page
    assert "€5.95" in page  # 1,904.50 of 320,000 impressions, per thousand
    assert f"Model #{run.pk}" in page


def test_too_few_answers_are_said_to_be_too_few() -> None:
    world.earned("home-top", "treated", 1, counts(1_000, 60))
    world.earned("home-top", "holdout", 1, counts(204, 10))
    page = words(world.staff("analyst"), PAGE)
    assert "Nothing can be told apart from the holdout yet" in page
    assert "Cannot be told apart yet: 1,204 answers seen, about 58,000 needed." in page


def test_of_next_to_nothing_there_are_counts_and_no_conclusions() -> None:
    world.earned("home-top", "treated", 1, counts(1, 1), euros="5")
    world.earned("home-top", "holdout", 1, counts(99, 2))
    page = words(world.staff("analyst"), f"{PAGE}?placement=home-top")
    assert "Nothing can be told apart from the holdout yet" in page
    assert "Too few to compare: 1 answer seen with recommendations and 99 in the holdout; from 100 each on" in page
    assert "100 answers with 800 products seen so far: counts stand here until there are 100 answers and 1,000" in page
    assert "1 of 1<" in page
    for text in ("points", "100.0 %", "needed.", "No difference"):
        assert text not in page, text


def test_a_placement_without_a_holdout_says_that_nobody_can_know() -> None:
    world.earned("home-top", "", 0, counts(1_000, 60))
    world.earned("api:similar", "", 0, counts(10, 1))
    page = words(world.staff("analyst"), PAGE)
    assert "none of it beside a holdout" in page
    assert "nobody can know what it earns beyond what is popular" in page
    assert "Asked for by strategy: similar" in page
    assert "Before any model" in page


def test_periods_look_back_as_far_as_they_say_and_one_placement_has_its_days() -> None:
    world.earned("old", "", 0, counts(100, 1), on=utc_now() - timedelta(days=60))
    world.earned("new", "", 0, counts(100, 1))
    client = world.staff("analyst")
    assert ">new</a>" in words(client, f"{PAGE}?days=7")
    assert ">old</a>" not in words(client, PAGE)
    assert ">old</a>" in words(client, f"{PAGE}?days=90")
    one = client.get(f"{PAGE}?placement=new&days=28")
    (chart,) = one.context["charts"]
    assert len(chart.labels) == 28
    assert chart.series[0].values[-1] == 1.0
    assert client.get(f"{PAGE}?days=5").status_code == 404
