"""Which of several lists prices a product: worked out by hand, case by case."""

from dataclasses import replace
from decimal import Decimal

import pytest

from offers.price_choice import Break, ListFacts, Priced, price_of
from offers.prices_csv import NotPricesError, PriceRow, RejectedLine, read_prices, written

D = Decimal
ALL = ListFacts(1, "all", "All", "EUR", 50)
VIP = ListFacts(2, "vip", "VIP", "EUR", 50, segment="vip")
B2B = ListFacts(3, "b2b", "B2B", "EUR", 50, group="b2b")


def told(priced: Priced) -> tuple[str | None, str | None, str, bool]:
    return (None if priced.price is None else str(priced.price), priced.price_list, priced.reason, priced.personalized)


@pytest.mark.parametrize(
    ("lists", "rows", "usual", "quantity", "currency", "expected"),
    [
        ([], {}, D("20"), 1, "EUR", ("20.00", None, "list_price", False)),
        ([], {}, None, 1, "EUR", (None, None, "no_price_in_currency", False)),
        ([VIP], {2: [(D(1), D("18"))]}, D("20"), 1, "EUR", ("18.00", "vip", "segment", True)),
        # The higher priority decides, though the other is cheaper; of equal ones the cheaper.
        ([replace(VIP, priority=60), B2B], {2: [(D(1), D("18"))], 3: [(D(1), D("15"))]}, D("20"), 1, "EUR",
         ("18.00", "vip", "segment", True)),
        ([VIP, B2B], {2: [(D(1), D("18"))], 3: [(D(1), D("15"))]}, D("20"), 1, "EUR", ("15.00", "b2b", "group", True)),
        # Equal prices: the key.
        ([VIP, B2B], {2: [(D(1), D("15"))], 3: [(D(1), D("15"))]}, D("20"), 1, "EUR", ("15.00", "b2b", "group", True)),
        # A list without a row of the product leaves it to the next.
        ([replace(VIP, priority=90), B2B], {3: [(D(1), D("15"))]}, D("20"), 1, "EUR", ("15.00", "b2b", "group", True)),
        # A list for some makes nothing dearer, and what costs the same is not personal.
        ([VIP], {2: [(D(1), D("25"))]}, D("20"), 1, "EUR", ("20.00", None, "list_price_is_lower", False)),
        ([VIP], {2: [(D(1), D("20"))]}, D("20"), 1, "EUR", ("20.00", None, "list_price", False)),
        # A list for everybody is nobody's own.
        ([ALL], {1: [(D(1), D("22"))]}, D("20"), 1, "EUR", ("22.00", "all", "everybody", False)),
        ([ALL, VIP], {1: [(D(1), D("12"))], 2: [(D(1), D("15"))]}, D("20"), 1, "EUR",
         ("12.00", "all", "everybody", False)),
        # Percent off, rounded half up by the currency: 19.99 − 12.5 % = 17.49125; 999 − 12.5 % = 874.125.
        ([replace(VIP, percent_off=D("12.5"))], {}, D("19.99"), 1, "EUR", ("17.49", "vip", "segment", True)),
        ([replace(VIP, percent_off=D("12.5"))], {}, D("999"), 1, "JPY", ("874", "vip", "segment", True)),
        ([replace(VIP, percent_off=D("12.5"))], {}, D("9.999"), 1, "KWD", ("8.749", "vip", "segment", True)),
        # 0.5 of the smallest coin goes up: 0.05 − 10 % = 0.045.
        ([replace(VIP, percent_off=D(10))], {}, D("0.05"), 1, "EUR", ("0.05", None, "list_price", False)),
        # A row goes before the percentage.
        ([replace(VIP, percent_off=D(50))], {2: [(D(1), D("18"))]}, D("20"), 1, "EUR",
         ("18.00", "vip", "segment", True)),
        ([replace(VIP, group="b2b")], {2: [(D(1), D("18"))]}, D("20"), 1, "EUR",
         ("18.00", "vip", "group_and_segment", True)),
        ([VIP], {2: [(D(1), D("18"))]}, None, 1, "EUR", ("18.00", "vip", "segment", True)),
    ],
)  # fmt: skip
def test_the_price_is_the_one_worked_out_by_hand(
    lists: list[ListFacts],
    rows: dict[int, list[tuple[Decimal, Decimal]]],
    usual: Decimal | None,
    quantity: int,
    currency: str,
    expected: tuple[str | None, str | None, str, bool],
) -> None:
    assert told(price_of(lists, rows, usual, D(quantity), currency)) == expected


@pytest.mark.parametrize(
    ("quantity", "price", "start", "following"),
    [
        ("1", "20.00", "1", Break(D(5), D("18.00"))),
        ("4.999", "20.00", "1", Break(D(5), D("18.00"))),
        ("5", "18.00", "5", Break(D(10), D("15.50"))),
        ("10", "15.50", "10", None),
        ("500", "15.50", "20", None),
    ],
)
def test_a_quantity_reaches_its_row_and_names_the_next_cheaper_one(
    quantity: str, price: str, start: str, following: Break | None
) -> None:
    rows = {2: [(D(10), D("15.5")), (D(5), D("18")), (D(20), D("15.5"))]}
    found = price_of([VIP], rows, D("20"), D(quantity), "EUR")
    assert (str(found.price), found.from_quantity, found.next_break) == (price, D(start), following)


def test_lines_that_cannot_be_used_are_named_and_all_others_are_read() -> None:
    text = (
        "\ufeffSKU;Min quantity;Price;Currency\r\n"
        "A;1;9,90;EUR\r\n\r\n"
        "A;10;8.5;\r\n"
        ";1;3;EUR\r\n"
        "B;1;abc;EUR\r\n"
        "C;1;-1;EUR\r\n"
        "D;0;1;EUR\r\n"
        "E;1;1.005;EUR\r\n"
        "F;1;1.000;EUR\r\n"
        "G;1;5;USD\r\n"
        "A;1.0;9;EUR\r\n"
        "H;1;NaN;EUR\r\n"
    )
    read = read_prices(text.encode(), "EUR")
    assert read.rows == (PriceRow("A", D(1), D("9.90")), PriceRow("A", D(10), D("8.5")))
    assert [(one.line, one.reason) for one in read.rejected] == [
        (5, "It has no product id."),
        (6, "“abc” is no price: a number like 19.90."),
        (7, "A price is 0 or more, and no 100 billion."),
        (8, "“0” is no quantity: a number above 0 with at most 3 decimals."),
        (9, "EUR has 2 decimals, this price more."),
        (10, "EUR has 2 decimals, this price more."),
        (11, "The list is in EUR, this line in USD."),
        (12, "Line 2 tells this product's price from this quantity already."),
        (13, "“NaN” is no price: a number like 19.90."),
    ]
    assert read.rejected[1] == RejectedLine(6, "B;1;abc;EUR", "“abc” is no price: a number like 19.90.")


@pytest.mark.parametrize(
    "data", [b"", b"name,price\nA,1\n", b"product_id\nA\n", "product_id,price\nä,1".encode("latin-1")]
)
def test_what_is_no_list_of_prices_is_refused_whole(data: bytes) -> None:
    with pytest.raises(NotPricesError):
        read_prices(data, "EUR")


def test_a_written_file_reads_the_same() -> None:
    rows = (PriceRow("=1+1", D(1), D("9.90")), PriceRow('-5,"x"', D("2.5"), D(8)), PriceRow("A", D(1), D(0)))
    assert read_prices("".join(written(rows, "EUR")).encode(), "EUR").rows == rows
    assert "\r\n'=1+1,1,9.90,EUR\r\n" in "".join(written(rows, "EUR"))
