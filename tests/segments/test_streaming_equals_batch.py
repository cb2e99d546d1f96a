"""Whatever happens, in whatever order, streamed memberships are those of a full recomputation: the whole language."""

from datetime import datetime, timedelta
from itertools import count
from random import Random
from typing import Any

import pytest
from django.db import transaction

from cdp.jobs.models import Job
from cdp.lib.hashing import address_hash, message_hash
from cdp.outbox.services import drain_all
from commerce.contracts import ProductRow
from commerce.services import upsert_products
from consent.contracts import NewEntry
from consent.services import record_entries
from lake.services import project_slice
from profiles.contracts import IdentifierKey
from profiles.queries import find
from profiles.services import separate
from segments import services
from segments.halves import joined
from segments.models import DueAnswer
from segments.queries.everybody import differing
from segments.queries.live import live_segments
from segments.services.computed import write_values
from segments.services.evaluating import evaluate_some
from segments.services.lists import ListDraft
from tests.segments.world import World, recomputed, streamed

pytestmark = pytest.mark.django_db(transaction=True)
PIPELINE = {"events.process", "commerce.refold", "commerce.rejoin", "segments.mark"}
USERS, DEVICES, PRODUCTS = ("ada", "ben", "cid"), ("x", "y"), ("a-1", "a-2", "h-1")
CATEGORIES = ("Shoes", "Hats", "")
RULES: dict[str, Any] = {
    "viewer": {"viewed": {"category": ["Shoes"]}, "within": {"days": 6}},
    "adder": {"added": {"product_id": ["a-1"]}, "count": {"eq": 1}},
    "buyer": {"bought": {"category": ["Shoes"], "attribute": {"name": "color", "is": "ne", "value": "red"}}},
    "no-buyer": {"bought": {}, "count": {"eq": 0}, "within": {"days": 4}},
    "abandoned": {
        "sequence": [{"did": "Product Added"}, {"did_not": "Order Completed", "after": {"days": 2}}],
        "within": {"days": 8},
    },
    "path": {"sequence": [{"did": "*"}, {"did": "Product Added", "after": {"days": 3}}]},
    "spender": {
        "metric": "sum", "of": "revenue", "event": "Order Completed", "currency": "EUR",
        "within": {"days": 20}, "is": "gte", "value": 15,
    },
    "month": {"did": "Product Viewed", "within": {"calendar": "this_month"}},
    "reached": {"all": [{"consent": "email_marketing", "is": "granted"}, {"has": "email"}]},
    "refused": {"all": [{"did": "Product Viewed"}, {"not": {"consent": "personalization", "is": "granted"}}]},
    "risky": {"score": "churn", "is": "gte", "value": 0.5, "fresh_within": {"days": 3}},
    "german": {"trait": "country", "is": "in", "value": ["DE"]},
    "top": {"any": [{"all": [{"in_segment": "buyer"}, {"in_segment": "german"}]}, {"in_list": "fair"}]},
    "not-top": {"not": {"in_segment": "top"}},
}  # fmt: skip
ALIKE = 2
STEPS = 10


@pytest.mark.parametrize("seed", range(ALIKE))
def test_memberships_equal_a_recomputation_after_any_history(seed: int) -> None:
    history = _History(Random(seed))
    for _ in range(STEPS):
        history.step()
        history.settle()
        assert history.names(streamed()) == history.names(recomputed(history.now)), history.told
        assert not DueAnswer.objects.filter(due_at__lte=history.now).exists()
    for segment in live_segments():  # and nobody's answer is due at another instant than the lake says
        assert differing(segment.id, segment.rule, history.now).num_rows == 0, (segment.slug, history.told)


class _History:
    """A world to which something happens at each step; `told` is what did."""

    def __init__(self, dice: Random) -> None:
        self.dice, self.world, self.numbers, self.told = dice, World(), count(), list[str]()
        self.now = self.world.now
        self.fair = services.make_list(ListDraft("fair", "Fair"))
        upsert_products([ProductRow(one, category="Shoes", attributes={"color": "blue"}) for one in PRODUCTS], self.now)
        self.ids = {slug: self.world.segment(rule, slug=slug) for slug, rule in RULES.items()} | {"fair": self.fair}
        self.world.send(*(self.world.identify(user, country="DE", email=f"{user}@shop.example") for user in USERS))
        self.settle()

    def names(self, members: dict[int, Any]) -> dict[str, set[str]]:
        """{slug: ids of members in short}."""
        slugs = {pk: slug for slug, pk in self.ids.items()}
        return {slugs[pk]: {str(one)[-6:] for one in people} for pk, people in members.items()}

    def step(self) -> None:
        """Something happens."""
        steps = (self.look, self.look, self.order, self.undo, self.link, self.part, self.consent, self.catalog)
        step = self.dice.choice((*steps, self.listed, self.score, self.trait, self.wait, self.wait))
        step()
        self.told.append(step.__name__)

    def settle(self) -> None:
        """Until nothing is left to do now."""
        services.expire_slice(now=self.now)
        while drain_all(only=PIPELINE) or services.evaluate_slice(now=self.now) or self.recompute():
            pass
        while services.expire_slice(now=self.now):
            pass

    def recompute(self) -> int:
        """What the jobs that wait would do, at our clock's time."""
        jobs = Job.objects.filter(kind="segments.recompute", state=Job.State.QUEUED)
        asked = set(jobs.values_list("params__segment_id", flat=True))
        for segment in live_segments(asked):
            found = differing(segment.id, segment.rule, self.now)
            keys = zip(found["profile_hi"].to_pylist(), found["profile_lo"].to_pylist(), strict=True)
            with transaction.atomic():
                evaluate_some([joined(*key) for key in keys], [segment.id], now=self.now)
        return jobs.delete()[0]

    def look(self) -> None:
        """Somebody, known or not, views or adds a product."""
        who = self.dice.choice([{"userId": user} for user in USERS] + [{"anonymousId": device} for device in DEVICES])
        event = {"type": "track", "event": self.dice.choice(["Product Viewed", "Product Added"]), **who}
        told = {"product_id": self.dice.choice(PRODUCTS)}
        self.world.send({**event, "properties": told, "timestamp": self._ago()}, settle=False)

    def order(self) -> None:
        """An order of one or two products, perhaps dated some days ago or ahead."""
        lines = [{"product_id": one, "quantity": 1, "price": 10} for one in self.dice.sample(PRODUCTS, 2)]
        told = {"order_id": f"o{next(self.numbers) % 4}", "revenue": 20, "currency": "EUR", "products": lines}
        self._track("Order Completed", told)

    def undo(self) -> None:
        """A refund or a cancellation of an order."""
        told = {"order_id": f"o{self.dice.randrange(4)}", "revenue": 20, "total": 20, "currency": "EUR"}
        self._track(self.dice.choice(["Order Refunded", "Order Cancelled"]), told)

    def link(self) -> None:
        """A device turns out to be somebody's."""
        item = self.world.identify(self.dice.choice(USERS), anonymous=self.dice.choice(DEVICES))
        self.world.send(item, settle=False)

    def part(self) -> None:
        """Staff part a device from somebody."""
        user, device = find("user_id", self.dice.choice(USERS)), find("anonymous_id", self.dice.choice(DEVICES))
        if user is not None and device is not None:
            separate([user.id], [device.id], reason="test", actor=None)

    def consent(self) -> None:
        """Somebody allows or refuses something, by address or by account."""
        user = self.dice.choice(USERS)
        by_address = self.dice.random() < 0.5
        account = find("user_id", user)
        assert account is not None
        entry = NewEntry(
            entry_key=message_hash(f"entry {next(self.numbers)}"),
            purpose="email_marketing" if by_address else "personalization",
            state=self.dice.choice(["granted", "withdrawn"]),
            method="staff",
            occurred_at=self.now,
            address_hash=address_hash(f"{user}@shop.example") if by_address else None,
            identifier_id=None if by_address else account.id,
        )
        with transaction.atomic():
            record_entries([entry], now=self.now)

    def catalog(self) -> None:
        """A product is sorted elsewhere."""
        attributes = {"color": self.dice.choice(["red", "blue"])}
        row = ProductRow(self.dice.choice(PRODUCTS), category=self.dice.choice(CATEGORIES), attributes=attributes)
        upsert_products([row], self.now)

    def listed(self) -> None:
        """Somebody is put on the list or taken off it."""
        entry = IdentifierKey("user_id", self.dice.choice(USERS))
        if self.dice.random() < 0.6:
            services.put_entries(self.fair, [entry], origin="test", now=self.now)
        else:
            services.take_entries(self.fair, [entry], now=self.now)

    def score(self) -> None:
        """A model scores somebody."""
        who = self.world.profile(self.dice.choice(USERS))
        told = {"score.churn": self.dice.choice([0.2, 0.8]), "score.churn.at": self.now.isoformat()}
        write_values({who: told}, ["score.churn"], self.now)

    def trait(self) -> None:
        """Somebody moves."""
        item = self.world.identify(self.dice.choice(USERS), country=self.dice.choice(["DE", "AT"]))
        self.world.send(item, settle=False)

    def wait(self) -> None:
        """Days go by; at times the lake catches up."""
        self.now += timedelta(days=self.dice.randrange(1, 5), hours=self.dice.randrange(24))
        if self.dice.random() < 0.5:
            project_slice()

    def _track(self, event: str, told: dict[str, Any]) -> None:
        item = {"type": "track", "userId": self.dice.choice(USERS), "event": event, "properties": told}
        self.world.send({**item, "timestamp": self._ago()}, settle=False)

    def _ago(self) -> str:
        return self._at(self.dice.choice([0.0, 0.5, 1.0, 2.0, 5.0]))

    def _at(self, days_ago: float) -> str:
        moment: datetime = self.world.now - timedelta(days=days_ago)
        return moment.isoformat()
