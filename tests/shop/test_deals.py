"""The demo's offers, prices and decided places: made once, in force, and held against the shop's own goods."""

import pytest

from cdp.admin_home.groups import apply_rights
from cdp.demo import seeding
from cdp.lib.clock import utc_now
from decisions.models import ContentBlock, DecisionPlacement
from experiments.models import Experiment
from offers.models import Code, Offer, PriceList

pytestmark = pytest.mark.django_db


def test_the_demo_opens_with_offers_prices_and_places_and_leaves_them_as_staff_left_them() -> None:
    seeding.make_segments()
    apply_rights()
    seeding.make_accounts(None)
    seeding.make_deals(utc_now())
    states = dict(Offer.objects.values_list("key", "state"))
    assert states.pop("tents-20") == "waiting"
    assert states == dict.fromkeys(
        ("free-shipping", "first-order", "camp-kitchen-10", "mugs-3-for-2", "welcome-10", "thank-you-5"), "live"
    )
    assert sorted(Code.objects.values_list("code", flat=True)) == ["LARK10", "WELCOME10"]
    assert list(PriceList.objects.values_list("segment", "state")) == [("repeat-buyers", "live")]
    assert set(ContentBlock.objects.values_list("state", flat=True)) == {"live"}
    assert dict(DecisionPlacement.objects.values_list("key", "state")) == dict.fromkeys(
        ("home-hero", "product-promise", "department-tip"), "live"
    )
    assert list(Experiment.objects.filter(owner="").values_list("key", "state")) == [("promise-on-products", "running")]
    Offer.objects.filter(key="first-order").update(name="Ours now")
    before = Offer.objects.count(), ContentBlock.objects.count(), DecisionPlacement.objects.count()
    seeding.make_deals(utc_now())
    assert (Offer.objects.count(), ContentBlock.objects.count(), DecisionPlacement.objects.count()) == before
    assert Offer.objects.get(key="first-order").name == "Ours now"
