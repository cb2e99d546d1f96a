"""How somebody came: the campaign in a page's address, the click that was paid for, and the channel of a referrer."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

LONGEST_URL = 4096
LONGEST_VALUE = 255
UTM = {
    "utm_source": "source", "utm_medium": "medium", "utm_campaign": "name", "utm_term": "term",
    "utm_content": "content", "utm_id": "id",
}  # fmt: skip
PAID_CLICKS = ("gclid", "gbraid", "wbraid", "dclid", "msclkid", "yclid")
OTHER_CLICKS = ("fbclid", "ttclid", "twclid", "li_fat_id", "igshid", "epik", "sccid")
"""Networks also put these on links that nobody paid for."""
PAID, SEARCH, SOCIAL, EMAIL, REFERRAL, DIRECT = "paid", "organic_search", "social", "email", "referral", "direct"
_PAID_MEDIA = frozenset(
    {"cpc", "ppc", "cpm", "cpv", "cpa", "paid", "paidsearch", "paid_search", "paid-search", "paidsocial", "paid_social"}
    | {"paid-social", "sea", "display", "banner", "retargeting", "remarketing", "shopping", "affiliate", "ads", "ad"}
)
_MEDIA = {
    "email": EMAIL, "e-mail": EMAIL, "mail": EMAIL, "newsletter": EMAIL, "organic": SEARCH, "search": SEARCH,
    "seo": SEARCH, "social": SOCIAL, "social-media": SOCIAL, "social_media": SOCIAL, "sm": SOCIAL, "referral": REFERRAL,
    "link": REFERRAL,
}  # fmt: skip
_ENGINES = frozenset({
    "google", "bing", "yahoo", "duckduckgo", "ecosia", "yandex", "baidu", "qwant", "startpage", "naver", "seznam",
    "ask", "brave", "metager", "swisscows",
})  # fmt: skip
_NETWORKS = frozenset({
    "facebook", "instagram", "twitter", "x", "linkedin", "lnkd", "pinterest", "tiktok", "reddit", "youtube", "vk",
    "snapchat", "threads", "xing", "tumblr", "whatsapp", "telegram", "mastodon", "bsky",
})  # fmt: skip
_SHORT = {"t.co": SOCIAL, "fb.me": SOCIAL, "lnkd.in": SOCIAL, "youtu.be": SOCIAL, "t.me": SOCIAL, "pin.it": SOCIAL}
_MAIL_HOSTS = ("mail.google.com", "outlook.live.com", "outlook.office.com", "mail.yahoo.com", "com.google.android.gm")
_MAIL_PARTS = frozenset({"mail", "webmail", "email"})


class Arrival(NamedTuple):
    """`campaign` as it stands in context.campaign (never changed); `channel` is nothing within the shop."""

    campaign: Mapping[str, str]
    channel: str


def arrival(page: Mapping[str, Any], sent: object) -> Arrival | None:
    """The arrival a page tells: {url, search, referrer}. `sent`: the campaign the client read itself, if any.

    None where the page has no address.
    """
    url, search, referrer = (_text(page.get(field)) for field in ("url", "search", "referrer"))
    if not url and not search:
        return None
    if isinstance(sent, Mapping) and sent:
        return _with_sent(_arrival(url, search, referrer), sent, _host(url), referrer)
    return _arrival(url, search, referrer)


@lru_cache(maxsize=8192)
def _arrival(url: str, search: str, referrer: str) -> Arrival:
    campaign = _campaign(search or url.partition("#")[0].partition("?")[2])
    return Arrival(campaign, _channel(campaign, _host(url), referrer))


def _with_sent(found: Arrival, sent: Mapping[str, Any], host: str, referrer: str) -> Arrival:
    clicks = {name: value for name, value in found.campaign.items() if name.startswith("click_id") and name not in sent}
    texts = {name: value for name, value in sent.items() if isinstance(value, str)}
    return Arrival(clicks, _channel({**texts, **clicks}, host, referrer))


def _campaign(query: str) -> dict[str, str]:
    """{source, medium, name, term, content, id, click_id, click_id_kind} of a query, as far as they are there."""
    query = query.removeprefix("?")
    if "utm_" not in query and not any(kind in query for kind in (*PAID_CLICKS, *OTHER_CLICKS)):
        return {}
    try:
        given = dict(reversed(parse_qsl(query, max_num_fields=200)))  # the first of each name
    except ValueError:
        return {}
    found = {short: value for name, short in UTM.items() if (value := given.get(name, "").strip()[:LONGEST_VALUE])}
    for kind in (*PAID_CLICKS, *OTHER_CLICKS):
        if value := given.get(kind, "").strip()[:LONGEST_VALUE]:
            return found | {"click_id": value, "click_id_kind": kind}
    return found


def _channel(campaign: Mapping[str, str], host: str, referrer: str) -> str:
    medium = campaign.get("medium", "").strip().lower()
    if campaign.get("click_id_kind") in PAID_CLICKS or medium in _PAID_MEDIA:
        return PAID
    if (named := _MEDIA.get(medium)) is not None:
        return named
    came_from = _host(referrer)
    source = campaign.get("source", "").strip().lower()
    if source:
        return _MEDIA.get(source) or _site(source) or REFERRAL
    if campaign.get("click_id_kind") in OTHER_CLICKS:
        return SOCIAL
    if not came_from:
        return DIRECT
    return "" if _domain(came_from) == _domain(host) else _site(came_from) or REFERRAL


def _site(host: str) -> str:
    """What kind of site a host is: e-mail before search, since mail.google.com is both; nothing for any other."""
    parts = host.split(".")
    if host in _MAIL_HOSTS or parts[0] in _MAIL_PARTS:
        return EMAIL
    if host in _SHORT:
        return _SHORT[host]
    names = set(parts[:-1] if len(parts) > 1 else parts)
    return SEARCH if names & _ENGINES else SOCIAL if names & _NETWORKS else ""


def _host(url: str) -> str:
    """The host of an address with a scheme, in lower case, without user, port and www."""
    scheme, found, rest = url.partition("://")
    if not found or not scheme:
        return ""
    netloc = rest.partition("/")[0].partition("?")[0].partition("#")[0].rpartition("@")[2]
    return netloc.partition(":")[0].lower().removeprefix("www.")


def _domain(host: str) -> str:
    """Near enough to the registered domain to tell a shop's own pages: the last two labels, three where short."""
    parts = host.split(".")
    return ".".join(parts[-3:] if len(parts) > 2 and len(parts[-2]) <= 3 else parts[-2:])


def _text(value: object) -> str:
    return value if type(value) is str and len(value) <= LONGEST_URL else ""
