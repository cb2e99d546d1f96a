"""What mails recommend to people who refuse personalization is the same, whatever they did before."""

import re
from datetime import timedelta

import pytest
from django.db import transaction

from automation.models import Journey
from cdp.lib.clock import utc_now
from cdp.lib.hashing import keyed_hash
from consent.contracts import DENIED, GRANTED, PERSONALIZATION, NewEntry
from consent.services import record_entries
from profiles.models import Identifier
from recommendations import queries as recommendations
from recommendations.contracts import RecommendationRequest
from tests.automation import world
from tests.automation.sink import Sink
from tests.automation.test_mail import part
from tests.recommendations import world as shop

pytestmark = pytest.mark.django_db
IDS = ("r1", "r2", "r3", "r4", "r5", "r6")
PAIRS = {
    ("r1", "r2"): 0.9,
    ("r1", "r3"): 0.8,
    ("r6", "r5"): 0.9,
    ("r6", "r4"): 0.8,
    ("p1", "r3"): 0.5,
    ("p2", "r4"): 0.4,
}


def say(state: str, identifier_id: int) -> None:
    key = keyed_hash("test", state, str(identifier_id))
    with transaction.atomic():
        record_entries([NewEntry(key, PERSONALIZATION, state, "api", utc_now(), identifier_id=identifier_id)])


def shopper(name: str, liked: str, state: str) -> Identifier:
    """Somebody with the same cart as everybody, who bought and looked at one product."""
    number = world.person(name, f"{name}@example.com")
    who = Identifier.objects.get(pk=number)
    shop.order(who, liked, at=utc_now() - timedelta(days=20))
    shop.view(who, liked, at=utc_now() - timedelta(days=3))
    world.cart(number, key=f"cart:{name}")
    world.changed(f"cart:{name}")
    say(state, number)
    return who


def test_mails_to_people_who_refuse_recommend_the_same_whatever_they_did(journey: Journey, sink: Sink) -> None:
    world.stock(*IDS)
    shop.go_live(shop.small_model(("p1", "p2", *IDS), [1] * 8, PAIRS))
    jane, john = shopper("jane", "r1", DENIED), shopper("john", "r6", DENIED)
    world.run()
    listed = [part(mail, "plain").partition("You may also like:")[2] for mail in sink.mails]
    shown = [re.findall(r"^- (.+)$", one, re.M) for one in listed]
    assert len(shown) == 2
    assert len(shown[0]) == 3
    assert shown[0] == shown[1]
    # Control: once they allow it, what they did tells them apart.
    say(GRANTED, jane.pk)
    say(GRANTED, john.pk)
    asked = [RecommendationRequest(now=utc_now(), profile_id=one.profile_id, n=3) for one in (jane, john)]
    mine, his = ([item.product_id for item in recommendations.recommend(one)] for one in asked)
    assert mine != his
