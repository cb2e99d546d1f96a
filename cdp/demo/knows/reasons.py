"""Stable codes of events and consent, and what an event was about, as the panel says them. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

CONSENT = {
    "granted": "was given",
    "withdrawn": "was withdrawn",
    "denied": "was refused",
    "expired": "has expired",
    "pending": "is not confirmed yet",
    "default_allowed": "nothing was said; allowed by default",
    "default_denied": "nothing was said; needs a yes",
    "no_address": "no address is known",
}


def consent_words(reason: str) -> str:
    """Why a purpose is allowed or not."""
    return CONSENT.get(reason, reason.replace("_", " "))


def event_words(flags: Sequence[str]) -> str:
    """What became of a stored event."""
    return ", ".join(["stored", *(flag.replace("_", " ") for flag in flags)])


def about_words(properties: Mapping[str, Any], context: Mapping[str, Any]) -> str:
    """What an event was about, in a few words."""
    told = [_product(properties), _list(properties), _order(properties)]
    if query := properties.get("query"):
        told.append(f"“{query}”")
    if coupon := properties.get("coupon_id"):
        told.append(str(coupon))
    found = [words for words in told if words]
    if not found and isinstance(path := properties.get("path"), str):
        found.append(path)
    if not found:
        found.append(_choices(context))
    return ", ".join(found)


def _product(properties: Mapping[str, Any]) -> str:
    if "product_id" not in properties:
        return str(properties.get("name") or "") if "promotion_id" in properties else ""
    quantity, name = properties.get("quantity"), str(properties.get("name") or properties["product_id"])
    counted = f"{quantity} × {name}" if quantity and quantity != 1 else name
    variant = properties.get("variant")
    return f"{counted} ({variant})" if variant else counted


def _list(properties: Mapping[str, Any]) -> str:
    products = properties.get("products")
    if not isinstance(products, list) or "order_id" in properties:
        return ""
    where = properties.get("placement") or properties.get("category") or properties.get("list_id")
    counted = f"{len(products)} product{'' if len(products) == 1 else 's'}"
    return f"{counted} in {where}" if where else counted


def _order(properties: Mapping[str, Any]) -> str:
    if "order_id" not in properties:
        return ""
    total = properties.get("total")
    return (
        f"{properties['order_id']}, {total} {properties.get('currency', '')}" if total else str(properties["order_id"])
    )


def _choices(context: Mapping[str, Any]) -> str:
    consent = context.get("consent")
    choices = consent.get("categoryPreferences") if isinstance(consent, dict) else None
    if not isinstance(choices, dict):
        return ""
    return ", ".join(f"{name.replace('_', ' ')} {'yes' if said else 'no'}" for name, said in sorted(choices.items()))
