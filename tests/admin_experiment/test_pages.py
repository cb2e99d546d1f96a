"""Experiments in the admin: made, planned, started, ended, and opened to those who may."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from cdp.admin_experiment.kept_page import _splits
from cdp.admin_home.groups import apply_rights
from cdp.lib.clock import utc_now
from experiments.models import Experiment, Result
from experiments.services import ensure_experiment
from experiments.services.drafting import save_draft
from experiments.stats.results import (
    DECIDING,
    DayPoint,
    Effect,
    ExperimentResult,
    MetricResult,
    SampleRatio,
    SliceResult,
    VariantResult,
)
from experiments.stats.verdict import verdict
from tests.experiments.world import draft, started
from tests.segments.pages import words

pytestmark = pytest.mark.django_db
LIST, NEW = "/admin/experiments/", "/admin/experiments/new/"
FORM: dict[str, Any] = {
    "name": "Bigger picture", "key": "hero", "hypothesis": "It sells", "traffic": "50", "audience_rule": "",
    "alpha": "5", "min_effect": "10", "layer": "Home", "layer_share": "40", "base": "5", "people_a_day": "2000",
    "deviation": "",
    "variant_key": ["control", "big"], "variant_label": ["As it is", "Big"], "variant_share": ["50", "50"],
    "goals_kind": ["conversion", "revenue"], "goals_event": ["Order Completed", ""],
    "goals_name": ["Orders", "Revenue"],
    "goals_within": ["7", "14"], "goals_direction": ["up", "up"], "goals_property": ["", ""], "goals_below": ["", ""],
    "goals_cap": ["", "99"],
    "guardrails_kind": ["ratio"], "guardrails_event": ["Order Refunded"], "guardrails_below": ["Order Completed"],
    "guardrails_name": ["Refunds"], "guardrails_within": ["7"], "guardrails_direction": ["down"],
    "guardrails_property": [""], "guardrails_cap": [""],
}  # fmt: skip


def staff(group: str) -> Client:
    """Somebody of this group, signed in."""
    apply_rights()
    user = User.objects.create_user(group, is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def marketer() -> Client:
    return staff("marketer")


def result(row: Experiment, *, lift: float = 0.2, days: int = 14) -> ExperimentResult:
    effect = Effect(lift, lift - 0.1, lift + 0.1, lift - 0.06, lift + 0.06)
    money = Effect(0.6, 0.3, 0.9, 0.4, 0.8)
    sides = (
        VariantResult("control", 1_000, 3.0, 3_000.0, 90),
        VariantResult("b", 1_000, 3.0 * (1 + lift), 3_600.0, 95, money, effect, is_better=lift > 0.1),
    )
    now = utc_now()
    course = tuple(DayPoint((now - timedelta(days=n)).date(), "b", 100, 3.0, effect) for n in (2, 1))
    metric = MetricResult("Revenue", "revenue", DECIDING, "up", "EUR", 7, sides, course, variance_removed=0.3)
    ratio = SampleRatio({"control": 1_000, "b": 1_000}, {"control": 1_000.0, "b": 1_000.0}, 1.0, is_alarming=False)
    said = verdict([metric], ratio, days=days, min_effect=0.05)
    found = ExperimentResult(
        row.key, row.version, now, row.started_at, days, 0.05, 0.05, "control", 2_000, 2_010, 50, {"crossed": 3}, ratio,
        (metric,), (SliceResult("vip", "VIPs", 400, sides),), said,
    )  # fmt: skip
    Result.objects.create(experiment=row, at=now, segments=["vip"], body=msgspec.to_builtins(found))
    return found


def test_an_experiment_is_made_as_typed_saved_again_unchanged_and_started(marketer: Client) -> None:
    marketer.post(NEW, FORM | {"what": "save"})
    row = Experiment.objects.select_related("layer").get()
    assert (row.state, row.control, row.variants) == ("draft", "control", {"control": 0.5, "big": 0.5})
    assert (row.traffic, row.min_effect, row.layer and row.layer.name, row.layer_to) == (0.5, 0.1, "Home", 0.4)
    assert row.goals[1] == {
        "name": "Revenue", "kind": "revenue", "event": "Order Completed", "within_days": 14, "direction": "up",
        "cap": {"percentile": 99.0},
    }  # fmt: skip
    assert row.guardrails[0]["denominator"] == {"event": "Order Completed"}
    before = Experiment.objects.values("variants", "labels", "goals", "guardrails", "traffic").get()
    marketer.post(f"{LIST}{row.pk}/edit/", FORM | {"what": "save"})
    assert Experiment.objects.values("variants", "labels", "goals", "guardrails", "traffic").get() == before
    answer = marketer.post(f"{LIST}{row.pk}/edit/", FORM | {"what": "start"})
    assert answer["Location"] == f"{LIST}{row.pk}/"
    row.refresh_from_db()
    assert (row.state, row.layer_from, row.layer_to) == ("running", 0.0, 0.4)
    assert "Nobody met it yet" in words(marketer.get(f"{LIST}{row.pk}/"))


def test_what_is_wrong_stands_beside_its_field_and_what_was_typed_is_kept(marketer: Client) -> None:
    bad = FORM | {"variant_share": ["50", "40"], "goals_event": ["", ""], "min_effect": "lots", "what": "save"}
    page = words(marketer.post(NEW, bad))
    assert "The shares must make 100 % together, not 90 %." in page
    assert all(each in page for each in ("A number, like 2.5.", "Must name an event"))
    assert not Experiment.objects.exists()


def test_the_calculator_says_people_and_weeks_by_what_is_typed_and_what_is_missing(marketer: Client) -> None:
    page = words(marketer.post(NEW, FORM | {"what": "plan"}))
    assert all(each in page for each in ("It takes about", "weeks", "big"))
    assert "Nobody it is about came" in words(marketer.post(NEW, FORM | {"what": "plan", "base": ""}))
    assert not Experiment.objects.exists()


def test_the_page_answers_first_and_shows_groups_days_and_who_is_not_counted(marketer: Client) -> None:
    row = started()
    result(row)
    page = words(marketer.get(f"{LIST}{row.pk}/"))
    assert "“Bigger picture” brings €0.60 more a person (+20.0 %; interval +10.0 % to +30.0 %)" in page
    assert all(each in page for each in ("surely better", "VIPs", "met several variants", "corrected"))
    assert "brings €0.60 more a person" in words(marketer.get(LIST))
    young = started("young")
    result(young, lift=0.02, days=5)
    assert "Too early to say: 2 more days at least" in words(marketer.get(f"{LIST}{young.pk}/"))


def test_it_ends_by_the_results_or_by_a_written_reason_and_runs_on_when_undone(marketer: Client) -> None:
    row = started()
    result(row)
    url = f"{LIST}{row.pk}/"
    page = marketer.post(f"{url}stop/", {"winner": "control", "note": ""}, follow=True)
    assert "do not allow to call it yet" in words(page)
    assert "Stopped: everybody gets “Bigger picture”" in words(
        marketer.post(f"{url}stop/", {"winner": "b"}, follow=True)
    )
    marketer.post(f"{url}undo/")
    marketer.post(f"{url}traffic/", {"traffic": "30"})
    marketer.post(f"{url}words/", {"name": "Bolder", "hypothesis": "", "label_b": "Bold"})
    row.refresh_from_db()
    assert (row.state, row.traffic, row.name, row.labels) == ("running", 0.3, "Bolder", {"b": "Bold"})
    marketer.post(f"{url}stop/", {"winner": ""})
    marketer.post(f"{url}archive/")
    assert "No experiments yet" in words(marketer.get(LIST))
    assert "Bolder" in words(marketer.get(f"{LIST}?archived=yes"))


def test_the_list_takes_as_many_statements_for_three_as_for_one(marketer: Client) -> None:
    marketer.get(LIST)
    counts = []
    for keys in (("one",), ("two", "three")):
        for key in keys:
            result(started(key))
        with CaptureQueriesContext(connection) as found:
            marketer.get(LIST)
        counts.append(len(found))
    assert counts[0] == counts[1]


def test_the_holdout_of_everything_is_set_on_the_list(marketer: Client) -> None:
    marketer.post(f"{LIST}holdout/", {"share": "2,5"})
    assert Experiment.objects.get(key="global-holdout").variants["holdout"] == 0.025
    assert "From 0 to 50%" in words(marketer.post(f"{LIST}holdout/", {"share": "80"}, follow=True))


def test_splits_of_mails_and_placements_are_told_and_a_a_is_shown(marketer: Client) -> None:
    assert "Nothing is split" in words(marketer.get(f"{LIST}kept/"))
    ensure_experiment("placement-home", "Holdout of home", {"holdout": 0.1, "treated": 0.9}, owner="placement:home")
    assert "Holdout of home" in words(marketer.get(f"{LIST}kept/"))
    assert "Holdout of home" not in words(marketer.get(LIST))
    step = {"do": "split", "arms": [{"key": "a", "share": 0.5}]}
    assert list(_splits({"steps": [{"do": "branch", "arms": [{"steps": [step]}]}]})) == [step]
    assert "in which nothing differed" in words(marketer.get(f"{LIST}trust/?days=14&people=200"))


def test_analysts_look_and_change_nothing_and_support_is_not_let_in() -> None:
    row = started()
    drafted = save_draft(draft("later"))
    analyst = staff("analyst")
    assert analyst.get(f"{LIST}{row.pk}/").status_code == analyst.get(f"{LIST}{drafted.pk}/edit/").status_code == 200
    for url in (
        NEW,
        f"{LIST}{row.pk}/stop/",
        f"{LIST}{row.pk}/traffic/",
        f"{LIST}{drafted.pk}/start/",
        f"{LIST}holdout/",
    ):
        assert analyst.post(url, {"traffic": "1", "share": "1"}).status_code == 403, url
    assert staff("support").get(LIST).status_code == 403
    assert not Experiment.objects.exclude(state__in=["running", "draft"]).exists()
