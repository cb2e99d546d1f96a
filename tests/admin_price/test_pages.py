"""Price lists in the admin: made, filled, refused with words beside the field, undone, opened to those who may."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from cdp.access.models import AuditEntry
from cdp.lib.clock import utc_now
from consent.contracts import DENIED, PERSONALIZATION
from offers.models import Price, PriceList
from offers.services.prices import ListDraft, save_list, switch_list, upload_rows
from profiles.models import Profile
from tests.recommendations import world
from tests.recommendations.test_refusing import say
from tests.segments.pages import staff, words

pytestmark = pytest.mark.django_db
LOOKER = ("view_pricelist",)
MARKETER = ("view_pricelist", "add_pricelist", "change_pricelist", "delete_pricelist", "view_profile")
NEW: dict[str, Any] = {"name": "Business 2026", "currency": "eur", "whom": "group", "group": "b2b", "priority": "50"}


def made(*rows: str) -> PriceList:
    row = save_list(ListDraft("b2b", "B2B", "EUR", group="b2b"))
    if rows:
        upload_rows(row.pk, "\n".join(("product_id,price", *rows)).encode(), replace=True)
    return PriceList.objects.get(pk=row.pk)


def test_a_list_is_made_filled_by_a_file_and_undone() -> None:
    world.products("mug", "cup")
    client = staff(*MARKETER)
    assert "No price lists yet" in words(client.get("/admin/prices/"))
    page = client.post("/admin/prices/new/", NEW | {"what": "save", "percent_off": "12,5"}, follow=True)
    assert "“Business 2026” is saved" in words(page)
    row = PriceList.objects.get()
    assert (row.key, row.currency, row.group, row.percent_off) == ("business-2026", "EUR", "b2b", Decimal("12.5"))
    file = SimpleUploadedFile("p.csv", b"product_id,price\nmug,8.00\ncup,oops\ncup,99\n")
    page = client.post(f"/admin/prices/{row.pk}/upload/", {"file": file, "how": "merge"})
    assert "1 line not taken; 2 rows taken" in words(page)
    assert "3 cup,oops “oops” is no price: a number like 19.90." in words(page)
    mug, cup = Price.objects.order_by("-product_id")
    page = client.post(
        f"/admin/prices/{row.pk}/rows/", {f"price_{mug.pk}": "x", "new_product": "pot", "new_price": "7"}
    )
    assert "“x” is no price" in words(page)
    assert Price.objects.count() == 2  # nothing was saved
    changes = {f"price_{mug.pk}": "7.50", "remove": str(cup.pk), "new_product": "pot", "new_quantity": "10"}
    page = client.post(f"/admin/prices/{row.pk}/rows/", changes | {"new_price": "7"}, follow=True)
    assert "3 rows changed." in words(page)
    kept = [("mug", Decimal(1), Decimal("7.5")), ("pot", Decimal(10), Decimal(7))]
    assert sorted(Price.objects.values_list("product_id", "min_quantity", "price")) == kept
    text = b"".join(client.get(f"/admin/prices/{row.pk}/download/")).decode()
    assert text == "product_id,from_quantity,price,currency\r\nmug,1,7.50,EUR\r\npot,10,7.00,EUR\r\n"
    assert "on" not in PriceList.objects.get().state
    client.post(f"/admin/prices/{row.pk}/switch/", {"to": "live"})
    assert PriceList.objects.get().state == "live"
    client.post(f"/admin/prices/{row.pk}/restore/", {"number": "2"})
    assert sorted(Price.objects.values_list("product_id", "price")) == [("cup", Decimal(99)), ("mug", Decimal(8))]
    assert PriceList.objects.get().state == "draft"
    actions = set(AuditEntry.objects.values_list("action", flat=True))
    assert actions == {"made a price list", "changed a price list", "downloaded a price list"}


def test_what_is_wrong_is_said_beside_its_field_and_what_was_typed_is_kept() -> None:
    row = made("mug,8")
    client = staff(*MARKETER)
    wrong = {"name": "Kept", "currency": "EURO", "whom": "segment", "priority": "x", "percent_off": "120"}
    dates = {"starts_at": "2026-12-02T00:00", "ends_at": "2026-12-01T00:00"}
    page = client.post(f"/admin/prices/{row.pk}/", wrong | dates | {"what": "save"})
    said = words(page)
    for sentence in (
        "three letters",
        "Choose the segment.",
        "A whole number from 0 to 100",
        "It ends before it starts.",
    ):
        assert sentence in said
    assert 'value="Kept"' in page.text
    assert PriceList.objects.get().name == "B2B"
    stale = NEW | {"what": "save", "seen": (utc_now() - timedelta(days=1)).isoformat()}
    assert "Somebody else changed it" in words(client.post(f"/admin/prices/{row.pk}/", stale))
    other = NEW | {"what": "save", "currency": "USD"}
    assert "Its rows are in EUR" in words(client.post(f"/admin/prices/{row.pk}/", other))


def test_the_preview_prices_as_a_person_with_the_list_as_typed() -> None:
    world.products("mug")
    row, ann = made("mug,8"), world.identifier("email", "ann@example.com")
    Profile.objects.create(pk=ann.profile_id, traits={"customer_group": ["b2b", 1, "00"]})
    client = staff(*MARKETER)

    def shown(**fields: Any) -> str:
        return words(client.post(f"/admin/prices/{row.pk}/", NEW | fields, headers={"X-Preview": "yes"}))

    assert "Somebody who is not known pays what everybody pays" in shown()
    person = {"who": "person", "profile": str(ann.profile_id)}
    assert "€9.50 €8.00 The price of their customer group" in shown(**person)
    assert "pays what everybody pays" in shown(**person, group="other")
    assert AuditEntry.objects.get(action="viewed").subject == f"profile:{ann.profile_id}"
    say(DENIED, ann, PERSONALIZATION)
    assert "They do not allow personalization" in shown(**person)
    found = client.post("/admin/prices/people/", {"person_q": "ann@example.com"})
    assert str(ann.profile_id) in found.text
    assert "ann@example.com" not in found.text  # masked


def test_who_may_only_look_changes_nothing_and_others_see_nothing() -> None:
    row = made("mug,8")
    switch_list(row.pk, PriceList.State.LIVE)
    client, before = staff(*LOOKER), PriceList.objects.get()
    assert "Customers of the group “b2b” pay prices of its 1 row, in EUR." in words(client.get("/admin/prices/"))
    assert client.get(f"/admin/prices/{row.pk}/").status_code == 200
    for path, fields in (
        ("", {"what": "save"}),
        ("rows/", {}),
        ("upload/", {}),
        ("switch/", {}),
        ("restore/", {}),
        ("delete/", {}),
    ):
        assert client.post(f"/admin/prices/{row.pk}/{path}", NEW | fields).status_code == 403
    assert client.get("/admin/prices/new/").status_code == 403
    after = PriceList.objects.get()
    assert (after.version, after.updated_at) == (before.version, before.updated_at)
    assert staff(name="nobody").get("/admin/prices/").status_code == 403
