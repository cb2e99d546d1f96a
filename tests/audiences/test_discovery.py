"""Groups: found again where they were planted, described in words, approximated by rules that are really asked."""

from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from audiences.discovery import TooFewError, approximate, cluster, describe, features_of
from audiences.discovery.features import SPARSE
from audiences.models import DiscoveryRun, Proposal
from audiences.queries.discovery import looked_at, measured
from audiences.services import discovery, rfm
from consent.contracts import ANALYTICS
from segments.halves import joined
from segments.rules import parse_rule
from tests.audiences.shop import NOW, Shop

FEATURES = features_of(["Hats", "Shoes"], ["mobile"], "EUR")
PLACE = {feature.column: place for place, feature in enumerate(FEATURES)}


def people(number: int, seed: int = 1, **means: float) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Made-up people: those features have these means, about; others are 0."""
    random = np.random.default_rng(seed)
    values = np.zeros((number, len(FEATURES)))
    for name, mean in means.items():
        spread = random.uniform(0.8, 1.2, number) * mean
        values[:, PLACE[name]] = np.clip(spread, 0, 1) if FEATURES[PLACE[name]].is_share else np.round(spread)
    return values


def three() -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.vstack(
        [
            people(120, 1, recency=10, orders=12, revenue=900, c0=14),
            people(200, 2, recency=300, orders=1, revenue=30, c1=1),
            people(80, 3, recency=40, orders=3, revenue=80, views=60, evenings=1.0),
        ]
    )


def test_planted_groups_are_found_and_numbered_by_size() -> None:
    found = cluster(FEATURES, three())
    assert found.count == 3
    assert [found.labels[0], found.labels[150], found.labels[-1]] == [1, 0, 2]
    assert np.bincount(found.labels).tolist() == [200, 120, 80]
    assert found.silhouette > 0.7
    assert max(score for _, _, score in found.tried) == found.silhouette


def test_the_same_people_give_the_same_groups() -> None:
    assert np.array_equal(cluster(FEATURES, three()).labels, cluster(FEATURES, three()).labels)


def test_a_description_says_what_stands_out_and_how_much() -> None:
    values = three()
    hats, _, evening = (describe(FEATURES, values, cluster(FEATURES, values).labels)[place] for place in (1, 0, 2))
    assert hats.title.startswith("Hats buyers")
    assert ("14.1 lines of Hats bought, against 4.2 on average") in [words for words, _ in hats.lines]
    assert "vening shoppers" in evening.title
    lifts = dict(evening.lines)
    assert lifts["95 % of orders in the evening, against 19 % on average"] == pytest.approx(5.0)


def test_titles_differ() -> None:
    values = three()
    labels = np.arange(len(values)) % 3
    titles = [one.title for one in describe(FEATURES, values, labels)]
    assert len(set(titles)) == 3


def test_the_shallowest_rule_that_is_good_enough_is_taken() -> None:
    values = three()
    is_in = np.arange(len(values)) < 120
    found = approximate(FEATURES, values, is_in)
    assert found.f1 == 1.0
    (only,) = [found.rule] if "all" not in found.rule else [None]
    assert only is not None
    assert parse_rule(found.rule).sentence()


def test_a_range_is_two_clauses_and_several_leaves_are_any_of_them() -> None:
    values = people(300, 4, orders=5)
    values[:, PLACE["orders"]] = np.arange(300) % 10
    is_in = (values[:, PLACE["orders"]] >= 3) & (values[:, PLACE["orders"]] <= 5)
    assert approximate(FEATURES, values, is_in).rule == {
        "all": [
            {"trait": "rfm.orders", "is": "gte", "value": 3},
            {"not": {"trait": "rfm.orders", "is": "gte", "value": 6}},
        ]
    }


def test_with_an_order_or_without_is_asked_as_known_or_not() -> None:
    values = people(200, 5, views=3)
    values[:, PLACE["recency"]] = np.where(np.arange(200) < 90, 50.0, SPARSE)
    assert approximate(FEATURES, values, np.arange(200) < 90).rule == {"trait": "rfm.recency_days", "is": "is_set"}


def test_every_clause_is_one_of_the_language() -> None:
    for feature in FEATURES:
        if feature.clause is not None:
            assert parse_rule(feature.clause(2.5)).sentence()


def test_too_few_people_or_all_alike_are_said() -> None:
    with pytest.raises(TooFewError, match="40 people did enough"):
        cluster(FEATURES, people(40, orders=2))
    with pytest.raises(TooFewError, match="nothing tells them apart"):
        cluster(FEATURES, np.ones((80, len(FEATURES))))


def silent(*told: object) -> None:
    pass


def busy(shop: Shop) -> None:
    """Sixty of three kinds: thirty order hats often, twenty bought once long ago, ten only look, in the evening."""
    items: list[dict[str, Any]] = []
    for n in range(30):
        items += [shop.order(f"hat{n}", f"h{n}-{k}", 40 + n, days_ago=3 + 7 * k) for k in range(4 + n % 4)]
    for n in range(20):
        items.append(shop.order(f"old{n}", f"o{n}", 10, days_ago=300 + n))
    for n in range(12):
        items += [
            shop.track(f"look{n}", "Product Viewed", days_ago=2 + k / 10, product_id="p") for k in range(6 + n % 3)
        ]
    shop.happened(*items)


@pytest.mark.django_db(transaction=True)
def test_a_search_keeps_proposals_whose_rules_were_really_asked() -> None:
    shop = Shop()
    busy(shop)
    told: list[str] = []
    run = discovery.discover(NOW, lambda done, total, note: told.append(note))
    assert (run.people, run.sampled, run.left_out, run.clusters) == (62, 62, {}, 3)
    found = {one.people: one for one in run.proposals.all()}
    assert sorted(found) == [12, 20, 30]
    for one in found.values():
        assert (one.precision, one.recall, one.members) == (1.0, 1.0, one.people)
        assert one.share == one.people / 62
    hats = parse_rule(found[30].rule)
    assert "rfm." in hats.sentence()
    segment = shop.segment(found[30].rule)
    assert shop.members(segment) == {shop.profile(f"hat{n}") for n in range(30)}
    assert told[0] == "asking the lake about every order"
    assert any(note.startswith("finding the rule of “") for note in told)


@pytest.mark.django_db(transaction=True)
def test_precision_and_recall_are_those_of_the_rule_on_everybody() -> None:
    shop = Shop()
    busy(shop)
    rfm.refresh(NOW)
    found = looked_at(NOW, silent)
    orders = found.values[:, [feature.column for feature in found.features].index("orders")]
    rule = {"trait": "rfm.orders", "is": "gte", "value": 5}
    real = measured(rule, found.keys, NOW)
    assert real.members == 22
    assert np.array_equal(real.taken, orders >= 5)


@pytest.mark.django_db(transaction=True)
def test_who_does_not_allow_analytics_is_left_out_and_counted() -> None:
    shop = Shop()
    busy(shop)
    refused = {"consent": {"categoryPreferences": {ANALYTICS: False}}}
    shop.happened(*({**shop.identify(f"hat{n}"), "context": refused} for n in range(3)))
    rfm.refresh(NOW)
    found = looked_at(NOW, silent)
    assert found.everybody == 62
    assert len(found.values) == 59
    assert sum(found.left_out.values()) == 3


@pytest.mark.django_db(transaction=True)
def test_the_sample_is_bounded_and_the_same_each_time() -> None:
    shop = Shop()
    busy(shop)
    rfm.refresh(NOW)
    few, again = (looked_at(NOW, silent, sample=10) for _ in range(2))
    assert (few.everybody, len(few.values)) == (62, 10)
    assert few.keys.equals(again.keys)


@pytest.mark.django_db(transaction=True)
def test_others_are_drawn_for_those_who_do_not_allow_analytics() -> None:
    shop = Shop()
    busy(shop)
    rfm.refresh(NOW)
    before = looked_at(NOW, silent, sample=10).keys
    first = joined(before["profile_hi"][0].as_py(), before["profile_lo"][0].as_py())
    refused = {"consent": {"categoryPreferences": {ANALYTICS: False}}}
    names = [f"hat{n}" for n in range(30)] + [f"old{n}" for n in range(20)] + [f"look{n}" for n in range(12)]
    name = next(one for one in names if shop.profile(one) == first)
    shop.happened({**shop.identify(name), "context": refused})
    after = looked_at(NOW, silent, sample=10)
    assert (after.keys.num_rows, sum(after.left_out.values())) == (10, 1)
    assert after.keys.slice(0, 9).equals(before.slice(1))


@pytest.mark.django_db(transaction=True)
def test_a_search_among_too_few_keeps_nothing_and_says_so() -> None:
    shop = Shop()
    shop.happened(shop.order("ann", "1", 10, days_ago=3))
    with pytest.raises(TooFewError, match=r"1 people did enough .* 0 of 1 do not allow analytics"):
        discovery.discover(NOW)
    assert not DiscoveryRun.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_what_was_dismissed_stays_dismissed_in_the_next_search() -> None:
    shop = Shop()
    busy(shop)
    run = discovery.discover(NOW)
    unwanted = run.proposals.get(people=20)
    assert discovery.dismiss(unwanted.pk)
    assert not discovery.dismiss(unwanted.pk)
    later = discovery.discover(NOW + timedelta(minutes=5))
    states = {one.people: one.state for one in later.proposals.all()}
    assert states == {30: "open", 20: "dismissed", 12: "open"}
    assert discovery.restore(later.proposals.get(people=20).pk)
    assert Proposal.objects.get(run=later, people=20).state == "open"
