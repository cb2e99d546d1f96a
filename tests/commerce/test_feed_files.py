"""Feed files of other formats and foreign columns: found out, mapped, streamed; each bad row named by its line."""

import gzip
import json
from datetime import UTC, datetime
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from commerce.categories import PathCount, Tree, path_of
from commerce.contracts import ProductRow
from commerce.feeds import UnreadableFeed, reading
from commerce.feeds.mapping import Mapper, Options, Rejected, guess, targets
from commerce.feeds.prices import price_of

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def file(tmp_path: Path) -> Any:
    def write(body: str | bytes) -> Path:
        path = tmp_path / "feed"
        path.write_bytes(body.encode() if isinstance(body, str) else body)
        return path

    return write


def read(path: Path, **options: Any) -> list[ProductRow | Rejected]:
    mapper = Mapper(Options(now=NOW, **options))
    return [mapper.row_or_reason(item) for item in reading.items(path, reading.sniff(path))]


def ids(path: Path) -> list[str]:
    return [one.product_id for one in read(path)]


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("id,title\na,Mug\n", "csv"),
        ("id;title\na;Mug, red\nb;Cup, blue\n", "csv"),
        ("id\ttitle\na\tMug; red\n", "csv"),
        ("\ufeffid|title\na|Mug\n", "csv"),
        ('[{"id": "a"}]', "json"),
        ('\ufeff\n [ {"id": "a"} ]', "json"),
        ('{"products": [{"id": "a"}]}', "json"),
        ('{"meta": {"a": [1, 2]}, "count": 1,\n "items": [{"id": "a"}], "next": null}', "json"),
        ('{"id": "a"}\n{"id": "b"}\n', "lines"),
        ("<rss><item><id>a</id></item></rss>", "merchant"),
    ],
)
def test_a_format_is_found_out_by_what_the_file_holds(file: Any, body: str, kind: str) -> None:
    path = file(body)
    assert reading.sniff(path) == kind
    assert ids(path)[0] == "a"


@pytest.mark.parametrize(
    ("body", "chosen", "says"),
    [
        ("", "auto", "The file is empty"),
        (b"PK\x03\x04xx", "auto", "workbook"),
        ("<!DOCTYPE html><html>", "auto", "web page"),
        ("id,title\n", "merchant", "looks like CSV, and the feed is set to Google Merchant XML"),
        ("[]", "csv", "looks like JSON, and the feed is set to CSV"),
    ],
)
def test_what_is_no_feed_or_another_one_is_refused(file: Any, body: str | bytes, chosen: str, says: str) -> None:
    with pytest.raises(UnreadableFeed, match=says):
        reading.sniff(file(body), chosen)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_csv_is_read_in_its_encoding(file: Any, encoding: str) -> None:
    (row,) = read(file("id;name\na;Teekännchen für Größe\n".encode(encoding)))
    assert isinstance(row, ProductRow)
    assert row.name == "Teekännchen für Größe"


def test_a_foreign_csv_is_mapped_by_its_headers(file: Any) -> None:
    body = (
        "Artikelnummer;Bezeichnung;Kategorien;Hersteller;Preis;UVP;Bestand;Bild;Weitere Bilder;Parent SKU;prices.USD;"
        "Farbe\n"
        'a;Tasse;Küche > Tassen;Acme;1.019,90 €;1.299,00 €;0;https://s.example/1.jpg;"https://s.example/2.jpg,'
        'https://s.example/3.jpg";T;1100;rot\n'
    )
    assert read(file(body)) == [
        ProductRow(
            "a",
            name="Tasse",
            category="Tassen",
            categories=["Küche", "Tassen"],
            brand="Acme",
            price=Decimal("1019.90"),
            currency="EUR",
            list_price=Decimal(1299),
            quantity=Decimal(0),
            in_stock=False,
            image_url="https://s.example/1.jpg",
            images=["https://s.example/2.jpg", "https://s.example/3.jpg"],
            group_id="T",
            prices={"USD": "1100"},
            attributes={"Farbe": "rot"},
        )
    ]


def test_what_staff_chose_counts_before_the_guess(file: Any) -> None:
    body = "id,code,label,price,note\na,X1,Mug,5,secret\n"
    chosen = {"code": "product_id", "label": "name", "id": "attribute", "note": "ignore"}
    (row,) = read(file(body), mapping=chosen, currency="CHF")
    assert row == ProductRow("X1", name="Mug", price=Decimal(5), currency="CHF", attributes={"id": "a"})


def test_a_row_without_an_id_is_told_apart_from_a_file_without_one(file: Any) -> None:
    def whys(body: str, **options: Any) -> list[str]:
        return [one.detail for one in read(file(body), **options) if isinstance(one, Rejected)]

    empty = "The product's id is empty in this row: give it one in the feed (“{}”)."
    assert whys("code;title\n;Mug\n", mapping={"code": "product_id"}) == [empty.format("code")]
    assert whys("code;title\n  ;Mug\n", mapping={"code": "product_id"}) == [empty.format("code")]
    assert whys("id;title\na;Cup\n;Mug\n") == [empty.format("id")]  # guessed, as the row before has it
    assert whys('{"id": "", "title": "Mug"}\n') == [empty.format("id")]
    none = "No field says the product's id: choose the column that holds it."
    assert whys("code;title\na;Mug\n") == [none]


def test_of_two_columns_for_one_thing_the_better_named_counts() -> None:
    assert targets(["sku", "id", "title", "name"], {}) == {
        "sku": "attribute", "id": "product_id", "title": "attribute", "name": "name",
    }  # fmt: skip
    assert (guess("g:item_group_id"), guess("Größe"), guess("Compare At Price")) == (
        "group_id",
        "attribute",
        "list_price",
    )


def test_a_quote_that_is_never_closed_costs_its_own_line(file: Any) -> None:
    found = read(file('id,title\na,Mug\nb,"Cup\nc,Bowl\nd,Pan,extra\ne,Pot\n'))
    assert [(one.product_id, getattr(one, "line", None)) for one in found] == [
        ("a", None), ("", 3), ("c", None), ("", 5), ("e", None),
    ]  # fmt: skip


@pytest.mark.parametrize("header", ["id,id\n", ",".join(f"c{n}" for n in range(501)) + "\n"], ids=["twice", "many"])
def test_a_header_that_names_nothing_well_costs_the_file(file: Any, header: str) -> None:
    with pytest.raises(UnreadableFeed):
        read(file(header + "a,b\n"))


def test_a_faulty_line_of_json_lines_is_named_and_the_others_are_taken(file: Any) -> None:
    body = (
        '{"id": "a"}\n\n{"id": \n[1]\n{"id": 5, "price": {"x": 1}}\n{"id": 85123, "stock": 2.0}\n'
        + "x" * 3_000_000
        + '\n{"id": "z"}'
    )
    found = read(file(body))
    assert [(one.product_id, getattr(one, "line", None)) for one in found] == [
        ("a", None), ("", 3), ("", 4), ("5", 5), ("85123", None), ("", 7), ("z", None),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "taken", "says"),
    [
        ('[{"id": "a"}, {"id": "b"', 1, "Line 1: this is not JSON"),
        ('[{"id": "a"}\n{"id": "b"}]', 1, "Line 2: after a product comes a comma"),
        ('[{"id": "a"},\n oops]', 1, "Line 2: this is not JSON"),
        ('{"products": 5,\n"next": 1}', 0, "holds no list of products"),
        ('{"products": [' + "[" * 5000, 0, "nested too deep|not JSON"),
    ],
)
def test_json_that_breaks_off_is_read_up_to_there(file: Any, body: str, taken: int, says: str) -> None:
    path = file(body)
    items = reading.items(path, reading.sniff(path))
    assert len(list(islice(items, taken))) == taken
    with pytest.raises(UnreadableFeed, match=says):
        next(items)


def test_long_json_is_read_over_the_edges_of_pieces(file: Any) -> None:
    entries = [{"id": f"p{n}", "title": 'Ümläut "quoted" \\ ' * (n % 40), "price": 1.25} for n in range(6000)]
    for body in (json.dumps(entries), json.dumps({"products": entries}, indent=2, ensure_ascii=False)):
        assert ids(file(body)) == [f"p{n}" for n in range(6000)]


def test_reading_goes_on_behind_a_place(file: Any) -> None:
    path = file("id\n" + "\n".join("abcdef"))
    assert [item.place for item in reading.items(path, "csv", after=4)] == [5, 6]


def test_a_packed_file_is_unpacked_within_a_bound(file: Any) -> None:
    path = file(gzip.compress(b"id\na\n"))
    assert ids(reading.unpacked(path, 1000)) == ["a"]
    with pytest.raises(UnreadableFeed, match="more than 1,000 bytes"):
        reading.unpacked(file(gzip.compress(b"x" * 1001)), 1000)
    with pytest.raises(UnreadableFeed, match="cannot be unpacked"):
        reading.unpacked(file(gzip.compress(b"id\na\n")[:-9]), 1000)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("19.99", ("19.99", "")),
        ("19.99 EUR", ("19.99", "EUR")),
        ("EUR 19.99", ("19.99", "EUR")),
        ("€19.99", ("19.99", "EUR")),
        ("19,99 €", ("19.99", "EUR")),
        ("1.019,99", ("1019.99", "")),
        ("1,019.99 usd", ("1019.99", "USD")),
        ("CHF 1'019.99", ("1019.99", "CHF")),
        ("1.000.000", ("1000000", "")),
        (5, ("5", "")),
        ("1,299", None),
        ("-5", None),
        (-5, None),
        ("5 apples", None),
        ("", None),
        (True, None),
        ("1e5", None),
        ("١٢", None),
    ],
)
def test_a_price_is_read_in_one_way_or_not_at_all(text: Any, found: tuple[str, str] | None) -> None:
    price = price_of(text)
    assert (None if price is None else (price.amount, price.currency)) == (
        None if found is None else (Decimal(found[0]), found[1])
    )


def test_paths_are_read_from_text_and_lists() -> None:
    assert path_of("Home &gt; Kitchen  ›Cups") == ["Home", "Kitchen", "Cups"]
    assert path_of(["Home", " Kitchen "]) == ["Home", "Kitchen"]
    assert (path_of(5), path_of([1]), path_of(">".join("x" * 13)), path_of("")) == (None, None, None, [])


def test_a_tree_sums_what_is_below_and_knows_its_ways() -> None:
    tree = Tree([PathCount(("Home", "Cups"), 3, 2), PathCount(("Home",), 1, 0), PathCount(("Toys", "Cups"), 5, 5)])
    assert [(one.path, one.products, one.in_stock, one.own) for one in tree.walk()] == [
        (("Home",), 4, 2, 1),
        (("Home", "Cups"), 3, 2, 3),
        (("Toys",), 5, 5, 0),
        (("Toys", "Cups"), 5, 5, 5),
    ]
    assert [one.name for one in tree.children(("Home",))] == ["Cups"]
    assert [one.name for one in tree.ancestors(("Home", "Cups"))] == ["Home"]
    assert len(tree.named("Cups")) == 2
    assert tree.names() == ["Cups", "Toys", "Home"]


def test_the_encoding_is_told_by_the_first_letter_that_is_not_ascii_however_late(file: Any) -> None:
    plain = "".join(f"p{n};Mug number {n}\n" for n in range(8000))
    rows = [row for row in read(file(f"id;title\n{plain}z;Möbel\n".encode("cp1252"))) if isinstance(row, ProductRow)]
    assert (len(rows), rows[-1].name) == (8001, "Möbel")
    mixed = f"id;title\n{plain}y;Möbel\n".encode() + "z;Tür\n".encode("cp1252")  # one bad row costs only itself
    assert [row.name for row in read(file(mixed))[-2:] if isinstance(row, ProductRow)] == ["Möbel", "T\ufffdr"]


@pytest.mark.parametrize("read_start", [False, True])
def test_a_damaged_packed_file_is_said_to_be_one(file: Any, read_start: bool) -> None:
    packed = bytearray(gzip.compress(b"id,title\n" + b"a,Mug\n" * 9))
    packed[10:16] = b"\xff" * 6
    path = file(bytes(packed))
    with pytest.raises(UnreadableFeed, match="it is damaged or cut off"):
        reading.unpacked_start(path, 1000) if read_start else reading.unpacked(path, 1000)


def test_a_reduced_price_without_a_currency_has_that_of_the_price_and_two_currencies_are_refused(file: Any) -> None:
    body = "id;price;sale_price\na;19.99 USD;15.99\nb;19.99 USD;15.99 EUR\nc;19.99;15.99 USD\n"
    good, bad, other = read(file(body), currency="EUR")
    assert isinstance(good, ProductRow)
    assert isinstance(bad, Rejected)
    assert isinstance(other, ProductRow)
    assert (good.price, good.list_price, good.currency) == (Decimal("15.99"), Decimal("19.99"), "USD")
    assert (bad.reason, bad.detail) == ("currency", "The prices are told in EUR and USD: tell them in one currency.")
    assert other.currency == "USD"
