"""Results of experiments through the real services: who is counted, what they did, and what may be said of it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cdp.alarms.models import Alarm
from cdp.jobs.contracts import JobRefused
from cdp.jobs.models import Job
from cdp.lib.hashing import identifier_hash
from experiments.contracts import NewExposure
from experiments.models import Experiment, Exposure, Result
from experiments.queries.results import latest_result, result_times
from experiments.queries.units import unit_hash
from experiments.services import note_exposures
from experiments.services.drafting import ExperimentRefusedError
from experiments.services.life import set_global_holdout, stop
from experiments.services.results import daily_slice, refresh
from experiments.stats.results import ExperimentResult, MetricResult
from profiles.models import Identifier
from segments.models import Membership
from tests.audiences.shop import Shop

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 3, 12, 15, tzinfo=UTC)
DAY = timedelta(days=1)
GOALS = [
    {"name": "Bought", "kind": "conversion", "event": "Order Completed", "within_days": 7},
    {"name": "Revenue", "kind": "revenue", "cap": 100},
    {"name": "Basket", "kind": "ratio", "numerator": {"event": "Order Completed", "property": "revenue"},
     "denominator": {"event": "Order Completed"}},
]  # fmt: skip
GUARDRAILS = [{"name": "Looks", "kind": "count", "event": "Product Viewed", "direction": "down"}]
EACH = 130
CONTROL_BUYS, TREATED_BUYS = 12, 60


class Trial(Shop):
    """An experiment that began 12 days ago; everybody met it 10 days ago."""

    def __init__(self, **more: Any) -> None:
        super().__init__()
        self.experiment = Experiment.objects.create(
            key="hero", name="Hero", salt="s", variants={"a": 0.5, "b": 0.5}, control="a", state="running",
            goals=GOALS, guardrails=GUARDRAILS, started_at=NOW - 12 * DAY, **more,
        )  # fmt: skip

    def met(self, variant: str, *users: str, days_ago: float = 10, kind: str = "user_id") -> None:
        """First exposures, with the identifier of whoever is known by then."""
        at = NOW - days_ago * DAY
        known = dict(Identifier.objects.filter(kind=kind, value__in=users).values_list("value", "id"))
        units = {user: unit_hash(identifier_hash(kind, user)) for user in users}
        seen = [NewExposure("hero", unit, variant, at, known.get(user)) for user, unit in units.items()]
        assert note_exposures(seen) == len(users)

    def people(self) -> None:
        """So many a side: some buy two days after, some had bought before, everybody looks."""
        sides = {"a": [f"a{n}" for n in range(EACH)], "b": [f"b{n}" for n in range(EACH)]}
        everybody = [user for users in sides.values() for user in users]
        self.happened(*(self.order(user, f"{user}/before", 40, days_ago=20) for user in everybody[::5]))
        items = []
        for side, users in sides.items():
            buys = CONTROL_BUYS if side == "a" else TREATED_BUYS
            items += [self.track(user, "Product Viewed", days_ago=9) for user in users[1:]]
            items += [self.order(user, f"{user}/after", 40, days_ago=8) for user in users[:buys]]
            self.met(side, *users)
        items.append(self.order("a50", "a50/late", 40, days_ago=2.9))
        items.append(self.order("a51", "a51/of another currency", 40, days_ago=8, currency="USD"))
        items.append(self.order("b0", "b0/large", 999, days_ago=7))
        self.happened(*items)


def named(found: ExperimentResult, name: str) -> MetricResult:
    return next(one for one in found.metrics if one.name == name)


def test_a_planted_effect_comes_out_and_wins() -> None:
    shop = Trial()
    shop.people()
    found = refresh(shop.experiment, NOW)
    assert (found.people, found.exposures, found.open, found.left_out, found.days) == (260, 260, 0, {}, 12)
    assert Exposure.objects.filter(identifier_id=None).count() == 0
    bought = named(found, "Bought")
    told = {one.variant: (one.people, one.total, one.doers) for one in bought.variants}
    assert told == {"a": (EACH, CONTROL_BUYS + 1, CONTROL_BUYS + 1), "b": (EACH, TREATED_BUYS, TREATED_BUYS)}
    b = bought.variants[1]
    assert b.absolute is not None
    assert b.absolute.low > 0
    assert b.absolute.low < b.absolute.fixed_low < b.absolute.value < b.absolute.fixed_high < b.absolute.high
    assert (b.is_better, b.is_worse) == (True, False)
    assert (bought.variance_removed or 0) > 0
    revenue = named(found, "Revenue")
    assert (revenue.currency, revenue.cap, revenue.capped) == ("EUR", 100, 1)
    assert [one.total for one in revenue.variants] == [40 * CONTROL_BUYS, 40 * (TREATED_BUYS - 1) + 100]
    basket = named(found, "Basket")
    assert basket.variants[0].mean == pytest.approx(40 * CONTROL_BUYS / (CONTROL_BUYS + 1))
    looks = named(found, "Looks")
    assert (looks.role, looks.variants[1].mean, looks.variants[1].is_worse) == ("guardrail", 129 / 130, False)
    assert (found.verdict.state, found.verdict.winner) == ("winner", "b")
    assert all(check.is_met for check in found.verdict.checks)
    assert found.sample_ratio.p_value == 1.0
    the_series_grows_by_day_to_what_is_told_in_the_end(found)
    first = refresh(shop.experiment, NOW - DAY)
    assert latest_result("hero") == found != first
    assert result_times("hero") == [NOW, NOW - DAY]


def the_series_grows_by_day_to_what_is_told_in_the_end(found: ExperimentResult) -> None:
    of_b = [one for one in named(found, "Bought").days if one.variant == "b"]
    assert [(one.day.isoformat(), one.people, round(one.mean, 3)) for one in of_b[:6]] == [
        ("2026-02-28", 0, 0.0),
        ("2026-03-01", 0, 0.0),
        ("2026-03-02", 130, 0.0),
        ("2026-03-03", 130, 0.0),
        ("2026-03-04", 130, round(60 / 130, 3)),
        ("2026-03-05", 130, round(60 / 130, 3)),
    ]
    assert of_b[-1].absolute == named(found, "Bought").variants[1].absolute
    assert of_b[0].relative is None


def test_who_crossed_refused_or_was_never_heard_of_is_left_out_and_counted() -> None:
    shop = Trial()
    shop.people()
    shop.met("a", "two-sided", "refuser", "never heard of")
    shop.met("b", "browser", kind="anonymous_id", days_ago=9)
    shop.send(
        shop.identify("two-sided", anonymous="browser", days_ago=8),
        shop.identify("refuser", days_ago=9) | {"context": {"consent": {"categoryPreferences": {"analytics": False}}}},
        settle=False,
    )
    shop.happened(shop.order("two-sided", "two", 40, days_ago=7))
    found = refresh(shop.experiment, NOW)
    assert found.left_out == {"crossed": 1, "refused": 1, "unknown": 1}
    assert (found.people, found.exposures) == (260, 264)
    assert named(found, "Bought").variants[0].total == CONTROL_BUYS + 1


def test_of_uneven_shares_who_crossed_counts_where_they_met_it_first() -> None:
    """Left out they would be most of the small side's people with two browsers, and few of the other's."""
    shop = Trial()
    Experiment.objects.filter(pk=shop.experiment.pk).update(variants={"a": 0.9, "b": 0.1})
    shop.experiment.refresh_from_db()
    shop.met("b", *(f"phone{n}" for n in range(10)), kind="anonymous_id")
    shop.met("a", *(f"laptop{n}" for n in range(90)), kind="anonymous_id")
    shop.met("a", *(f"u{n}" for n in range(10)), days_ago=9)
    shop.happened(*(shop.identify(f"u{n}", anonymous=f"phone{n}", days_ago=8) for n in range(10)))
    shop.happened(*(shop.identify(f"v{n}", anonymous=f"laptop{n}", days_ago=8) for n in range(90)))
    found = refresh(shop.experiment, NOW)
    assert (found.sample_ratio.heads, found.left_out) == ({"a": 90, "b": 10}, {})


def test_another_share_of_the_global_holdout_is_measured_anew() -> None:
    shop = Trial()
    users = [f"u{n}" for n in range(60)]
    shop.happened(*(shop.identify(user, days_ago=9) for user in users))
    ids = dict(Identifier.objects.values_list("value", "id"))

    def met(some: list[str], variant: str, days_ago: float) -> None:
        at = NOW - days_ago * DAY
        units = {user: unit_hash(identifier_hash("user_id", user)) for user in some}
        note_exposures([NewExposure("global-holdout", units[one], variant, at, ids[one]) for one in some])

    set_global_holdout(0.01, NOW - 8 * DAY)
    met(users[:30], "treated", 7)
    row = set_global_holdout(0.5, NOW - 6 * DAY)
    assert set_global_holdout(0.5, NOW).started_at == row.started_at
    met(users[30:45], "holdout", 5)
    met(users[45:], "treated", 5)
    found = refresh(Experiment.objects.get(key="global-holdout"), NOW)
    assert (found.sample_ratio.heads, found.left_out) == ({"holdout": 15, "treated": 15}, {"before": 30})
    assert not found.sample_ratio.is_alarming
    assert found.metrics[0].name == "Revenue"
    with pytest.raises(ExperimentRefusedError, match="set on the list"):
        stop(row.pk, NOW, winner="treated", note="somebody typed this address")


def test_by_segment_people_stand_where_they_stood_when_they_met_it() -> None:
    shop = Trial()
    shop.people()
    vip = shop.segment({"trait": "vip", "is": "eq", "value": "yes"}, slug="vip")
    were = [*(f"a{n}" for n in range(60)), *(f"b{n}" for n in range(60))]
    profiles = dict(
        Identifier.objects.filter(kind="user_id", value__in=[*were, "a99"]).values_list("value", "profile_id")
    )
    at = {"segment_id": vip, "version": 1}
    Membership.objects.bulk_create(
        Membership(profile_id=profiles[one], entered_at=NOW - 30 * DAY, left_at=NOW - 9 * DAY, **at) for one in were
    )
    Membership.objects.create(profile_id=profiles["a99"], entered_at=NOW - 9 * DAY, **at)
    found = refresh(shop.experiment, NOW, segments=["vip"])
    assert Result.objects.get().segments == ["vip"]
    (one,) = found.slices
    assert (one.segment, one.people, [each.people for each in one.variants]) == ("vip", 120, [60, 60])
    assert [each.doers for each in one.variants] == [CONTROL_BUYS + 2 - 1, TREATED_BUYS]
    assert one.variants[1].is_better


def test_an_uneven_split_alarms_and_nothing_wins() -> None:
    shop = Trial()
    shop.people()
    shop.met("b", *(f"more{n}" for n in range(120)))
    shop.happened(*(shop.track(f"more{n}", "Product Viewed", days_ago=9) for n in range(120)))
    found = refresh(shop.experiment, NOW)
    assert (found.verdict.state, found.verdict.winner) == ("broken", "")
    assert Alarm.objects.get(code="experiments.sample_ratio", key="hero").cleared_at is None
    Experiment.objects.filter(key="hero").update(state="stopped", stopped_at=NOW)
    refresh(Experiment.objects.get(key="hero"), NOW + DAY)
    assert Alarm.objects.get(code="experiments.sample_ratio", key="hero").cleared_at is not None


def test_a_result_is_due_once_a_day_while_it_runs() -> None:
    shop = Trial()
    assert (daily_slice(now=NOW), daily_slice(now=NOW)) == (1, 0)
    assert Job.objects.get().params == {"experiment": "hero", "segments": []}
    Job.objects.update(state="done")
    found = refresh(shop.experiment, NOW)
    assert (found.people, found.verdict.state) == (0, "undecided")
    assert (daily_slice(now=NOW + timedelta(hours=2)), daily_slice(now=NOW + DAY)) == (0, 1)


def test_a_goal_that_cannot_be_read_is_refused_with_its_path() -> None:
    shop = Trial()
    shop.experiment.goals = [{"name": "x", "kind": "sum"}]
    with pytest.raises(JobRefused, match=r"\$\.goals\[0\]\.kind"):
        refresh(shop.experiment, NOW)
    assert not Result.objects.exists()
