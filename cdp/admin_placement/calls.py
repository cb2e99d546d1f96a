"""What a developer copies for a placement: the element for pages with cdp.js, and the call for everything else."""

import json
from dataclasses import dataclass

from django.conf import settings

from recommendations.placements import Kind

CONTEXT: dict[Kind, tuple[tuple[str, object], ...]] = {
    Kind.CATEGORY: (("category", "Shoes"),),
    Kind.PRODUCT: (("product_id", "P-1001"),),
    Kind.CART: (("cart", ["P-1001", "P-1002"]),),
    Kind.CONFIRMATION: (("cart", ["P-1001", "P-1002"]),),
    Kind.SEARCH: (("results", ["P-1001", "P-1002", "P-1003"]),),
}


@dataclass(frozen=True, slots=True)
class Calls:
    """Texts to copy. `tag` is empty where no page asks (e-mail)."""

    tag: str
    curl: str


def calls_of(key: str, kind: Kind) -> Calls:
    """For this placement; the ids in it are examples."""
    given = CONTEXT.get(kind, ())
    attributes = "".join(f' data-{name.replace("_", "-")}="{_text(value)}"' for name, value in given)
    tag = f'<section data-cdp-recommendations data-placement="{key}"{attributes}></section>'
    body = json.dumps({"placement": key, "user_id": "customer-1", **dict(given)})
    curl = "\n".join(
        (
            f"curl {settings.BASE_URL}/v1/recommendations \\",
            "  -H 'Authorization: Bearer SERVER_KEY' -H 'Content-Type: application/json' \\",
            f"  -d '{body}'",
        )
    )
    return Calls("" if kind == Kind.EMAIL else tag, curl)


def _text(value: object) -> str:
    return ",".join(value) if isinstance(value, list) else str(value)
