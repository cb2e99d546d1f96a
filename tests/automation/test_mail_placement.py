"""The cart mail asks the placement `email-cart` where staff made one, and its links tell of which answer they are."""

import html
import re
from urllib.parse import parse_qs, urlsplit

import pytest
from pytest_django import Settings

from automation.models import Journey
from cdp.lib.clock import utc_now
from mailing.links import with_recommendation
from recommendations.models import Placement
from recommendations.queries.answer_ids import read_id
from recommendations.queries.placements import forget_placements
from tests.automation import world
from tests.automation.sink import Sink

pytestmark = pytest.mark.django_db


def links(sink: Sink, settings: Settings) -> list[str]:
    """Links of recommended products in the only mail, as a mail program opens them."""
    settings.SHOP_URL = "https://shop.example"
    for name in ("r1", "r2", "r3"):
        world.stock(name, url=f"https://shop.example/rec/{name}")
    world.abandoned()
    world.run()
    (mail,) = sink.mails
    body = mail.get_body(("html",))
    assert body is not None
    found = re.findall(r'href="([^"]+)"', body.get_content())
    return [html.unescape(link) for link in found if "/rec/" in link]


def test_a_link_carries_the_id_beside_what_it_had() -> None:
    assert with_recommendation("https://shop.example/p/1", "r1_x") == "https://shop.example/p/1?cdp_rec=r1_x"
    assert with_recommendation("https://shop.example/p?a=1#b", "r1_x") == "https://shop.example/p?a=1&cdp_rec=r1_x#b"
    assert with_recommendation("https://shop.example/p/1", "") == "https://shop.example/p/1"
    assert with_recommendation("", "r1_x") == ""
    long = "https://shop.example/" + "p" * 1_975
    assert with_recommendation(long, "r1_x") == long


def test_without_the_placement_links_are_as_the_feed_tells_them(
    journey: Journey, sink: Sink, settings: Settings
) -> None:
    found = links(sink, settings)
    assert found
    assert not any("cdp_rec" in link for link in found)


def test_with_the_placement_its_rules_hold_and_links_name_the_answer(
    journey: Journey, sink: Sink, settings: Settings
) -> None:
    placed = Placement.objects.create(
        key="email-cart",
        name="Cart mail",
        kind="email",
        strategies=[{"strategy": "newest", "weight": 1.0}],
        holdout=1.0,
    )
    placed.rules.create(action="exclude", target="product", value="r2")
    forget_placements()
    found = links(sink, settings)
    assert sorted({urlsplit(link).path for link in found}) == ["/rec/r1", "/rec/r3"]
    (named,) = {parse_qs(urlsplit(link).query)["cdp_rec"][0] for link in found}
    answer = read_id(named, utc_now())
    assert (answer.placement, answer.variant) == ("email-cart", "")
    assert [answer.showed(one) for one in ("r1", "r2", "r3")] == [True, False, True]
