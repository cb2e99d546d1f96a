"""The catalog's doors: a feed of products as JSON or CSV, and what is in stock."""

from typing import Any

import msgspec
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from cdp.access.api.permissions import HasScope
from cdp.lib.clock import utc_now
from cdp.lib.problems import Problem
from cdp.lib.values import canonical, read_number, text
from commerce import feeds
from commerce.contracts import ProductRow, RowError
from commerce.feeds.stock import stock_of_json
from commerce.services import set_stock, upsert_products

MOST_BYTES = 8 * 1024 * 1024
CSV_TYPES = ("text/csv", "application/csv")
_TEXT, _AMOUNT = {"type": "string"}, {"type": "number", "minimum": 0}
PRODUCT = {
    "type": "object",
    "required": ["product_id"],
    "properties": {
        "product_id": {"type": "string", "maxLength": 200},
        **dict.fromkeys(feeds.TEXTS, _TEXT),
        "group_id": {"type": "string", "description": "Variants of one product share it."},
        "categories": {
            "description": "The path from the root of the shop's tree; its last step is the category, unless told.",
            "oneOf": [
                {"type": "string", "example": "Home > Kitchen > Cups"},
                {"type": "array", "items": _TEXT, "example": ["Home", "Kitchen", "Cups"]},
            ],
        },
        "images": {"type": "array", "maxItems": 20, "items": _TEXT, "description": "Further pictures."},
        "price": _AMOUNT,
        "list_price": {**_AMOUNT, "description": "Before a reduction."},
        "currency": {"type": "string", "pattern": "^[A-Za-z]{3}$"},
        "prices": {
            "type": "object",
            "additionalProperties": _AMOUNT,
            "example": {"USD": 13.9},
            "description": "In further currencies.",
        },
        "cost": {**_AMOUNT, "description": "What the shop pays for one. Never shown to customers."},
        "in_stock": {"type": "boolean"},
        "quantity": {**_AMOUNT, "description": "Pieces in stock; 0 is out of stock, unless in_stock says otherwise."},
        "active": {"type": "boolean"},
        "attributes": {"type": "object"},
    },
}
STOCK = {
    "type": "object",
    "required": ["product_id"],
    "properties": {
        "product_id": {"type": "string", "maxLength": 200},
        "in_stock": {"type": "boolean"},
        "quantity": {**_AMOUNT, "description": "0 is out of stock, unless in_stock says otherwise."},
        "price": {**_AMOUNT, "description": "In the product's currency."},
        "at": {
            "type": "string",
            "format": "date-time",
            "description": "As of when; now if left out. Older words than the last one change nothing.",
        },
    },
}


def _list_of(item: dict[str, Any]) -> dict[str, Any]:
    products = {"type": "array", "maxItems": feeds.MOST_ROWS, "items": item}
    return {"type": "object", "required": ["products"], "properties": {"products": products}}


_decode = msgspec.json.Decoder(Any, float_hook=read_number).decode


class AnyBody(BaseParser):
    """Leaves the body alone: the view reads its bytes by its content type."""

    media_type = "*/*"


class ProductsView(APIView):
    """POST /v1/catalog/products: upsert up to 1,000 products."""

    permission_classes = (HasScope("catalog:write"),)
    parser_classes = (AnyBody,)

    @extend_schema(
        operation_id="catalog_products_upsert",
        summary="Create or update products",
        request={"application/json": _list_of(PRODUCT), "text/csv": OpenApiTypes.STR},
        responses={200: OpenApiTypes.OBJECT},
    )
    def post(self, request: Request) -> Response:
        """Good rows are stored, faulty ones named in `errors`; 400 when the feed as a whole cannot be read."""
        rows, errors = _read(request._request.body, request.content_type or "")
        count = upsert_products(rows, utc_now())
        return Response(
            {
                "created": count.created,
                "updated": count.updated,
                "unchanged": count.unchanged,
                "rejected": len(errors),
                "errors": [msgspec.to_builtins(error) for error in errors],
            }
        )


class AvailabilityView(APIView):
    """POST /v1/catalog/availability: what is in stock, of up to 1,000 products."""

    permission_classes = (HasScope("catalog:write"),)
    parser_classes = (AnyBody,)

    @extend_schema(
        operation_id="catalog_availability_set",
        summary="Say what is in stock",
        request={"application/json": _list_of(STOCK)},
        responses={200: OpenApiTypes.OBJECT},
    )
    def post(self, request: Request) -> Response:
        """Good rows are taken, faulty ones named in `errors`; the latest word on a product's stock stands."""
        now = utc_now()
        try:
            rows, faults, places = stock_of_json(canonical(_decode(_bounded(request._request.body))), now)
        except (msgspec.DecodeError, RecursionError):
            raise Problem("malformed_json", "Malformed JSON", 400, "Send a JSON object.") from None
        except feeds.BadFeed as error:
            raise Problem(error.code, "Unreadable feed", 400, error.detail) from None
        count, errors = set_stock(rows, now, places)
        errors = sorted([*faults, *errors], key=lambda error: error.index)
        return Response(
            {
                "updated": count.updated,
                "older": count.older,
                "rejected": len(errors),
                "errors": [msgspec.to_builtins(error) for error in errors],
            }
        )


def _bounded(body: bytes) -> bytes:
    if len(body) > MOST_BYTES:
        raise Problem("feed_too_large", "Feed too large", 413, f"Send at most {MOST_BYTES // 2**20} MB a request.")
    return body


def _read(body: bytes, content_type: str) -> tuple[list[ProductRow], list[RowError]]:
    _bounded(body)
    is_csv = content_type.partition(";")[0].strip().lower() in CSV_TYPES
    try:
        return feeds.rows_of_csv(text(body.decode("utf-8"))) if is_csv else feeds.rows_of_json(canonical(_decode(body)))
    except UnicodeDecodeError:
        raise Problem("feed_encoding", "Feed is not UTF-8", 400, "Send the feed encoded as UTF-8.") from None
    except (msgspec.DecodeError, RecursionError):
        raise Problem(
            "malformed_json", "Malformed JSON", 400, "Send JSON, or CSV with Content-Type text/csv."
        ) from None
    except feeds.BadFeed as error:
        raise Problem(error.code, "Unreadable feed", 400, error.detail) from None
