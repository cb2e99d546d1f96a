"""The demo shop's assortment: "Larkfell", outdoor and home. Made up, the same in every process, no seed. Pure.

    from cdp.demo.catalog import CATEGORIES, BRANDS, Product, catalog, image_svg
    shop = catalog()                          # one frozen Assortment, made once a process
    shop.products                             # every Product in the order of its id: P-1001, P-1002, …
    shop.by_id["P-1001"], shop.by_category["jackets"], shop.by_taste["trail"]
    product.as_property(quantity=1)           # the properties of an event (Segment's names)
    product.as_row(base_url)                  # a row of POST /v1/catalog/products, url = /shop/p/<id>/
    image_svg(product, color="Moss")          # its picture

A product says its `category` (a slug), `taste`, `brand`, `cents`, `colors`, `sizes`, `variants`, `stock` (0 = sold
out), whether people buy it again, and its `companions` (ids of what is bought with it).
"""

from cdp.demo.catalog.brands import BRANDS, Brand
from cdp.demo.catalog.categories import CATEGORIES, TASTES, Category
from cdp.demo.catalog.drawing import image_svg
from cdp.demo.catalog.making import Assortment, catalog
from cdp.demo.catalog.product import CURRENCY, Color, Product, Variant

__all__ = [
    "BRANDS",
    "CATEGORIES",
    "CURRENCY",
    "TASTES",
    "Assortment",
    "Brand",
    "Category",
    "Color",
    "Product",
    "Variant",
    "catalog",
    "image_svg",
]
