"""Offers as outcomes: whether somebody may have one now, and what they are told of it.

A code is given with it to a whole person only, the same one in the same place however often it is asked; a browser with
a public key would empty a pool.
"""

from collections.abc import Sequence
from typing import Any

from decisions.contracts import Shown
from decisions.services.situations import Situation
from offers.contracts import Cart
from offers.giving import NotGiven
from offers.promotions.compiled import Compiled
from offers.promotions.words import by_language
from offers.queries.evaluating import most_valuable, refusals
from offers.queries.in_force import offers_in_force
from offers.services.giving import give

NOT_LIVE = "offer_not_live"


def offered(keys: Sequence[str], situation: Situation, where: str = "") -> Shown | str:
    """The one of these offers that is worth most to this asker, or the reason why none is to be had. `where`: the place
    that shows it."""
    cart = _cart(situation)
    refused = refusals(keys, cart, situation.offer_standing, situation.now)
    open_ = [key for key in keys if not refused[key]]
    if not open_:
        return refused[keys[0]]
    best = open_[0]
    if len(open_) > 1:
        best = most_valuable(open_, cart, situation.offer_standing, situation.now) or best
    offer = offers_in_force(situation.now).by_key.get(best)
    if offer is None:
        return NOT_LIVE
    try:
        code = _code(offer, situation, where)
    except NotGiven as error:
        return error.reason
    return Shown("offer", best, _told(offer, code, situation))


def _cart(situation: Situation) -> Cart:
    """What lies in it where it is sent; else nothing, asked from where the visitor is."""
    request = situation.request
    context = {name: value for name, value in request.context.items() if isinstance(value, str)}
    if request.cart is not None:
        return request.cart
    return Cart(
        currency=context.get("currency", "").upper(),
        channel=context.get("channel", ""),
        country=context.get("country", ""),
        locale=context.get("locale", ""),
    )


def _told(offer: Compiled, code: str, situation: Situation) -> dict[str, Any]:
    terms = offer.terms
    language = situation.request.locale.replace("_", "-").partition("-")[0].lower() or "en"
    ends_at = terms.schedule.ends_at
    return {
        "key": offer.key,
        "version": offer.offer.version,
        "title": by_language(terms.titles, language, offer.offer.name or offer.key),
        "text": by_language(terms.texts, language, ""),
        "kind": offer.kind.value,
        "value": f"{terms.value:f}",
        "currency": offer.currency,
        "needs_code": terms.needs_code,
        "code": code,
        "ends_at": None if ends_at is None else ends_at.isoformat().replace("+00:00", "Z"),
    }


def _code(offer: Compiled, situation: Situation, where: str) -> str:
    """Raises NotGiven where no code is left."""
    who = situation.identifier_id
    if not offer.terms.needs_code or situation.known.is_browser or situation.is_preview or who is None:
        return ""
    return give(offer.key, who, f"place:{where}:{who}", situation.now).code
