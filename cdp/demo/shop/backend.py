"""The shop's backend as the platform sees it: a client of the public API over HTTP, with the demo's own keys.

Used as a real backend would: a slow or absent platform costs a visitor at most TIMEOUT_S and no order; what could not
be told is written to the log.
"""

import base64
import json
import logging
import urllib.error
import urllib.request
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec
from django.conf import settings

from cdp.access import services as access
from cdp.demo import seeding
from cdp.demo.report import read_report
from cdp.demo.shop.basket import Basket
from cdp.demo.shop.promoting import Evaluated, as_cart

TIMEOUT_S = 5.0
PATIENCE_S = 1.0  # for what the page can do without
MOST_RANKED = 50
TOKEN_LIVES = timedelta(hours=12)
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Keys:
    """`browser` and `server` are write keys, `secret` is the server key's text."""

    base_url: str
    browser: str
    server: str
    secret: str


class _Item(msgspec.Struct, frozen=True):
    product_id: str
    reason: str
    sentence: str


class Ranked(msgspec.Struct, frozen=True):
    """Products in the order of somebody's liking, and the answer they are of. Empty where nobody answered."""

    recommendation_id: str = ""
    items: tuple[_Item, ...] = ()

    @property
    def product_ids(self) -> list[str]:
        """The first first."""
        return [item.product_id for item in self.items]

    @property
    def sentences(self) -> dict[str, str]:
        """Why a product stands where it does, of those that the visitor's doing has moved."""
        return {item.product_id: item.sentence for item in self.items if item.reason != "search"}


class _Use(msgspec.Struct, frozen=True):
    key: str
    state: str


class _Held(msgspec.Struct, frozen=True):
    data: tuple[_Use, ...]


def keys() -> Keys | None:
    """The demo's keys, from its demo.json; None while the demo is not seeded yet."""
    path = Path(settings.VAR_DIR) / "demo.json"
    try:
        written_at = path.stat().st_mtime_ns
    except FileNotFoundError:
        return None
    return _keys(str(path), written_at)


@lru_cache(maxsize=8)
def _keys(path: str, written_at: int) -> Keys | None:
    report = read_report(Path(path))
    if report is None:
        return None
    return Keys(report.base_url, report.write_key, report.server_write_key, report.server_key)


def track(event: str, properties: dict[str, Any], ids: dict[str, str], *, message_id: str, email: str = "") -> bool:
    """A server-side event; `ids` are userId and anonymousId. Whether the platform has taken it."""
    body: dict[str, Any] = {**ids, "event": event, "properties": properties, "messageId": message_id}
    if email:
        body["context"] = {"traits": {"email": email}}
    return _post_event("/v1/track", body)


def identify(ids: dict[str, str], traits: dict[str, Any]) -> bool:
    """Who somebody is, in the word of the shop's server. Whether the platform has taken it."""
    return _post_event("/v1/identify", {**ids, "traits": traits})


def state_consent(email: str, *, method: str) -> bool:
    """The owner of an address agreed to marketing mails. Whether the platform has taken it."""
    found = keys()
    statement = {"purpose": "email_marketing", "state": "granted", "email": email, "method": method}
    return found is not None and _post(found, "/v1/consent", statement, f"Bearer {found.secret}")


def sign_up_for_news(email: str) -> bool:
    """Somebody typed an address into the newsletter's form: its owner gets a mail to confirm. Whether it was taken."""
    found = keys()
    body = {"email": email, "purposes": ["email_news"], "locale": "en", "form": "shop footer"}
    return found is not None and _post(found, "/v1/consent/signup", body, "", found.browser)


def user_token(user_id: str) -> str:
    """The token with which the shop vouches for its signed-in customer; "" while the demo is not seeded."""
    try:
        return access.make_user_token(seeding.TOKEN_KID, user_id, TOKEN_LIVES)
    except LookupError:
        return ""


def ranked(placement: str, product_ids: list[str], *, user_id: str, anonymous_id: str) -> Ranked:
    """Search results as a placement puts them; nothing where the platform does not say in time.

    A customer who is signed in is asked for as a whole person; a browser with the public key, as its own pages ask.
    """
    found = keys()
    if found is None:
        return Ranked()
    body: dict[str, Any] = {"placement": placement, "results": product_ids[:MOST_RANKED], "n": MOST_RANKED}
    body |= {"user_id": user_id} if user_id else {"anonymous_id": anonymous_id}
    key = {"Authorization": f"Bearer {found.secret}"} if user_id else {"X-Write-Key": found.browser}
    try:
        return msgspec.json.decode(_posted(found, "/v1/recommendations", body, key, PATIENCE_S) or b"{}", type=Ranked)
    except msgspec.MsgspecError:
        return Ranked()


def evaluated(
    basket: Basket, codes: list[str], *, user_id: str, anonymous_id: str, may_personalize: bool
) -> Evaluated | None:
    """The promotions of a cart; None where the platform does not say in time. Whom it is asked for: as in `ranked`.

    Who may not be known is nobody, and nobody has a first order to be rewarded: that is one thing the shop's server
    says by itself.
    """
    found = keys()
    if found is None or not basket.lines:
        return None
    is_public = may_personalize and not user_id
    body: dict[str, Any] = {"cart": as_cart(basket, may_be_first=may_personalize), "codes": codes}
    if may_personalize:
        body |= {"user_id": user_id} if user_id else {"anonymous_id": anonymous_id}
    key = {"X-Write-Key": found.browser} if is_public else {"Authorization": f"Bearer {found.secret}"}
    try:
        answer = _posted(found, "/v1/offers/evaluate", body, key, PATIENCE_S)
        return msgspec.json.decode(answer, type=Evaluated) if answer else None
    except msgspec.MsgspecError as error:
        log.warning("the demo shop does not understand the promotions of a cart: %s", error)
        return None


def refused_uses(uses: list[dict[str, Any]]) -> set[str]:
    """Reserve these uses for an order, which redeems them by itself; the offers of those that were refused.

    With one refused none is held. Nothing where the platform does not answer: what was shown is then given.
    """
    found = keys()
    if found is None or not uses:
        return set()
    secret = {"Authorization": f"Bearer {found.secret}"}
    answer = _posted(found, "/v1/offers/reserve", {"items": uses}, secret, PATIENCE_S)
    held = msgspec.json.decode(answer, type=_Held).data if answer else ()
    refused = {one.key for one in held if one.state == "refused"}
    if refused:
        given_back = [{"key": one.key, "reason": "order_changed"} for one in held if one.state == "reserved"]
        if given_back:
            _posted(found, "/v1/offers/release", {"items": given_back}, secret, PATIENCE_S)
    return {use["offer"] for use in uses if use["key"] in refused}


def _post_event(path: str, body: dict[str, Any]) -> bool:
    found = keys()
    if found is None:
        return False
    basic = base64.b64encode(f"{found.server}:".encode()).decode()
    return _post(found, path, body, f"Basic {basic}")


def _post(found: Keys, path: str, body: dict[str, Any], authorization: str, write_key: str = "") -> bool:
    who = {"X-Write-Key": write_key} if write_key else {"Authorization": authorization}
    return _posted(found, path, body, who, TIMEOUT_S) is not None


def _posted(found: Keys, path: str, body: dict[str, Any], who: dict[str, str], timeout_s: float) -> bytes | None:
    """The body of a 2xx; None where there is none."""
    request = urllib.request.Request(  # noqa: S310 - the address is the demo's own, from its settings
        f"{found.base_url}{path}", json.dumps(body).encode(), {**who, "Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=timeout_s) as answer:  # noqa: S310
            return bytes(answer.read()) if 200 <= answer.status < 300 else None
    except (urllib.error.URLError, TimeoutError) as error:
        log.warning("the demo shop could not tell the platform %s: %s", path, error)
        return None
