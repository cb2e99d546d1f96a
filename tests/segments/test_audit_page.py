"""Segments → Audit: the runs, what they found, and the jobs that may be started there."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from cdp.jobs.models import Job
from cdp.jobs.services import run_now
from segments.models import AuditRun, Membership
from segments.services.auditing import start_audit
from tests.segments.world import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("ada", "ada@example.com", "x"))
    return client


def test_before_the_first_run_it_says_so(staff: Client) -> None:
    page = staff.get(reverse("segment-desk-audit"))
    assert page.status_code == 200
    assert "Segments have not been compared yet." in page.content.decode()


def test_a_run_is_shown_with_what_it_found(staff: Client) -> None:
    world = World()
    lookers = world.segment({"did": "Product Viewed"}, slug="lookers")
    world.send(world.track("ada", "Product Viewed"))
    Membership.objects.all().delete()
    Job.objects.all().delete()
    assert run_now(start_audit())
    text = staff.get(reverse("segment-desk-audit")).content.decode()
    assert "The last comparison found 1 wrong, which were put right." in text
    assert "1 missing who should be in it" in text
    assert reverse("segment-desk-overview", args=[lookers]) in text


def test_three_runs_take_no_more_statements_than_one(
    staff: Client, django_assert_max_num_queries: "pytest.FixtureRequest"
) -> None:
    world = World()
    world.segment({"did": "Product Viewed"})
    for _ in range(3):
        run_now(start_audit())
    assert AuditRun.objects.count() == 3
    with django_assert_max_num_queries(20):  # type: ignore[operator]
        staff.get(reverse("segment-desk-audit"))


@pytest.mark.parametrize(("what", "kind"), [("audit", "segments.audit"), ("recompute", "segments.recompute_all")])
def test_a_job_is_queued_once_it_was_confirmed(staff: Client, what: str, kind: str) -> None:
    url = reverse("segment-desk-audit-action", args=[what])
    assert staff.get(url).status_code == 200
    assert not Job.objects.exists()
    assert staff.post(url).status_code == 302
    assert Job.objects.get().kind == kind


def test_who_may_not_change_segments_starts_nothing(client: Client) -> None:
    client.force_login(User.objects.create_user("ben", is_staff=True))
    assert client.get(reverse("segment-desk-audit")).status_code == 403
    assert client.post(reverse("segment-desk-audit-action", args=["audit"])).status_code == 403
    assert not Job.objects.exists()
