"""A segment that something in force asks about is not archived behind its back."""

import pytest

from cdp.admin_segment.shown_by import shown_by
from decisions.models import ContentBlock, ContentVersion, DecisionPlacement, PlacementVersion
from offers.models import Offer, OfferVersion, PriceList

pytestmark = pytest.mark.django_db


def test_offers_prices_content_and_places_in_force_that_ask_who_is_in_it_are_named() -> None:
    offer = Offer.objects.create(key="o", name="Spring")
    offer.version = OfferVersion.objects.create(offer=offer, number=1, terms={}, audience_slug="vip")
    offer.state = Offer.State.PAUSED
    offer.save()
    for key, state in (("a", "live"), ("b", "archived")):
        PriceList.objects.create(key=key, name=f"Prices {key}", currency="EUR", segment="vip", state=state)
    block = ContentBlock.objects.create(key="c", name="Hero")
    variant = {"id": "v", "segment": "vip", "body": {}}
    content = {"kind": "html", "variants": [variant], "fallback": {}}
    block.version = ContentVersion.objects.create(block=block, number=1, content=content)
    block.state = ContentBlock.State.LIVE
    block.save()
    place = DecisionPlacement.objects.create(key="p", name="Home")
    row = {"id": "r", "when": {"s": {"is": "member", "value": "vip"}}, "outcome": {"nothing": True}}
    table = {"by": "table", "inputs": [{"id": "s", "name": "Who", "on": "person.segment"}], "hit": "first"}
    definition = {**table, "rows": [row], "fallback": {"nothing": True}}
    place.version = PlacementVersion.objects.create(placement=place, number=1, definition=definition)
    place.state = DecisionPlacement.State.LIVE
    place.save()
    assert [(one.kind, one.name) for one in shown_by("vip")] == [
        ("offer", "Spring"), ("price list", "Prices a"), ("content", "Hero"), ("decided place", "Home"),
    ]  # fmt: skip
    assert list(shown_by("others")) == []
