"""An open shop: the demo's keys, its products in the platform, and a visitor with a browser's cookies."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec
import pytest
from django.test import Client
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from cdp.demo import seeding
from cdp.demo.catalog import catalog
from cdp.demo.report import DemoReport, write_report
from cdp.demo.shop.visitor import COOKIE, Visitor, read
from cdp.lib.clock import utc_now
from commerce.feeds import rows_of_json
from commerce.services import upsert_products


def a_browser() -> Client:
    """Somebody's browser, which says that the shop's own pages ask."""
    return Client(headers={"Sec-Fetch-Site": "same-origin"})


@pytest.fixture
def client() -> Client:
    """In place of pytest-django's: the shop's forms are taken from its own pages only."""
    return a_browser()


@pytest.fixture
def demo_keys(settings: Settings, tmp_path: Path) -> seeding.DemoKeys:
    """The shop is open; what its server tells the platform goes nowhere."""
    settings.VAR_DIR = tmp_path
    return open_shop(tmp_path, "http://127.0.0.1:9")


@pytest.fixture
def platform(settings: Settings, tmp_path: Path, live_server: LiveServer) -> seeding.DemoKeys:
    """The shop is open, its products and placements are known, and the platform listens where its server calls."""
    settings.VAR_DIR = tmp_path
    rows, errors = rows_of_json({"products": [product.as_row() for product in catalog().products]})
    assert errors == []
    upsert_products(rows, utc_now())
    seeding.make_placements()
    return open_shop(tmp_path, live_server.url)


def open_shop(folder: Path, url: str) -> seeding.DemoKeys:
    keys = seeding.make_keys(None)
    report = DemoReport(url, f"{url}/admin/", keys.browser, keys.server, keys.secret, [], str(folder))
    write_report(folder / "demo.json", report)
    return keys


def visitor_in(client: Client) -> Visitor:
    """Whom the client's cookie names; somebody new without one."""
    kept = client.cookies.get(COOKIE)
    return read(kept.value if kept else "")


def on_the_page(client: Client) -> tuple[str, str]:
    """The id the next page names its visitor by, and the same signed where no cookie keeps it."""
    found = re.search('data-visitor="([^"]*)" data-minted="([^"]*)"', client.get("/shop/").content.decode())
    assert found
    return found[1], found[2]


def choose(client: Client, *, analytics: bool) -> None:
    """As cdp.js writes the choice down, and the shop's script tells the shop."""
    _, minted = on_the_page(client)
    said = {"analytics": analytics, "personalization": analytics}
    text = msgspec.json.encode({"preferences": said, "at": "2026-01-01T00:00:00Z"}).decode()
    client.cookies["cdp_consent"] = quote(text)
    assert client.post("/shop/consent/", {"visitor": minted}).status_code == 200


@pytest.fixture
def browse(client: Client, platform: seeding.DemoKeys) -> Callable[..., None]:
    """`browse(name, properties)`: what cdp.js would send for the client's visitor."""

    def send(name: str, properties: dict[str, Any] | None = None, **ids: str) -> None:
        visitor = visitor_in(client)
        body = {"event": name, "properties": properties or {}, "anonymousId": visitor.anonymous_id, **ids}
        path = "/v1/identify" if name == "identify" else "/v1/track"
        answer = Client().post(
            path, msgspec.json.encode(body), content_type="text/plain", headers={"X-Write-Key": platform.browser}
        )
        assert answer.status_code == 200, answer.content

    return send
