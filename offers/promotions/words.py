"""Sentences for customers and codes' refusals, in English and German; other languages read the English ones."""

from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache

from cdp.lib.money import exponent

SYMBOLS = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥", "INR": "₹"}
ENGLISH = "en"
WHY: Mapping[str, tuple[str, str]] = {
    "everybody": ("For everybody.", "Für alle."),
    "code": ("For the code {code}.", "Für den Code {code}."),
    "first_order": ("For a first order.", "Für die erste Bestellung."),
    "audience": ("For you.", "Für Sie."),
    "subtotal": ("For goods of {amount} and more.", "Ab einem Warenwert von {amount}."),
    "products": ("For products in the cart.", "Für Artikel im Warenkorb."),
}
NOT: Mapping[str, tuple[str, str]] = {
    "code_unknown": ("There is no such code.", "Diesen Code gibt es nicht."),
    "code_void": ("The code was taken back.", "Der Code wurde zurückgenommen."),
    "code_expired": ("The code is no longer valid.", "Der Code ist abgelaufen."),
    "code_used_up": ("The code was used as often as it may be.", "Der Code wurde schon eingelöst."),
    "code_of_another": ("The code was given to somebody else.", "Der Code gehört jemand anderem."),
    "code_twice": ("The code stands there already.", "Der Code wurde schon eingegeben."),
    "offer_twice": ("Another code stands there for the same.", "Dafür steht schon ein anderer Code da."),
    "code_needed": ("It takes a code.", "Dafür braucht es einen Code."),
    "offer_not_live": ("The offer is not running.", "Die Aktion läuft nicht."),
    "not_started": ("The offer has not begun yet.", "Die Aktion hat noch nicht begonnen."),
    "offer_over": ("The offer is over.", "Die Aktion ist beendet."),
    "not_at_this_time": ("The offer holds at other days or hours.", "Die Aktion gilt an anderen Tagen oder Stunden."),
    "budget_used_up": ("The offer is used up.", "Die Aktion ist ausgeschöpft."),
    "budget_too_small": ("What is left of the offer does not cover it.", "Der Rest der Aktion reicht dafür nicht."),
    "other_currency": ("The offer is in another currency.", "Die Aktion gilt in einer anderen Währung."),
    "other_channel": ("The offer holds elsewhere in the shop.", "Die Aktion gilt auf einem anderen Weg."),
    "other_country": ("The offer does not hold in this country.", "Die Aktion gilt in diesem Land nicht."),
    "not_in_audience": ("The offer is for other customers.", "Die Aktion ist für andere Kunden."),
    "not_first_order": ("The offer is for first orders.", "Die Aktion gilt für die erste Bestellung."),
    "cap_reached": ("It was used as often as it may be.", "Die Aktion wurde so oft genutzt, wie es geht."),
    "cooling_off": ("It was used a short while ago.", "Die Aktion wurde erst vor Kurzem genutzt."),
    "empty_cart": ("The cart is empty.", "Der Warenkorb ist leer."),
    "no_matching_products": ("No product in the cart takes part.", "Kein Artikel im Warenkorb nimmt teil."),
    "products_missing": ("The cart lacks something.", "Im Warenkorb fehlt noch etwas."),
    "below_subtotal": ("The goods are not worth enough.", "Der Warenwert reicht nicht."),
    "above_subtotal": ("The goods are worth too much.", "Der Warenwert ist zu hoch."),
    "above_quantity": ("There are too many pieces.", "Es sind zu viele Stück."),
    "other_shipping_method": ("It holds for other ways of shipping.", "Die Aktion gilt für andere Versandarten."),
    "nothing_to_discount": ("There is nothing left to take it off.", "Es gibt nichts mehr, wovon es abginge."),
    "gift_not_available": ("The gift is out of stock.", "Das Geschenk ist vergriffen."),
    "cost_unknown": ("The offer does not hold for these products.", "Die Aktion gilt für diese Artikel nicht."),
    "margin_floor": ("The offer does not hold for these products.", "Die Aktion gilt für diese Artikel nicht."),
    "not_combinable": ("It is not combined with {others}.", "Nicht kombinierbar mit {others}."),
    "same_group": ("Only one of it and {others} is given.", "Nur eine von dieser und {others}."),
    "others_save_more": ("The other offers save more without it.", "Die anderen Aktionen sparen ohne sie mehr."),
}


def why(reason: str, language: str, **values: str) -> str:
    """The reason of a promotion as a sentence."""
    return _say(WHY[reason], language).format(**values)


@lru_cache(maxsize=4096)
def why_not(reason: str, language: str, others: str = "") -> str:
    """The reason of a refusal as a sentence. `others`: titles of the offers it clashes with."""
    return _say(NOT[reason], language).format(others=others)


def reward(kind: str, language: str, *, value: str, narrow: bool, name: str) -> str:
    """What is given, as it stands in a sentence: `free shipping`, `10% off`."""
    said: Mapping[str, tuple[str, str]] = {
        "free_shipping": ("free shipping", "kostenlosen Versand"),
        "percent": ("{value}% off", "{value} % Rabatt"),
        "amount": ("{value} off", "{value} Rabatt"),
        "gift": ("a gift", "ein Geschenk"),
        "points": ("extra points", "Extrapunkte"),
        "bundle": ("{name}", "{name}"),
    }
    text = _say(said[kind], language).format(value=value, name=name)
    return text + _say((" selected products", " auf ausgewählte Artikel"), language) if narrow else text


def add_for(what: str, reward_: str, language: str) -> str:
    """`Add €7.10 for free shipping`."""
    return _say(("Add {what} for {reward}", "Noch {what} für {reward}"), language).format(what=what, reward=reward_)


def pieces(count: str, language: str, *, of_scope: bool) -> str:
    """So many pieces, as they stand in `add_for`."""
    one = count == "1"
    if of_scope:
        words = ("{n} more matching " + ("product" if one else "products"), "{n} passende Artikel")
    else:
        words = ("{n} more " + ("product" if one else "products"), "{n} Artikel")
    return _say(words, language).format(n=count)


def of_products(what: str, language: str) -> str:
    """An amount of certain products."""
    return _say(("{what} of matching products", "{what} an passenden Artikeln"), language).format(what=what)


def both(parts: list[str], language: str) -> str:
    """Joined by and."""
    return _say((" and ", " und "), language).join(parts)


@lru_cache(maxsize=4096)
def money(amount: Decimal, currency: str, language: str) -> str:
    """`€7.10`, `7.10 CHF`; in German `7,10 €`."""
    number = f"{amount:,.{exponent(currency)}f}"
    if language == "de":
        number = number.translate({ord(","): ".", ord("."): ","})
        return f"{number}\u00a0{SYMBOLS.get(currency, currency)}"
    return f"{SYMBOLS[currency]}{number}" if currency in SYMBOLS else f"{number} {currency}"


def by_language(texts: Mapping[str, str], language: str, default: str) -> str:
    """The text in this language, else in English, else any."""
    return texts.get(language) or texts.get(ENGLISH) or next(iter(texts.values()), "") or default


def _say(words: tuple[str, str], language: str) -> str:
    return words[1] if language == "de" else words[0]
