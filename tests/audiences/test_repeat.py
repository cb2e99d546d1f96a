"""The likelihood to buy again: learned from made-up people, and of a shop with orders; the future tells nothing."""

from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from audiences.models import RfmRun
from audiences.queries.repeat import Standing, refused_training, standing
from audiences.repeat import Figures, TooLittleError, in_words, learn
from audiences.services import rfm
from audiences.services.repeat import NO_BETTER, PUBLISHED, TOO_LITTLE
from commerce.models import Order
from consent.contracts import ML_TRAINING
from profiles.models import Identifier
from segments.services.computed import write_values
from tests.audiences.shop import NOW, Shop
from tests.audiences.test_rfm_refresh import five

NO_TRAINING = {"context": {"consent": {"categoryPreferences": {ML_TRAINING: False}}}}
database = pytest.mark.django_db(transaction=True)


def people(*, days: Iterable[float], orders: Iterable[float], again: Iterable[bool]) -> Figures:
    recency = np.asarray(list(days), dtype=np.float64)
    many = np.asarray(list(orders), dtype=np.float64)
    return Figures(recency, many, np.full(len(many), 10.0), recency + 10, np.asarray(list(again), dtype=np.bool_))


def regulars(size: int = 400) -> Figures:
    """Who ordered more than 10 times buys again; when they ordered last says nothing."""
    numbers = range(size)
    return people(
        days=[number % 7 * 10 + 1 for number in numbers],
        orders=[1 + number % 20 for number in numbers],
        again=[number % 20 >= 10 for number in numbers],
    )


def test_who_buys_again_is_ranked_first_and_the_recency_rule_is_told_beside_it() -> None:
    model = learn([regulars()], regulars(200))
    assert model.auc == 1.0
    assert round(model.recency_auc, 4) == 0.4911
    assert model.is_better
    assert (model.rows, model.tested, model.tested_again) == (400, 200, 100)
    told = model.likelihoods(people(days=[5, 5, 5], orders=[1, 11, 20], again=[False] * 3))
    assert 0 <= told[0] < told[1] < told[2] <= 1
    assert told.tolist() == [round(each, 4) for each in told.tolist()]
    assert in_words(model.weights.tolist())[0].startswith("The more orders, the more likely (odds × ")


def test_an_auc_is_the_share_of_pairs_that_stand_right() -> None:
    """Of all pairs of one who bought again and one who did not: right ones count 1, equal ones ½."""
    model = learn([regulars()], held_out := regulars(200))
    again, days = held_out.again, held_out.recency_days
    pairs = np.sign(days[~again][None, :] - days[again][:, None])
    assert model.recency_auc == pytest.approx(((pairs + 1) / 2).mean(), abs=1e-12)


def test_what_the_recency_rule_knows_already_is_not_better() -> None:
    lately = people(days=range(1, 301), orders=[1] * 300, again=[day <= 150 for day in range(1, 301)])
    model = learn([lately], lately)
    assert (model.auc, model.recency_auc, model.is_better) == (1.0, 1.0, False)


def test_what_came_after_the_held_out_instant_is_not_learned() -> None:
    past, held_out = regulars(), regulars(200)
    shuffled = Figures(
        held_out.recency_days, held_out.orders, held_out.revenue, held_out.tenure_days, held_out.again[::-1].copy()
    )
    one, other = learn([past], held_out), learn([past], shuffled)
    assert one.likelihoods(past).tolist() == other.likelihoods(past).tolist()
    assert other.auc < one.auc


@pytest.mark.parametrize(
    ("past", "held_out", "message"),
    [
        ([], regulars(), "the snapshots to learn from: 0 buyers, 0 of whom bought again within 90 days. It takes 200"),
        ([regulars(199)], regulars(), "the snapshots to learn from: 199 buyers"),
        ([regulars()], regulars(40), "the held-out snapshot: 40 buyers, 20 of whom"),
        ([people(days=[1] * 300, orders=[1] * 300, again=[False] * 300)], regulars(), "300 buyers, 0 of whom"),
    ],
)
def test_too_few_are_said_and_not_guessed(past: list[Figures], held_out: Figures, message: str) -> None:
    with pytest.raises(TooLittleError, match=message):
        learn(past, held_out)


def test_weights_are_told_in_words_the_strongest_first() -> None:
    assert in_words([-0.6931, 0.5, 0.01, -0.1]) == [
        "The longer ago the last order, the less likely (odds × 0.50 a step)",
        "The more orders, the more likely (odds × 1.65 a step)",
        "The longer ago the first order, the less likely (odds × 0.90 a step)",
        "More they spent: hardly any difference",
    ]


class Past(Shop):
    """Years of orders of many, written as they would have been folded."""

    def known(self, users: Iterable[str], **more: Any) -> None:
        """They are somebody from here on."""
        self.happened(*({**self.identify(user), **more} for user in users))
        self.ids = dict(Identifier.objects.filter(kind="user_id").values_list("value", "pk"))

    def bought(self, user: str, days_ago: Iterable[float], *, revenue: float = 20, status: str = "placed") -> None:
        """An order on each of these days."""
        Order.objects.bulk_create(
            Order(
                order_id=f"{user}/{day}",
                identifier_id=self.ids[user],
                status=status,
                currency="EUR",
                revenue=revenue,
                placed_at=NOW - timedelta(days=day),
                digest=b"",
            )
            for day in days_ago
        )


def regular_shop() -> Past:
    """Half come every 30 days since two years, half every 200: who came last says less than who comes often."""
    shop = Past()
    shop.known([f"{kind}-{number}" for kind in ("often", "seldom") for number in range(105)])
    for number in range(105):
        shop.bought(f"often-{number}", [30 * at + 29.5 - number / 4 for at in range(25)])
        shop.bought(f"seldom-{number}", [200 * at + 1.9 * number + 0.5 for at in range(4)])
    return shop


@database
def test_everybody_with_an_order_is_scored_where_the_model_beats_the_recency_rule() -> None:
    shop = regular_shop()
    shop.known(("looks",))
    shop.known(("often-3",), **NO_TRAINING)
    told = rfm.refresh(NOW)[0].repeat
    assert RfmRun.objects.get().repeat == told
    assert (told["state"], told["people"], told["snapshots"]) == (PUBLISHED, 210, [180, 270, 360, 450])
    assert sum(told["left_out"].values()) == 1
    assert (told["tested"], told["tested_at"]) == (209, (NOW - timedelta(days=90)).isoformat())
    assert told["auc"] > told["recency_auc"] > 0.5
    often, seldom = shop.values("often-3"), shop.values("seldom-3")
    assert often["score.repeat"] > 0.5 > seldom["score.repeat"]
    assert often["score.repeat.at"] == NOW.isoformat()
    assert shop.values("looks") == {}
    likely = shop.segment({"score": "repeat", "is": "gte", "value": 0.5})
    assert shop.profile("often-3") in shop.members(likely)
    assert shop.profile("seldom-3") not in shop.members(likely)


@database
def test_the_future_changes_no_figure_no_weight_and_no_score() -> None:
    shop = regular_shop()
    before = rfm.refresh(NOW)[0].repeat
    scores = {user: shop.values(user)["score.repeat"] for user in ("often-3", "seldom-3", "seldom-90")}
    cut = NOW - timedelta(days=90)
    stood = standing(cut, NOW, "EUR")
    shop.bought("seldom-3", [-1, -2, -40])
    assert rfm.refresh(NOW)[0].repeat == before
    assert {user: shop.values(user)["score.repeat"] for user in scores} == scores
    later = list(Order.objects.filter(placed_at__gt=cut).order_by("pk"))
    owners = [order.identifier_id for order in reversed(later)]
    for order, owner in zip(later, owners, strict=True):
        order.identifier_id, order.revenue = owner, Decimal(order.pk % 900)
    Order.objects.bulk_update(later, ["identifier_id", "revenue"])
    assert Order.objects.filter(order_id="often-4/118.5").update(status="cancelled", refunded=20) == 1
    assert figures(standing(cut, NOW, "EUR")) == figures(stood)
    after = rfm.refresh(NOW)[0].repeat
    assert after["weights"] == before["weights"]
    assert after["auc"] != before["auc"]


def figures(people: Standing) -> list[list[float]]:
    told = people.figures
    return [each.tolist() for each in (told.recency_days, told.orders, told.revenue, told.tenure_days)]


@database
def test_of_the_past_only_what_was_known_then() -> None:
    shop = Past()
    shop.known(("ann", "bob", "cid"))
    shop.bought("ann", [300, 110], revenue=30)
    shop.bought("ann", [20])
    shop.bought("bob", [100], status="cancelled")
    shop.bought("bob", [50], status="cancelled")
    shop.bought("cid", [80])
    found = standing(NOW - timedelta(days=90), NOW, "EUR")
    place = {one: number for number, one in enumerate(found.ids())}
    ann, bob = place[shop.profile("ann")], place[shop.profile("bob")]
    assert len(place) == 2
    assert [each[ann] for each in figures(found)] == [20.0, 2.0, 60.0, 210.0]
    assert [each[bob] for each in figures(found)] == [10.0, 1.0, 20.0, 10.0]
    assert (found.figures.again[ann], found.figures.again[bob]) == (True, False)
    assert (found.kept[ann], found.kept[bob]) == (True, False)


@database
def test_who_allows_no_training_is_scored_but_not_learned_from() -> None:
    shop = Past()
    shop.known(("ann", "bob"))
    shop.known(("cid",), **NO_TRAINING)
    everybody = {shop.profile(user) for user in ("ann", "bob", "cid")}
    refused, reasons = refused_training(everybody, NOW, lambda done, total: None)
    assert refused == {shop.profile("cid")}
    assert sum(reasons.values()) == 1


@database
def test_a_short_past_is_said_and_takes_the_scores_away() -> None:
    shop = Shop()
    five(shop)
    write_values({shop.profile("ann"): {"score.repeat": 0.5, "score.repeat.at": "then"}}, ["score.repeat"], NOW)
    run, changed = rfm.refresh(NOW)
    assert (run.people, changed) == (5, 5)
    assert run.repeat == {
        "state": TOO_LITTLE,
        "why": "orders reach back 41 days. It takes 270 days: to learn from, and to measure on what came after",
        "people": 0,
    }
    assert "score.repeat" not in shop.values("ann")
    assert "score.repeat.at" not in shop.values("ann")
    assert shop.values("ann")["rfm.r"] == 5


@database
def test_what_does_not_beat_the_recency_rule_is_not_published() -> None:
    """Regulars stop one day, and only those who came last before the held-out instant come again."""
    shop = Past()
    shop.known(
        [f"often-{n}" for n in range(105)] + [f"seldom-{n}" for n in range(65)] + [f"new-{n}" for n in range(40)]
    )
    for number in range(105):
        shop.bought(f"often-{number}", [30 * at + 100 + number / 4 for at in range(22)])
    for number in range(65):
        shop.bought(f"seldom-{number}", [200 * at + 101 + 3 * number for at in range(3)])
    for number in range(40):
        shop.bought(f"new-{number}", [91 + number / 10, 50])
    write_values({shop.profile("new-1"): {"score.repeat": 0.5}}, ["score.repeat"], NOW)
    told = rfm.refresh(NOW)[0].repeat
    assert (told["state"], told["people"], told["recency_auc"]) == (NO_BETTER, 0, 1.0)
    assert told["auc"] < 1
    assert "score.repeat" not in shop.values("new-1")
