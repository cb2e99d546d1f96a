"""Feeds in the admin: looked at before they are saved, pulled and uploaded, held runs decided, secrets kept."""

import re
from collections.abc import Iterator
from datetime import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from django.contrib.auth.models import Group, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from cdp.access.models import AuditEntry
from cdp.admin_home.groups import apply_rights
from cdp.jobs import services as jobs
from cdp.lib.clock import utc_now
from commerce.admin.feed_form import FeedForm
from commerce.contracts import ProductRow
from commerce.models import CatalogFeed, FeedRun, Product
from commerce.services import upsert_products
from tests.commerce.feed_server import Shop, serving

pytestmark = pytest.mark.django_db
LIST, ADD = "/admin/commerce/catalogfeed/", "/admin/commerce/catalogfeed/add/"
TOLD = {"name": "Main shop", "format": "auto", "currency": "EUR", "when": "every", "every": "6", "unit": "60",
        "missing": "out_of_stock", "enabled": "on"}  # fmt: skip


@pytest.fixture(autouse=True)
def _place(settings: Settings, tmp_path: Path) -> None:
    settings.VAR_DIR = tmp_path
    settings.FEEDS_ALLOW_PRIVATE = True


@pytest.fixture
def staff() -> Client:
    client = Client()
    client.force_login(User.objects.create(username="ann", is_staff=True, is_superuser=True))
    return client


@pytest.fixture
def shop() -> Iterator[Shop]:
    with serving() as running:
        running.body = b"code;label;price\na;Mug;5\nb;Cup;much\n"
        yield running


def text(answer: Any, status: int = 200) -> str:
    assert answer.status_code == status
    return str(answer.content.decode())


def work() -> None:
    while jobs.run_slice():
        pass


def test_the_first_rows_are_shown_before_anything_is_saved(staff: Client, shop: Shop) -> None:
    page = text(staff.post(ADD, {**TOLD, "url": shop.url, "do": "preview"}))
    assert "0 of the first 2 products can be taken" in page
    assert "No field says the product&#x27;s id: choose the column that holds it." in page
    chosen = {"column-1": "code", "target-1": "product_id", "column-2": "label", "target-2": "name"}
    page = text(staff.post(ADD, {**TOLD, **chosen, "url": shop.url, "do": "preview"}))
    assert "1 of the first 2 products can be taken" in page
    assert "price must be an amount like 19.99 or 19.99 EUR, not “much”." in page
    assert not CatalogFeed.objects.exists()
    assert staff.post(ADD, {**TOLD, **chosen, "url": shop.url, "do": "save"}).status_code == 302
    feed = CatalogFeed.objects.get()
    assert (feed.every_minutes, feed.mapping, feed.missing, feed.enabled) == (
        360, {"code": "product_id", "label": "name"}, "out_of_stock", True,
    )  # fmt: skip
    assert not Product.objects.exists()


def test_a_file_can_be_looked_at_instead(staff: Client) -> None:
    sample = SimpleUploadedFile("feed.json", b'[{"id": "a", "title": "Mug", "product_type": "Home > Cups"}]')
    page = text(staff.post(ADD, {**TOLD, "do": "preview", "sample": sample}))
    assert "1 of the first 1 products can be taken" in page
    assert "Home › Cups" in page


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"name": ""}, "This field is required."),
        ({"url": ""}, "A feed without an address cannot be pulled"),
        ({"url": "ftp://x/"}, "Write the address as https://host/path."),
        ({"url": "http://169.254.169.254/"}, "no server&#x27;s of yours"),
        ({"every": "4", "unit": "1"}, "At most every 5 minutes"),
        ({"every": ""}, "Say how often."),
        ({"when": "daily"}, "Say at what time."),
        ({"currency": "EURO"}, "at most 3 characters"),
        ({"currency": "E1"}, "Write three letters"),
        ({"header_name": "Host", "header_value": "x"}, "Write the header&#x27;s name alone"),
        ({"header_name": "X-Token"}, "Give the header&#x27;s value."),
        ({"header_name": "X-Token", "header_value": "a\nb"}, "Write one line of plain characters"),
    ],
)
def test_what_cannot_be_saved_is_named_at_its_field_and_what_was_typed_stays(
    staff: Client, shop: Shop, more: dict[str, str], says: str
) -> None:
    page = text(staff.post(ADD, {**TOLD, "url": shop.url, **more, "do": "save"}))
    assert says in page
    assert "mend the fields marked below" in page
    assert 'value="6"' in page or "every" in more
    assert not CatalogFeed.objects.exists()


def test_a_secret_is_kept_and_shown_on_no_page(staff: Client, shop: Shop) -> None:
    told = {**TOLD, "url": shop.url, "header_name": "X-Token", "do": "save"}
    staff.post(ADD, {**told, "header_value": "s3cret"})
    feed = CatalogFeed.objects.get()
    here = f"{LIST}{feed.pk}/change/"
    for page in (LIST, here):
        assert "s3cret" not in text(staff.get(page))
    assert staff.post(here, {**told, "when": "daily", "at_time": "03:30"}).status_code == 302
    feed.refresh_from_db()
    assert (feed.header_value, feed.at_time, feed.every_minutes) == ("s3cret", time(3, 30), None)
    assert "s3cret" not in text(staff.post(here, {**told, "do": "preview"}))
    staff.post(here, {**told, "header_name": ""})
    feed.refresh_from_db()
    assert feed.header_value == ""


def test_pull_now_leads_to_the_run_with_its_errors_by_line(staff: Client, shop: Shop) -> None:
    feed = CatalogFeed.objects.create(name="Shop", url=shop.url, mapping={"code": "product_id"})
    answer = staff.post(f"{LIST}{feed.pk}/pull/")
    run = FeedRun.objects.get()
    assert answer["Location"] == f"/admin/commerce/feedrun/{run.pk}/change/"
    assert "The feed is being read" in text(staff.get(answer["Location"]))
    assert staff.get(f"/admin/commerce/feedrun/{run.pk}/progress.json").json()["state"] == "queued"
    again = staff.post(f"{LIST}{feed.pk}/pull/", follow=True)
    assert "The feed is being read right now" in text(again)
    work()
    page = text(staff.get(answer["Location"]))
    assert "1 new, 0 changed, 0 as before, 1 rejected" in page
    assert "price must be an amount like 19.99 or 19.99 EUR, not “much”." in page
    assert '<td class="h-number">3</td>' in page
    assert "1 new, 0 changed, 0 as before, 1 rejected" in text(staff.get(f"{LIST}{feed.pk}/change/"))


def test_a_file_that_did_not_change_leaves_the_list_saying_how_many_products_the_feed_has(
    staff: Client, shop: Shop
) -> None:
    shop.etag = '"1"'
    feed = CatalogFeed.objects.create(name="Shop", url=shop.url, mapping={"code": "product_id"})
    for _ in range(2):
        staff.post(f"{LIST}{feed.pk}/pull/")
        work()
    assert list(FeedRun.objects.order_by("queued_at").values_list("state", "status")) == [
        ("done", 200), ("unchanged", 304)
    ]  # fmt: skip
    page = text(staff.get(LIST))
    assert "Not changed" in page
    assert re.search(r"field-in_file[^>]*>\s*1\s*<", page)


def test_an_uploaded_file_is_taken_and_a_run_under_way_is_stopped(staff: Client) -> None:
    feed = CatalogFeed.objects.create(name="Uploads")
    assert "Choose a file." in text(staff.post(f"{LIST}{feed.pk}/upload/", follow=True))
    staff.post(f"{LIST}{feed.pk}/upload/", {"file": SimpleUploadedFile("x.csv", b"id,title\na,Mug\n")})
    run = FeedRun.objects.get()
    assert "Stopped after 0 products" in text(staff.post(f"/admin/commerce/feedrun/{run.pk}/cancel/", follow=True))
    staff.post(f"{LIST}{feed.pk}/upload/", {"file": SimpleUploadedFile("x.csv", b"id,title\na,Mug\n")})
    work()
    assert Product.objects.get().name == "Mug"


@pytest.mark.parametrize(("do", "in_stock"), [("confirm", 1), ("leave", 3)])
def test_staff_decide_on_a_feed_that_shrank(staff: Client, shop: Shop, do: str, in_stock: int) -> None:
    feed = CatalogFeed.objects.create(name="Shop", url=shop.url, missing="out_of_stock")
    for ids in ("abc", "a"):
        shop.body = ("id\n" + "\n".join(ids)).encode()
        staff.post(f"{LIST}{feed.pk}/pull/")
        work()
    run = FeedRun.objects.get(state="held")
    assert "Decide on the missing products" in text(staff.get(f"{LIST}{feed.pk}/change/"))
    assert "2 products are missing: shall they go?" in text(staff.get(f"/admin/commerce/feedrun/{run.pk}/change/"))
    text(staff.post(f"/admin/commerce/feedrun/{run.pk}/settle/", {"do": do}, follow=True))
    assert Product.objects.filter(in_stock=True).count() == in_stock


def test_removing_a_feed_asks_first_and_leaves_its_products(staff: Client, shop: Shop) -> None:
    feed = CatalogFeed.objects.create(name="Shop", url=shop.url, mapping={"code": "product_id"})
    staff.post(f"{LIST}{feed.pk}/pull/")
    work()
    here = f"{LIST}{feed.pk}/remove/"
    assert "Its products stay" in text(staff.get(here))
    assert CatalogFeed.objects.exists()
    staff.post(here)
    assert (CatalogFeed.objects.exists(), FeedRun.objects.exists(), Product.objects.get().feed_id) == (
        False,
        False,
        None,
    )


def test_an_empty_list_teaches_and_a_full_one_costs_the_same(staff: Client) -> None:
    assert "No feeds yet" in text(staff.get(LIST))
    found = []
    for count in (1, 3):
        for number in range(CatalogFeed.objects.count(), count):
            feed = CatalogFeed.objects.create(name=f"Feed {number}")
            FeedRun.objects.create(feed=feed, state="done")
        staff.get(LIST)
        with CaptureQueriesContext(connection) as captured:
            text(staff.get(LIST))
        found.append(len(captured))
    assert found[0] == found[1]


@pytest.mark.parametrize(
    ("group", "sees", "pulls"), [("marketer", 200, 302), ("analyst", 200, 403), ("support", 403, 403)]
)
def test_each_group_does_what_it_may(client: Client, group: str, sees: int, pulls: int) -> None:
    apply_rights()
    user = User.objects.create(username="bob", is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    client.force_login(user)
    feed = CatalogFeed.objects.create(name="Shop")
    run = FeedRun.objects.create(feed=feed, state="held")
    here = f"{LIST}{feed.pk}/change/"
    assert client.get(here).status_code == sees
    assert client.get(f"/admin/commerce/feedrun/{run.pk}/change/").status_code == sees
    assert client.post(f"{LIST}{feed.pk}/pull/").status_code == pulls
    assert client.post(f"/admin/commerce/feedrun/{run.pk}/settle/", {"do": "leave"}).status_code == pulls
    assert client.get(f"{LIST}{feed.pk}/pull/").status_code == 403
    assert client.post(f"{LIST}{feed.pk}/remove/").status_code == 403
    assert client.post(here, {**TOLD, "when": "hand", "do": "save"}).status_code == pulls
    assert CatalogFeed.objects.exists()


def test_the_tree_of_categories_counts_what_is_below_and_leads_to_its_products(staff: Client) -> None:
    assert "No categories yet" in text(staff.get("/admin/commerce/product/categories/"))
    rows = [
        ProductRow("a", categories=["Home", "Cups"], in_stock=False, brand="Acme"),
        ProductRow("b", categories=["Home", "Pans"]),
        ProductRow("c", category="Toys"),
        ProductRow("d"),
        ProductRow("e", categories=["Old"], active=False),
    ]
    upsert_products([row if row.category else _with_category(row) for row in rows], utc_now())
    page = text(staff.get("/admin/commerce/product/categories/"))
    assert "4 categories hold 4 active products" in page
    assert "1 product tells no category" in page
    assert "Old" not in page
    for query, found in {
        "category=Home": "ab", "category=Cups": "a", "brand=Acme": "a", "told=api": "abcde", "told=events": "",
        "in_stock__exact=0": "a", "variants=yes": "",
    }.items():  # fmt: skip
        rows_shown = staff.get(f"/admin/commerce/product/?{query}").context["cl"].result_list
        assert "".join(sorted(product.product_id for product in rows_shown)) == found, query


def _with_category(row: ProductRow) -> ProductRow:
    return msgspec.structs.replace(row, category=row.categories[-1] if row.categories else None)


def test_a_product_shows_its_variants_pictures_prices_and_history(staff: Client) -> None:
    told: dict[str, Any] = {"group_id": "MUG", "currency": "EUR"}
    upsert_products(
        [
            ProductRow("a", name="Red", price=Decimal(20), images=["https://s.example/2.jpg"], prices={"USD": "22"},
                       cost=Decimal(7), list_price=Decimal(25), quantity=Decimal(3), **told),
            ProductRow("b", name="Blue", price=Decimal(21), in_stock=False, **told),
        ],
        utc_now(),
    )  # fmt: skip
    upsert_products([ProductRow("a", price=Decimal(15))], utc_now())
    page = text(staff.get(f"/admin/commerce/product/{Product.objects.get(product_id='a').pk}/change/"))
    for part in ("https://s.example/2.jpg", "$22.00", "€15.00", "before: €25.00", "€7.00", "1 other variant of MUG",
                 "Blue", "price fell from €20.00 to €15.00", "product.price_dropped", "3 pieces"):  # fmt: skip
        assert part in page, part


def test_a_stored_secret_is_never_sent_to_another_host_than_it_was_typed_for(staff: Client, shop: Shop) -> None:
    told = {**TOLD, "url": shop.url, "header_name": "X-Token", "do": "save"}
    staff.post(ADD, {**told, "header_value": "s3cret"})
    here = f"{LIST}{CatalogFeed.objects.get().pk}/change/"
    with serving() as other:
        for do in ("preview", "save"):
            page = text(staff.post(here, {**told, "url": other.url, "do": do}))
            assert "another host&#x27;s now" in page
        assert not other.asked
        assert CatalogFeed.objects.get().url == shop.url
        assert staff.post(here, {**told, "url": other.url, "header_value": "new"}).status_code == 302
    assert staff.post(here, {**told, "url": other.url + "?page=2"}).status_code == 302
    assert CatalogFeed.objects.get().header_value == "new"


def test_what_staff_do_with_a_feed_stands_in_the_audit_log_without_its_secret(staff: Client, shop: Shop) -> None:
    told = {**TOLD, "url": shop.url, "header_name": "X-Token", "do": "save"}
    staff.post(ADD, {**told, "header_value": "s3cret"})
    feed = CatalogFeed.objects.get()
    CatalogFeed.objects.update(failures=3)
    staff.post(f"{LIST}{feed.pk}/change/", {**told, "header_value": "other", "missing": "leave"})
    staff.post(f"{LIST}{feed.pk}/pull/")
    staff.post(f"/admin/commerce/feedrun/{FeedRun.objects.get().pk}/cancel/")
    staff.post(f"{LIST}{feed.pk}/upload/", {"file": SimpleUploadedFile("f.csv", b"id\na\n")})
    staff.post(f"{LIST}{feed.pk}/remove/", {"confirm": "yes"})
    entries = AuditEntry.objects.filter(subject=f"feed:{feed.pk}").order_by("pk")
    assert [(one.action, one.reason) for one in entries] == [
        ("made a feed", "Main shop"),
        ("changed a feed", "Main shop: header_value, missing"),
        ("pulled a feed", "Main shop"),
        ("stopped a run of a feed", "Main shop"),
        ("uploaded a file to a feed", "Main shop"),
        ("removed a feed", "Main shop"),
    ]
    assert not CatalogFeed.objects.exists()


def test_saving_a_feed_leaves_what_its_runs_note_meanwhile(
    staff: Client, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed = CatalogFeed.objects.create(name="Main shop", url=shop.url)
    clean = FeedForm.clean

    def meanwhile(form: FeedForm) -> dict[str, Any]:
        CatalogFeed.objects.update(failures=2, digest="d")
        return clean(form)

    monkeypatch.setattr(FeedForm, "clean", meanwhile)
    staff.post(f"{LIST}{feed.pk}/change/", {**TOLD, "url": shop.url, "do": "save"})
    feed.refresh_from_db()
    assert (feed.failures, feed.digest, feed.every_minutes) == (2, "d", 360)


def test_a_damaged_packed_file_is_told_in_the_preview(staff: Client) -> None:
    sample = SimpleUploadedFile("feed.csv.gz", b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03" + b"\xff" * 60)
    assert "it is damaged or cut off" in text(staff.post(ADD, {**TOLD, "do": "preview", "sample": sample}))


@pytest.mark.parametrize("query", ["category=%00", "brand=%00", "group_id__exact=%00", "told=%00"])
def test_a_list_asked_for_what_no_text_can_hold_finds_nothing(staff: Client, query: str) -> None:
    assert staff.get(f"/admin/commerce/product/?{query}").status_code == 404
