"""Filtering, searching, sorting and paging: what stands in the address decides, and nonsense in it is ignored."""

from hypothesis import given
from hypothesis import strategies as st

from cdp.demo.catalog import catalog
from cdp.demo.shop.basket import basket_of, bounded, find_variant
from cdp.demo.shop.browsing import PER_PAGE, SORTS, Wanted, browse, read_wanted, search
from cdp.demo.shop.promoting import Priced

SHOP = catalog()


def test_filters_keep_what_fits_and_count_brands_of_the_whole_shelf() -> None:
    shelf = SHOP.by_category["jackets"]
    found = browse(shelf, Wanted(brands=("Karst", "Fellrun"), price="150-", in_stock=True))
    assert found.products
    assert all(p.brand in {"Karst", "Fellrun"} and p.cents >= 15_000 and p.in_stock for p in found.products)
    assert sum(count for _, count in found.brands) == len(shelf)


def test_a_search_needs_every_word_and_puts_names_first() -> None:
    names = [product.name for product in search(SHOP.products, "merino crew")]
    assert names[:2] == ["Valley Merino Crew", "Lambsgate Merino Crew"]
    assert search(SHOP.products, "merino submarine") == []
    assert search(SHOP.products, "Bouclé")[0].name == search(SHOP.products, "boucle")[0].name == "Wool Bouclé Cushion"


def test_every_order_shows_every_product_once() -> None:
    shelf = SHOP.by_category["table"]
    for sort in SORTS:
        pages = browse(shelf, Wanted(sort=sort)).pages
        seen = [
            p.product_id for page in range(1, pages + 1) for p in browse(shelf, Wanted(sort=sort, page=page)).products
        ]
        assert sorted(seen) == [product.product_id for product in shelf], sort


@given(st.dictionaries(st.sampled_from(["q", "price", "sort", "page", "stock"]), st.text(max_size=12)))
def test_no_address_breaks_a_shelf(params: dict[str, str]) -> None:
    found = browse(SHOP.products, read_wanted(params, []))
    assert 1 <= found.page <= found.pages
    assert len(found.products) <= PER_PAGE


def test_a_basket_adds_up_and_where_nobody_says_which_offers_hold_the_house_rule_frees_shipping() -> None:
    cheap, dear = SHOP.by_kind["bar"][0], SHOP.by_kind["stove"][1]
    priced = Priced(basket_of("c", [(cheap.variants[0].sku, 2), ("P-0000-XXX", 1)]))
    assert (priced.basket.count, priced.subtotal, priced.shipping, priced.total) == (2, 480, 490, 970)
    priced = Priced(basket_of("c", [(dear.variants[0].sku, 1)]))
    assert (priced.subtotal, priced.discount, priced.shipping, priced.total) == (8_900, 0, 0, 8_900)
    assert priced.as_amounts()["total"] == 89.0


def test_nobody_buys_more_than_there_is() -> None:
    sold_out = next(product for product in SHOP.products if not product.in_stock)
    few = next(product for product in SHOP.products if product.is_low)
    assert (bounded(sold_out, 1), bounded(few, 999), bounded(few, -3)) == (0, few.stock, 0)


def test_every_sku_is_found_and_nothing_else() -> None:
    for product in SHOP.products:
        for variant in product.variants:
            assert find_variant(variant.sku) == (product, variant)
    for other in ("", "P-1001", "P-1001-NOPE", "-", "x" * 500):
        assert find_variant(other) is None
