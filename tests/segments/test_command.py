"""`manage.py segments`: status, recompute, audit."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from cdp.jobs.models import Job
from segments.models import Membership
from tests.segments.world import World

pytestmark = pytest.mark.django_db(transaction=True)
VIEWED: Any = {"did": "Product Viewed", "within": {"days": 30}}


@pytest.fixture
def world() -> World:
    world = World()
    world.segment(VIEWED, slug="lookers")
    world.segment({"in_segment": "lookers"}, slug="keen")
    world.send(world.track("ada", "Product Viewed", days_ago=1))
    Job.objects.all().delete()
    return world


def run(*words: str) -> list[str]:
    out = StringIO()
    call_command("segments", *words, stdout=out, stderr=StringIO())
    return out.getvalue().splitlines()


def test_status_tells_how_each_stands(world: World) -> None:
    head, lookers, keen, waiting, audited = run("status")
    assert head.split()[:3] == ["segment", "level", "members"]
    assert lookers.split()[:5] == ["lookers", "0", "1", "1", "0"]
    assert (keen.split()[:5], keen.split()[-1]) == (["keen", "1", "1", "0", "0"], "lookers")
    assert (waiting, audited) == ("0 people wait to be evaluated", "never audited")


def test_recompute_puts_all_or_the_named_ones_right(world: World) -> None:
    Membership.objects.all().delete()
    run("recompute", "lookers")
    assert Membership.objects.count() == 2
    Membership.objects.all().delete()
    run("recompute")
    assert Membership.objects.count() == 2
    with pytest.raises(CommandError, match="'nobody' is no segment; live ones: keen, lookers"):
        run("recompute", "nobody")


def test_an_audit_fails_where_something_is_wrong(world: World) -> None:
    assert run("audit") == ["lookers: 1 members, 0 wrong", "keen: 1 members, 0 wrong"]
    assert run("status")[-1].endswith("UTC: 0 wrong in 2 segments")
    Membership.objects.filter(segment__slug="keen").delete()
    with pytest.raises(CommandError, match="1 were wrong and are put right"):
        run("audit")
