"""What staff see of ways through journeys; journeys have pages of their own."""

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from automation.models import Enrollment, Journey
from segments.models import Segment
from tests.automation import world
from tests.automation.sink import Sink

pytestmark = pytest.mark.django_db


def test_lists_cost_the_same_for_one_row_and_for_three(
    admin_client: Client, journey: Journey, sink: Sink, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    def queries(url: str) -> int:
        with django_assert_max_num_queries(30) as counted:
            assert admin_client.get(url).status_code == 200
        return len(counted)

    urls = ["/admin/automation/enrollment/"]
    world.abandoned()
    world.run()
    [queries(url) for url in urls]
    one = [queries(url) for url in urls]
    for n in range(2):
        world.cart(world.person(f"u{n}", f"u{n}@example.com"), key=f"cart:m{n}")
        world.changed(f"cart:m{n}")
    world.run()
    assert [queries(url) for url in urls] == one


def test_the_people_of_a_page_become_a_list(admin_client: Client, journey: Journey, sink: Sink) -> None:
    world.abandoned()
    world.run()
    row = Enrollment.objects.get()
    asked = {"action": "make_list_of_people", "_selected_action": [row.pk]}
    answer = admin_client.post("/admin/automation/enrollment/", asked)
    made = Segment.objects.get(kind=Segment.Kind.STATIC)
    assert answer.headers["Location"] == f"/admin/segments/segment/{made.pk}/list/"
    assert [(one.identifier_id, one.origin) for one in made.listed.all()] == [
        (row.identifier_id, "page:automation.enrollment")
    ]


def test_who_may_not_make_segments_is_offered_no_list(client: Client, journey: Journey) -> None:
    world.abandoned()
    reader = User.objects.create_user("reader", password="x", is_staff=True)
    reader.user_permissions.add(Permission.objects.get(codename="view_enrollment"))
    client.force_login(reader)
    asked = {"action": "make_list_of_people", "_selected_action": [row.pk for row in Enrollment.objects.all()]}
    client.post("/admin/automation/enrollment/", asked)
    assert "Make a list of these people" not in client.get("/admin/automation/enrollment/").text
    assert not Segment.objects.exists()
