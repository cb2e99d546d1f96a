"""Every event sent twice, shuffled, in other batch sizes, one worker or eight: the service believes the same."""

import random
from typing import Any

import msgspec
import pytest

from cdp.lib.clock import utc_now
from cdp.outbox.services import drain_all
from events.models import Source
from events.services import accept, process_slice
from segments.models import Segment
from tests.emptying import empty_tables
from tests.laws import snapshot
from tests.threads import in_threads

Item = dict[str, Any]
RULES = {
    "buyers": {"did": "Order Completed", "count": {"gte": 1}},
    "viewers-not-buyers": {
        "all": [{"did": "Product Viewed", "count": {"gte": 3}}, {"did": "Order Completed", "count": {"eq": 0}}]
    },
    "red": {"trait": "color", "is": "eq", "value": "red"},
}


def make_history(seed: int, people: int = 30, events: int = 600) -> list[Item]:
    """Server-side events of people with user ids, e-mails, two devices each, a tablet a family, one kiosk."""
    dice = random.Random(seed)
    items: list[Item] = []
    for number in range(events):
        person = dice.randrange(people)
        hour, (minute, second) = dice.randrange(24), divmod(dice.randrange(3600), 60)
        item: Item = {
            "messageId": f"law-{number}",
            "timestamp": f"2026-05-{1 + number * 27 // events:02d}T{hour:02d}:{minute:02d}:{second:02d}.000Z",
            "anonymousId": dice.choice([f"phone-{person}", f"laptop-{person}", f"tablet-{person // 3}", "kiosk"]),
        }
        if dice.random() < 0.5:
            item["userId"] = f"user-{person}"
        deed = _say(dice, person) if dice.random() < 0.15 else _deed(dice, person, number)
        items.append(item | deed | _sent_along(dice, person))
    return items


def _say(dice: random.Random, person: int) -> Item:
    """Something about consent: by the account or the device alone, or with an address."""
    if person % 3 == 0:  # an account that agrees, maybe before its address is known
        return {"type": "track", "event": "Email Subscribed", "userId": f"user-{person}", "properties": {}}
    name = dice.choice(["Email Subscribed", "Unsubscribed", "Segment Consent Preference Updated"])
    chosen = {"email_marketing": dice.random() < 0.7, "analytics": dice.random() < 0.5}
    properties: Item = {"categoryPreferences": chosen} if name.startswith("Segment") else {}
    if dice.random() < 0.4:
        properties["email"] = f"p{person}@example.com"
    return {"type": "track", "event": name, "properties": properties}


def _sent_along(dice: random.Random, person: int) -> Item:
    if dice.random() < 0.6 or person % 3 == 0:
        return {}
    chosen = {"email_marketing": dice.random() < 0.9, "analytics": dice.random() < 0.6}
    return {"context": {"consent": {"categoryPreferences": chosen}}}


def _deed(dice: random.Random, person: int, number: int) -> Item:
    product = {
        "product_id": f"p{dice.randrange(12)}",
        "name": "Thing",
        "price": dice.choice([5, "7.50", 12.25]),
        "quantity": 1,
    }
    kind = dice.choices(["view", "add", "remove", "order", "refund", "identify"], [40, 20, 5, 10, 5, 20])[0]
    if kind == "identify":
        traits = {"color": dice.choice(["red", "blue"]), "size": dice.randrange(3)}
        return {
            "type": "identify",
            "traits": traits | ({"email": f"p{person}@example.com"} if dice.random() < 0.5 else {}),
        }
    properties: Item = dict(product)
    if kind in {"add", "remove"} and dice.random() < 0.5:
        properties["cart_id"] = f"cart-{person}-{number // 200}"
    if kind == "order":
        properties = {"order_id": f"o{number // 20}", "revenue": 10, "currency": "EUR", "products": [product]}
    if kind == "refund":
        properties = {"order_id": f"o{dice.randrange(30)}", "total": 3, "currency": "EUR"}
    names = {"view": "Product Viewed", "add": "Product Added", "remove": "Product Removed", "order": "Order Completed"}
    return {"type": "track", "event": names.get(kind, "Order Refunded"), "properties": properties}


def work_until_empty() -> None:
    while process_slice():
        pass


def is_from_browser(item: Item) -> bool:
    """A third of what is tracked comes from browsers, whose word counts for less and whose links are floored."""
    return item["type"] == "track" and int(item["messageId"].rpartition("-")[2]) % 3 == 0


def play(items: list[Item], *, batch: int, workers: int) -> dict[str, Any]:
    """Send `items`, drain with `workers`, and say what the service believes."""
    server = Source.objects.create(name="law", kind=Source.Kind.SERVER)
    browser = Source.objects.create(name="law-browser", kind=Source.Kind.BROWSER)
    for slug, definition in RULES.items():
        Segment.objects.create(slug=slug, name=slug, definition=definition)
    now = utc_now()
    for start in range(0, len(items), batch):
        for source in (server, browser):
            part = [item for item in items[start : start + batch] if is_from_browser(item) == (source is browser)]
            if part:
                accept(source, msgspec.json.encode({"batch": part}), path_type="batch", lane=0, received_at=now)
        if batch < 10 and start % (batch * 8) == 0:  # else all would be processed at once, in order of time
            work_until_empty()
    in_threads(workers, work_until_empty)
    in_threads(workers, drain_all)
    drain_all()
    return snapshot.take()


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.nightly)])
@pytest.mark.django_db(transaction=True)
def test_order_duplicates_batches_and_workers_change_nothing(seed: int) -> None:
    history = make_history(seed)
    believed = play(history, batch=100, workers=1)
    assert len(believed["partition"]) > 10
    assert "anonymous_id:kiosk" in believed["shared"]
    assert believed["carts"]
    assert believed["orders"]
    assert {reason for _, reason, _ in believed["mail gate"].values()} >= {"granted", "withdrawn", "denied"}
    assert {reason for _, reason in believed["analytics"].values()} >= {"granted", "denied"}
    assert {slug for slug, _ in believed["memberships"]} == set(RULES)

    for batch, workers in [(7, 1), (33, 8)]:
        empty_tables()
        twice = history * 2
        random.Random(seed + batch).shuffle(twice)
        again = play(twice, batch=batch, workers=workers)
        for part, expected in believed.items():
            assert again[part] == expected, (part, batch, workers)
