"""One event followed to its message through the real service: supervisor, web, workers, beat, SMTP, a real client."""

import json
import re
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage

import pytest
from segment.analytics.client import Client

from tests.embedded.harness import wait_until
from tests.service.service import Service, running_service

pytestmark = [pytest.mark.service, pytest.mark.timeout(600)]

SET_UP = """
import json
from decimal import Decimal
from automation import services as automation
from automation.models import Journey
from cdp.access.services import make_server_key
from events.models import Source
from segments.contracts import SegmentDraft
from segments.services import save_segment

source = Source.objects.create(name="shop server", kind="server")
_, key = make_server_key("test", ["recommendations:read"])
rule = {"did": "Product Added", "within": {"days": 7}}
save_segment(SegmentDraft(slug="adders", name="Adders", definition=rule))
journey = automation.ensure_default_journeys()
journey.draft["trigger"]["idle_minutes"], journey.holdout_share = 1, Decimal(0)
journey.save()
automation.sync_holdout(journey)
automation.activate(journey)
print(json.dumps({"write_key": source.write_key, "server_key": key}))
"""
MEMBER = """
    SELECT 1 FROM segments_membership m JOIN profiles_identifier i USING (profile_id)
    WHERE m.left_at IS NULL AND i.kind = 'user_id' AND i.value = %s
"""
MESSAGE_STATES = """
    SELECT m.state, m.reason FROM mailing_message m JOIN profiles_identifier i ON i.id = m.identifier_id
    WHERE i.kind = 'user_id' AND i.value = %s ORDER BY m.id
"""


def test_a_cart_left_becomes_one_mail_and_an_unsubscribe_ends_it() -> None:
    with running_service() as service:
        keys = json.loads(service.django(SET_UP))
        client = Client(keys["write_key"], host=service.base_url, sync_mode=True, max_retries=2)
        _others_order(client)
        _leave_a_cart(client, "ada", "cart-1", hours_ago=2)
        wait_until(lambda: service.ask(MEMBER, "ada"))
        wait_until(lambda: len(service.mails()) == 1)
        mail = service.mails()[0]
        assert mail["To"] == "ada@example.com"
        assert "Teapot" in _text(mail)
        _recommendations_answer(service, keys["server_key"])
        _unsubscribe(service, mail)
        _leave_a_cart(client, "ada", "cart-2", hours_ago=1)
        _kill_and_flush_while_events_arrive(service, client)
        wait_until(lambda: service.ask(MEMBER, "late-19"), 180)
        wait_until(lambda: _nothing_waits(service), 180)
        assert [mail["To"] for mail in service.mails()].count("ada@example.com") == 1
        assert [state for state, _ in service.ask(MESSAGE_STATES, "ada")].count("sent") == 1


def test_after_a_kill_of_everything_it_starts_again_with_all_it_had_acknowledged() -> None:
    with running_service() as service:
        keys = json.loads(service.django(SET_UP))
        client = Client(keys["write_key"], host=service.base_url, sync_mode=True)
        for number in range(20):
            client.identify(f"kept-{number}", {"plan": "basic"})
        service.kill_everything()
        service.lines.clear()
        service.start()
        known = "SELECT count(*) FROM profiles_identifier WHERE kind = 'user_id' AND value LIKE 'kept-%%'"
        wait_until(lambda: service.ask(known) == [(20,)])


def _others_order(client: Client) -> None:
    products = [{"product_id": f"p{n}", "name": f"Thing {n}", "price": 5 + n, "quantity": 1} for n in range(6)]
    for person in range(8):
        basket = [products[person % 6], products[(person + 1) % 6]]
        facts = {"order_id": f"o{person}", "currency": "EUR", "revenue": 12, "products": basket}
        client.track(f"buyer-{person}", "Order Completed", facts)


def _leave_a_cart(client: Client, who: str, cart_id: str, *, hours_ago: int) -> None:
    at = datetime.now(UTC) - timedelta(hours=hours_ago)
    client.identify(who, {"email": f"{who}@example.com", "first_name": who.title()}, timestamp=at)
    if cart_id == "cart-1":
        consent = {"consent": {"categoryPreferences": {"email_marketing": True}}}
        client.track(who, "Segment Consent Preference Updated", {}, context=consent, timestamp=at)
    teapot = {"product_id": "teapot", "name": "Teapot", "price": 39.5, "quantity": 1, "currency": "EUR"}
    client.track(who, "Product Added", {"cart_id": cart_id, **teapot}, timestamp=at)


def _recommendations_answer(service: Service, key: str) -> None:
    status, answer = service.request("/v1/recommendations?user_id=ada", key=key)
    assert status == 200, answer
    assert answer["items"], answer


def _unsubscribe(service: Service, mail: EmailMessage) -> None:
    found = re.search(r"<(https?://[^>]+)>", mail["List-Unsubscribe"])
    assert found
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    status, _ = service.request(found[1], form="List-Unsubscribe=One-Click")
    assert status == 200
    withdrawn = "SELECT 1 FROM consent_entry WHERE state = 'withdrawn' AND purpose_id = 'email_marketing'"
    assert service.ask(withdrawn)


def _kill_and_flush_while_events_arrive(service: Service, client: Client) -> None:
    for number in range(20):
        client.track(f"late-{number}", "Product Added", {"product_id": "p1", "cart_id": f"late-{number}", "price": 3})
        if number == 5:
            assert service.kill("celery", "worker") > 0
        if number == 10:
            service.forget_broker()


def _nothing_waits(service: Service) -> bool:
    waiting = """
        SELECT (SELECT count(*) FROM events_inbox WHERE done_at IS NULL)
             + (SELECT count(*) FROM outbox_delivery WHERE done_at IS NULL AND parked_at IS NULL)
             + (SELECT count(*) FROM mailing_message WHERE state IN ('queued', 'sending'))
             + (SELECT count(*) FROM automation_enrollment WHERE state IN ('armed', 'waiting') AND due_at < now())
    """
    return service.ask(waiting) == [(0,)]


def _text(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())
