"""The worlds as pure data: deterministic, well-proportioned, and true to themselves."""

import json
import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cdp.demo.simulate.batching import batches
from cdp.demo.simulate.cart_world import CASES
from cdp.demo.simulate.catalog import TASTES, make_catalog
from cdp.demo.simulate.wire import Parcel, Phase
from cdp.demo.simulate.worlds import Plan, Simulation
from cdp.lib.values import instant_us

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def play(seed: int = 5, people: int = 400, **rest: Any) -> tuple[list[Parcel], dict[str, Any]]:
    simulation = Simulation(Plan(seed=seed, people=people, days=rest.pop("days", 14), now=rest.pop("now", NOW), **rest))
    return list(simulation.parcels()), simulation.document()


PARCELS, TRUTH = play()
EVENTS = [json.loads(item) for parcel in PARCELS for item in parcel.items]


def test_the_same_seed_and_now_give_the_same_bytes_and_truth() -> None:
    assert play() == (PARCELS, TRUTH)


def test_another_seed_shares_no_identifier_and_no_message() -> None:
    parcels, truth = play(seed=6, people=100)
    ids = {json.loads(item)["messageId"] for parcel in parcels for item in parcel.items}
    assert ids.isdisjoint(event["messageId"] for event in EVENTS)
    assert owned(truth).keys().isdisjoint(owned(TRUTH))


def test_a_later_run_has_the_same_people_and_other_messages() -> None:
    parcels, truth = play(now=NOW + timedelta(days=1))
    ids = {json.loads(item)["messageId"] for parcel in parcels for item in parcel.items}
    assert ids.isdisjoint(event["messageId"] for event in EVENTS)
    assert owned(truth).keys() == owned(TRUTH).keys()


def owned(truth: dict[str, Any]) -> dict[tuple[str, str], str]:
    return {
        (identifier["kind"], identifier["value"]): person["person"]
        for person in truth["identity"]["people"]
        for identifier in person["identifiers"]
    }


def test_each_owned_identifier_has_one_owner_and_none_is_shared() -> None:
    every = [
        (identifier["kind"], identifier["value"])
        for person in TRUTH["identity"]["people"]
        for identifier in person["identifiers"]
    ]
    assert len(every) == len(set(every))
    assert set(every).isdisjoint((shared["kind"], shared["value"]) for shared in TRUTH["identity"]["shared"])


def test_shared_devices_have_two_to_four_or_more_than_five_people() -> None:
    sizes = {"family tablet": set[int](), "kiosk": set[int](), "landline": set[int](), "borrowed tablet": set[int]()}
    for shared in TRUTH["identity"]["shared"]:
        sizes[shared["what"]].add(len(shared["people"]))
    assert sizes["family tablet"] <= {2, 3, 4}
    assert min(sizes["kiosk"]) >= 8
    assert sizes["landline"] <= {2}
    assert sizes["borrowed tablet"] == {2}


def test_on_a_borrowed_tablet_one_logs_in_and_a_guest_orders_with_another_address() -> None:
    people = {person["person"]: person for person in TRUTH["identity"]["people"]}
    owners = owned(TRUTH)
    borrowed = [shared for shared in TRUTH["identity"]["shared"] if shared["what"] == "borrowed tablet"]
    assert len(borrowed) >= 2
    for shared in borrowed:
        assert [people[name]["kind"] for name in shared["people"]] == ["registered", "guest"]
        keys = {key for event in EVENTS if event.get("anonymousId") == shared["value"] for key in identifiers(event)}
        assert {owners.get(key) for key in keys} == {*shared["people"], None}
        assert {kind for kind, _ in keys} == {"anonymous_id", "user_id", "email"}


def test_the_links_an_independent_reader_of_the_events_finds_are_those_of_the_truth() -> None:
    owners = owned(TRUTH)
    seen: dict[str, set[frozenset[tuple[str, str]]]] = {}
    for event in EVENTS:
        keys = sorted({key for key in identifiers(event) if key in owners})
        assert len({owners[key] for key in keys}) <= 1
        for index, a in enumerate(keys):
            for b in keys[index + 1 :]:
                seen.setdefault(owners[a], set()).add(frozenset({a, b}))
    for person in TRUTH["identity"]["people"]:
        keys = [(each["kind"], each["value"]) for each in person["identifiers"]]
        graph = {frozenset({keys[a], keys[b]}) for a, b in person["links"]}
        assert components(keys, graph) == components(keys, seen.get(person["person"], set()))
        assert components(keys, graph) == {frozenset(keys[i] for i in cluster) for cluster in person["clusters"]}


def identifiers(event: dict[str, Any]) -> list[tuple[str, str]]:
    bag = event.get("traits") or event.get("properties") or {}
    found = [("user_id", event.get("userId")), ("anonymous_id", event.get("anonymousId"))]
    if event["context"].get("channel") == "server":
        found += [("email", (bag.get("email") or "").lower()), ("phone", (bag.get("phone") or "").replace(" ", ""))]
        found += [(each["type"], each["id"]) for each in event["context"].get("externalIds", ())]
    return [(kind, value) for kind, value in found if value]


def components(keys: list[tuple[str, str]], links: set[frozenset[tuple[str, str]]]) -> set[frozenset[tuple[str, str]]]:
    groups = {key: {key} for key in keys}
    for link in links:
        union = set().union(*(groups[key] for key in link))
        for key in union:
            groups[key] = union
    return {frozenset(group) for group in groups.values()}


def test_the_counts_in_the_truth_are_those_of_the_events() -> None:
    ids = Counter(event["messageId"] for event in EVENTS)
    counts = TRUTH["events"]
    assert len(ids) == counts["unique"] + counts["to_quarantine"]
    assert len(EVENTS) - len(ids) == counts["repeated"] > 0
    assert counts["unique"] == sum(counts["by_name"].values())
    assert set(ids.values()) <= {1, 2}


def test_every_event_is_past_and_inside_the_history() -> None:
    times = [instant_us(event["timestamp"]) or 0 for event in EVENTS]
    assert max(times) <= NOW.timestamp() * 1e6
    assert min(times) > (NOW - timedelta(days=40)).timestamp() * 1e6


def test_browsers_assert_only_anonymous_and_user_ids() -> None:
    for parcel in PARCELS:
        for item in parcel.items:
            event = json.loads(item)
            assert parcel.server_side == (event["context"].get("channel") == "server")
            if not parcel.server_side:
                assert event["context"].keys().isdisjoint({"traits", "externalIds"})
                assert not event.get("traits")


def test_addresses_belong_to_nobody() -> None:
    addresses = [value for kind, value in owned(TRUTH) if kind == "email"]
    assert addresses
    assert all(re.fullmatch(r"[a-z0-9.]+@example\.(com|org|net)", address) for address in addresses)


def test_every_case_is_told_and_each_address_is_due_once() -> None:
    told = {cart["case"] for cart in TRUTH["carts"]}
    assert told == {name for name, _, _ in CASES} | {"kiosk_logged_in"}
    due = [cart["address"] for cart in TRUTH["carts"] if cart["must_mail"]]
    assert len(due) == len(set(due))
    assert sorted(due) == TRUTH["must_mail"]
    never = {cart["address"] for cart in TRUTH["carts"] if not cart["must_mail"]}
    assert never.isdisjoint(due)
    assert all(
        (cart["reason"] == "due") == cart["must_mail"] == (cart["due_at"] is not None) for cart in TRUTH["carts"]
    )


def test_due_carts_were_left_one_to_three_hours_ago() -> None:
    for cart in TRUTH["carts"]:
        if cart["must_mail"]:
            due_at = datetime.fromisoformat(cart["due_at"])
            assert (
                timedelta(hours=1)
                < NOW - datetime.fromisoformat(cart["last_activity_at"])
                < timedelta(hours=3, minutes=10)
            )
            assert due_at < NOW


def test_histories_leave_no_young_cart_open() -> None:
    open_carts: dict[str, tuple[datetime, set[str]]] = {}
    for parcel in sorted((p for p in PARCELS if p.phase == Phase.HISTORY), key=lambda p: p.at):
        for item in parcel.items:
            event = json.loads(item)
            bag = event.get("properties", {})
            at, lines = datetime.fromisoformat(event["timestamp"]), open_carts.get(bag.get("cart_id"), (NOW, set()))[1]
            if event.get("event") == "Product Added":
                open_carts[bag["cart_id"]] = at, lines | {bag["product_id"]}
            elif event.get("event") == "Product Removed":
                open_carts[bag["cart_id"]] = at, lines - {bag["product_id"]}
    ordered = {
        event["properties"]["cart_id"]
        for event in EVENTS
        if event.get("event") == "Order Completed" and "cart_id" in event["properties"]
    }
    young = [
        cart
        for cart, (at, lines) in open_carts.items()
        if lines and at > NOW - timedelta(days=4) and cart not in ordered
    ]
    assert young == []
    assert any(lines and cart not in ordered for cart, (_, lines) in open_carts.items())


def test_what_forbids_a_mail_is_sent_before_the_cart_and_a_story_in_one_request() -> None:
    assert [parcel.phase for parcel in PARCELS] == sorted(parcel.phase for parcel in PARCELS)
    assert all(parcel.server_side for parcel in PARCELS if parcel.phase == Phase.FACTS)
    packed = list(batches(PARCELS, 100))
    assert [len(batch.items) for batch in packed if len(batch.items) > 100] == []
    assert sum(len(batch.items) for batch in packed) == len(EVENTS)
    where: dict[str, set[int]] = {}
    for number, batch in enumerate(packed):
        for item in batch.items:
            event = json.loads(item)
            if batch.phase == Phase.STORIES and "cart_id" in event.get("properties", {}):
                where.setdefault(event["properties"]["cart_id"], set()).add(number)
    assert all(len(numbers) == 1 for numbers in where.values())


def test_every_product_has_three_of_its_taste_that_can_be_bought_with_it() -> None:
    made = make_catalog(5)
    assert len(made.sold_out) >= 2
    for product in made.products:
        together = made.together[product.index]
        assert len({each.index for each in together} - {product.index}) == 3
        assert {each.taste for each in together} == {product.taste}
        assert all(each.in_stock for each in together)
    assert all(len(made.by_taste[taste]) > 30 for taste in TASTES)


def test_people_buy_after_their_tastes() -> None:
    taste_of = {product.product_id: product.taste for product in make_catalog(5).products}
    together = apart = 0
    for event in EVENTS:
        if event.get("event") == "Order Completed":
            tastes = [taste_of[line["product_id"]] for line in event["properties"]["products"]]
            together += sum(a == b for i, a in enumerate(tastes) for b in tastes[i + 1 :])
            apart += sum(a != b for i, a in enumerate(tastes) for b in tastes[i + 1 :])
    assert together > 9 * apart


def test_one_world_alone_has_only_its_own() -> None:
    parcels, truth = play(people=60, worlds=("cart",))
    assert {parcel.phase for parcel in parcels} == {Phase.FACTS, Phase.STORIES}
    assert len(truth["carts"]) >= 60
    parcels, truth = play(people=60, worlds=("identity",))
    assert {parcel.phase for parcel in parcels} == {Phase.HISTORY}
    assert (truth["carts"], truth["must_mail"]) == ([], [])


@pytest.mark.parametrize("bad", [{"people": 0}, {"worlds": ("moon",)}, {"idle": timedelta(days=4)}, {"days": 0}])
def test_a_plan_that_makes_no_sense_is_refused(bad: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        play(**bad)
