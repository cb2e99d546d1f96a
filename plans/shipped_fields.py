"""The fields of the shipped plan, each said once: type, what it means, an example, what it tells of a person. Pure.

As wide as real trackers vary: ids may be text or numbers, amounts numbers or numeric text; null counts as absent.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from plans.checking import AMOUNT as AMOUNT_PATTERN

Snippet = Mapping[str, Any]
ID: Snippet = {"type": ["string", "number"]}
LABEL: Snippet = {"type": ["string", "number"]}
TEXT: Snippet = {"type": "string"}
AMOUNT: Snippet = {"type": ["number", "string"], "pattern": AMOUNT_PATTERN}
CURRENCY: Snippet = {"type": "string", "pattern": "^[A-Za-z]{3}$"}
LIST: Snippet = {"type": "array"}
ANY: Snippet = {}
FLAG: Snippet = {"type": ["boolean", "string", "number"]}
MOMENT: Snippet = {"type": ["string", "number"]}
ADDRESS: Snippet = {"type": ["object", "string"]}


@dataclass(frozen=True, slots=True)
class Field:
    """One property as shipped. `personal` is a category of the plan, or nothing."""

    snippet: Snippet
    description: str
    example: Any = None
    personal: str = ""

    def schema(self) -> dict[str, Any]:
        """As it stands under `properties`."""
        examples = {} if self.example is None else {"examples": [self.example]}
        return {**self.snippet, "description": self.description, **examples}


PRODUCT: dict[str, Field] = {
    "product_id": Field(ID, "The shop's id of the product.", "p-1042"),
    "sku": Field(ID, "Its stock-keeping unit; used where there is no product_id.", "TR-4-42"),
    "category": Field({"type": ["string", "number", "array"]}, "The category it stands in.", "Shoes/Trail"),
    "name": Field(LABEL, "What it is called.", "Trail Runner 4"),
    "brand": Field(LABEL, "Its brand.", "Larkfell"),
    "variant": Field(LABEL, "Which variant: size, color, …", "42 blue"),
    "price": Field(AMOUNT, "Price of one piece.", 119.9),
    "quantity": Field(AMOUNT, "How many.", 1),
    "coupon": Field(LABEL, "Coupon that applies to it.", "SUMMER10"),
    "position": Field(AMOUNT, "Its place in the list it was shown in.", 3),
    "url": Field(TEXT, "Its page.", "https://shop.example/p/1042"),
    "image_url": Field(TEXT, "Its picture.", "https://shop.example/i/1042.png"),
}
MONEY: dict[str, Field] = {
    "affiliation": Field(LABEL, "Store or partner the sale came through.", "Online shop"),
    "value": Field(AMOUNT, "What it is worth to the shop.", 119.9),
    "subtotal": Field(AMOUNT, "After discounts, before shipping and tax.", 119.9),
    "revenue": Field(AMOUNT, "Without shipping and tax.", 119.9),
    "total": Field(AMOUNT, "What is paid, with discounts and coupons.", 127.8),
    "shipping": Field(AMOUNT, "Shipping.", 4.9),
    "tax": Field(AMOUNT, "Tax.", 3),
    "discount": Field(AMOUNT, "Taken off.", 0),
    "coupon": Field(LABEL, "Coupon of the order.", "SUMMER10"),
    "currency": Field(CURRENCY, "ISO 4217 code of the amounts.", "EUR"),
}
OTHER: dict[str, Field] = {
    "cart_id": Field(ID, "The cart it belongs to.", "c-77", "id"),
    "order_id": Field(ID, "The shop's id of the order.", "o-2031", "id"),
    "checkout_id": Field(ID, "The checkout it belongs to.", "k-9", "id"),
    "step": Field(AMOUNT, "Which step of the checkout.", 2),
    "shipping_method": Field(LABEL, "How it is shipped.", "DHL"),
    "payment_method": Field(LABEL, "How it is paid.", "card"),
    "query": Field(LABEL, "What was searched for.", "trail shoes", "other"),
    "list_id": Field(ID, "The list.", "sale"),
    "filters": Field(LIST, "Filters set: [{type, value}]."),
    "sorts": Field(LIST, "Orders chosen: [{type, value}]."),
    "promotion_id": Field(ID, "The promotion.", "spring"),
    "creative": Field(LABEL, "Which picture or text.", "banner-2"),
    "promotion_name": Field(LABEL, "What the promotion is called.", "Spring sale"),
    "promotion_position": Field(LABEL, "Where it was shown.", "home-top"),
    "coupon_id": Field(ID, "The coupon's id.", "cp-1"),
    "coupon_name": Field(LABEL, "The coupon's name.", "Summer 10 %"),
    "discount": Field(AMOUNT, "What it takes off.", 10),
    "reason": Field(LABEL, "Why it was denied.", "expired"),
    "wishlist_id": Field(ID, "The wishlist.", "w-5", "id"),
    "wishlist_name": Field(LABEL, "What the wishlist is called.", "Birthday", "other"),
    "share_via": Field(LABEL, "How it was shared.", "email"),
    "share_message": Field(TEXT, "What was written.", None, "other"),
    "recipient": Field(LABEL, "With whom.", None, "contact"),
    "review_id": Field(ID, "The review's id.", "r-12"),
    "review_body": Field(TEXT, "What was written.", None, "other"),
    "rating": Field(LABEL, "Stars or points.", 5),
    "email": Field(TEXT, "The address it is about.", "ada@example.com", "contact"),
    "email_id": Field(ID, "The mail's id.", "m-1", "id"),
    "email_subject": Field(TEXT, "The mail's subject line.", "You left something behind"),
    "campaign_id": Field(ID, "The campaign's id.", "autumn"),
    "campaign_name": Field(LABEL, "The campaign's name.", "Autumn looks"),
    "link_id": Field(ID, "Which link.", "hero"),
    "link_url": Field(TEXT, "Where it leads.", "https://shop.example/sale"),
    "list_name": Field(LABEL, "The mailing list's name.", "Newsletter"),
}
PAGE: dict[str, Field] = {
    "name": Field(LABEL, "What the page is called.", "Home"),
    "category": Field(LABEL, "Its part of the site.", "Docs"),
    "path": Field(TEXT, "Path of its address.", "/shop/"),
    "url": Field(TEXT, "Its address.", "https://shop.example/shop/"),
    "title": Field(TEXT, "Its title.", "Larkfell"),
    "referrer": Field(TEXT, "The page before it.", "https://search.example/"),
    "search": Field(TEXT, "Query of its address.", "?q=shoes", "other"),
    "keywords": Field({"type": ["array", "string"]}, "What it is about.", ["shoes"]),
}
TRAITS: dict[str, Field] = {
    "email": Field(TEXT, "E-mail address.", "ada@example.com", "contact"),
    "phone": Field(LABEL, "Phone number.", "+49 30 1234567", "contact"),
    "name": Field(TEXT, "Full name.", "Ada Example", "name"),
    "firstName": Field(TEXT, "First name.", "Ada", "name"),
    "lastName": Field(TEXT, "Last name.", "Example", "name"),
    "username": Field(LABEL, "Name in the shop.", "ada", "name"),
    "title": Field(TEXT, "Position at work.", "Engineer", "demographic"),
    "address": Field(ADDRESS, "Postal address: city, country, postalCode, state, street.", None, "location"),
    "age": Field(AMOUNT, "Age in years.", 37, "demographic"),
    "birthday": Field(MOMENT, "Day of birth.", "1988-12-10", "demographic"),
    "gender": Field(LABEL, "Gender, as the person says it.", None, "demographic"),
    "avatar": Field(TEXT, "Address of a picture.", None, "id"),
    "company": Field(ADDRESS, "Where they work: name, id, industry, employee_count, plan.", None, "demographic"),
    "createdAt": Field(MOMENT, "When the account was made.", "2026-01-31T09:00:00Z"),
    "description": Field(TEXT, "About them.", None, "other"),
    "id": Field(ID, "The shop's id of the account.", None, "id"),
    "website": Field(TEXT, "Their page.", None, "contact"),
}
GROUP_TRAITS: dict[str, Field] = {
    "name": Field(LABEL, "What it is called.", "Example Ltd."),
    "address": Field(ADDRESS, "Postal address.", None, "location"),
    "avatar": Field(TEXT, "Address of its logo."),
    "createdAt": Field(MOMENT, "When it was made."),
    "description": Field(TEXT, "About it."),
    "email": Field(TEXT, "E-mail address.", None, "contact"),
    "employees": Field(LABEL, "How many work there.", 120),
    "id": Field(ID, "Its id."),
    "industry": Field(LABEL, "What it does.", "Retail"),
    "phone": Field(LABEL, "Phone number.", None, "contact"),
    "website": Field(TEXT, "Its page.", "https://example.com"),
    "plan": Field(LABEL, "What it has booked.", "Business"),
}
