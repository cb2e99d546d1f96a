"""`manage.py lake`: what it prints, and its exit code."""

import io

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from cdp.jobs.models import Job
from lake.services import rebuilding
from tests.lake.test_projecting import flush, wait_until_over
from tests.lake.world import Shop

pytestmark = pytest.mark.django_db(transaction=True)


def said(*args: str) -> str:
    out = io.StringIO()
    call_command("lake", *args, stdout=out, stderr=io.StringIO())
    return out.getvalue()


def test_status_rebuild_verify_and_compact() -> None:
    shop = Shop()
    shop.send(shop.track("ann", "a"), shop.order("ann", "o1", "p1"))
    assert ["events", "waiting", "0"] in [line.split()[:3] for line in said("status").splitlines()]
    wait_until_over()
    assert "events: 2 rows rebuilt" in said("rebuild")
    flush()
    assert said("status", "events").splitlines()[1].split()[:4] == ["events", "ready", "2", "2"]
    assert "orders" not in said("status", "events")
    shop.send(shop.track("ann", "b"))
    wait_until_over()
    assert said("project", "events") == "events: 1 rows projected\n"
    assert said("compact", "events") == "events: 2 small files joined\n"
    assert said("verify", "events") == "events: 3 rows, equal to PostgreSQL's\n"


def test_differences_end_with_an_error_that_says_what_to_do() -> None:
    shop = Shop()
    shop.send(shop.track("ann", "a"))
    wait_until_over()
    said("rebuild")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE events_event SET name = 'changed'")  # nobody may
    with pytest.raises(CommandError, match=r"Rebuild it: \./run manage lake rebuild"):
        said("verify", "events")
    with pytest.raises(CommandError, match="no table 'carts'; it has"):
        said("status", "carts")


def test_project_tells_which_job_a_large_table_waits_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rebuilding, "SMALL", 1)
    shop = Shop()
    shop.send(shop.track("ann", "a"), shop.track("ann", "b"))
    wait_until_over()
    told = said("project", "events")
    job = Job.objects.get(kind="lake.rebuild")
    assert told.startswith(f"events: waits to be rebuilt by job {job.pk}, which a worker runs.")
    assert said("project", "events") == told
    assert Job.objects.filter(kind="lake.rebuild").count() == 1
    said("rebuild", "events")
    assert said("project", "events") == "events: 0 rows projected\n"
