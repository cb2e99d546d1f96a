"""Pages of the roof: the front door, subscriptions, what empty lists teach, how dates are written."""

from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.utils.formats import date_format

from automation.services import ensure_default_journeys
from cdp.admin_home.groups import apply_rights
from cdp.admin_home.teaching import LESSONS
from cdp.lib.clock import utc_now
from cdp.outbox.models import Delivery, TopicRow
from cdp.subscriptions import CONSUMERS, PUBLIC_TOPICS
from events.models import Source

pytestmark = pytest.mark.django_db


def staff(group: str) -> Client:
    apply_rights()
    user = User.objects.create_user(f"{group}@example.com", is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    client = Client()
    client.force_login(user)
    return client


def test_who_opens_the_service_finds_the_ways_on(client: Client) -> None:
    page = client.get("/")
    assert page.status_code == 200
    for link in ("/admin/", "/docs/", "/health/ready"):
        assert f'href="{link}"' in page.text
    assert client.get("/favicon.ico")["Location"] == "/static/house/favicon.svg"


def test_signing_in_without_a_destination_leads_home(client: Client) -> None:
    User.objects.create_user("mia", password="a long password", is_staff=True)
    answer = client.post("/admin/login/", {"username": "mia", "password": "a long password"})
    assert (answer.status_code, answer["Location"]) == (302, "/admin/")


def test_the_subscriptions_page_lists_every_consumer_and_topic_and_what_waits() -> None:
    row = TopicRow.objects.create(topic="cart.changed", payload={})
    Delivery.objects.create(topic_row=row, consumer="automation.arm")
    page = staff("admin").get("/admin/system/subscriptions/")
    for consumer in CONSUMERS:
        assert f"<code>{consumer.name}</code>" in page.text
    for topic in PUBLIC_TOPICS:
        assert f"<code>{topic}</code>" in page.text
    shown = {line.name: line.waiting for line in page.context["subscribers"]}
    assert shown["automation.arm"] == "1"
    assert {line.name: line.waiting for line in page.context["row_queues"]}["jobs.run"] == "0"
    assert "Every consumer keeps up." in page.text


def test_parked_deliveries_are_the_headline_and_a_card_on_the_home_page() -> None:
    row = TopicRow.objects.create(topic="cart.changed", payload={})
    Delivery.objects.create(topic_row=row, consumer="automation.arm", attempts=9, parked_at=utc_now())
    client = staff("admin")
    page = client.get("/admin/system/subscriptions/")
    assert "1 deliveries were given up" in page.text
    assert [line.pk for line in client.get(page.context["parked_url"]).context["cl"].result_list] == [
        Delivery.objects.get().pk
    ]
    cards = {figure.title: (figure.value, url) for figure, url in client.get("/admin/").context["figures"]}
    assert cards["Parked"] == ("1", page.context["parked_url"])


@pytest.mark.parametrize("group", ["marketer", "analyst", "support"])
@pytest.mark.parametrize("page", ["subscriptions", "lake"])
def test_the_system_pages_are_for_administrators(group: str, page: str) -> None:
    client = staff(group)
    assert client.get(f"/admin/system/{page}/").status_code == 403
    assert f"/admin/system/{page}/" not in client.get("/admin/").text


@pytest.mark.parametrize("label", sorted(set(LESSONS) - {"automation.journey", "access.auditentry", "consent.notice"}))
def test_an_empty_list_says_what_it_is_for(label: str) -> None:
    client = staff("admin")
    url = f"/admin/{label.replace('.', '/')}/"
    taught = client.get(url).context["taught"]
    assert taught.title == LESSONS[label].title
    assert taught.url == "" or client.get(taught.url).status_code == 200


def test_an_overfiltered_list_offers_to_show_all_instead_of_teaching() -> None:
    page = staff("admin").get("/admin/commerce/order/", {"q": "no-such-order"})
    assert "Nothing matches" in page.text
    assert "Show all" in page.text


def test_an_empty_list_offers_no_step_its_reader_may_not_take() -> None:
    taught = staff("analyst").get("/admin/commerce/product/").context["taught"]
    assert (taught.title, taught.url) == ("No products yet", "")


def test_the_first_start_is_led_from_the_source_to_the_first_model() -> None:
    client = staff("admin")
    ensure_default_journeys()
    assert [step.button for step in client.get("/admin/").context["next_steps"]] == [
        "Add source",
        "Add segment",
        "Activate journey",
    ]
    source = Source.objects.create(name="Shop", kind="server")
    step = client.get("/admin/").context["next_steps"][0]
    assert (step.button, f"curl -u {source.write_key}:" in step.command) == ("Show sources", True)
    source_page = client.get("/admin/events/source/add/").text
    assert "DatabaseDefault" not in source_page
    assert "DatabaseDefault" not in client.get("/admin/access/usertokenkey/add/").text


def test_an_instant_reads_the_same_everywhere() -> None:
    assert date_format(datetime(2026, 11, 22, 14, 29, tzinfo=UTC), "DATETIME_FORMAT") == "22 Nov 2026 14:29"
