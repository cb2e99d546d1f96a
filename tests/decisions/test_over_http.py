"""Decisions over HTTP alone: odd bodies, the same key at once, an attacker who links himself, who refuses, and a bandit
from its first answer to the candidate that is switched on."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.test import Client

from cdp.access.services import make_user_token, make_user_token_key
from cdp.lib.clock import utc_now
from cdp.lib.hashing import keyed_hash
from consent.contracts import PERSONALIZATION, NewEntry
from consent.services import record_entries
from decisions.models import BanditEvaluation, ContentBlock, ContentVersion, Conversion, Decision, DecisionPlacement
from decisions.queries.bandit_log import running_bandits
from decisions.queries.bandits import forget_states
from decisions.queries.content import forget_content
from decisions.services.bandits import fold_slice
from decisions.services.judging import judge_all, switch_on
from profiles.queries import find
from tests.decisions.deciding_world import Shop, place, table
from tests.segments.world import World

LOOKED = {"did": "Product Viewed"}
ARMS = [{"id": one, "outcome": {"data": {"show": one}}} for one in ("a", "b")]
BANDIT = {"by": "bandit", "policy": "thompson", "arms": ARMS, "floor": 0.1, "reward": {"kind": "click"}}


@pytest.fixture
def shop() -> Shop:
    world = World()
    world.segment({"trait": "tier", "is": "eq", "value": "gold"}, slug="vip")
    world.segment(LOOKED, slug="lookers")
    world.send(
        world.identify("ada", anonymous="ada-phone", tier="gold"),
        world.track("ada", "Product Viewed", product_id="mug"),
    )
    return Shop(world)


def banner(key: str, **variants: str) -> None:
    """A live banner with a title for each segment, and for readers of German."""
    block = ContentBlock.objects.create(key=key, name=key)
    told = [{"id": slug, "segment": slug, "body": {"title": title}} for slug, title in variants.items()]
    told.append({"id": "de", "locale": "de", "body": {"title": "Alle"}})
    stored = {"kind": "banner", "fallback": {"title": "Everybody"}, "variants": told}
    block.version = ContentVersion.objects.create(block=block, number=1, content=stored)
    block.state = ContentBlock.State.LIVE
    block.save()
    forget_content()


def refuse(name: str) -> None:
    who = find("anonymous_id", name)
    assert who is not None
    with transaction.atomic():
        entry = NewEntry(keyed_hash("t", name), PERSONALIZATION, "withdrawn", "api", utc_now(), identifier_id=who.id)
        record_entries([entry])


@pytest.mark.django_db
def test_no_odd_body_is_our_fault(shop: Shop) -> None:
    """A sign that PostgreSQL keeps in no text, money out of range, a body that says it is text with its key inside."""
    place("hero", BANDIT | {"features": ["context.device"]})
    [hero, unknown] = shop.decide(
        "hero", "no\0such", user_id="ada", context={"device": "pho\0ne"}, idempotency_key="k\0"
    )
    assert (hero["reason"], unknown["reason"], unknown["decision_id"]) == ("played", "unknown_placement", None)
    assert Decision.objects.get().features == {"context.device": "phone"}
    pk = hero["decision_id"]
    told = [{"decision_id": pk, "kind": "sig\0n", "occasion": "1\0"}, {"decision_id": pk, "kind": "ord\0er"}]
    told += [{"decision_id": pk, "kind": "buy", "value": one} for one in ("999999999999.999", "1e12", "NaN", "-1")]
    body = json.dumps({"writeKey": shop.write_key, "conversions": told})
    found = Client().post("/v1/conversions", body, content_type="text/plain;charset=UTF-8", headers={"Origin": "x"})
    assert found.headers["Access-Control-Allow-Origin"] == "*"
    assert [one["reason"] for one in found.json()["errors"]] == ["order_counts_itself", *["not_a_number"] * 4]
    assert Conversion.objects.values_list("kind", "occasion").get() == ("sign", "1")


@pytest.mark.django_db
def test_a_clock_that_is_behind_takes_no_reward_away(shop: Shop) -> None:
    place("hero", BANDIT)
    pk = shop.decide("hero", browser="b")[0]["decision_id"]
    early = "2020-01-01T00:00:00Z"
    shop.post("conversions", {"conversions": [{"decision_id": pk, "kind": "click", "at": early}]}, browser="b")
    row = Decision.objects.get()
    assert row.exposed_at == row.decided_at == Conversion.objects.get().at


@pytest.mark.django_db(transaction=True)
def test_the_same_key_at_once_is_answered_with_the_same_bytes_and_logged_once(shop: Shop) -> None:
    for key in ("one", "two", "three"):
        place(key, BANDIT)

    def ask(_: int) -> bytes:
        try:
            return shop.raw("one", "two", "three", user_id="ada", idempotency_key="view-1")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(6) as pool:
        answers = set(pool.map(ask, range(18)))
    assert len(answers) == 1
    assert Decision.objects.count() == 3


@pytest.mark.django_db
def test_content_follows_the_person_and_an_attacker_learns_nothing_by_linking_himself(shop: Shop) -> None:
    banner("spring", vip="For gold", lookers="You looked")
    place("hero", table({"id": "all", "outcome": {"content": "spring"}}))
    place("account", BANDIT | {"features": ["person.segment:vip"], "policy": "linucb"})
    shop.world.send({"type": "identify", "anonymousId": "attacker", "userId": "ada"})
    key: dict[str, Any] = {"idempotency_key": "k", "context": {"locale": "en"}}
    make_user_token_key("shop")
    token = make_user_token("shop", "ada", timedelta(hours=1))

    def title(**asked: Any) -> str:
        return str(shop.decide("hero", **asked)[0]["content"]["title"])

    assert title(user_id="ada") == title(token=token) == "For gold"
    assert title(user_id="stranger", context={"locale": "de-AT"}) == "Alle"
    linked = shop.raw("hero", "account", browser="attacker", **key)
    assert Decision.objects.filter(state_version=0).exclude(features=None).count() == 0
    assert b"Everybody" in linked
    Decision.objects.all().delete()
    shop.world.send({"type": "track", "anonymousId": "attacker", "event": "Product Viewed", "properties": {}})
    assert title(browser="attacker") == "You looked"
    assert title(browser="ada-phone") == "Everybody"  # she looked as ada, not as this browser


@pytest.mark.django_db
def test_a_browser_that_refuses_is_nobody_to_the_byte_and_to_the_head(shop: Shop) -> None:
    banner("spring", lookers="You looked")
    place("hero", table({"id": "all", "outcome": {"content": "spring"}}))
    place("bandit", BANDIT | {"features": ["person.segment:lookers"]})
    shop.world.send({"type": "track", "anonymousId": "ada-phone", "event": "Product Viewed", "properties": {}})

    def ask(**more: Any) -> Any:
        body = {"placements": ["hero", "bandit", "none"], "idempotency_key": "k", "writeKey": shop.write_key, **more}
        return Client().post("/v1/decide", json.dumps(body), content_type="text/plain")

    def told(answer: Any) -> Any:
        kept = {name: value for name, value in answer.headers.items() if name != "X-Request-ID"}
        return answer.status_code, answer.content, kept

    refuse("ada-phone")
    nobody = told(ask())
    assert b"Everybody" in nobody[1]
    Decision.objects.all().delete()
    assert told(ask(anonymous_id="ada-phone")) == nobody
    for row in Decision.objects.all():
        assert (row.identifier_id, row.unit_hash, row.features) == (None, None, None)


def played(shop: Shop, many: int, since: int = 0) -> dict[str, int]:
    """How often each arm is shown to new browsers. Each sees it; all who get b click, and one in eight of a."""
    counts = {"a": 0, "b": 0}
    for number in range(since, since + many):
        [one] = shop.decide("hero", browser=f"visitor-{number}")
        counts[one["arm"]] += 1
        shop.post("exposures", {"exposures": [one["decision_id"]]}, browser=f"visitor-{number}")
        if one["arm"] == "b" or number % 8 == 0:
            click = {"decision_id": one["decision_id"], "kind": "click"}
            shop.post("conversions", {"conversions": [click, click]}, browser=f"visitor-{number}")
    return counts


@pytest.mark.django_db
def test_a_bandit_learns_from_what_is_told_and_a_candidate_is_switched_on(shop: Shop) -> None:
    row = place("hero", BANDIT)
    first = played(shop, 40)
    assert min(first.values()) > 10
    fold_slice()
    forget_states()
    assert Decision.objects.filter(propensity=0.5).count() == 40
    with connection.cursor() as cursor:  # a day later the windows are over
        day = "interval '25 hours'"
        cursor.execute(f"UPDATE decisions_conversion SET at = at - {day}")
        cursor.execute(
            f"UPDATE decisions_decision SET decided_at = decided_at - {day}, exposed_at = exposed_at - {day}"
        )
    assert fold_slice() == 1
    forget_states()
    then = played(shop, 24, since=40)
    assert then["b"] > 2 * then["a"]
    latest = Decision.objects.latest("decided_at")
    assert latest.state_version > 0
    assert latest.probabilities is not None
    assert min(latest.probabilities.values()) == pytest.approx(0.1, abs=1e-3)  # the floor
    assert latest.propensity == latest.probabilities[latest.arm]
    [one] = running_bandits()
    assert judge_all(one, utc_now()) == BanditEvaluation.objects.count() > 2
    switch_on(row.pk, "only:b", by=None)
    [after] = shop.decide("hero", browser="visitor-1")
    assert (after["decided_by"], after["arm"], after["version"]) == ("table", "b", 2)
    assert DecisionPlacement.objects.get().state == "live"
