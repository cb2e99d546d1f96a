"""Pictures of the products: drawn by kind and color, no two kinds alike. Pure."""

from string import Template

from cdp.demo.catalog.drawing import camp, feet, home, light, packs, pantry, shelter, table, wear
from cdp.demo.catalog.drawing.ink import Drawing, slots
from cdp.demo.catalog.drawing.stage import VIEWS, close_up, outdoors, plain
from cdp.demo.catalog.product import Color, Product

DRAWINGS: dict[str, Drawing] = {
    **wear.DRAWINGS,
    **feet.DRAWINGS,
    **packs.DRAWINGS,
    **shelter.DRAWINGS,
    **camp.DRAWINGS,
    **light.DRAWINGS,
    **home.DRAWINGS,
    **table.DRAWINGS,
    **pantry.DRAWINGS,
}
INDOORS = frozenset({"home", "table"})

__all__ = ["DRAWINGS", "VIEWS", "image_svg", "swatches_svg"]


def image_svg(product: Product, color: str = "", view: int = 0) -> str:
    """The product in a color (by its name; the first if it has no such) as an SVG of 600 × 600.

    `view`: 0 on plain ground, 1 close up, 2 where it is used; others are 0.
    """
    chosen = next((each for each in product.colors if each.name == color), product.colors[0])
    body = _body(product, chosen)
    alt = f"{product.name} in {chosen.name}"
    if view == 1:
        return close_up(body, alt)
    if view == 2:
        return outdoors(body, alt, indoors=product.taste in INDOORS)
    return plain(body, alt)


def swatches_svg(product: Product) -> str:
    """The colors it comes in, as dots in a row; an SVG of 88 × 14."""
    dots = "".join(
        f'<circle cx="{7 + 17 * place}" cy="7" r="6" fill="{color.hex}" stroke="#00000033"/>'
        for place, color in enumerate(product.colors)
    )
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 88 14" width="88" height="14">{dots}</svg>'


def _body(product: Product, color: Color) -> str:
    drawing = DRAWINGS[product.kind]
    filled = slots(color.hex, product.brand)
    trim = drawing.trims[product.index % len(drawing.trims)]
    return Template(drawing.body).substitute(filled, trim=Template(trim).substitute(filled))
