"""Upgrading an installation whose journeys sent mail before messages were mailing's."""

from datetime import timedelta
from importlib import import_module

import pytest
from django.db import connection

from automation.models import Enrollment, Journey, JourneyVersion
from cdp.lib.clock import utc_now
from mailing.models import Message

pytestmark = pytest.mark.django_db
NOW = utc_now()


def test_whoever_was_mailed_before_is_through_and_may_come_again() -> None:
    journey = Journey.objects.create(slug="old", name="Old", purpose_id="email_marketing")
    version = JourneyVersion.objects.create(journey=journey, number=1, graph={})
    states = {
        "sent": ("sent", "sent"),
        "unknown": ("unknown", "ambiguous"),
        "held": ("suppressed", "cart_ordered"),
        "going": ("sending", ""),
    }
    for n, (name, (state, reason)) in enumerate([*states.items(), ("none", ("", ""))]):
        one = Enrollment.objects.create(
            journey=journey,
            version=version,
            node="mail_1",
            occasion=name,
            identifier_id=n,
            state="sending",
            armed_at=NOW,
        )
        if state:
            Message.objects.create(
                sender="journey",
                sender_id=journey.pk,
                about_id=one.pk,
                step="mail_1",
                occasion=name,
                purpose="email_marketing",
                address_hash=bytes([n]) * 16,
                identifier_id=n,
                state=state,
                reason=reason,
                finished_at=None if state == "sending" else NOW - timedelta(days=n),
            )
    with connection.cursor() as cursor:
        cursor.execute(import_module("automation.migrations.0012_end_ways_whose_mail_is_done").END)
    found = {row.occasion: (row.state, row.reason, row.ended_at) for row in Enrollment.objects.all()}
    ended = found.pop("none")
    assert found == {
        "sent": ("done", "sent", NOW),
        "unknown": ("done", "ambiguous", NOW - timedelta(days=1)),
        "held": ("exited", "cart_ordered", NOW - timedelta(days=2)),
        "going": ("sending", "", None),
    }
    assert ended[:2] == ("exited", "removed")
