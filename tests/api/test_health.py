"""Health tells what waits and for how long, and says 503 with the reason when the database is away."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.test import Client
from pytest_django import Settings

from automation.models import Enrollment, Journey, JourneyVersion
from automation.queries.journeys import BEFORE_US
from cdp.lib.clock import utc_now
from cdp.outbox import services
from cdp.outbox.models import Delivery, TopicRow
from events.models import Inbox, Source
from mailing.models import Policy
from tests.mailing.rows import message


def test_live_touches_nothing() -> None:
    answer = Client().get("/health/live")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


@pytest.mark.django_db
def test_ready_is_ok_with_nothing_waiting() -> None:
    answer = Client().get("/health/ready")
    body = answer.json()
    assert (answer.status_code, body["status"], body["database"], body["redis"]) == (200, "ok", "ok", "ok")
    names = {"inbox", "imports", "deliveries", "enrollments", "messages", "segments", "lake", "jobs"}
    assert body["oldest_waiting_s"] == dict.fromkeys(names)
    assert body["late_after_s"].keys() == names


@pytest.mark.django_db
def test_ready_is_late_when_a_delivery_waits_too_long_and_counts_what_is_parked() -> None:
    with transaction.atomic():
        services.publish("events.stored", {"first_id": 1, "last_id": 1})
    TopicRow.objects.update(created_at="2020-01-01T00:00Z")
    body = Client().get("/health/ready").json()
    assert (body["status"], body["late"], body["deliveries_parked"]) == ("late", ["deliveries"], 0)
    assert body["oldest_waiting_s"]["deliveries"] > 86400
    Delivery.objects.update(parked_at="2020-01-02T00:00Z")
    body = Client().get("/health/ready").json()
    assert (body["status"], body["late"], body["deliveries_parked"]) == ("late", ["mail"], Delivery.objects.count())
    assert body["mail_held_by_parked"] == Delivery.objects.filter(consumer__in=BEFORE_US).count() > 0
    Delivery.objects.filter(consumer__in=BEFORE_US).update(done_at="2020-01-02T00:00Z")
    body = Client().get("/health/ready").json()
    assert (body["status"], body["late"], body["mail_held_by_parked"]) == ("ok", [], 0)
    assert body["deliveries_parked"] > 0


def late() -> list[str]:
    return list(Client().get("/health/ready").json()["late"])


@pytest.mark.django_db
def test_what_a_paused_journey_keeps_for_later_and_what_staff_stopped_is_not_late() -> None:
    journey = Journey.objects.create(slug="j", name="J", state="live")
    then = utc_now() - timedelta(days=1)
    version = JourneyVersion.objects.create(journey=journey, number=1, graph={})
    stands = {"version": version, "node": "mail_1", "armed_at": then, "due_at": then}
    Enrollment.objects.create(journey=journey, occasion="o", identifier_id=1, cart_key="c", **stands)
    message(queued_at=then)
    message(queued_at=then, lane=2)
    assert late() == ["enrollments", "messages"]
    Journey.objects.update(state="paused")
    Policy.objects.create(stopped_at=then)
    assert late() == []


@pytest.mark.django_db
def test_each_lane_of_the_inbox_is_late_by_itself() -> None:
    source = Source.objects.create(name="shop")
    minute, hours = utc_now() - timedelta(minutes=2), utc_now() - timedelta(hours=2)
    live = Inbox.objects.create(source=source, body=b"", items=1, received_at=utc_now())
    bulk = Inbox.objects.create(source=source, body=b"", items=1, received_at=minute, lane=Inbox.Lane.BULK)
    assert late() == []
    Inbox.objects.filter(pk=bulk.pk).update(received_at=hours)
    assert late() == ["imports"], "a fresh live request hides no old import"
    Inbox.objects.filter(pk=live.pk).update(received_at=minute)
    assert late() == ["inbox", "imports"]


@pytest.mark.django_db
def test_ready_without_redis_is_late_not_unavailable(settings: Settings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    answer = Client().get("/health/ready")
    assert (answer.status_code, answer.json()["status"], answer.json()["redis"]) == (200, "late", "away")


def test_ready_without_its_database_is_a_503_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    from django.db import OperationalError

    from cdp.api import health

    def away() -> float:
        raise OperationalError("connection refused for customer@example.com")

    monkeypatch.setattr(health, "AGES", (health.Age("inbox", away, 60),))
    answer = Client().get("/health/ready")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert answer.json()["reason"] == "the database cannot be asked (OperationalError)"


def test_health_answers_get_and_head_only() -> None:
    assert Client().head("/health/live").status_code == 200
    assert Client().post("/health/live").status_code == 405
