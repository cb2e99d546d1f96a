"""The kinds of blocks a mail is arranged of: their fields with defaults, labels and help. Pure.

One table: the editor builds its forms from it, `mailing/content.py` checks by it, docs/mail-templates.md prints it.
A new kind needs one entry here and one function each in `mailing/rendering/` for HTML and for text.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

MAX_TEXT = 20_000
LINE = 300
WEB = 2_000
ALIGN = (("left", "Left"), ("center", "Center"), ("right", "Right"))
STRATEGIES = (
    ("for_you", "Picked for this person"),
    ("cart", "Goes with the cart"),
    ("similar", "Like the product this mail is about"),
    ("bought_together", "Bought together with it"),
    ("accessories", "Accessories for it"),
    ("buy_again", "Due to be bought again"),
    ("recently_viewed", "Viewed lately"),
    ("popular", "Popular now"),
    ("newest", "New in the shop"),
)


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a block's form.

    `kind`: line (one line), text (several), rich (a small set of HTML tags), url, image (address of a picture), number
    (whole, `low` to `high`), choice (one of `choices`), flag, products (list of product ids), placement (key of a
    placement, may be empty), blocks (nested). line, text, rich, url and image take Liquid.
    """

    name: str
    label: str
    kind: str
    default: Any = ""
    help: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    low: int = 0
    high: int = 0
    is_required: bool = False

    @property
    def max_length(self) -> int:
        """Of texts, as written."""
        return {"line": LINE, "url": WEB, "image": WEB, "placement": 100, "offer": 50}.get(self.kind, MAX_TEXT)

    @property
    def takes_liquid(self) -> bool:
        """Whether variables may stand in it."""
        return self.kind in ("line", "text", "rich", "url", "image")

    @property
    def expects(self) -> str:
        """What a value must be, in words."""
        if self.kind == "number":
            return f"a whole number from {self.low} to {self.high}"
        if self.kind == "choice":
            return f"one of {', '.join(code for code, _ in self.choices)}"
        return "true or false" if self.kind == "flag" else "a list of at most 12 product ids"

    def takes(self, value: object) -> bool:
        """Whether a value that is no text is possible here."""
        if self.kind == "number":
            return isinstance(value, int) and not isinstance(value, bool) and self.low <= value <= self.high
        if self.kind == "choice":
            return any(value == code for code, _ in self.choices)
        if self.kind == "flag":
            return isinstance(value, bool)
        if not isinstance(value, list | tuple) or len(value) > 12:
            return False
        return all(isinstance(one, str) and 0 < len(one) <= 200 for one in value)


@dataclass(frozen=True, slots=True)
class BlockType:
    """One kind of block. `needs`: the group of variables it shows by itself (`mailing/variables.py`), empty for none.

    `icon`: name of a Material Symbol. `goes_in_columns`: whether it may stand inside of a columns block.
    """

    code: str
    label: str
    help: str
    icon: str
    fields: tuple[Field, ...] = ()
    needs: str = ""
    goes_in_columns: bool = True

    def field(self, name: str) -> Field:
        """The field of that name; raises KeyError."""
        return {one.name: one for one in self.fields}[name]


SHOW_IF = Field(
    "show_if",
    "Show only if",
    "line",
    help="A variable, e.g. person.first_name: the block is shown when it is there; “not offer” when it is not.",
)
"""Every kind of block has it."""

_TITLE = Field("title", "Title", "line", help="Above the products; empty: none.")
_COLUMNS = Field("columns", "Beside each other", "number", 3, low=1, high=3)
_TYPES = (
    BlockType(
        "header",
        "Header",
        "The logo, or the company's name where there is none, linked to the shop.",
        "storefront",
        (
            Field("logo", "Logo", "image", help="Empty: the brand's logo, else the company's name."),
            Field("align", "Align", "choice", "left", choices=ALIGN),
        ),
        goes_in_columns=False,
    ),
    BlockType(
        "heading",
        "Heading",
        "A title.",
        "title",
        (
            Field("text", "Text", "line", "A title", is_required=True),
            Field("size", "Size", "choice", "large", choices=(("large", "Large"), ("medium", "Medium"))),
            Field("align", "Align", "choice", "left", choices=ALIGN),
        ),
    ),
    BlockType(
        "text",
        "Text",
        "Paragraphs with links, lists and bold or italic words.",
        "notes",
        (
            Field(
                "html",
                "Text",
                "rich",
                "<p>Write something.</p>",
                help="Variables stand in double braces: {{ person.first_name | default: 'there' }}.",
                is_required=True,
            ),
            Field("size", "Size", "choice", "normal", choices=(("normal", "Normal"), ("small", "Small and quiet"))),
            Field("align", "Align", "choice", "left", choices=ALIGN),
        ),
    ),
    BlockType(
        "image",
        "Image",
        "One picture, from the shop's host or one that MAIL_IMAGE_HOSTS names.",
        "image",
        (
            Field("src", "Address", "image", is_required=True),
            Field("alt", "In words", "line", help="What it shows, for who cannot see it.", is_required=True),
            Field("href", "Leads to", "url", help="Empty: nowhere."),
            Field("width", "Width", "number", 536, help="In pixels; 536 is the whole width.", low=40, high=536),
            Field("align", "Align", "choice", "center", choices=ALIGN),
        ),
    ),
    BlockType(
        "button",
        "Button",
        "One clear thing to do.",
        "smart_button",
        (
            Field("label", "Label", "line", "To the shop", is_required=True),
            Field("href", "Leads to", "url", "{{ shop.url }}", is_required=True),
            Field("align", "Align", "choice", "left", choices=ALIGN),
            Field("look", "Look", "choice", "filled", choices=(("filled", "Filled"), ("outline", "Outline"))),
        ),
    ),
    BlockType(
        "products",
        "Products",
        "Chosen products, or those the sender names.",
        "grid_view",
        (
            _TITLE,
            Field(
                "from",
                "Which",
                "choice",
                "ids",
                choices=(("ids", "Chosen here"), ("products", "Those this mail is about")),
            ),
            Field("ids", "Products", "products", (), help="Their ids; what is out of stock is left out."),
            _COLUMNS,
        ),
        needs="products",
    ),
    BlockType(
        "product",
        "Product",
        "The product this mail is about, large.",
        "sell",
        (
            Field("show_price", "Show the price", "flag", default=True),
            Field("label", "Button", "line", help="Empty: no button."),
        ),
        needs="product",
    ),
    BlockType(
        "cart",
        "Cart",
        "What lies in the person's cart.",
        "shopping_cart",
        (
            Field("max_lines", "Most lines", "number", 5, low=1, high=20),
            Field("show_total", "Show the total", "flag", default=True),
        ),
        needs="cart",
    ),
    BlockType(
        "order",
        "Order",
        "What was ordered, with its total.",
        "receipt_long",
        (
            Field("max_lines", "Most lines", "number", 20, low=1, high=50),
            Field("show_total", "Show the total", "flag", default=True),
        ),
        needs="order",
    ),
    BlockType(
        "recommendations",
        "Recommendations",
        "Products picked for each person; their consent to personalization is obeyed.",
        "recommend",
        (
            Field("title", "Title", "line", "You may also like"),
            Field("placement", "Placement", "placement", help="Its rules hold then; empty: by the strategy below."),
            Field("strategy", "Strategy", "choice", "for_you", choices=STRATEGIES),
            Field("n", "How many", "number", 3, low=1, high=9),
            _COLUMNS,
        ),
        needs="recommendations",
    ),
    BlockType(
        "offer",
        "Offer",
        "What a journey gave, or an offer of yours, with a code for each; hidden where nothing was given.",
        "redeem",
        (
            Field(
                "offer", "Offer", "offer", help="The key of an offer, given to each once; empty: what a journey gave."
            ),
            Field("title", "Title", "line", "{{ offer.title }}"),
            Field("text", "Text", "text", help="Below the code; empty: until when it holds."),
        ),
        needs="offer",
    ),
    BlockType("divider", "Divider", "A thin line.", "horizontal_rule"),
    BlockType(
        "spacer",
        "Space",
        "Empty space.",
        "height",
        (Field("height", "Height", "number", 24, help="In pixels.", low=4, high=120),),
    ),
    BlockType(
        "columns",
        "Two columns",
        "Beside each other on a wide screen, below each other on a phone.",
        "view_column_2",
        (Field("left", "Left", "blocks", ()), Field("right", "Right", "blocks", ())),
        goes_in_columns=False,
    ),
    BlockType(
        "footer",
        "Footer",
        "Why the mail came, the ways out, who sends it. Marketing mails must have one.",
        "bottom_panel_close",
        (Field("reason", "Why it came", "text", help="Empty: a sentence for every case, in the mail's language."),),
        goes_in_columns=False,
    ),
)

BLOCKS: Mapping[str, BlockType] = MappingProxyType({one.code: one for one in _TYPES})
