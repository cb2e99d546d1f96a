"""Products and carts as mails show them.

The public write key can say what lies in a cart; words, prices, links and pictures are a feed's or a server's alone
(`commerce.queries.believed_products`), lead to the shop, and hold no address in a name.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.conf import settings

from commerce.contracts import CartLine, ProductFacts
from mailing.amounts import Money, quantity_words
from mailing.contracts import ProductShown
from mailing.links import picture_link, shop_link, with_recommendation
from mailing.names import presentable

MAX_LINES = 20
KEPT = 4_096
Lines = Sequence[tuple[CartLine, ProductFacts | None]]


def is_presentable(product: ProductFacts) -> bool:
    """Whether a mail may name this product: a feed or a server told of it, and its name holds no address."""
    return product.is_trusted and bool(_name(product.name or product.product_id))


def shown(
    product: ProductFacts, *, quantity: Decimal | None = None, note: str = "", answer_id: str = ""
) -> ProductShown:
    """A product as a mail shows it. `product`: as a feed or a server describes it, `is_presentable`.

    `answer_id`: of the recommendation it is of, which its link then carries.
    """
    reduced = product.list_price is not None and product.price is not None and product.list_price > product.price
    return ProductShown(
        product_id=product.product_id,
        name=_name(product.name or product.product_id),
        price=_money(product.price, product.currency),
        list_price=_money(product.list_price, product.currency) if reduced else "",
        quantity=quantity_words(quantity) if quantity is not None else "",
        url=with_recommendation(_link(product.url, settings.SHOP_URL), answer_id),
        image_url=_picture(product.image_url, settings.SHOP_URL, tuple(settings.MAIL_IMAGE_HOSTS)),
        note=note,
    )


def cart_values(lines: Lines) -> dict[str, Any]:
    """The values of `cart`: its lines with their products as `believed_products` has them, None where it has none.

    `lines` holds what may be named; the rest is only counted. The total is the sum of what is shown, only when all of
    the cart is and every price is known in one currency.
    """
    known = [(line, product) for line, product in lines if product is not None and is_presentable(product)]
    return {
        "lines": [shown(product, quantity=line.quantity) for line, product in known[:MAX_LINES]],
        "count": len(lines),
        "total": _total(known) if len(known) == len(lines) <= MAX_LINES else "",
        "url": f"{settings.SHOP_URL}/cart",
    }


# A shop has far fewer products than mails that show them.
@lru_cache(maxsize=KEPT)
def _name(raw: str) -> str:
    return presentable(raw)


@lru_cache(maxsize=KEPT)
def _link(url: str, shop_url: str) -> str:
    return shop_link(url, shop_url=shop_url)


@lru_cache(maxsize=KEPT)
def _picture(url: str, shop_url: str, hosts: tuple[str, ...]) -> str:
    return picture_link(url, shop_url=shop_url, hosts=hosts)


def _total(known: Iterable[tuple[CartLine, ProductFacts]]) -> Money | str:
    amounts = [
        (product.price * line.quantity, product.currency) for line, product in known if product.price is not None
    ]
    currencies = {currency for _, currency in amounts}
    if len(amounts) != len(list(known)) or len(currencies) != 1:
        return ""
    return Money(sum((amount for amount, _ in amounts), Decimal(0)), currencies.pop())


def _money(amount: Decimal | None, currency: str) -> Money | str:
    return Money(amount, currency) if amount is not None else ""
