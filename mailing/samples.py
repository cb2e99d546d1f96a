"""Values to try a mail with: everything there is, and as little as there may be. Pure."""

from datetime import date
from decimal import Decimal
from typing import Any

from mailing.amounts import Money
from mailing.contracts import Links, ProductShown

LINKS = Links("https://cdp.example/u/token", "https://cdp.example/p/token", "https://cdp.example/m/v/token")
SERVICE_LINKS = Links("", "https://cdp.example/p/token", "https://cdp.example/m/v/token")
NAMES = {
    "en": ("Blue wool hat", "Trail jacket", "Enamel mug", "Canvas backpack", "Merino socks", "Steel bottle"),
    "de": ("Blaue Wollmütze", "Regenjacke", "Emaillebecher", "Rucksack", "Merinosocken", "Trinkflasche"),
}
PRICES = ("24.00", "129.00", "14.50", "89.00", "18.00", "27.90")


def product(number: int, locale: str = "en", shop_url: str = "https://shop.example", **changes: Any) -> ProductShown:
    """The n-th of six products, from 0."""
    names = NAMES.get(locale.split("-")[0], NAMES["en"])
    values: dict[str, Any] = {
        "product_id": f"p{number}",
        "name": names[number % 6],
        "price": Money(Decimal(PRICES[number % 6]), "EUR"),
        "url": f"{shop_url}/p/{number}",
        "image_url": f"{shop_url}/i/{number}.jpg",
    }
    return ProductShown(**(values | changes))


def full_values(
    locale: str = "en", shop_url: str = "https://shop.example", picks: tuple[str, ...] = ()
) -> dict[str, Any]:
    """Everything a sender and mailing may give. `picks`: the lists that blocks ask for by name."""
    some = [product(n, locale, shop_url) for n in range(6)]
    lines = [product(0, locale, shop_url, quantity="2"), product(1, locale, shop_url, quantity="1")]
    total = Money(Decimal("177.00"), "EUR")
    reduced = product(1, locale, shop_url, list_price=Money(Decimal("159.00"), "EUR"))
    person = {"first_name": "Jane", "last_name": "Doe", "name": "Jane Doe", "email": "jane@example.com"}
    return {
        "person": {**person, "country": "DE", "locale": locale, "traits": {"tier": "gold"}},
        "agreed": True,
        "cart": {"lines": lines, "count": 3, "total": total, "url": f"{shop_url}/cart"},
        "order": {
            "id": "10024",
            "number": "10024",
            "lines": lines,
            "total": total,
            "refunded": Money(Decimal("24.00"), "EUR"),
            "status": "shipped",
            "placed_at": date(2026, 5, 3),
            "url": f"{shop_url}/orders/10024",
            "tracking_url": f"{shop_url}/track/10024",
            "tracking_number": "JD0002",
            "carrier": "DHL",
            "expected_at": "12.05.2026",
        },
        "product": reduced,
        "products": some[:3],
        "event": {"name": "Spring sale", "count": 3},
        "offer": {"title": "10 % off", "code": "BACK10", "expires": date(2026, 5, 12)},
        "recommendations": some[3:6],
        **dict.fromkeys(picks, some[3:6]),
    }


def bare_values(locale: str = "en", shop_url: str = "https://shop.example") -> dict[str, Any]:
    """As little as there may be: nobody knows a name, nothing has a picture or a price, nothing is recommended."""
    bare = product(0, locale, shop_url, price="", url="", image_url="")
    line = product(0, locale, shop_url, price="", url="", image_url="", quantity="1")
    return {
        "person": {"email": "jane@example.com", "traits": {}},
        "agreed": False,
        "cart": {"lines": [line], "count": 1, "total": "", "url": f"{shop_url}/cart"},
        "order": {"id": "10024", "number": "10024", "lines": [line], "status": "placed"},
        "product": bare,
        "products": [bare],
        "event": {},
    }
