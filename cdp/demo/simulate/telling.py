"""One person's events in the Segment format, encoded as they are made. Pure.

Message ids count per person and run, so they do not depend on who else there is or on how many processes work.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import msgspec

from cdp.demo.simulate.clocks import iso_ms
from cdp.demo.simulate.households import Browser
from cdp.demo.simulate.market import Market, make_market

LIBRARY = {"name": "cdp-simulate (synthetic data)", "version": "2"}
SERVER = {"library": LIBRARY, "channel": "server", "synthetic": True}
CURRENCY = "EUR"
_encode = msgspec.json.Encoder().encode
Properties = Mapping[str, Any]


@dataclass(slots=True)
class Teller:
    """Encodes and counts. `prefix` stands before each message id."""

    prefix: str
    made: int = 0
    counts: Counter[str] = field(default_factory=Counter)

    def track(
        self, name: str, at: int, ids: Mapping[str, str], properties: Properties, context: object = SERVER
    ) -> bytes:
        """A track."""
        return self._item("track", name, at, ids, context, event=name, properties=properties)

    def page(self, at: int, ids: Mapping[str, str], path: str, title: str, context: object) -> bytes:
        """A page view."""
        properties = {"path": path, "title": title}
        return self._item("page", "page", at, ids, context, name=title, properties=properties)

    def identify(self, at: int, ids: Mapping[str, str], traits: Properties, context: object = SERVER) -> bytes:
        """An identify: of a browser without traits, of the backend with them."""
        return self._item("identify", "identify", at, ids, context, traits=traits)

    def _item(self, kind: str, counted: str, at: int, ids: Mapping[str, str], context: object, **rest: object) -> bytes:
        self.made += 1
        self.counts[counted] += 1
        head = {"type": kind, "messageId": f"{self.prefix}-{self.made}", "timestamp": iso_ms(at)}
        return _encode({**head, **ids, **rest, "context": context})


def browser_context(
    browser: Browser, locale: str, zone: str, origin: str, campaign: Mapping[str, str] | None
) -> msgspec.Raw:
    """The context of a visit, encoded once."""
    context: dict[str, object] = {
        "library": LIBRARY,
        "synthetic": True,
        "ip": browser.ip,
        "userAgent": browser.user_agent,
        "browser": browser.family,
        "device": {"type": "phone" if browser.is_phone else "desktop"},
        "locale": locale,
        "timezone": zone,
        "page": {"url": f"{origin}/shop/", "path": "/shop/", "title": "Larkfell"},
    }
    if campaign is not None:
        context["campaign"] = campaign
    return msgspec.Raw(_encode(context))


def with_choices(context: msgspec.Raw | Mapping[str, object], choices: Mapping[str, bool]) -> dict[str, object]:
    """A context that says what its person allows."""
    opened = msgspec.json.decode(context) if isinstance(context, msgspec.Raw) else context
    return {**opened, "consent": {"categoryPreferences": dict(choices)}}


def product(market: Market, place: int, cents: int, **more: object) -> dict[str, object]:
    """A product in an event's properties, at the price of the day."""
    return {**_base(market.seed)[place], "price": cents / 100, **more}


@lru_cache(maxsize=4)
def _base(seed: int) -> tuple[dict[str, object], ...]:
    return tuple(each.as_property() for each in make_market(seed).products)
