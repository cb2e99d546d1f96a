"""The catalog as estimators read it: a text for each product that may be shown. The same products that are served."""

from collections.abc import Iterable, Iterator
from typing import Any

from commerce.models import Product
from recommendations.estimators.facing import Article
from recommendations.estimators.wording import text_of

FIELDS = ("product_id", "name", "category", "categories", "brand", "attributes")
CHUNK = 20_000
MOST_WORDS = 200  # of one attribute's value


def articles() -> Iterator[Article]:
    """Active products told of by a feed or a server; in a shop without any such, those that browsers told of."""
    rows = Product.objects.filter(active=True, is_trusted=True)
    if not Product.objects.filter(is_trusted=True).exists():
        rows = Product.objects.filter(active=True)
    for values in rows.order_by().values_list(*FIELDS).iterator(chunk_size=CHUNK):
        product_id, name, category, categories, brand, attributes = values
        yield Article(product_id, category, article_text(name, category, categories, brand, attributes))


def article_text(name: str, category: str, categories: Iterable[str], brand: str, attributes: object) -> str:
    """The words of a product, in training and where the model is asked for one it never saw."""
    path = [step for step in categories if step != category]
    return text_of(name, category=category, brand=brand, attributes=[*path, *_words(attributes)])


def _words(value: Any) -> Iterator[str]:
    """The texts in a JSON value; numbers and flags say little without their names."""
    if isinstance(value, str):
        yield value[:MOST_WORDS]
    elif isinstance(value, dict):
        for one in value.values():
            yield from _words(one)
    elif isinstance(value, list):
        for one in value:
            yield from _words(one)
