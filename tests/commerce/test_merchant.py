"""Google Merchant XML: RSS and Atom, item by item in bounded memory; bombs refused, bad items named."""

import io
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree

import pytest

from commerce.contracts import ProductRow
from commerce.feeds import UnreadableFeed
from commerce.feeds.items import Item
from commerce.feeds.mapping import Mapper, Options, Rejected
from commerce.feeds.merchant import merchant_items

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
HEAD = '<?xml version="1.0"?><rss version="2.0" xmlns:g="http://base.google.com/ns/1.0"><channel><title>Shop</title>'
TAIL = "</channel></rss>"
WHOLE = """
<item>
 <g:id>SKU-1</g:id><title>Mug &amp; Saucer</title><g:title>Mug &amp; Saucer, red</g:title>
 <link>https://shop.example/mug</link><description>A <![CDATA[<b>nice</b>]]> mug</description>
 <g:image_link>https://shop.example/1.jpg</g:image_link>
 <g:additional_image_link>https://shop.example/2.jpg</g:additional_image_link>
 <g:additional_image_link>https://shop.example/3.jpg</g:additional_image_link>
 <g:price>19.99 EUR</g:price><g:sale_price>14.99 EUR</g:sale_price>
 <g:availability>in stock</g:availability><g:brand>Acme</g:brand>
 <g:google_product_category>2169</g:google_product_category><g:product_type>Home &gt; Kitchen &gt; Cups</g:product_type>
 <g:item_group_id>MUG</g:item_group_id><g:color>red</g:color><g:size>L</g:size><g:gtin>4006381333931</g:gtin>
 <g:cost_of_goods_sold>5.00 EUR</g:cost_of_goods_sold>
 <g:shipping><g:country>DE</g:country><g:price>4.90 EUR</g:price></g:shipping>
 <g:product_detail><g:attribute_name>Volume</g:attribute_name>
 <g:attribute_value>0.3 l</g:attribute_value></g:product_detail>
</item>"""


def items_of(body: str | bytes) -> list[Item]:
    return list(merchant_items(io.BytesIO(body.encode() if isinstance(body, str) else body)))


def made(fields: str, **options: Any) -> ProductRow | Rejected:
    (item,) = items_of(f"{HEAD}<item>{fields}</item>{TAIL}")
    return Mapper(Options(now=NOW, **options)).row_or_reason(item)


def row(fields: str, **options: Any) -> ProductRow:
    found = made(f"<g:id>a</g:id>{fields}", **options)
    assert isinstance(found, ProductRow), found
    return found


def test_an_item_of_rss_is_read_with_all_it_tells() -> None:
    (item,) = items_of(HEAD + WHOLE + TAIL)
    assert Mapper(Options(now=NOW)).row_or_reason(item) == ProductRow(
        "SKU-1",
        name="Mug & Saucer, red",
        category="Cups",
        brand="Acme",
        price=Decimal("14.99"),
        currency="EUR",
        url="https://shop.example/mug",
        image_url="https://shop.example/1.jpg",
        in_stock=True,
        attributes={
            "description": "A <b>nice</b> mug",
            "google_product_category": "2169",
            "color": "red",
            "size": "L",
            "gtin": "4006381333931",
            "Volume": "0.3 l",
        },
        group_id="MUG",
        categories=["Home", "Kitchen", "Cups"],
        list_price=Decimal("19.99"),
        images=["https://shop.example/2.jpg", "https://shop.example/3.jpg"],
        cost=Decimal(5),
    )


def test_an_entry_of_atom_is_read_by_google_s_id_and_its_own_link() -> None:
    body = """<feed xmlns="http://www.w3.org/2005/Atom" xmlns:x="http://base.google.com/ns/1.0"><id>tag:feed</id>
    <entry><id>tag:1</id><x:id>a</x:id><title>Mug</title><link rel="alternate" href="https://shop.example/a"/>
    <link rel="self" href="https://shop.example/a.atom"/><x:price>5 EUR</x:price></entry>
    <entry><id>b</id><title>Cup</title></entry></feed>"""
    rows = [Mapper(Options(now=NOW)).row_or_reason(item) for item in items_of(body)]
    assert [(one.product_id, one.name, one.url) for one in rows if isinstance(one, ProductRow)] == [
        ("a", "Mug", "https://shop.example/a"),
        ("b", "Cup", None),
    ]


@pytest.mark.parametrize(
    ("word", "in_stock", "kept"),
    [
        ("in stock", True, {}),
        ("in_stock", True, {}),
        ("https://schema.org/InStock", True, {}),
        ("out of stock", False, {}),
        ("Out_Of_Stock", False, {}),
        ("preorder", True, {"availability": "preorder"}),
        ("backorder", True, {"availability": "backorder"}),
    ],
)
def test_availability_is_read_in_every_spelling(word: str, in_stock: bool, kept: dict[str, str]) -> None:
    found = row(f"<g:availability>{word}</g:availability>")
    assert (found.in_stock, found.attributes or {}) == (in_stock, kept)


@pytest.mark.parametrize(
    ("dates", "price", "before"),
    [
        ("", "8", "10"),
        ("2026-11-01T00:00+0100/2026-11-30T23:59+0100", "8", "10"),
        ("2026-12-01T00:00+0100/2026-12-30T23:59+0100", "10", None),
        ("2026-10-01T00:00Z/2026-11-20T11:59Z", "10", None),
    ],
)
def test_a_reduced_price_holds_while_it_is_said_to(dates: str, price: str, before: str | None) -> None:
    told = f"<g:sale_price_effective_date>{dates}</g:sale_price_effective_date>" if dates else ""
    found = row(f"<g:price>10 EUR</g:price><g:sale_price>8 EUR</g:sale_price>{told}")
    assert (found.price, found.list_price) == (Decimal(price), None if before is None else Decimal(before))


@pytest.mark.parametrize(
    ("fields", "reason", "says"),
    [
        ("<title>x</title>", "product_id", "No field says the product's id"),
        ("<g:id>a</g:id><g:price>cheap</g:price>", "price", "must be an amount like 19.99 or 19.99 EUR, not “cheap”"),
        ("<g:id>a</g:id><g:price>1,299</g:price>", "price", "must be an amount"),
        ("<g:id>a</g:id><g:availability>maybe</g:availability>", "availability", "in stock, out of stock"),
        ("<g:id>a</g:id><link>javascript:alert(1)</link>", "url", "must start with https://"),
        ("<g:id>a</g:id><g:image_link>x.jpg</g:image_link>", "image_url", "must start with https://"),
        (f"<g:id>a</g:id><title>{'x' * 2001}</title>", "name", "at most 2000 characters"),
    ],
)
def test_a_bad_item_is_named_with_its_line_and_how_to_mend_it(fields: str, reason: str, says: str) -> None:
    found = made(f"\n{fields}")
    assert isinstance(found, Rejected)
    assert (found.reason, found.line, found.place) == (reason, 1, 1)
    assert says in found.detail


def test_bad_items_cost_only_themselves() -> None:
    entries = ("<g:id>a</g:id>", "<g:price>x</g:price><g:id>b</g:id>", "<g:id>c</g:id>")
    body = HEAD + "".join(f"\n<item>{entry}</item>" for entry in entries) + TAIL
    found = [Mapper(Options(now=NOW)).row_or_reason(item) for item in items_of(body)]
    assert [(one.product_id, getattr(one, "line", 0)) for one in found] == [("a", 0), ("b", 3), ("c", 0)]


BOMB = (
    '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>'
    "<rss><channel><item><id>1</id><title>&c;</title></item></channel></rss>"
)
OUTSIDE = '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><rss><item><id>1</id><title>&x;</title></item></rss>'


@pytest.mark.parametrize("body", [BOMB, OUTSIDE, '<!DOCTYPE rss SYSTEM "http://127.0.0.1:1/x.dtd"><rss><item/></rss>'])
def test_a_document_type_is_refused_and_with_it_every_bomb(body: str) -> None:
    with pytest.raises(UnreadableFeed, match="document type or entities of its own, which is refused"):
        items_of(body)


def test_a_plain_parser_would_have_expanded_the_bomb() -> None:
    """The negative control: the file is well-formed, and what refuses it is our reader."""
    title = ElementTree.fromstring(BOMB).findtext("channel/item/title")
    assert title == "ha" * 100


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("", "The file is empty"),
        ("<rss><channel></channel></rss>", "without any <item> or <entry>"),
        ("<rss><item><id>1</id>", "Line 1: this is not well-formed XML"),
        ("<a>" * 40, "nested too deep"),
        (f'<rss><item a="{"x" * 3_000_000}"/></rss>', "a tag is longer than 1 MB"),
        ('<?xml version="1.0" encoding="klingon"?><rss/>', "encoding"),
    ],
)
def test_what_is_no_feed_is_refused_with_its_reason(body: str, says: str) -> None:
    with pytest.raises(UnreadableFeed, match=says):
        items_of(body)


def test_what_stood_before_a_broken_line_is_read() -> None:
    items = merchant_items(io.BytesIO(f"{HEAD}\n<item><g:id>a</g:id></item>\n<item></oops>".encode()))
    assert next(items).fields == {"id": "a"}
    with pytest.raises(UnreadableFeed, match="Line 3"):
        next(items)


def test_an_item_without_end_is_a_fault_of_its_own() -> None:
    body = f"{HEAD}<item><g:id>a</g:id>{'<g:x>' + 'y' * 40_000 + '</g:x>'}{'<z>t</z>' * 1}</item>{TAIL}"
    assert items_of(body)[0].fields is not None
    long = (
        f"{HEAD}<item><g:id>a</g:id>{('<g:x>' + 'y' * 40_000 + '</g:x>') * 20}</item><item><g:id>b</g:id></item>{TAIL}"
    )
    first, second = items_of(long)
    assert (first.fields, second.fields) == (None, {"id": "b"})
    assert "characters of text" in first.fault


class Endless(io.RawIOBase):
    """A feed of so many bytes, made while it is read."""

    def __init__(self, items: int) -> None:
        self.left = items
        self.held = HEAD.encode()

    def read(self, size: int = -1) -> bytes:
        while self.left and len(self.held) < size:
            self.left -= 1
            self.held += f"<item><g:id>p{self.left}</g:id><title>Mug</title></item>".encode()
            if not self.left:
                self.held += TAIL.encode()
        found, self.held = self.held[:size], self.held[size:]
        return found


def test_memory_does_not_grow_with_the_file() -> None:
    def peak(items: int) -> int:
        tracemalloc.start()
        count = sum(1 for _ in _read(items))
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert count == items
        return most

    assert peak(20_000) < peak(2_000) + 500_000


def _read(items: int) -> Iterator[Item]:
    return merchant_items(Endless(items))  # type: ignore[arg-type]
