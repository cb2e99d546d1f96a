"""Which values of properties may be shown as samples, and how. Personal-looking ones are masked before storing. Pure.

Of traits no text is kept at all. Ids that name people, orders or sessions, addresses, free text and whatever looks like
an e-mail address, a phone number or an IP address is shown as •••; addresses of pages lose their query.
"""

import re
from functools import lru_cache
from typing import Any

MASK = "•••"
LONGEST_SAMPLE = 60
LARGEST_SHOWN = 10**9
TRAIT_KINDS = frozenset({"identify", "group"})
CATALOG_IDS = frozenset(
    {"product_id", "sku", "variant_id", "category_id", "list_id", "promotion_id", "collection_id", "brand_id"}
)
_WORDS = re.compile(r"[a-z0-9ß]+")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
# word of a property's name → what it tells of a person
_TELLING: dict[str, str] = {
    **dict.fromkeys(("email", "mail", "phone", "mobile", "tel", "telephone", "fax"), "contact"),
    **dict.fromkeys(("firstname", "lastname", "fullname", "surname", "username", "nickname", "recipient"), "name"),
    **dict.fromkeys(
        ("address", "street", "city", "zip", "postcode", "postal", "postalcode", "lat", "latitude", "lng", "longitude"),
        "location",
    ),
    **dict.fromkeys(("birthday", "birthdate", "birth", "dob", "age", "gender", "sex"), "demographic"),
    **dict.fromkeys(("password", "secret", "iban", "ssn", "card", "passport", "health", "religion"), "sensitive"),
    **dict.fromkeys(("id", "ids", "uuid", "token", "session", "cookie", "ip", "key", "userid", "guid"), "id"),
    **dict.fromkeys(("message", "comment", "comments", "note", "notes", "body", "text", "feedback"), "other"),
    **dict.fromkeys(("vorname", "nachname", "kunde", "kundin", "customer", "contact", "author", "user"), "name"),
    **dict.fromkeys(("telefon", "handy", "handynummer", "telefonnummer", "mobil", "mobilnummer"), "contact"),
    **dict.fromkeys(("adresse", "strasse", "straße", "hausnummer", "plz", "postleitzahl", "wohnort"), "location"),
    **dict.fromkeys(("geburtsdatum", "geburtstag", "geschlecht", "alter"), "demographic"),
    **dict.fromkeys(("passwort", "kennwort"), "sensitive"),
    **dict.fromkeys(("kommentar", "nachricht", "bemerkung"), "other"),
}
_NAMED = frozenset({"first", "last", "full", "middle", "user", "customer", "person"})
_LOOKS_PERSONAL = re.compile(
    r"[^\s@]+@[^\s@]+\.\w|\b0\d[\d ()/.-]{5,}\d"
    r"|(?:\+|\b00)\d[\d ()/.-]{6,}\d|\b(?:\d{1,3}\.){3}\d{1,3}\b|(?:[0-9a-f]{1,4}:){3,}[0-9a-f]",
    re.I,
)
_URL = re.compile(r"^[a-z][a-z0-9+.-]*://", re.I)


@lru_cache(maxsize=4096)
def personal_category(path: str) -> str:
    """What a property so named is likely to tell of a person: a category of the plan, or nothing."""
    last = path.removesuffix("[]").rpartition(".")[2].removesuffix("[]")
    if last.lower() in CATALOG_IDS:
        return ""
    words = _WORDS.findall(_CAMEL.sub(" ", last).lower())
    for word in words:
        if word in _TELLING:
            return _TELLING[word]
    if words and words[-1] == "name" and (len(words) > 1 and words[0] in _NAMED):
        return "name"
    return ""


def names_somebody(key: str) -> bool:
    """Whether a property's own name looks like an address or a number of somebody's: some use these as keys."""
    return "@" in key or _LOOKS_PERSONAL.search(key) is not None


def sample(kind: str, path: str, value: object) -> Any:
    """A value as it may be stored among samples; None where it is not worth one. Texts are cut at 60 characters."""
    if value is None or isinstance(value, (dict, list)):
        return None
    if isinstance(value, bool):
        return value
    if personal_category(path):
        return MASK
    if not isinstance(value, str):
        if isinstance(value, int):
            return MASK if abs(value) >= LARGEST_SHOWN else value  # as long as a phone number or an account's
        return float(str(value))
    if kind in TRAIT_KINDS or _LOOKS_PERSONAL.search(value):
        return MASK
    text = value.partition("?")[0].partition("#")[0] if _URL.match(value) else value
    return text if len(text) <= LONGEST_SAMPLE else f"{text[: LONGEST_SAMPLE - 1]}…"
