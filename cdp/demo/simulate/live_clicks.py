"""What live visitors see of recommendations: each page asks for its placement as a shop's page would, by public API.

Nobody's visit is changed by it: a product that a visitor goes to anyway counts as clicked where the answer before had
shown it. So the figures of placements follow from tastes, and a better model is clicked more.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import msgspec

from cdp.demo.simulate.sending import Link, NotSentError

MOST_VISITORS, MOST_ASKED = 2_000, 10
"""Visitors whose last answers are kept; questions at a time, so that a busy second costs no more."""
SHOWN = 4
_encode = msgspec.json.Encoder().encode
Answer = Mapping[str, Any]
Ask = Callable[[dict[str, Any]], Answer | None]


class _Seen(NamedTuple):
    """Where a product stood when it was shown last."""

    placement: str
    answer_id: str
    position: int


@dataclass(slots=True)
class Audience:
    """Who was shown what. `ask` takes the body of a question and gives the answer, None where there is none."""

    ask: Ask
    _shown: OrderedDict[str, dict[str, _Seen]] = field(default_factory=OrderedDict)

    def follow(self, items: Iterable[bytes]) -> list[bytes]:
        """The events that follow from these events of browsers, in their order."""
        made: list[bytes] = []
        left = MOST_ASKED
        for item in items:
            event = msgspec.json.decode(item)
            visitor = event.get("anonymousId")
            if not visitor or _refuses(event):
                continue
            made += self._clicked(event, visitor)
            question = _question(event)
            if question is not None and left:
                left -= 1
                made += self._seen(event, visitor, question)
        return made

    def _clicked(self, event: dict[str, Any], visitor: str) -> Iterator[bytes]:
        if event.get("event") != "Product Viewed":
            return
        product_id = event["properties"]["product_id"]
        seen = self._shown.get(visitor, {}).pop(product_id, None)
        if seen is not None:
            told = {"placement": seen.placement, "recommendation_id": seen.answer_id, "position": seen.position}
            yield _event(event, "Product Clicked", {"product_id": product_id, **told})

    def _seen(self, event: dict[str, Any], visitor: str, question: dict[str, Any]) -> Iterator[bytes]:
        answer = self.ask({**question, "anonymous_id": visitor, "n": SHOWN})
        if answer is None or not (answer["items"] or answer.get("variant")):
            return
        placement, answer_id = question["placement"], answer["recommendation_id"]
        products = [item["product_id"] for item in answer["items"]]
        mine = self._shown.setdefault(visitor, {})
        mine.update({each: _Seen(placement, answer_id, place) for place, each in enumerate(products, 1)})
        self._shown.move_to_end(visitor)
        if len(self._shown) > MOST_VISITORS:
            self._shown.popitem(last=False)
        listed = [{"product_id": each, "position": place} for place, each in enumerate(products, 1)]
        told = {"list_id": answer_id, "recommendation_id": answer_id, "placement": placement, "products": listed}
        yield _event(event, "Product List Viewed", told)


def asker(link: Link, write_key: str) -> Ask:
    """Asks over HTTP with the pages' own key; a placement that is not there is not asked for again."""
    gone: set[str] = set()

    def ask(question: dict[str, Any]) -> Answer | None:
        if question["placement"] in gone:
            return None
        try:
            body = _encode({**question, "writeKey": write_key})
            return link.post("/v1/recommendations", body, {"Content-Type": "application/json"})
        except NotSentError:
            gone.add(question["placement"])
            return None

    return ask


def _question(event: dict[str, Any]) -> dict[str, Any] | None:
    """What the page that this event is of asks for."""
    properties = event.get("properties") or {}
    if event["type"] == "page":
        return {"placement": "home-for-you"}
    if event.get("event") == "Product Viewed":
        return {"placement": "product-similar", "product_id": properties["product_id"]}
    if event.get("event") == "Product List Viewed" and properties.get("category"):
        return {"placement": "category-top", "category": properties["category"]}
    return None


def _refuses(event: dict[str, Any]) -> bool:
    choices = ((event.get("context") or {}).get("consent") or {}).get("categoryPreferences") or {}
    return choices.get("personalization") is False or choices.get("analytics") is False


def _event(cause: dict[str, Any], name: str, properties: dict[str, Any]) -> bytes:
    """An event of the same visitor at the same instant; its message id follows from the cause's."""
    kept = {key: cause[key] for key in ("anonymousId", "userId", "timestamp", "context") if key in cause}
    message_id = f"{cause['messageId']}-{'seen' if name == 'Product List Viewed' else 'click'}"
    return _encode({"type": "track", "event": name, "messageId": message_id, "properties": properties, **kept})
