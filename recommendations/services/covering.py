"""How much of the catalog the live model would show: asked for people and in front of products drawn at random.

A job of seconds; its result is kept on its row and names the run it is of. Only counts leave it, nothing of anybody.
"""

import random
from typing import Any
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from cdp.jobs.contracts import JobRun
from cdp.jobs.models import Job
from cdp.jobs.services import enqueue
from cdp.lib.clock import utc_now
from commerce.models import Product
from profiles.models import Profile
from recommendations.contracts import RecommendationRequest, Strategy
from recommendations.queries import answer, forget_model, live_model, live_run

COVERAGE = "recommendations.coverage"
PEOPLE, PRODUCTS, N = 300, 1_000, 20
FEW = 20_000  # so many profiles are drawn from as a list
TELL_EVERY = 50


@transaction.atomic
def cover_later(*, created_by: AbstractBaseUser | None = None) -> Job:
    """Queues the measurement, or names the one that waits already: held, so that it begins after the caller's commit
    and asks the model that is live then."""
    waiting = Job.objects.select_for_update().filter(kind=COVERAGE, state=Job.State.QUEUED).first()
    return waiting or enqueue(COVERAGE, created_by=created_by)


def cover_job(job: JobRun) -> dict[str, Any]:
    """{run, people, products: asked; found: of offerable products came up at least once}."""
    now, run, held = utc_now(), live_run(), live_model()
    if run is not None and (held is None or held.run_id != run.pk):
        forget_model()  # queued by a promotion it begins at once: this process may hold the model before still
    if run is None:
        return {"run": None, "people": 0, "products": 0, "found": 0, "offerable": 0}
    draw = random.Random(run.pk)  # a sample, nothing secret; the same one for the same run
    asked = [
        *(RecommendationRequest(now=now, profile_id=one, strategy=Strategy.FOR_YOU, n=N) for one in _people(draw)),
        *(RecommendationRequest(now=now, product_id=one, strategy=Strategy.SIMILAR, n=N) for one in _products(draw)),
    ]
    found: set[str] = set()
    for place, request in enumerate(asked):
        if place % TELL_EVERY == 0:
            job.progress(place, len(asked), "asking the live model")
        found.update(item.product_id for item in answer(request).items)
    people = sum(request.profile_id is not None for request in asked)
    offerable = Product.objects.filter(active=True, in_stock=True)
    return {
        "run": run.pk,
        "people": people,
        "products": len(asked) - people,
        "found": offerable.filter(product_id__in=found).count(),
        "offerable": offerable.count(),
    }


def _people(draw: random.Random) -> list[UUID]:
    """PEOPLE profiles; among many the first from ids drawn evenly between the oldest's and the newest's."""
    few = list(Profile.objects.order_by("pk").values_list("pk", flat=True)[:FEW])
    if len(few) < FEW:
        return draw.sample(few, min(PEOPLE, len(few)))
    last = Profile.objects.order_by("-pk").values_list("pk", flat=True)[0]
    found: set[UUID] = set()
    for _ in range(PEOPLE):
        start = UUID(int=draw.randint(few[0].int, last.int))
        found.update(Profile.objects.filter(pk__gte=start).order_by("pk").values_list("pk", flat=True)[:1])
    return sorted(found)


def _products(draw: random.Random) -> list[str]:
    """PRODUCTS active products, or all where there are fewer."""
    known = list(Product.objects.filter(active=True).order_by("product_id").values_list("product_id", flat=True))
    return known if len(known) <= PRODUCTS else draw.sample(known, PRODUCTS)
