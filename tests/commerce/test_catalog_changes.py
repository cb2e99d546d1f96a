"""What holds the catalog in memory learns of a change from a few rows, however many products there are."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cdp.lib.clock import utc_now
from commerce.contracts import ProductRow
from commerce.models import CatalogChange, Product
from commerce.services import upsert_products
from recommendations.queries import refresh_catalog
from recommendations.queries.catalog import catalog

pytestmark = pytest.mark.django_db


def noted() -> list[bool]:
    return list(CatalogChange.objects.order_by("id").values_list("is_deletion", flat=True))


def test_what_changes_nothing_that_is_shown_is_not_noted() -> None:
    upsert_products([ProductRow("a", name="Mug"), ProductRow("b")], utc_now())
    assert noted() == [False]
    upsert_products([ProductRow("a", name="Mug")], utc_now())
    Product.objects.update(seen_at=utc_now(), stamps={})
    Product.objects.filter(product_id="none").delete()
    assert noted() == [False]
    Product.objects.filter(product_id="a").update(in_stock=False)
    Product.objects.all().delete()
    assert noted() == [False, False, True]


def test_old_notes_are_pruned_but_deletions_and_the_last_one_stay() -> None:
    upsert_products([ProductRow("a"), ProductRow("b")], utc_now())
    Product.objects.filter(product_id="a").delete()
    CatalogChange.objects.update(at=utc_now() - timedelta(minutes=11))
    upsert_products([ProductRow("c")], utc_now())
    assert noted() == [True, False]


def test_looking_for_changes_reads_no_product_while_there_are_none() -> None:
    upsert_products([ProductRow("a", name="Mug"), ProductRow("b")], utc_now())
    first = catalog()
    refresh_catalog()
    with CaptureQueriesContext(connection) as captured:
        assert catalog() is first
    assert [query["sql"] for query in captured if "commerce_product" in query["sql"]] == []
    upsert_products([ProductRow("a", name="Cup")], utc_now())
    Product.objects.filter(product_id="b").delete()
    refresh_catalog()
    fresh = catalog()
    shown = [facts for facts in fresh.facts_of(range(len(fresh))).values() if fresh.row(facts.product_id) >= 0]
    assert [(facts.product_id, facts.name) for facts in shown] == [("a", "Cup")]
