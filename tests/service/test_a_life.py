"""A life through the real service: she grants, buys, withdraws by each way, is exported, erased, and sent again."""

import io
import json
import re
import urllib.error
import urllib.parse
import urllib.request
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any

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
from django.contrib.auth import get_user_model
from events.models import Source

scopes = ["consent:read", "consent:write", "privacy:write", "profiles:read", "recommendations:read", "catalog:write"]
_, key = make_server_key("test", scopes)
journey = automation.ensure_default_journeys()
journey.draft["trigger"]["idle_minutes"], journey.holdout_share = 1, Decimal(0)
journey.save()
automation.sync_holdout(journey)
automation.activate(journey)
print(json.dumps({
    "server": Source.objects.create(name="shop server", kind="server").write_key,
    "browser": Source.objects.create(name="shop pages", kind="browser").write_key,
    "import": Source.objects.create(name="old shop", kind="import").write_key,
    "key": key,
}))
"""
ADA, CANARY = "ada-lovelace-7431@example.com", "Lovelacium7431"
# Every text, JSON and bytea value of every table: what is looked for must be nowhere.
EVERYWHERE = """
SELECT c.table_name, c.column_name FROM information_schema.columns c
JOIN information_schema.tables t USING (table_schema, table_name)
WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE'
  AND c.data_type IN ('text', 'character varying', 'jsonb', 'bytea', 'ARRAY')
"""


def test_a_life_with_every_way_out_its_export_and_its_erasure() -> None:
    with running_service() as service:
        keys = json.loads(service.django(SET_UP))
        shop = Client(keys["server"], host=service.base_url, sync_mode=True, max_retries=2)
        life = Life(service, keys, shop)
        life.is_born()
        life.is_reminded_once_and_buys()
        life.withdraws_by_each_way()
        life.sends_global_privacy_control()
        life.gets_everything_that_is_held()
        life.proves_the_mail()
        life.is_erased()
        life.stays_erased()


class Life:
    """Ada, and what she does."""

    def __init__(self, service: Service, keys: dict[str, str], shop: Client) -> None:
        self.service, self.keys, self.shop = service, keys, shop

    def is_born(self) -> None:
        """She signs in, and has said nothing about mail yet."""
        self.shop.identify("ada", {"email": ADA, "first_name": CANARY, "country": "DE"})
        self.shop.track("ada", "Product Viewed", {"product_id": "teapot", "name": "Teapot"}, anonymous_id="ada-tablet")
        wait_until(lambda: self.service.ask("SELECT 1 FROM profiles_identifier WHERE value = %s", ADA))
        assert self.state("email_marketing") == (False, "default_denied")
        assert self.state("personalization") == (False, "default_denied")

    def is_reminded_once_and_buys(self) -> None:
        """One mail about the cart, none after the order."""
        self.says("granted")
        assert self.state("email_marketing") == (True, "granted")
        self.fills_a_cart("cart-1")
        wait_until(lambda: len(self.mails("Teapot")) == 1)
        self.shop.track("ada", "Order Completed", {"order_id": "o-ada", "revenue": 39.5, "currency": "EUR",
                        "cart_id": "cart-1", "products": [{"product_id": "teapot", "name": "Teapot", "price": 39.5,
                                                           "quantity": 1}]})  # fmt: skip
        wait_until(lambda: self.service.ask("SELECT 1 FROM commerce_order WHERE order_id = 'o-ada'"))

    def withdraws_by_each_way(self) -> None:
        """Each way alone ends it, and she comes back after each."""
        mail = self.mails("Teapot")[0]
        one_click = re.search(r"<(https?://[^>]+)>", mail["List-Unsubscribe"])
        assert one_click
        center = next(url for url in links(mail) if "/p/" in url)
        ways: dict[str, Callable[[], None]] = {
            "one click": lambda: self.post(one_click[1], {"List-Unsubscribe": "One-Click"}),
            "the page": lambda: self.post(one_click[1], {}),
            "the preference center": lambda: self.post(center, {"action": "stop"}),
            "an event": lambda: self.shop.track("ada", "Email Unsubscribed", {"email": ADA}),
            "the API": lambda: self.says("withdrawn"),
            "the API in bulk": lambda: self.says_in_bulk("withdrawn"),
            "the preference event": lambda: self.prefers(False),
            "a complaint": lambda: self.shop.track("ada", "Email Marked as Spam", {"email": ADA}),
        }
        for way, act in ways.items():
            self.acts(act)
            allowed, reason = self.state("email_marketing")
            assert not allowed, way
            assert reason in ("withdrawn", "denied"), (way, reason)
            for url in (one_click[1], center):
                assert self.request(url)[0] == 200, "looking changes nothing"
            assert self.state("email_marketing")[0] is False, way
            self.says("granted")
            wait_until(lambda: self.state("email_marketing")[0])

    def sends_global_privacy_control(self) -> None:
        """Her browser says so; nothing of hers may be sold or shared."""
        self.says("granted", "third_party_sharing", user_id="ada")
        event = {"type": "page", "userId": "ada", "anonymousId": "ada-tablet", "name": "Home", "messageId": "gpc-1"}
        status, _ = self.request("/v1/page", event, {"Sec-GPC": "1", **self.basic("browser")})
        assert status == 200
        wait_until(lambda: self.service.ask("SELECT 1 FROM consent_entry WHERE method = 'gpc'"))
        assert self.state("third_party_sharing", user_id="ada")[0] is False

    def gets_everything_that_is_held(self) -> None:
        """The ZIP holds what the database holds, and she had to show that the address is hers."""
        center = next(url for url in links(self.mails("Teapot")[0]) if "/p/" in url)
        self.post(center, {"ask": "download"})
        wait_until(lambda: self.letter("/privacy/r/"))
        self.presses(self.letter("/privacy/r/"))
        wait_until(lambda: self.letter("/privacy/download/"))
        status, body = self.request(self.letter("/privacy/download/"), b"")
        assert status == 200
        assert isinstance(body, bytes)
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            names = {name: archive.read(name) for name in archive.namelist()}
        held = {name: json.loads(data) for name, data in names.items() if name.startswith("data/")}
        text = json.dumps(held)
        assert CANARY in text
        assert ADA in text
        assert "o-ada" in text
        assert CANARY in names["index.html"].decode()
        events = held["data/events.json"]
        (counted,) = self.service.ask(
            "SELECT count(*) FROM events_event e JOIN profiles_identifier i ON i.id = e.identifier_id"
            " WHERE i.profile_id = (SELECT profile_id FROM profiles_identifier WHERE value = %s)",
            ADA,
        )
        assert len(events["rows"] if isinstance(events, dict) else events) == counted[0]
        status, _ = self.request(self.letter("/privacy/download/"), b"")
        assert status == 410, "a link works once"

    def proves_the_mail(self) -> None:
        """What was sent was allowed when it was sent, and the ledger is as it was sealed."""
        self.service.django("from django.core.management import call_command; call_command('prove_sends', last=1000)")
        self.service.django(
            "from django.core.management import call_command; call_command('ledger', 'seal');"
            " call_command('ledger', 'verify')"
        )

    def is_erased(self) -> None:
        """Asked in the center, confirmed by the link, done in every store."""
        center = next(url for url in links(self.mails("Teapot")[0]) if "/p/" in url)
        self.fills_a_cart("cart-2")
        self.post(center, {"ask": "delete"})
        wait_until(lambda: self.letter("/privacy/delete/"))
        link = self.letter("/privacy/delete/")
        assert self.request(link)[0] == 200
        assert self.service.ask("SELECT 1 FROM profiles_identifier WHERE value = %s", ADA), "looking deletes nothing"
        self.presses(link)
        done = "SELECT 1 FROM privacy_request WHERE kind = 'erase' AND state = 'done'"
        wait_until(lambda: self.service.ask(done), 120)
        assert self.found() == []

    def stays_erased(self) -> None:
        """Neither her past sent again nor an import of it brings her back; only she herself does."""
        past = datetime.now(UTC) - timedelta(days=1)
        self.shop.identify("ada", {"email": ADA, "first_name": CANARY}, timestamp=past)
        again = {"type": "identify", "userId": "ada", "traits": {"email": ADA, "first_name": CANARY}}
        batch = {"batch": [{**again, "messageId": "again-1"}]}
        assert self.request("/v1/batch", batch, self.basic("import"))[0] == 200
        nothing = "SELECT count(*) FROM events_inbox WHERE done_at IS NULL"
        wait_until(lambda: self.service.ask(nothing) == [(0,)])
        assert self.found() == []
        self.shop.identify("ada", {"email": ADA, "country": "DE"})
        wait_until(lambda: self.service.ask("SELECT 1 FROM profiles_identifier WHERE value = %s", ADA))
        assert self.state("email_marketing")[0] is False, "a new beginning, without the old yes"

    def acts(self, act: Callable[[], None]) -> None:
        """Do it, and wait until the ledger has heard."""
        before = self.entries()
        act()
        wait_until(lambda: self.entries() > before)

    def says(self, state: str, purpose: str = "email_marketing", **subject: str) -> None:
        body = {"purpose": purpose, "state": state, **(subject or {"email": ADA})}
        status, answer = self.request("/v1/consent", body, self.bearer())
        assert status == 200, answer

    def says_in_bulk(self, state: str) -> None:
        body = {"statements": [{"purpose": "email_marketing", "state": state, "email": ADA}]}
        status, answer = self.request("/v1/consent/bulk", body, self.bearer())
        assert status == 200, answer

    def prefers(self, allowed: bool) -> None:
        context = {"consent": {"categoryPreferences": {"email_marketing": allowed}}}
        self.shop.track("ada", "Segment Consent Preference Updated", {}, context=context)

    def fills_a_cart(self, cart_id: str) -> None:
        at = datetime.now(UTC) - timedelta(hours=2)
        teapot = {"product_id": "teapot", "name": "Teapot", "price": 39.5, "quantity": 1, "currency": "EUR"}
        self.shop.track("ada", "Product Added", {"cart_id": cart_id, **teapot}, timestamp=at)

    def state(self, purpose: str, **subject: str) -> tuple[bool, str]:
        """(allowed, reason) as the API says it."""
        status, answer = self.request("/v1/consent/state", subject or {"email": ADA}, self.bearer())
        assert status == 200, answer
        one = next(one for one in answer["purposes"] if one["purpose"] == purpose)
        return one["allowed"], one["reason"]

    def entries(self) -> int:
        return int(self.service.ask("SELECT count(*) FROM consent_entry")[0][0])

    def mails(self, word: str) -> list[EmailMessage]:
        """Marketing mails that hold the word."""
        return [mail for mail in self.service.mails() if mail["List-Unsubscribe"] and word in text_of(mail)]

    def letter(self, path: str) -> str:
        """The newest single-use link that was mailed; empty: none yet."""
        found = [url for mail in self.service.mails() if mail["To"] == ADA for url in links(mail) if path in url]
        return found[-1] if found else ""

    def presses(self, url: str) -> None:
        assert self.request(url, b"")[0] == 200

    def post(self, url: str, form: dict[str, str]) -> None:
        status, answer = self.request(url, urllib.parse.urlencode(form).encode())
        assert status == 200, answer

    def found(self) -> list[tuple[str, str]]:
        """Where in the database her address or her canary still stands."""
        asked = (
            """SELECT 1 FROM "{0}" WHERE position(%s IN "{1}"::text) > 0 OR position(%s IN "{1}"::text) > 0 LIMIT 1"""
        )
        words = ((ADA, ADA.encode().hex()), (CANARY, CANARY.encode().hex()))
        columns = self.service.ask(EVERYWHERE)
        return [one for one in columns if any(self.service.ask(asked.format(*one), *word) for word in words)]

    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.keys['key']}"}

    def basic(self, source: str) -> dict[str, str]:
        return {"X-Write-Key": self.keys[source]}

    def request(
        self, path: str, body: dict[str, Any] | bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, Any]:
        """GET without a body, else POST; JSON comes back as such, a file as bytes."""
        url = path if path.startswith("http") else self.service.base_url + path
        data = json.dumps(body).encode() if isinstance(body, dict) else body
        kind = "application/json" if isinstance(body, dict) else "application/x-www-form-urlencoded"
        asked = urllib.request.Request(url, data=data, headers={"Content-Type": kind, **(headers or {})})
        try:
            with urllib.request.urlopen(asked, timeout=30) as answer:
                status, raw = answer.status, answer.read()
        except urllib.error.HTTPError as error:
            status, raw = error.code, error.read()
        try:
            return status, json.loads(raw)
        except ValueError:
            return status, raw


def text_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def links(mail: EmailMessage) -> list[str]:
    return re.findall(r"https?://[^\s<>\"]+", text_of(mail))
