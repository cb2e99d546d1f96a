"""What is to pay once everything is taken off. Tax is worked out of each line's discounted amount, rounded half-up."""

from decimal import Decimal

from cdp.lib.money import half_up
from offers.contracts import LineTotal, Totals
from offers.promotions.baskets import Basket, money_of
from offers.promotions.search import State

HUNDRED = 100_000_000
"""100 % as tax rates count here, with six decimals."""


def totals_of(basket: Basket, state: State) -> Totals:
    """Of the whole cart."""
    cart, digits = basket.cart, basket.exponent
    subtotal, paid = basket.subtotal, sum(state.left)
    tax = sum(_tax_of_line(basket, state, index) for index in basket.live)
    shipping = state.shipping or 0
    tax += _tax(shipping, cart.shipping_tax_rate, is_inside=cart.prices_include_tax)
    total = paid + shipping + (0 if cart.prices_include_tax else tax)
    return Totals(
        subtotal=money_of(subtotal, digits),
        discount=money_of(subtotal - paid, digits),
        shipping=money_of(shipping, digits),
        shipping_discount=money_of((basket.shipping or 0) - shipping, digits),
        tax=money_of(tax, digits),
        total=money_of(total, digits),
        currency=cart.currency,
        prices_include_tax=cart.prices_include_tax,
        shipping_is_known=basket.shipping is not None,
    )


def line_totals(basket: Basket, state: State) -> tuple[LineTotal, ...]:
    """Of each line, in the cart's order."""
    digits, amounts, left = basket.exponent, basket.amounts, state.left
    return tuple(
        LineTotal(
            index=index,
            product_id=line.product_id,
            quantity=line.quantity,
            subtotal=money_of(amounts[index], digits),
            discount=money_of(amounts[index] - left[index], digits),
            total=money_of(left[index], digits),
            tax=money_of(_tax_of_line(basket, state, index), digits),
        )
        for index, line in enumerate(basket.cart.lines)
    )


def _tax_of_line(basket: Basket, state: State, index: int) -> int:
    rate = basket.cart.lines[index].tax_rate
    return _tax(state.left[index], rate, is_inside=basket.cart.prices_include_tax)


def _tax(amount: int, rate: Decimal | None, *, is_inside: bool) -> int:
    if not rate or not amount:
        return 0
    numerator = int(rate.scaleb(6))
    return half_up(amount * numerator, HUNDRED + numerator if is_inside else HUNDRED)
