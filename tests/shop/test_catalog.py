"""Laws of the assortment: every product is whole, drawn, and the same in every process."""

import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import pytest

from cdp.demo.catalog import BRANDS, CATEGORIES, TASTES, catalog, image_svg
from cdp.demo.catalog.drawing import DRAWINGS, VIEWS, swatches_svg
from cdp.demo.catalog.ranges import KINDS
from commerce.feeds import rows_of_json
from tests.paths import REPO


def test_ids_names_and_skus_are_unique() -> None:
    products = catalog().products
    assert len({product.product_id for product in products}) == len(products)
    assert len({product.name for product in products}) == len(products)
    skus = [variant.sku for product in products for variant in product.variants]
    assert len(set(skus)) == len(skus)


def test_it_is_a_shop_of_some_size_in_which_something_is_sold_out() -> None:
    shop = catalog()
    assert 200 <= len(shop.products) <= 300
    assert all(len(shop.by_category[category.slug]) >= 20 for category in CATEGORIES)
    assert {product.taste for product in shop.products} == set(TASTES)
    assert {product.brand for product in shop.products} == set(BRANDS)
    assert 0 < sum(not product.in_stock for product in shop.products) < 12


@pytest.mark.parametrize("kind", [kind.kind for kind in KINDS])
def test_every_kind_is_drawn_in_every_color_and_view(kind: str) -> None:
    for product in catalog().by_kind[kind]:
        for color in product.colors:
            root = ElementTree.fromstring(image_svg(product, color.name))
            assert root.attrib["aria-label"] == f"{product.name} in {color.name}"
        drawn = {image_svg(product, view=view) for view in range(VIEWS)}
        assert len(drawn) == VIEWS
        assert all("$" not in svg and "<script" not in svg for svg in drawn)
        assert "style" not in "".join(drawn) + swatches_svg(product), "the policy of pictures allows no styles"
        ElementTree.fromstring(swatches_svg(product))


def test_there_is_no_drawing_without_a_kind() -> None:
    assert set(DRAWINGS) == {kind.kind for kind in KINDS}


def test_colors_change_the_picture_and_a_color_it_does_not_have_is_the_first() -> None:
    product = next(product for product in catalog().products if len(product.colors) > 1)
    assert image_svg(product, product.colors[1].name) != image_svg(product)
    assert image_svg(product, "Infrared") == image_svg(product)


def test_companions_are_other_products_and_a_reduced_price_was_higher() -> None:
    shop = catalog()
    for product in shop.products:
        assert product.companions, product.name
        assert product.product_id not in product.companions
        assert set(product.companions) <= shop.by_id.keys()
        assert product.was_cents is None or product.was_cents > product.cents > 0


def test_the_feed_takes_every_row_and_leads_to_the_shop() -> None:
    rows, errors = rows_of_json({"products": [product.as_row() for product in catalog().products]})
    assert errors == []
    assert len(rows) == len(catalog().products)
    assert (rows[0].url, rows[0].image_url) == ("/shop/p/P-1001/", "/shop/images/P-1001.svg")
    assert catalog().products[0].as_row("https://x.example")["url"] == "https://x.example/shop/p/P-1001/"


def test_it_is_the_same_in_another_process() -> None:
    program = (
        "import hashlib; from cdp.demo.catalog import catalog, image_svg\n"
        "text = repr(catalog().products) + ''.join(image_svg(p) for p in catalog().products)\n"
        "print(hashlib.sha256(text.encode()).hexdigest())"
    )
    printed = {
        subprocess.run([sys.executable, "-c", program], cwd=REPO, capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    }
    assert len(printed) == 1
    assert re.fullmatch(r"[0-9a-f]{64}\n", printed.pop())
