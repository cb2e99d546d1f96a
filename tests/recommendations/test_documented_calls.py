"""What README and docs tell people to type works, under the law that holds as shipped."""

import json
import re
from base64 import b64encode
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from pytest_django import Settings

from cdp.access.services import make_server_key
from cdp.demo.catalog.categories import CATEGORIES
from cdp.demo.management.commands.seed_demo import _try_these
from cdp.demo.seeding import DemoKeys
from events.models import Source
from recommendations.api.params import read, read_body
from recommendations.placement_defaults import STARTERS
from tests.paths import REPO
from tests.recommendations import world

IDS = ("P-1001", "P-1003", "P-1002")
KEYS = {spec.key for spec in STARTERS}


@pytest.fixture
def shop(settings: Settings) -> None:
    """Who has P-1001 wants P-1003; everybody wants P-1002. The law asks first."""
    settings.CONSENT_DEFAULT_REGIME = "gdpr"
    world.products(*IDS)
    world.go_live(world.small_model(IDS, [1, 1, 9], {("P-1001", "P-1003"): 1.0}))


def say(source: Source, path: str, body: Any) -> None:
    basic = b64encode(f"{source.write_key}:".encode()).decode()
    told = Client().post(path, json.dumps(body), "application/json", headers={"Authorization": f"Basic {basic}"})
    assert told.status_code == 200, told.content


def documented(text: str, path: str) -> list[Any]:
    """The JSON bodies of a document's calls of a path."""
    return [json.loads(body) for body in re.findall(re.escape(path) + r"\"? -d '([^']+)'", text)]


@pytest.mark.django_db
@pytest.mark.usefixtures("shop")
def test_the_readme_s_event_is_followed_to_a_recommendation_because_of_it(drain: Callable[..., int]) -> None:
    text = (REPO / "README.md").read_text()
    server, browser = Source.objects.create(name="backend", kind=Source.Kind.SERVER), world.source()
    who, signs_in = documented(text, "$B/v1/identify")
    (adds,) = documented(text, "$B/v1/track")
    say(server, "/v1/identify", {key: value for key, value in who.items() if key != "context"})
    say(browser, "/v1/identify", signs_in)
    say(browser, "/v1/track", adds)
    drain()
    key = make_server_key("shop", ["recommendations:read"])[1]

    def first() -> tuple[str, str]:
        found = Client().get("/v1/recommendations?user_id=ada&n=1", headers={"Authorization": f"Bearer {key}"})
        (item,) = found.json()["items"]
        return item["product_id"], item["reason"]

    assert first() == ("P-1002", "popular"), "before her yes"
    say(server, "/v1/identify", who)
    drain()
    assert first() == ("P-1003", "added")


@pytest.mark.django_db
@pytest.mark.usefixtures("shop")
def test_what_the_demo_says_to_try_is_answered_by_what_was_viewed(drain: Callable[..., int]) -> None:
    browser = world.source()
    keys = DemoKeys(browser=browser.write_key, server="", secret="")
    track, ask, *_ = _try_these(keys)
    (body,) = re.findall(r"-d '([^']+)'", track)
    (url,) = re.findall(r"'(http[^']+)'", ask)
    say(browser, "/v1/track", json.loads(body))
    drain()
    query = f"{urlsplit(url).query}&writeKey={browser.write_key}"
    items = Client().get(f"/v1/recommendations?{query}").json()["items"]
    assert (items[0]["product_id"], items[0]["reason"]) == ("P-1003", "viewed")


def test_the_calls_of_the_document_name_what_there_is_and_are_understood() -> None:
    text = (REPO / "docs" / "recommendations-api.md").read_text()
    bodies = documented(text, "$URL/v1/recommendations") + documented(text, "$URL/v1/recommendations/batch")
    asked = [read_body(body, also=("people",)) for body in bodies]
    queries = re.findall(r"\$URL(/v1/recommendations\?[^\"]+)\"", text)
    assert (len(asked), len(queries)) == (3, 2)
    asked += [read(parse_qs(urlsplit(query).query)) for query in queries]
    named = {one.placement for one in asked} - {""}
    assert named == {"home-for-you", "cart-complete", "email-for-you"}
    assert named <= KEYS
    categories = {name for one in asked for name in one.narrowing.categories}
    assert categories == {"Camp Kitchen"}
    assert categories <= {category.name for category in CATEGORIES}
