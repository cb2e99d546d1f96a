"""A believable catalog: 24 categories in 8 tastes, brands, prices, and companions that are bought together. Pure."""

from dataclasses import dataclass, field
from random import Random
from typing import Any

# (taste, category, lowest and highest price in cents, nouns, whether people buy it again)
CATEGORIES: tuple[tuple[str, str, int, int, tuple[str, ...], bool], ...] = (
    ("run", "Running Shoes", 6900, 18900, ("Road Runner", "Trail Shoe", "Racing Flat", "Daily Trainer"), False),
    ("run", "Running Wear", 1900, 8900, ("Singlet", "Half Tights", "Wind Jacket", "Long Sleeve"), False),
    ("run", "Sports Nutrition", 290, 3900, ("Energy Gel", "Electrolytes", "Recovery Shake", "Oat Bar"), True),
    ("cook", "Cookware", 2900, 22900, ("Cast Iron Pan", "Saucepan", "Wok", "Dutch Oven"), False),
    ("cook", "Kitchen Knives", 1900, 16900, ("Chef Knife", "Bread Knife", "Paring Knife", "Cleaver"), False),
    ("cook", "Spices", 290, 1290, ("Smoked Paprika", "Sea Salt", "Garam Masala", "Black Pepper"), True),
    ("coffee", "Coffee Beans", 790, 2490, ("House Blend", "Espresso Roast", "Single Origin", "Decaf"), True),
    ("coffee", "Coffee Gear", 1490, 24900, ("Hand Grinder", "Dripper", "Gooseneck Kettle", "Press"), False),
    ("coffee", "Tea", 490, 1990, ("Earl Grey", "Sencha", "Rooibos", "Peppermint"), True),
    ("home", "Bedding", 1990, 14900, ("Linen Sheet", "Duvet Cover", "Pillow", "Throw"), False),
    ("home", "Lighting", 1990, 19900, ("Table Lamp", "Pendant", "Floor Lamp", "Lantern"), False),
    ("home", "Candles", 590, 3490, ("Scented Candle", "Tea Lights", "Pillar Candle", "Diffuser Oil"), True),
    ("garden", "Garden Tools", 990, 7900, ("Secateurs", "Hand Trowel", "Rake", "Watering Can"), False),
    ("garden", "Seeds", 190, 690, ("Tomato Seeds", "Basil Seeds", "Wildflower Mix", "Radish Seeds"), True),
    ("garden", "Planters", 890, 6900, ("Terracotta Pot", "Hanging Basket", "Raised Bed", "Window Box"), False),
    ("play", "Board Games", 1490, 6990, ("Strategy Game", "Card Game", "Party Game", "Puzzle"), False),
    ("play", "Building Sets", 990, 12900, ("Castle Set", "Space Set", "City Set", "Train Set"), False),
    ("play", "Books for Children", 590, 2490, ("Picture Book", "Atlas", "Bedtime Stories", "Activity Book"), False),
    ("care", "Skin Care", 690, 5900, ("Day Cream", "Cleanser", "Serum", "Sun Lotion"), True),
    ("care", "Hair Care", 490, 2990, ("Shampoo", "Conditioner", "Hair Oil", "Styling Clay"), True),
    ("care", "Bath", 390, 2490, ("Bath Salts", "Hand Soap", "Body Scrub", "Towel"), True),
    ("tech", "Headphones", 2900, 34900, ("Earbuds", "Studio Headphones", "Sport Headset", "Sleep Buds"), False),
    ("tech", "Phone Accessories", 690, 5900, ("Case", "Charging Stand", "Power Bank", "Cable"), False),
    ("tech", "Smart Home", 1490, 17900, ("Smart Bulb", "Motion Sensor", "Thermostat", "Smart Plug"), False),
)
BRANDS = (
    "Aldern",
    "Birke & Co",
    "Corvo",
    "Dunmore",
    "Elba",
    "Fjordline",
    "Grove",
    "Hollin",
    "Istria",
    "Juno",
    "Kestrel",
)
STYLES = (
    "Classic",
    "Nova",
    "Pure",
    "Terra",
    "Alto",
    "Studio",
    "Origin",
    "Summit",
    "Luna",
    "Vivid",
    "Nord",
    "Sol",
    "Mare",
)
PER_CATEGORY = 14
TASTES = tuple(dict.fromkeys(row[0] for row in CATEGORIES))


@dataclass(frozen=True, slots=True)
class Product:
    """One product as the feed and the events tell it. Price in cents."""

    index: int
    product_id: str
    name: str
    category: str
    brand: str
    cents: int
    taste: str
    is_bought_again: bool
    in_stock: bool
    companions: tuple[int, ...] = ()

    def as_property(self, **more: Any) -> dict[str, Any]:
        """The product in an event's properties."""
        return {
            "product_id": self.product_id,
            "sku": f"SKU-{self.product_id[2:]}",
            "name": self.name,
            "category": self.category,
            "brand": self.brand,
            "price": self.cents / 100,
            **more,
        }

    def as_row(self) -> dict[str, Any]:
        """The product in the catalog feed."""
        return {
            "product_id": self.product_id,
            "name": self.name,
            "category": self.category,
            "brand": self.brand,
            "price": self.cents / 100,
            "currency": "EUR",
            "in_stock": self.in_stock,
            "url": f"https://shop.example/p/{self.product_id}",
            "attributes": {"synthetic": "yes", "style": self.name.split(" ", 1)[0]},
        }


@dataclass(slots=True)
class Catalog:
    """All products; `by_taste` in order of popularity, `sold_out` never in stock."""

    products: list[Product]
    by_taste: dict[str, list[Product]] = field(default_factory=dict)
    sold_out: list[Product] = field(default_factory=list)

    def pick(self, rng: Random, taste: str) -> Product:
        """A product in stock of a taste: the popular ones far more often."""
        shelf = self.by_taste[taste]
        return shelf[int(len(shelf) * rng.random() ** 2.2)]

    def companion(self, rng: Random, product: Product) -> Product:
        """One of those bought together with it."""
        return self.products[rng.choice(product.companions)]


def make_catalog(seed: int) -> Catalog:
    """The catalog of a seed: 336 products, about one in thirty sold out."""
    rng = Random(f"catalog {seed}")
    drafts = [
        _draft(rng, number, row) for number, row in enumerate(row for row in CATEGORIES for _ in range(PER_CATEGORY))
    ]
    shelves: dict[str, list[Product]] = {taste: [] for taste in TASTES}
    for product in drafts:
        if product.in_stock:
            shelves[product.taste].append(product)
    products = [_with_companions(rng, product, shelves[product.taste]) for product in drafts]
    catalog = Catalog(products, sold_out=[product for product in products if not product.in_stock])
    for taste in TASTES:
        shelf = [product for product in products if product.taste == taste and product.in_stock]
        rng.shuffle(shelf)
        catalog.by_taste[taste] = shelf
    return catalog


def _draft(rng: Random, number: int, row: tuple[str, str, int, int, tuple[str, ...], bool]) -> Product:
    taste, category, low, high, nouns, again = row
    within = number % PER_CATEGORY
    cents = int(low * (high / low) ** rng.random()) // 10 * 10 + 9
    name = f"{STYLES[(within * 5 + number // PER_CATEGORY) % len(STYLES)]} {nouns[within % len(nouns)]}"
    # One of every other category is sold out, so that there always are some, however the dice fall.
    in_stock = not (within == PER_CATEGORY - 1 and (number // PER_CATEGORY) % 2 == 0)
    return Product(number, f"P-{1001 + number}", name, category, rng.choice(BRANDS), cents, taste, again, in_stock)


def _with_companions(rng: Random, product: Product, shelf: list[Product]) -> Product:
    others = [each.index for each in shelf if each.index != product.index]
    values = {name: getattr(product, name) for name in product.__slots__}
    return Product(**values | {"companions": tuple(rng.sample(others, 3))})
