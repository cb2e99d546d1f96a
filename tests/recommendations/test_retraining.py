"""The next night: the live recipe is learned anew and goes live whatever it reaches: the erased are gone."""

from datetime import timedelta

import numpy as np
import pytest

from cdp.jobs.models import Job
from cdp.jobs.services import run_now
from events.services.erasing import erase_events
from recommendations import model as artifacts
from recommendations import queries, services
from recommendations.estimators import VStan
from recommendations.models import ModelRun
from tests.recommendations import world
from tests.recommendations.test_training import shop_of_pairs, train
from tests.recommendations.world import NOW

pytestmark = pytest.mark.django_db
PLAIN = {"tune": False, "learn_blends": False}


def the_next_night() -> ModelRun:
    ModelRun.objects.update(created_at=NOW - timedelta(days=400))
    assert services.nightly_slice() == 1
    assert run_now(Job.objects.get(kind=services.TRAIN).pk)
    return ModelRun.objects.latest("pk")


def visits_with(run: ModelRun, *product_ids: str) -> int:
    """How many of the model's visits hold all of these products."""
    model = artifacts.read(queries.model_path(run.artifact), run.checksum)
    part = model.parts["session"]
    assert isinstance(part, VStan)
    wanted = {model.codes[product_id] for product_id in product_ids if product_id in model.codes}
    visits = np.split(part.visit_items_, part.visit_indptr_[1:-1])
    return sum(len(wanted) == len(product_ids) and wanted <= set(visit.tolist()) for visit in visits)


def test_after_a_run_that_was_kept_back_the_night_learns_the_live_recipe_without_whom_was_erased() -> None:
    shop_of_pairs(30)
    gone = world.identifier("anonymous_id", "gone")
    for minute, product_id in enumerate(("a0", "b7", "a3")):
        world.view(gone, product_id, at=NOW - timedelta(days=5, minutes=30 - minute))
    good = train(**PLAIN)
    worse = train(**PLAIN, parts={"taste": {"min_people": 1_000}, "own": {"floor": 1.0}})
    assert (good.is_live, worse.is_live) == (True, False)
    assert visits_with(good, "a0", "b7", "a3") == 1
    erase_events([gone.pk])
    night = the_next_night()
    assert night.is_live
    assert night.params["asked"] == good.params["asked"]
    assert visits_with(night, "a0", "b7", "a3") == 0


def test_a_live_run_that_was_asked_for_what_nobody_understands_today_is_followed_all_the_same() -> None:
    shop_of_pairs(30)
    old = train(**PLAIN)
    ModelRun.objects.filter(pk=old.pk).update(params={**old.params, "asked": {"of another version": 1}})
    night = the_next_night()
    assert night.is_live
    assert night.verdict.startswith(("better than the live model", "the live model's recipe on newer events"))
