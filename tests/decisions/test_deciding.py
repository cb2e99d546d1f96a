"""POST /v1/decide: tables under their hit policies, rules, what is not to be had, refusals, keys, repetitions."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from cdp.access.services import make_user_token, make_user_token_key
from cdp.lib.hashing import keyed_hash
from consent.contracts import PERSONALIZATION, NewEntry
from consent.services import record_entries
from decisions.models import ContentBlock, Decision
from decisions.queries.content import forget_content
from decisions.services import publishing
from offers.models import Offer, OfferVersion
from offers.queries.in_force import forget_offers
from profiles.queries import find
from recommendations.models import Placement
from segments import services as segments
from segments.models import Segment
from tests.decisions.deciding_world import Shop, content, place, table
from tests.segments.world import World

pytestmark = pytest.mark.django_db
LOOKED = {"did": "Product Viewed"}
PAID = {"is": "gte", "value": 50}
VIP = {"is": "member", "value": "vip"}
CART = {"currency": "EUR", "lines": [{"product_id": "mug", "quantity": 2, "price": "30.00"}]}


@pytest.fixture
def shop() -> Shop:
    world = World()
    world.segment({"trait": "tier", "is": "eq", "value": "gold"}, slug="vip")
    world.segment(LOOKED, slug="lookers")
    world.send(
        world.identify("ada", anonymous="ada-phone", tier="gold"),
        world.track("ada", "Product Viewed", product_id="mug"),
        world.identify("bob"),
    )
    return Shop(world)


def told(found: list[dict[str, Any]]) -> list[tuple[str, str, Any]]:
    """(arm, reason, what is shown) of each."""
    return [(one["arm"], one["reason"], (one.get("data") or {}).get("show")) for one in found]


def test_the_hit_policy_says_which_of_the_matching_rows_decide(shop: Shop) -> None:
    rows: list[dict[str, Any]] = [
        {"id": "low", "show": "low", "country": {"is": "in", "value": ["DE", "AT"]}, "priority": 1},
        {"id": "high", "show": "high", "subtotal": PAID, "priority": 9},
        {"id": "past", "show": "past", "ends_at": "2020-01-01T00:00:00Z"},
    ]
    for hit in ("first", "unique", "priority", "collect"):
        place(hit, table(*rows, hit=hit))
    asked = ("first", "unique", "priority", "collect")
    both = shop.decide(*asked, context={"country": "de"}, cart=CART)
    assert told(both)[:3] == [
        ("low", "row_matched", "low"),
        ("fallback", "several_rows_matched", None),
        ("high", "row_matched", "high"),
    ]
    assert [one["data"]["show"] for one in both[3]["items"]] == ["high", "low"]
    one = shop.decide(*asked, context={"country": "FR"}, cart=CART)
    assert [arm for arm, _, _ in told(one)] == ["high", "high", "high", "high"]
    none = shop.decide(*asked)
    assert {(one["arm"], one["reason"], one["type"]) for one in none} == {("fallback", "no_row_matched", "nothing")}


def test_the_same_input_and_version_lead_to_the_same_decision(shop: Shop) -> None:
    place("hero", table({"id": "gold", "show": 1, "segment": VIP}, {"id": "all", "show": 2}))
    place("rule", {"by": "rule", "arms": [{"id": "l", "if": {"segment": "lookers"}, "outcome": {"data": {"show": 3}}}]})
    arms = [{"id": one, "outcome": {"data": {"show": one}}} for one in ("a", "b")]
    place("bandit", {"by": "bandit", "policy": "thompson", "arms": arms, "reward": {"kind": "click"}})
    answers = [told(shop.decide("hero", "rule", "bandit", user_id="ada")) for _ in range(3)]
    assert answers[0] == answers[1] == answers[2]
    assert answers[0][:2] == [("gold", "row_matched", 1), ("l", "rule_matched", 3)]
    row = Decision.objects.filter(decided_by="bandit").latest("decided_at")
    assert (row.propensity, row.probabilities) == (0.5, {"a": 0.5, "b": 0.5})
    assert row.unit_hash is not None
    assert row.identifier_id is not None


def test_what_cannot_be_shown_gives_way_to_the_next_row_with_its_reason(shop: Shop) -> None:
    content("old", "Old")
    rows: list[dict[str, Any]] = [
        {"id": "gone", "outcome": {"content": "old"}},
        {"id": "next", "show": "next"},
    ]
    place("hero", table(*rows))
    shown = shop.decide("hero")[0]
    assert (shown["type"], shown["key"], shown["content"]["title"]) == ("content", "old", "Old")
    ContentBlock.objects.update(state="archived")
    forget_content()
    found = shop.decide("hero")[0]
    assert found["skipped"] == [{"arm": "gone", "reason": "content_not_live"}]
    assert told([found]) == [("next", "row_matched", "next")]


def test_a_paused_place_and_one_that_is_not_there_are_answered_too(shop: Shop) -> None:
    row = place("hero", table({"id": "all", "show": 1}, fallback={"data": {"show": "usual"}}))
    publishing.pause(row.pk)
    paused, unknown = shop.decide("hero", "no-such-place")
    assert (paused["reason"], paused["data"], paused["decided_by"]) == ("paused", {"show": "usual"}, "fallback")
    assert (unknown["reason"], unknown["decision_id"], unknown["type"]) == ("unknown_placement", None, "nothing")
    publishing.resume(row.pk)
    assert told(shop.decide("hero")) == [("all", "row_matched", 1)]


def test_an_idempotency_key_answers_the_same_again_and_writes_once(shop: Shop) -> None:
    row = place("hero", table({"id": "all", "show": 1}))
    first = shop.raw("hero", user_id="ada", idempotency_key="k1")
    empty = {"by": "table", "rows": [], "fallback": {"nothing": True}}
    publishing.save_draft("hero", "hero", empty, placement_id=row.pk)
    publishing.publish(row.pk)
    assert shop.raw("hero", user_id="ada", idempotency_key="k1") == first
    assert shop.raw("hero", user_id="bob", idempotency_key="k1") != first
    assert shop.decide("hero", user_id="ada", idempotency_key="k2")[0]["type"] == "nothing"
    assert Decision.objects.count() == 3


def test_who_refuses_personalization_is_answered_as_nobody_is_to_the_byte(shop: Shop) -> None:
    place(
        "hero",
        table(
            {"id": "gold", "show": 1, "segment": VIP},
            {"id": "new", "show": 2, "rule": {"is": "not_holds", "value": LOOKED}},
        ),
    )
    arms = [{"id": one, "outcome": {"data": {"show": one}}} for one in ("a", "b", "c")]
    place("bandit", {"by": "bandit", "arms": arms, "reward": {"kind": "click"}})
    segments.recompute(Segment.objects.exclude(used_for="").get().pk)
    assert told(shop.decide("hero", user_id="ada")) == [("gold", "row_matched", 1)]
    ada = find("user_id", "ada")
    assert ada is not None
    with transaction.atomic():
        refusal = NewEntry(
            keyed_hash("test", "ada"), PERSONALIZATION, "withdrawn", "api", shop.world.now, identifier_id=ada.id
        )
        record_entries([refusal])
    asked: dict[str, Any] = {"idempotency_key": "k", "context": {"country": "DE"}}
    nobody = shop.raw("hero", "bandit", **asked)
    Decision.objects.all().delete()
    assert shop.raw("hero", "bandit", user_id="ada", **asked) == nobody
    for row in Decision.objects.all():
        assert (row.identifier_id, row.unit_hash, row.features) == (None, None, None)


def test_a_browser_gets_what_follows_from_its_own_events_and_a_token_the_whole_person(shop: Shop) -> None:
    """The attacker links himself to Ada: his answers are those of a browser that never did, to the byte."""
    rows: list[dict[str, Any]] = [
        {"id": "not-gold", "show": 0, "segment": {"is": "not_member", "value": "vip"}},
        {"id": "gold", "show": 1, "segment": VIP},
        {"id": "looker", "show": 2, "segment": {"is": "member", "value": "lookers"}},
        {"id": "all", "show": 3},
    ]
    place("hero", table(*rows))
    shop.world.send({"type": "identify", "anonymousId": "attacker", "userId": "ada"})
    for browser in ("attacker", "stranger", "ada-phone"):
        assert told(shop.decide("hero", browser=browser)) == [("all", "row_matched", 3)]
    make_user_token_key("shop")
    token = make_user_token("shop", "ada", timedelta(hours=1))
    assert told(shop.decide("hero", token=token)) == [("gold", "row_matched", 1)]
    shop.world.send({"type": "track", "anonymousId": "attacker", "event": "Product Viewed", "properties": {}})
    assert told(shop.decide("hero", browser="attacker")) == [("looker", "row_matched", 2)]
    other = make_user_token("shop", "bob", timedelta(hours=1))
    refused = shop.post("decide", {"placements": ["hero"], "user_id": "ada"}, token=other)
    assert refused.status_code == 403


def test_an_offer_goes_to_its_audience_and_recommendations_stand_for_themselves(shop: Shop) -> None:
    offer = Offer.objects.create(key="gold", name="Gold")
    terms = {"kind": "percent", "value": "10", "titles": {"de": "Zehn"}, "audience": {"in_segment": "vip"}}
    offer.version = OfferVersion.objects.create(offer=offer, number=1, terms=terms, audience_slug="vip")
    offer.state = Offer.State.LIVE
    offer.save()
    forget_offers()
    place("hero", table({"id": "o", "outcome": {"offer": "gold"}}, {"id": "all", "show": 1}))
    Placement.objects.create(key="for-you", name="For you", strategies=[{"strategy": "popular"}], n=4)
    ada = shop.decide("hero", user_id="ada", context={"locale": "de-DE"})[0]
    assert (ada["type"], ada["offer"]["title"], ada["offer"]["value"]) == ("offer", "Zehn", "10")
    bob, own = shop.decide("hero", "for-you", user_id="bob")
    assert (bob["arm"], bob["skipped"]) == ("all", [{"arm": "o", "reason": "not_in_audience"}])
    assert (own["version"], own["reason"], own["type"]) == (0, "nothing_to_recommend", "nothing")
    assert Decision.objects.get(version=None).placement == "for-you"
