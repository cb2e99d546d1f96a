"""Staff make recipients with checked addresses, see a secret once, send tests and try again what was given up."""

from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from cdp.admin_home.groups import apply_rights
from cdp.lib.clock import utc_now
from recipients.forms import countries
from recipients.models import Delivery, Disclosure, Recipient
from tests.recipients.receiver import Receiver
from tests.recipients.world import deliver, person, recipient, say, told

pytestmark = pytest.mark.django_db


@pytest.fixture
def root(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("root"))
    return client


def typed(**changes: Any) -> dict[str, Any]:
    return {
        "name": "Adnet",
        "role": "third_party",
        "url": "http://127.0.0.1:9/hook",
        "enabled": "on",
        "topics": ["segment.entered"],
        "purpose": "third_party_sharing",
        "kinds": ["email"],
        "traits": "plan, first_name, plan",
        "country": "US",
        "safeguard": "SCC",
    } | changes


def test_a_new_recipient_gets_a_secret_that_is_shown_once(root: Client) -> None:
    page = root.post("/admin/recipients/recipient/add/", typed(), follow=True).content.decode()
    row = Recipient.objects.get()
    assert row.secret.startswith("whsec_")
    assert row.secret in page
    assert row.fields == ["identifier:email", "trait:plan", "trait:first_name"]
    again = root.get(f"/admin/recipients/recipient/{row.pk}/change/").content.decode()
    assert row.secret not in again
    assert 'value="plan, first_name"' in again or "plan, first_name" in again


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"url": "ftp://x/"}, "https://host/path"),
        ({"url": "http://169.254.169.254/latest/"}, "no server"),
        ({"url": "http://2130706433/"}, "four numbers"),
        ({"url": "https://user:pass@127.0.0.1/"}, "password"),
        ({"purpose": "analytics"}, "third_party_sharing"),
    ],
)
def test_a_form_names_what_is_wrong_and_nothing_is_made(root: Client, changes: dict[str, Any], said: str) -> None:
    page = root.post("/admin/recipients/recipient/add/", typed(**changes))
    assert page.status_code == 200
    assert said in page.content.decode()
    assert not Recipient.objects.exists()


def test_a_private_address_is_refused_where_the_setting_says_so(root: Client, settings: Settings) -> None:
    settings.RECIPIENTS_ALLOW_PRIVATE = False
    assert "private network" in root.post("/admin/recipients/recipient/add/", typed()).content.decode()


def test_a_test_is_sent_by_post_only_and_its_outcome_is_told(root: Client, receiver: Receiver) -> None:
    row = recipient(receiver)
    root.get(f"/admin/recipients/recipient/{row.pk}/test/")
    assert receiver.got == []
    page = root.post(f"/admin/recipients/recipient/{row.pk}/test/", follow=True).content.decode()
    assert "took the test (status 200)" in page
    receiver.answers = [500]
    page = root.post(f"/admin/recipients/recipient/{row.pk}/test/", follow=True).content.decode()
    assert "it answered 500" in page


def test_a_new_secret_is_made_after_it_was_confirmed(root: Client) -> None:
    row = recipient()
    root.get(f"/admin/recipients/recipient/{row.pk}/secret/")
    row.refresh_from_db()
    assert row.secret == "whsec_first"
    page = root.post(f"/admin/recipients/recipient/{row.pk}/secret/", follow=True).content.decode()
    row.refresh_from_db()
    assert row.secret in page
    assert row.previous_secret == "whsec_first"


def test_why_nothing_was_sent_stands_on_the_page_and_in_the_list(root: Client, receiver: Receiver) -> None:
    jane = person()
    entry = say(jane, "denied")
    row = recipient(receiver)
    told(jane)
    deliver()
    page = root.get(f"/admin/recipients/recipient/{row.pk}/change/").content.decode()
    assert "0 sent and 1 held back by consent" in page
    assert "the person refused" in page
    listed = root.get("/admin/recipients/delivery/?state__exact=suppressed").content.decode()
    assert "the person refused" in listed
    one = root.get(f"/admin/recipients/delivery/{Delivery.objects.get().pk}/change/").content.decode()
    assert f"entry {entry}" in one
    assert "0 sent, 1 not allowed" in root.get("/admin/recipients/recipient/").content.decode()


def test_who_was_given_something_cannot_be_deleted(root: Client) -> None:
    row = recipient()
    assert root.get(f"/admin/recipients/recipient/{row.pk}/delete/").status_code == 200
    now = utc_now()
    Disclosure.objects.create(
        recipient=row, profile_id="018f0000-0000-7000-8000-000000000001", first_at=now, last_at=now
    )
    assert root.post(f"/admin/recipients/recipient/{row.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Recipient.objects.exists()


def test_what_was_given_up_is_tried_again_by_an_action(root: Client, receiver: Receiver) -> None:
    row = recipient(receiver)
    one = Delivery.objects.create(recipient=row, key="k", topic="test", state="failed", finished_at=utc_now())
    root.post("/admin/recipients/delivery/", {"action": "try_again", "_selected_action": [one.pk]})
    one.refresh_from_db()
    assert one.state == "waiting"


def test_support_may_look_and_change_nothing(client: Client, receiver: Receiver) -> None:
    apply_rights()
    user = User.objects.create_user("sue", is_staff=True)
    user.groups.add(Group.objects.get(name="support"))
    client.force_login(user)
    row = recipient(receiver)
    assert client.get(f"/admin/recipients/recipient/{row.pk}/change/").status_code == 200
    assert client.post(f"/admin/recipients/recipient/{row.pk}/test/").status_code == 403
    assert client.post(f"/admin/recipients/recipient/{row.pk}/secret/").status_code == 403
    assert client.get("/admin/recipients/recipient/add/").status_code == 403
    assert receiver.got == []


@pytest.mark.parametrize("path", ["recipient", "delivery"])
def test_an_empty_list_teaches(root: Client, path: str) -> None:
    assert "recipient" in root.get(f"/admin/recipients/{path}/").content.decode().lower()


@pytest.mark.parametrize("model", ["recipient", "delivery"])
def test_a_list_costs_as_much_for_three_as_for_one(root: Client, model: str) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert root.get(f"/admin/recipients/{model}/").status_code == 200
        return len(seen)

    def add() -> None:
        row = recipient()
        Delivery.objects.create(recipient=row, key="k", topic="test", state="sent", finished_at=utc_now())

    add()
    cost()
    one = cost()
    add()
    add()
    assert cost() == one


def test_the_list_of_countries_holds_countries() -> None:
    codes = {code for code, _ in countries()}
    assert {"DE", "US", "GB", "XK"} <= codes
    assert codes.isdisjoint({"XA", "XB", "ZZ", "UN", "EU", "QO"})
