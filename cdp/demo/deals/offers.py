"""Six offers of different kinds, one more that waits for somebody else's yes, their codes, and a list of prices.

Budgets stay below what one person may publish, but for the one that waits.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import AbstractBaseUser

from cdp.demo.catalog import CURRENCY, catalog
from offers.models import Offer, PriceList
from offers.services.codes import NewPool, generate_codes, share_code
from offers.services.prices import ListDraft, save_list, switch_list
from offers.services.publishing import OfferDraft, publish, save_draft

FREE_SHIPPING, FIRST_ORDER, CAMP_KITCHEN, MUGS = "free-shipping", "first-order", "camp-kitchen-10", "mugs-3-for-2"
WELCOME, THANKS, WAITING = "welcome-10", "thank-you-5", "tents-20"
CODES = {WELCOME: ("WELCOME10", "LARK10")}
"""Everybody may type these; the second stands in the simulator's printed catalog, so live orders use it too."""
POOL = 200
TITLES: dict[str, tuple[str, str, str, str]] = {
    FREE_SHIPPING: (
        "Free shipping",
        "Free shipping from €60",
        "Versand geschenkt ab 60 €",
        "Put €60 into your cart and shipping is on us.",
    ),
    FIRST_ORDER: (
        "15 % off the first order",
        "15 % off your first order",
        "15 % auf die erste Bestellung",
        "Up to €25 off, no code needed.",
    ),
    CAMP_KITCHEN: (
        "Camp kitchen week",
        "10 % off camp kitchen",
        "10 % auf die Lagerküche",
        "Stoves, pots and mugs for dinner outside.",
    ),
    MUGS: ("Three mugs for two", "Three mugs, pay two", "Drei Becher, zwei zahlen", "The cheapest of three is on us."),
    WELCOME: ("Welcome, €10 off", "€10 off from €50", "10 € Rabatt ab 50 €", "With the code WELCOME10."),
    THANKS: ("Thank you, €5 off", "€5 to say thank you", "5 € als Dankeschön", "With a code of your own."),
    WAITING: ("Tents 20 % off", "20 % off tents", "20 % auf Zelte", "For one long weekend."),
}
"""{key: (name for staff, title in English, in German, text)}."""


def make_offers(by: AbstractBaseUser | None, now: datetime) -> None:
    """Offers in force with their codes, and the one that waits. One that is there stays as staff left it."""
    made = set(Offer.objects.filter(key__in=TITLES).values_list("key", flat=True))
    for key, terms in _terms().items():
        if key not in made:
            _make(key, terms, by, now)


def make_prices(by: AbstractBaseUser | None) -> None:
    """Prices 5 % below the list's for those who come back, live."""
    if PriceList.objects.exists():
        return
    draft = ListDraft(
        "friends-of-the-house",
        "Friends of the house",
        CURRENCY,
        segment="repeat-buyers",
        percent_off=Decimal(5),
    )
    switch_list(save_list(draft, by=by).pk, PriceList.State.LIVE, by=by)


def _make(key: str, terms: dict[str, Any], by: AbstractBaseUser | None, now: datetime) -> None:
    name, english, german, text = TITLES[key]
    told = {"titles": {"en": english, "de": german}, "texts": {"en": text}, "currency": CURRENCY}
    row = save_draft(OfferDraft(name, terms | told, key=key), by=by)
    publish(row.pk, now=now, by=by)
    for code in CODES.get(key, ()):
        share_code(NewPool(row.pk, code), code, by=by)
    if key == THANKS:
        generate_codes(NewPool(row.pk, "Cards in the parcel"), POOL, prefix="THX", by=by)


def _terms() -> dict[str, dict[str, Any]]:
    mugs = [product.product_id for product in catalog().products if product.name.endswith("Mug")]
    return {
        FREE_SHIPPING: {
            "kind": "free_shipping",
            "conditions": {"subtotal_min": "60"},
            "priority": 40,
            "budget_money": "1000",
        },
        FIRST_ORDER: {
            "kind": "percent",
            "value": "15",
            "max_discount": "25",
            "conditions": {"first_order": True},
            "cap_per_person": 1,
            "stacking": {"with": "other_groups", "group": "welcome"},
            "budget_money": "1000",
        },
        CAMP_KITCHEN: {
            "kind": "percent",
            "value": "10",
            "scope": {"categories": ["Camp Kitchen"], "exclude_reduced": True},
            "priority": 60,
            "budget_money": "800",
        },
        MUGS: {
            "kind": "bundle",
            "bundle": {
                "buy": {"scope": {"product_ids": mugs}, "quantity": 2},
                "get": {"scope": {"product_ids": mugs}, "quantity": 1},
            },
            "priority": 70,
            "budget_money": "500",
        },
        WELCOME: {
            "kind": "amount",
            "value": "10",
            "conditions": {"subtotal_min": "50"},
            "needs_code": True,
            "stacking": {"with": "other_groups", "group": "welcome"},
            "budget_money": "1000",
            "budget_count": 100,
        },
        THANKS: {"kind": "amount", "value": "5", "needs_code": True, "budget_money": "1000"},
        WAITING: {
            "kind": "percent",
            "value": "20",
            "scope": {"categories": ["Tents & Sleep"]},
            "max_discount": "60",
            "budget_money": "5000",
        },
    }
