"""The subscriptions page says what each consumer has yet to do, for how long it waits, and what was given up."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.db import transaction
from pytest_django import DjangoAssertNumQueries

from cdp.outbox import queries, services
from cdp.outbox.models import Delivery, TopicRow

pytestmark = pytest.mark.django_db


def test_waiting_parked_and_done_are_told_apart(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with transaction.atomic():
        for n in range(4):
            services.publish("thing.done", {"n": n})
    first, second, *_ = Delivery.objects.filter(consumer="test.note").order_by("id")
    Delivery.objects.filter(pk=first.pk).update(done_at="2026-01-01T00:00Z")
    Delivery.objects.filter(pk=second.pk).update(parked_at="2026-01-01T00:00Z")
    TopicRow.objects.update(created_at="2026-01-01T00:00Z")
    with django_assert_num_queries(1):
        lags = {lag.consumer: lag for lag in queries.consumer_lags()}
    assert (lags["test.note"].undone, lags["test.note"].parked) == (2, 1)
    assert (lags["test.other"].undone, lags["test.other"].parked) == (4, 0)
    assert (lags["test.rows"].undone, lags["test.rows"].oldest_age_s) == (0, None)
    assert (lags["test.note"].oldest_age_s or 0) > 86400
    assert queries.parked_count() == 1


def test_the_command_prints_a_line_a_consumer_and_the_public_topics() -> None:
    out = StringIO()
    call_command("subscriptions", stdout=out)
    lines = out.getvalue().splitlines()
    assert [line.split()[0] for line in lines] == [
        "consumer",
        "test.note",
        "test.other",
        "test.alone",
        "test.rows",
        "public:",
    ]
    assert lines[1].endswith("thing.done")
