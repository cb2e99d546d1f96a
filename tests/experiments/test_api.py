"""What programs read of experiments."""

from typing import Any

import pytest
from django.test import Client

from cdp.access.services import make_server_key
from experiments.services.drafting import save_draft
from experiments.services.life import archive
from tests.experiments.world import draft, started

pytestmark = pytest.mark.django_db


def get(path: str, *, scope: str = "experiments:read") -> tuple[int, dict[str, Any]]:
    _, key = make_server_key("test", [scope])
    answer = Client().get(path, HTTP_AUTHORIZATION=f"Bearer {key}")
    return answer.status_code, answer.json()


def test_experiments_are_listed_newest_first_without_archived_ones_for_keys_with_the_scope() -> None:
    started("first", layer="Home", layer_share=0.5)
    archive(save_draft(draft("second")).pk)
    save_draft(draft("third"))
    status, answer = get("/v1/experiments")
    assert (status, [one["key"] for one in answer["items"]]) == (200, ["third", "first"])
    assert answer["items"][1]["variants"] == [
        {"key": "control", "share": 0.5, "label": ""},
        {"key": "b", "share": 0.5, "label": "Bigger picture"},
    ]
    assert answer["items"][1]["layer"] == {"name": "Home", "from": 0.0, "to": 0.5}
    assert [one["key"] for one in get("/v1/experiments/?state=archived")[1]["items"]] == ["second"]
    assert get("/v1/experiments?state=gone")[0] == 400
    assert get("/v1/experiments", scope="segments:read")[0] == 403
    assert Client().get("/v1/experiments").status_code == 401


def test_an_experiment_without_a_result_and_one_that_is_not_there_are_told_apart() -> None:
    started("hero")
    assert get("/v1/experiments/hero/results")[1]["code"] == "experiment_no_result"
    assert get("/v1/experiments/none/results")[1]["code"] == "experiment_not_found"
