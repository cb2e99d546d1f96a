"""Messages queued once, by senders that are declared."""

from dataclasses import replace

import pytest
from django.db import IntegrityError, transaction
from pytest_django import Settings

from cdp.lib.clock import utc_now
from cdp.lib.hashing import address_hash
from mailing.contracts import NewMessage
from mailing.models import Message
from mailing.senders import UnknownSender
from mailing.services import cancel, queue

pytestmark = pytest.mark.django_db
ONE = NewMessage(
    sender="test",
    sender_id=7,
    about_id=1,
    label="A test",
    step="mail_1",
    occasion="cart:1",
    address="jane@example.com",
    identifier_id=5,
    template="abandoned_cart",
    purpose="email_marketing",
)


@pytest.fixture(autouse=True)
def _a_sender(settings: Settings) -> None:
    settings.MAIL_SENDERS = {"test": "tests.mailing.world.TestSender"}


def test_a_message_is_queued_once_for_ever_also_within_one_call() -> None:
    now = utc_now()
    bo = replace(ONE, address="bo@example.com", about_id=None, kind="transactional", purpose="", template_version=3)
    first = queue([ONE, ONE, bo], now=now)
    assert (first[1], len({first[0], first[2]} - {None})) == (None, 2)
    assert queue([ONE, replace(ONE, occasion="cart:2")], now=now)[0] is None
    rows = Message.objects.order_by("pk").values_list("address", "state", "lane", "queued_at", "template_version")
    assert [*rows][:2] == [("jane@example.com", "queued", 1, now, None), ("bo@example.com", "queued", 0, now, 3)]
    assert bytes(Message.objects.get(occasion=ONE.occasion, address=ONE.address).address_hash) == address_hash(
        "jane@example.com"
    )


def test_nobody_queues_for_a_sender_that_is_not_declared_or_marketing_without_a_purpose() -> None:
    with pytest.raises(UnknownSender, match=r"'other' is not declared in MAIL_SENDERS.* use one of test"):
        queue([replace(ONE, sender="other")], now=utc_now())
    with pytest.raises(IntegrityError, match="mailing_message_purpose"), transaction.atomic():
        queue([replace(ONE, purpose="")], now=utc_now())
    assert Message.objects.count() == 0


def test_what_is_called_off_is_suppressed_with_its_reason() -> None:
    now = utc_now()
    queue([ONE, replace(ONE, about_id=2, occasion="cart:2"), replace(ONE, sender_id=8)], now=now)
    assert cancel("test", about_ids=[1, 2], sender_id=7, reason="canceled", now=now) == 2
    assert cancel("test", reason="canceled", now=now) == 0
    assert [*Message.objects.order_by("pk").values_list("state", "reason")] == [
        ("suppressed", "canceled"), ("suppressed", "canceled"), ("queued", "")]  # fmt: skip
