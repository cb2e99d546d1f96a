"""Uplift with people: an experiment's log becomes a score that segments ask; uploads through the pages; rights."""

import io
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from pytest_django import Settings

from cdp.jobs.models import Job
from cdp.jobs.services import run_now
from commerce.models import Order
from consent.contracts import ML_TRAINING, PERSONALIZATION
from experiments.models import Experiment, Exposure, UpliftRun, UpliftUpload
from experiments.queries.uplift import log_of, standing_now
from experiments.services import uplift, uplift_scores
from experiments.services.uplift import UpliftRefusedError
from experiments.uplift.specs import ExperimentSpec
from lake.engines import Spark
from lake.queries.engine import engine
from profiles.models import Identifier
from tests.audiences.shop import NOW, Shop
from tests.experiments.test_uplift_learning import HEAD, ROWS
from tests.lake.sail import serving

pytestmark = pytest.mark.django_db(transaction=True)
ORDERED = {"name": "Ordered", "kind": "conversion", "event": "Order Completed", "within_days": 14}
SPEC = ExperimentSpec("offer", "control", ORDERED)
MET_DAYS_AGO = 30.0
RIGHTS = ("view_upliftrun", "add_upliftrun", "change_upliftrun", "delete_upliftrun")


class Offered(Shop):
    """People who looked at products or did not, half of them offered something; lookers are moved by it."""

    def __init__(self, size: int = 720) -> None:
        super().__init__()
        self.size = size
        looks = [
            self.track(f"p{at}", "Product Viewed", days_ago=MET_DAYS_AGO + 5, product_id="x", category="Shoes")
            for at in range(size) for _ in range(3 if at % 2 else 0)
        ]  # fmt: skip
        more = {3: (ML_TRAINING,), 4: (PERSONALIZATION,)}
        named = [
            self.identify(f"p{at}", days_ago=MET_DAYS_AGO + 40) | _refusing(*more.get(at, ())) for at in range(size)
        ]
        self.happened(*named, *looks)
        self.ids = dict(Identifier.objects.filter(kind="user_id").values_list("value", "pk"))
        self.experiment = Experiment.objects.create(
            key="spring", name="Spring", salt="s", variants={"control": 0.5, "offer": 0.5}, control="control"
        )
        random = np.random.default_rng(3)
        Exposure.objects.bulk_create(self._met(at, "offer" if at % 4 < 2 else "control") for at in range(size))
        chance = [0.15 + 0.6 * (at % 2 == 1 and at % 4 < 2) for at in range(size)]
        self.order_of([at for at in range(size) if random.random() < chance[at]], days_ago=MET_DAYS_AGO - 2)

    def _met(self, at: int, variant: str, days_ago: float = MET_DAYS_AGO) -> Exposure:
        return Exposure(
            experiment=self.experiment, unit_hash=at.to_bytes(16, "big"), variant=variant,
            exposed_at=NOW - timedelta(days=days_ago), identifier_id=self.ids[f"p{at}"],
        )  # fmt: skip

    def order_of(self, people: list[int], *, days_ago: float) -> None:
        Order.objects.bulk_create(
            Order(
                order_id=f"o{at}-{days_ago}", identifier_id=self.ids[f"p{at}"], status="placed", currency="EUR",
                revenue=20, placed_at=NOW - timedelta(days=days_ago), digest=b"",
            )
            for at in people
        )  # fmt: skip

    def frame(self) -> Any:
        return log_of(self.experiment, SPEC, NOW, _silent)


def _refusing(*purposes: str) -> dict[str, Any]:
    if not purposes:
        return {}
    return {"context": {"consent": {"categoryPreferences": dict.fromkeys(purposes, False)}}}


def _silent(done: int, total: int, note: str) -> None:
    pass


def staff(*rights: str) -> Client:
    user = User.objects.create_user("mia", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=rights))
    client = Client()
    client.force_login(user)
    return client


def test_people_stand_as_they_stood_before_they_met_it_and_what_came_after_is_the_outcome() -> None:
    shop = Offered(12)
    Order.objects.all().delete()
    shop.order_of([0], days_ago=MET_DAYS_AGO + 10)
    shop.order_of([1], days_ago=MET_DAYS_AGO - 1)
    shop.order_of([2], days_ago=MET_DAYS_AGO - 15)
    shop.order_of([5], days_ago=MET_DAYS_AGO + 91)
    Exposure.objects.filter(identifier_id=shop.ids["p6"]).update(exposed_at=NOW - timedelta(days=13))
    Exposure.objects.create(
        experiment=shop.experiment, unit_hash=b"other browser...", variant="control",
        exposed_at=NOW - timedelta(days=20), identifier_id=shop.ids["p8"],
    )  # fmt: skip
    learned = shop.frame()
    frame = learned.frame
    assert len(frame) == 9
    assert learned.left_out == {"crossed": 1, "too new": 1, "gate:denied": 1}
    assert learned.categories == ()
    orders, spent = frame.columns["orders"], frame.columns["money spent"]
    assert (orders.sum(), spent.sum(), frame.outcome.sum()) == (1.0, 20.0, 1.0)
    assert sorted(frame.columns["products viewed"].tolist()) == [0.0] * 4 + [3.0] * 5
    assert np.nanmin(frame.columns["days since the last order"]) == 10.0
    assert set(frame.columns["days known"].round().tolist()) == {40.0}
    assert int(frame.treated.sum()) == 5


def test_who_is_moved_becomes_a_score_that_segments_ask() -> None:
    shop = Offered()
    run = uplift.compare_experiment(shop.experiment, SPEC, "Spring offer")
    with pytest.raises(UpliftRefusedError, match="Nothing was found"):
        uplift_scores.score_later(run)
    frame = shop.frame().frame
    assert len(frame) == 719
    run_now(_job(run))
    run.refresh_from_db()
    assert (run.state, run.problem) == ("done", "")
    assert run.result is not None
    assert run.result["is_found"]
    uplift_scores.score_later(run)
    uplift_scores.score(UpliftRun.objects.get(), NOW, _silent)
    run.refresh_from_db()
    looker, other = shop.values("p1"), shop.values("p0")
    assert looker["score.uplift-spring-offer"] > 0.3
    assert looker["score.uplift-spring-offer.at"] == NOW.isoformat()
    assert "score.uplift-spring-offer" not in shop.values("p4")
    assert other["score.uplift-spring-offer"] < 0.25
    assert list(run.scored["cuts"]) == ["50"]  # lookers have one score
    members = shop.members(shop.segment({"score": "uplift-spring-offer", "is": "gte", "value": 0.3}))
    assert shop.profile("p1") in members
    assert shop.profile("p0") not in members
    page = staff(*RIGHTS, "add_segment").get(f"/admin/uplift/{run.pk}/").content.decode()
    assert "The score “uplift-spring-offer”" in page
    assert "Make a segment of them" in page
    uplift_scores.withdraw(run, NOW)
    assert "score.uplift-spring-offer" not in shop.values("p1")


@pytest.fixture
def address(settings: Settings) -> Iterator[str]:
    with serving() as found:
        yield found
        settings.LAKE_ENGINE = found
        asked = engine()
        assert isinstance(asked, Spark)
        asked.close()


def test_another_engine_of_the_lake_gives_the_same_features_and_outcomes(settings: Settings, address: str) -> None:
    shop = Offered(12)
    here, standing = shop.frame().frame, standing_now(("Shoes",), NOW, _silent)
    settings.LAKE_ENGINE = address
    there, again = shop.frame().frame, standing_now(("Shoes",), NOW, _silent)
    assert there.outcome.tolist() == here.outcome.tolist()
    for name, column in here.columns.items():
        np.testing.assert_array_equal(there.columns[name], column, err_msg=name)
    assert again.ids == standing.ids
    for name, column in standing.columns.items():
        np.testing.assert_array_equal(again.columns[name], column, err_msg=name)
    assert standing.columns["viewed Shoes"].sum() == 18.0


def test_a_log_is_uploaded_its_columns_chosen_and_compared_through_the_pages() -> None:
    client = staff(*RIGHTS)
    assert "Who is moved by an offer?" in client.get("/admin/uplift/").content.decode()
    file = io.BytesIO("\n".join([HEAD, *ROWS * 4]).encode())
    file.name = "mails.csv"
    answer = client.post("/admin/uplift/upload/", {"file": file})
    upload = UpliftUpload.objects.defer("table").get()
    assert answer["Location"] == f"/admin/uplift/uploads/{upload.pk}/"
    page = client.get(answer["Location"]).content.decode()
    assert "“mail” (300 different words: it may name people)" in page
    typed = {
        "treatment": "segment", "treated": "Womens E-Mail", "control": "No E-Mail", "outcome": "visit",
        "feature": ["recency", "channel"], "name": "Mails",
    }  # fmt: skip
    refused = client.post(answer["Location"], {**typed, "control": "Womens E-Mail"}).content.decode()
    assert "Treated and not treated are the same value" in refused
    assert client.post(answer["Location"], typed).status_code == 302
    run = UpliftRun.objects.get()
    assert "Being compared" in client.get(f"/admin/uplift/{run.pk}/").content.decode()
    run_now(_job(run))
    done = client.get(f"/admin/uplift/{run.pk}/").content.decode()
    assert "An uploaded log names nobody of ours" in done
    assert "Learners beside the response model" in done
    assert "Nothing is found" in done
    assert client.post(f"/admin/uplift/{run.pk}/remove/").status_code == 302
    assert (UpliftRun.objects.count(), UpliftUpload.objects.count()) == (0, 1)


def test_too_few_people_end_it_with_words_and_a_stopped_one_stays_stopped() -> None:
    shop = Offered(8)
    client = staff(*RIGHTS)
    typed = {"experiment": "spring", "treated": "offer", "control": "control", "goal": "order", "days": "14"}
    assert "whole number from 1 to 90" in client.post("/admin/uplift/new/", {**typed, "days": "x"}).content.decode()
    for _ in range(2):
        assert client.post("/admin/uplift/new/", typed).status_code == 302
    first, second = UpliftRun.objects.order_by("pk")
    assert (first.key, second.key) == ("spring", "spring-2")
    run_now(_job(first))
    first.refresh_from_db()
    assert (first.state, first.result) == ("failed", None)
    assert first.problem.startswith("Too few to tell people apart")
    assert "It takes 300 on each side" in client.get(f"/admin/uplift/{first.pk}/").content.decode()
    client.post(f"/admin/uplift/{second.pk}/cancel/")
    second.refresh_from_db()
    assert second.state == "cancelled"
    assert Job.objects.get(pk=_job(second)).state == "cancelled"
    assert shop.experiment.uplift_runs.count() == 2


def test_a_run_whose_job_ended_without_it_is_ended_too() -> None:
    shop = Offered(4)
    run = uplift.compare_experiment(shop.experiment, SPEC, "Spring")
    Job.objects.update(state="failed")
    assert uplift_scores.daily_slice() == 1
    run.refresh_from_db()
    assert (run.state, run.problem) == ("failed", "Its job ended without it. Start it again.")


def test_each_page_takes_its_right() -> None:
    client = staff()
    assert [client.get(f"/admin/uplift/{one}").status_code for one in ("", "new/")] == [403, 403]
    assert client.post("/admin/uplift/upload/", {}).status_code == 403
    User.objects.all().delete()
    looking = staff("view_upliftrun")
    assert "Upload the log" not in looking.get("/admin/uplift/").content.decode()
    assert looking.get("/admin/uplift/new/").status_code == 403


def _job(run: UpliftRun) -> Any:
    assert run.job_id is not None
    return run.job_id
