"""The catalog's door: a feed of products as JSON or CSV."""

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
from commerce.services import upsert_products

MOST_BYTES = 8 * 1024 * 1024
CSV_TYPES = ("text/csv", "application/csv")
EXAMPLE_BODY = {
    "type": "object",
    "required": ["products"],
    "properties": {
        "products": {
            "type": "array",
            "maxItems": feeds.MOST_ROWS,
            "items": {
                "type": "object",
                "required": ["product_id"],
                "properties": {
                    **{name: {"type": "string"} for name in ("product_id", *feeds.TEXTS, "currency")},
                    "price": {"type": "number", "minimum": 0},
                    "in_stock": {"type": "boolean"},
                    "active": {"type": "boolean"},
                    "attributes": {"type": "object"},
                },
            },
        }
    },
}
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
        request={"application/json": EXAMPLE_BODY, "text/csv": OpenApiTypes.STR},
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


def _read(body: bytes, content_type: str) -> tuple[list[ProductRow], list[RowError]]:
    if len(body) > MOST_BYTES:
        raise Problem("feed_too_large", "Feed too large", 413, f"Send at most {MOST_BYTES // 2**20} MB a request.")
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
