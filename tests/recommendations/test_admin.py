"""The admin's page of runs: figures beside popularity, training, going back."""

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from cdp.jobs.models import Job
from recommendations.models import ModelRun
from tests.recommendations import world

pytestmark = pytest.mark.django_db
LIST = "/admin/recommendations/modelrun/"
MARK = {"ndcg": 0.12, "recall": 0.13, "hit_rate": 0.5, "mrr": 0.2, "coverage": 0.3, "people": 9}
METRICS = {"new": {"popularity": {**MARK, "ndcg": 0.05}, "for_you": MARK}}


@pytest.fixture
def run() -> ModelRun:
    """A live run with metrics."""
    made = world.go_live(world.small_model(("a",), [1], {}))
    ModelRun.objects.update(metrics=METRICS)
    return made


def test_the_list_and_the_page_show_the_figures_beside_popularity(admin_client: Client, run: ModelRun) -> None:
    listed = admin_client.get(LIST)
    assert "2.40" in listed.text
    assert "0.120 / 0.050" in listed.text
    page = admin_client.get(f"{LIST}{run.pk}/change/")
    assert page.status_code == 200
    assert "New products only" in page.text


def test_train_now_asks_first_and_queues_a_job_when_confirmed(admin_client: Client, run: ModelRun) -> None:
    asked = admin_client.get(f"{LIST}train-now", follow=True)
    assert "goes live unless it is worse" in asked.text
    assert not Job.objects.exists()
    response = admin_client.post(f"{LIST}train-now/", follow=True)
    assert "Training is queued" in response.text
    assert Job.objects.get().kind == "recommendations.train"


def test_who_may_only_look_cannot_train(client: Client, run: ModelRun) -> None:
    viewer = User.objects.create_user("viewer", password="a long password", is_staff=True)
    viewer.user_permissions.add(Permission.objects.get(codename="view_modelrun"))
    client.force_login(viewer)
    assert client.get(LIST).status_code == 200
    assert client.get(f"{LIST}train-now/").status_code == 403
    assert not Job.objects.exists()


def test_an_older_run_can_be_made_live_again(admin_client: Client, run: ModelRun) -> None:
    world.go_live(world.small_model(("a", "b"), [1, 2], {}))
    admin_client.post(LIST, {"action": "make_live", "_selected_action": [run.pk]})
    assert list(ModelRun.objects.filter(is_live=True)) == [run]
