"""Pictures of the products: drawn by kind and color, no two kinds alike. Pure."""

from cdp.demo.catalog.product import Product


def image_svg(product: Product, color: str = "", view: int = 0) -> str:
    """The product in a color (by its name; the first if it has no such) as an SVG of 600 × 600."""
    return ""
