"""What an event tells the steps and mails of the journey it let somebody into: its facts. Pure.

A browser's write key is public: of its events only ids, numbers and yes or no are taken, since a mail in the shop's
name must not carry a stranger's words. A server's words are believed.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

IDS = ("product_id", "order_id", "cart_id", "variant_id", "category_id", "list_id")
MOST = 50
LONGEST = 500


def facts_of_event(
    name: str, properties: Mapping[str, Any], *, is_server: bool, order_id: str | None = None
) -> dict[str, Any]:
    """`event` and its `properties`, as JSON; beside them `product_id` and `order_id` where it names them."""
    kept = {key: _json(value) for key, value in properties.items() if _is_taken(key, value, is_server=is_server)}
    found: dict[str, Any] = {"event": name, "properties": dict(list(kept.items())[:MOST])}
    if product_id := id_in(properties, "product_id"):
        found["product_id"] = product_id
    if order_id or id_in(properties, "order_id"):
        found["order_id"] = order_id or id_in(properties, "order_id")
    return found


def id_in(properties: Mapping[str, Any], key: str) -> str:
    """An id told as text or as a whole number; empty where there is none."""
    value = properties.get(key)
    if isinstance(value, str):
        return value.strip() if len(value) <= 200 else ""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def _is_taken(key: str, value: object, *, is_server: bool) -> bool:
    if isinstance(value, bool | int | float | Decimal):
        return True
    return isinstance(value, str) and len(value) <= LONGEST and (is_server or key in IDS)


def _json(value: Any) -> Any:
    return f"{value:f}" if isinstance(value, Decimal) else value
