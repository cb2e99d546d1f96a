"""The departments of the demo shop. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Category:
    """A department: `slug` in addresses, `name` in events and the feed, `taste` says whom it attracts."""

    slug: str
    name: str
    taste: str
    sentence: str


CATEGORIES: tuple[Category, ...] = (
    Category("jackets", "Jackets", "trail", "Shells, down and fleece for weather that changes its mind."),
    Category("layers", "Shirts & Layers", "trail", "Wool and cotton for next to the skin and everything above."),
    Category("shoes", "Shoes & Boots", "trail", "For paths, scree, and the way to the bakery."),
    Category("packs", "Backpacks & Bags", "camp", "From a day's lunch to a week's tent."),
    Category("shelter", "Tents & Sleep", "camp", "Everything for a night outside."),
    Category("camp-kitchen", "Camp Kitchen", "camp", "Boil, brew and eat where you are."),
    Category("light", "Lamps & Light", "home", "Warm light for the desk, the porch and the path."),
    Category("table", "Table & Kitchen", "table", "Stoneware, iron and steel that stay for life."),
    Category("textiles", "Blankets & Cushions", "home", "Wool and linen for the sofa and the bath."),
    Category("pantry", "Pantry", "table", "Coffee, tea and what keeps you going."),
)

TASTES: tuple[str, ...] = tuple(dict.fromkeys(category.taste for category in CATEGORIES))
