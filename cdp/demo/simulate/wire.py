"""Events in the Segment format, encoded as they are made, in parcels that must travel in one request. Pure."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from typing import Any, NamedTuple

import msgspec

from cdp.demo.simulate.people import Device, Person
from cdp.demo.simulate.truth import Truth

LIBRARY = {"name": "cdp-simulate (synthetic data)", "version": "1"}
SHOP = "https://shop.example"
_encode = msgspec.json.Encoder().encode
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Phase(IntEnum):
    """In which order things are sent. What forbids a mail is sent before the cart, as the service may mail at once."""

    HISTORY = 0
    FACTS = 1
    STORIES = 2


class Parcel(NamedTuple):
    """Events of one source that travel in one request. `once`: never sent again, as it would be quarantined again."""

    phase: Phase
    at: datetime
    server_side: bool
    items: Sequence[bytes]
    once: bool = False


def iso(at: datetime) -> str:
    """An instant as trackers write it: milliseconds and Z."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def whole_ms(at: datetime) -> datetime:
    """The instant without what `iso` would drop."""
    return at - timedelta(microseconds=at.microsecond % 1000)


class Tracker:
    """Encodes events with message ids of one run and counts them in the truth."""

    def __init__(self, tag: str, truth: Truth) -> None:
        self.tag, self.truth = tag, truth
        self._made = 0
        self._contexts: dict[str, dict[str, Any]] = {}

    def page(self, device: Device, person: Person, at: datetime, *, user_id: str | None = None) -> bytes:
        """A page view of the home page."""
        ids = _ids(user_id, device.anonymous_id)
        return self._item("page", "page", at, ids, self._browser(device, person), name="Home", properties={"path": "/"})

    def browse(
        self,
        name: str,
        device: Device,
        person: Person,
        at: datetime,
        properties: Mapping[str, Any],
        *,
        user_id: str | None = None,
        context: Mapping[str, Any] | None = None,
    ) -> bytes:
        """A track of a browser."""
        ids = _ids(user_id, device.anonymous_id)
        whole = {**self._browser(device, person), **(context or {})}
        return self._item("track", name, at, ids, whole, event=name, properties=properties)

    def login(self, device: Device, person: Person, at: datetime) -> bytes:
        """A browser's identify: it may assert the user id and its anonymous id, no more."""
        ids = _ids(person.user_id, device.anonymous_id)
        return self._item("identify", "identify", at, ids, self._browser(device, person), traits={})

    def serve(
        self,
        name: str,
        at: datetime,
        properties: Mapping[str, Any],
        *,
        user_id: str | None = None,
        anonymous_id: str | None = None,
        context: Mapping[str, Any] | None = None,
    ) -> bytes:
        """A track of the shop's backend."""
        whole = {"library": LIBRARY, "channel": "server", **(context or {})}
        return self._item("track", name, at, _ids(user_id, anonymous_id), whole, event=name, properties=properties)

    def register(
        self, user_id: str, at: datetime, traits: Mapping[str, Any], *, context: Mapping[str, Any] | None = None
    ) -> bytes:
        """The backend's identify, which may assert e-mail, phone and external ids."""
        whole = {"library": LIBRARY, "channel": "server", **(context or {})}
        return self._item("identify", "identify", at, _ids(user_id, None), whole, traits=traits)

    def nobody(self, at: datetime, value: str) -> bytes:
        """A browser event whose only id is a blocked value: it goes to quarantine."""
        self.truth.blocked += 1
        self.truth.unique -= 1
        self.truth.events["Product Viewed"] -= 1
        ids = {"anonymousId": value}
        return self._item(
            "track", "Product Viewed", at, ids, {"library": LIBRARY}, event="Product Viewed", properties={}
        )

    def _item(
        self, type_: str, counted: str, at: datetime, ids: Mapping[str, str], context: Mapping[str, Any], **rest: Any
    ) -> bytes:
        self._made += 1
        self.truth.unique += 1
        self.truth.events[counted] += 1
        head = {"type": type_, "messageId": f"sim-{self.tag}-{self._made}", "timestamp": iso(at)}
        return _encode({**head, **ids, **rest, "context": context})

    def _browser(self, device: Device, person: Person) -> dict[str, Any]:
        key = f"{device.anonymous_id} {person.key}"
        found = self._contexts.get(key)
        if found is None:
            if len(self._contexts) > 10_000:
                self._contexts.clear()
            found = self._contexts[key] = {
                "library": LIBRARY,
                "ip": device.ip,
                "userAgent": device.user_agent,
                "locale": person.locale,
                "timezone": person.zone,
                "page": {"url": f"{SHOP}/", "path": "/", "title": "Shop"},
            }
        return found


def consent(allowed: bool) -> dict[str, Any]:
    """The context that tells an e-mail marketing choice."""
    return {"consent": {"categoryPreferences": {"email_marketing": allowed}}}


def _ids(user_id: str | None, anonymous_id: str | None) -> dict[str, str]:
    ids = {} if user_id is None else {"userId": user_id}
    return ids if anonymous_id is None else {**ids, "anonymousId": anonymous_id}
