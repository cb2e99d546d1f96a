"""The lake's page: it teaches while empty, shows every table, and queues what staff ask for once they confirm."""

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from cdp.admin_home.groups import apply_rights
from cdp.jobs.models import Job
from lake.models import LakeTable
from lake.registry import projections
from tests.lake.world import Shop

pytestmark = pytest.mark.django_db


def staff(group: str = "admin") -> Client:
    apply_rights()
    user = User.objects.create_user("staff@example.com", is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    client = Client()
    client.force_login(user)
    return client


def test_an_empty_lake_says_what_it_is_for() -> None:
    page = staff().get("/admin/system/lake/")
    assert "The lake is empty" in page.text
    assert "/admin/system/lake/" in page.text


def test_every_table_stands_on_the_page_with_what_waits_and_what_is_wrong() -> None:
    shop = Shop()
    shop.send(shop.order("ann", "o1", "p1"))
    LakeTable.objects.create(name="events", problem="the folder is another one's")
    page = staff().get("/admin/system/lake/")
    assert all(f">{one.name}" in page.text for one in projections())
    assert "not written yet: queries read the database" in page.text
    assert "the folder is another one&#x27;s" in page.text


@pytest.mark.parametrize("what", ["rebuild", "compact", "verify"])
def test_a_button_asks_first_and_then_queues_a_job(what: str) -> None:
    client = staff()
    asked = client.get(f"/admin/system/lake/{what}/")
    assert asked.status_code == 200
    assert Job.objects.count() == 0
    done = client.post(f"/admin/system/lake/{what}/", follow=True)
    assert Job.objects.get().kind == f"lake.{what}"
    assert "follow the job" in done.text
    assert "waits for a worker" in done.text


def test_what_the_page_does_not_offer_is_not_found_and_others_are_refused() -> None:
    assert staff().post("/admin/system/lake/drop/").status_code == 404
    marketer = Client()
    marketer.force_login(User.objects.create_user("marketer@example.com", is_staff=True))
    assert marketer.post("/admin/system/lake/rebuild/").status_code == 403
    assert Job.objects.count() == 0
