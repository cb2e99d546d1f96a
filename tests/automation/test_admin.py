"""What staff see of journeys, enrollments and messages, and what they may change."""

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from automation.models import Enrollment, Journey, Message
from consent.tokens import mask
from experiments.queries import experiment
from segments.models import Segment
from tests.automation import world
from tests.automation.sink import Sink

pytestmark = pytest.mark.django_db


def test_a_journey_shows_how_many_stand_where_and_why(admin_client: Client, journey: Journey, sink: Sink) -> None:
    world.abandoned()
    world.cart(world.person("bo", "bo@example.com", agreed=False), key="cart:c2")
    world.changed("cart:c2")
    world.run()
    page = admin_client.get(f"/admin/automation/journey/{journey.pk}/change/")
    assert page.status_code == 200
    assert "<strong>1</strong> Sent" in page.text
    assert "<strong>1</strong> Not mailed: No consent was ever given" in page.text
    assert admin_client.get("/admin/automation/journey/").status_code == 200


def form(journey: Journey, **changes: object) -> dict[str, object]:
    fields = (
        "name",
        "idle_minutes",
        "max_age_hours",
        "holdout_share",
        "cap_per_week",
        "subject",
        "template",
        "time_zone",
    )
    return {name: getattr(journey, name) for name in fields} | {"purpose": journey.purpose_id} | changes


def test_its_settings_are_changed_and_the_holdout_follows(admin_client: Client, journey: Journey) -> None:
    url = f"/admin/automation/journey/{journey.pk}/change/"
    assert admin_client.post(url, form(journey, idle_minutes=30, holdout_share="0.25")).status_code == 302
    journey.refresh_from_db()
    assert (journey.idle_minutes, journey.state) == (30, "live")
    assert {name: float(share) for name, share in dict(experiment("journey-abandoned-cart").variants).items()} == {
        "holdout": 0.25,
        "treated": 0.75,
    }


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("time_zone", "Berlin", "There is no time zone"),
        ("template", "../x", "Enter a valid"),
        ("template", "other", "There is no template"),
        ("subject", "{{ broken", "This subject cannot be used"),
        ("holdout_share", "1.5", "A share lies between 0 and 1"),
        ("quiet_from_hour", "22", "Quiet hours need both"),
        ("quiet_to_hour", "24", "0 to 23"),
    ],
)
def test_a_setting_that_would_break_at_sending_is_refused_with_the_way_to_mend_it(
    admin_client: Client, journey: Journey, field: str, value: str, said: str
) -> None:
    page = admin_client.post(f"/admin/automation/journey/{journey.pk}/change/", form(journey, **{field: value}))
    assert page.status_code == 200
    assert said in page.text
    kept = Journey.objects.get()
    assert form(kept) == form(journey)


def test_it_is_paused_and_activated_by_a_button_that_names_the_consequence(
    admin_client: Client, journey: Journey
) -> None:
    page = f"/admin/automation/journey/{journey.pk}/change/"
    for verb, other, before, after in (
        ("pause", "activate", "live", "paused"),
        ("activate", "pause", "paused", "live"),
    ):
        url = reverse(f"admin:automation_journey_{verb}", args=[journey.pk])
        shown = admin_client.get(page).text
        assert url in shown
        assert reverse(f"admin:automation_journey_{other}", args=[journey.pk]) not in shown
        asked = admin_client.get(url)
        assert "0 people wait in it" in asked.text
        assert Journey.objects.get().state == before
        assert admin_client.post(url).status_code == 302
        assert Journey.objects.get().state == after
        assert admin_client.post(url).status_code == 403


def test_messages_are_read_and_never_changed(admin_client: Client, journey: Journey, sink: Sink) -> None:
    world.abandoned()
    world.run()
    message = Message.objects.get()
    page = admin_client.get(f"/admin/automation/message/{message.pk}/change/")
    assert page.status_code == 200
    assert '<iframe sandbox="" ' in page.text
    copy = admin_client.get(f"/admin/automation/message/{message.pk}/copy/")
    assert (copy.text, f'src="{copy.wsgi_request.path}"' in page.text) == (message.html, True)
    policy = copy["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'unsafe-hashes' 'sha256-")
    assert policy.endswith("; sandbox")
    assert "unsafe-inline" not in policy
    assert admin_client.post(f"/admin/automation/message/{message.pk}/change/", {"state": "queued"}).status_code == 403
    assert admin_client.post(f"/admin/automation/message/{message.pk}/delete/", {"post": "yes"}).status_code == 403
    assert world.JANE in admin_client.get("/admin/automation/message/", {"q": "Jane@example.com"}).text
    assert world.JANE not in admin_client.get("/admin/automation/message/", {"q": "bo@example.com"}).text
    assert admin_client.get("/admin/automation/enrollment/", {"q": "cart:c1"}).status_code == 200


def test_without_the_permission_for_personal_data_the_address_is_masked(
    client: Client, journey: Journey, sink: Sink
) -> None:
    world.abandoned()
    world.run()
    analyst = User.objects.create_user("ana", password="x", is_staff=True)
    analyst.user_permissions.add(Permission.objects.get(codename="view_message"))
    client.force_login(analyst)
    for url in ("/admin/automation/message/", f"/admin/automation/message/{Message.objects.get().pk}/change/"):
        page = client.get(url)
        assert page.status_code == 200
        assert "j•••@e•••.com" in page.text
        assert world.JANE not in page.text
        assert "iframe" not in page.text
    assert client.get(f"/admin/automation/message/{Message.objects.get().pk}/copy/").status_code == 403


def test_lists_cost_the_same_for_one_row_and_for_three(
    admin_client: Client, journey: Journey, sink: Sink, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    def queries(url: str) -> int:
        with django_assert_max_num_queries(30) as counted:
            assert admin_client.get(url).status_code == 200
        return len(counted)

    urls = [f"/admin/automation/{name}/" for name in ("journey", "enrollment", "message")]
    world.abandoned()
    world.run()
    [queries(url) for url in urls]
    one = [queries(url) for url in urls]
    for n in range(2):
        world.cart(world.person(f"u{n}", f"u{n}@example.com"), key=f"cart:m{n}")
        world.changed(f"cart:m{n}")
        Journey.objects.create(slug=f"other{n}", name=f"Other {n}")
    world.run()
    assert [queries(url) for url in urls] == one


def test_the_page_of_a_mail_names_the_person_and_shows_what_its_reader_may_see(
    client: Client, admin_client: Client, journey: Journey, sink: Sink
) -> None:
    world.abandoned()
    world.run()
    message = Message.objects.get()
    url = f"/admin/automation/message/{message.pk}/change/"
    page = admin_client.get(url).text
    assert f"Mail to {mask(world.JANE)}, sent " in page
    assert "/admin/profiles/profile/" in page
    assert f"/admin/consent/entry/{message.consent_entry_id}/change/" in page
    viewer = User.objects.create_user("viewer", is_staff=True)
    viewer.user_permissions.add(Permission.objects.get(codename="view_message"))
    client.force_login(viewer)
    page = client.get(url).text
    assert world.JANE not in page
    assert "/admin/profiles/profile/" not in page
    assert "/admin/consent/entry/" not in page


@pytest.mark.parametrize("page", ["message", "enrollment"])
def test_the_people_of_a_page_become_a_list(admin_client: Client, journey: Journey, sink: Sink, page: str) -> None:
    world.abandoned()
    world.run()
    rows = Message.objects.all() if page == "message" else Enrollment.objects.all()
    asked = {"action": "make_list_of_people", "_selected_action": [row.pk for row in rows]}
    answer = admin_client.post(f"/admin/automation/{page}/", asked)
    made = Segment.objects.get(kind=Segment.Kind.STATIC)
    assert answer.headers["Location"] == f"/admin/segments/segment/{made.pk}/list/"
    assert [(one.identifier_id, one.origin) for one in made.listed.all()] == [
        (rows[0].identifier_id, f"page:automation.{page}")
    ]
    assert made.definition == {"in_list": made.slug}
    assert "1 person is put on it." in admin_client.get(answer.headers["Location"]).text


def test_who_may_not_make_segments_is_offered_no_list(client: Client, journey: Journey, sink: Sink) -> None:
    world.abandoned()
    world.run()
    reader = User.objects.create_user("reader", password="x", is_staff=True)
    reader.user_permissions.add(Permission.objects.get(codename="view_message"))
    client.force_login(reader)
    asked = {"action": "make_list_of_people", "_selected_action": [row.pk for row in Message.objects.all()]}
    client.post("/admin/automation/message/", asked)
    assert "Make a list of these people" not in client.get("/admin/automation/message/").text
    assert not Segment.objects.exists()
