"""The preview of a placement: as nobody, a person or a browser, of what is not saved, masked and audited."""

import pytest
from pytest_django import Settings

from cdp.access.models import AuditEntry
from commerce.models import Product
from recommendations.models import Placement, PlacementRule
from recommendations.placement_defaults import HOME
from recommendations.placements import stored
from recommendations.queries import forget_catalog
from tests.admin_placement.pages import LOOKER, MARKETER, fields, shown
from tests.recommendations.world import identifier, products
from tests.segments.pages import staff, words

pytestmark = pytest.mark.django_db
NEW = "/admin/placements/new/"


def test_a_placement_that_is_not_saved_is_shown_as_nobody_would_see_it() -> None:
    products("mug", "cup", "plate")

    answer = shown(staff(*MARKETER), NEW, HOME, name="", n="2")

    assert answer.status_code == 200
    assert "2 products for somebody who is not known" in words(answer)
    assert "The plate" in words(answer)
    assert "€9.50" in words(answer)
    assert "Shows 2 products: for you, then popular, then newest" in answer.text
    assert not Placement.objects.exists()
    assert not AuditEntry.objects.exists()


def test_the_preview_without_scripts_keeps_what_is_typed() -> None:
    products("mug", "cup")
    client = staff(*MARKETER)

    answer = client.post(NEW, fields(HOME, what="preview", title="Kept as typed"))

    assert answer.status_code == 200
    assert 'value="Kept as typed"' in answer.text
    assert "2 products for somebody who is not known, 8 wanted" in words(answer)


def test_a_fault_is_named_where_the_preview_would_stand() -> None:
    products("mug")
    answer = shown(staff(*MARKETER), NEW, HOME, strategy=["similar"])
    assert "Mend what is marked in the form" in words(answer)
    assert 'data-fault="strategies.0"' in answer.text
    assert "The mug" not in answer.text


def test_a_look_as_a_person_is_audited_as_a_view_and_masked() -> None:
    products("mug", "cup")
    ada = identifier("email", "ada@example.com")
    row = Placement.objects.create(**stored(HOME))
    client = staff(*MARKETER)

    found = client.post("/admin/placements/people/", {"person_q": "ada@example.com"})
    assert "ada@example.com" not in words(found)
    assert str(ada.profile_id) in found.text
    assert not AuditEntry.objects.exists()

    answer = shown(client, f"/admin/placements/{row.pk}/", HOME, who="person", profile=str(ada.profile_id))
    shown(client, f"/admin/placements/{row.pk}/", HOME, who="person", profile=str(ada.profile_id), n="3")

    assert "2 products for this person, 8 wanted" in words(answer)
    assert "ada@example.com" not in answer.text
    assert list(AuditEntry.objects.values_list("action", "subject", "reason")) == [
        ("viewed", f"profile:{ada.profile_id}", "preview of placement home-for-you")
    ]


def test_who_may_see_personal_data_finds_people_unmasked() -> None:
    identifier("email", "ada@example.com")
    found = staff(*MARKETER, "view_personal").post("/admin/placements/people/", {"person_q": "ada@example.com"})
    assert "ada@example.com" in words(found)


def test_who_sees_no_people_looks_as_nobody_only() -> None:
    products("mug")
    ada = identifier("email", "ada@example.com")
    row = Placement.objects.create(**stored(HOME))
    looker = staff(*LOOKER)
    path = f"/admin/placements/{row.pk}/"

    assert looker.post("/admin/placements/people/", {"person_q": "ada@example.com"}).status_code == 403
    refused = shown(looker, path, HOME, who="person", profile=str(ada.profile_id))
    assert "Your group sees no people" in words(refused)
    assert "The mug" not in refused.text
    assert "1 product for somebody who is not known" in words(shown(looker, path, HOME))
    assert "A person" not in words(looker.get(path))
    assert not AuditEntry.objects.exists()


def test_who_may_only_look_previews_what_is_stored() -> None:
    products("mug", "cup")
    row = Placement.objects.create(**stored(HOME))
    answer = shown(staff(*LOOKER), f"/admin/placements/{row.pk}/", HOME, n="1")
    assert "2 products for somebody who is not known" in words(answer)


def test_a_browser_is_looked_at_by_its_anonymous_id_and_that_is_audited_too() -> None:
    products("mug")
    browser = identifier("anonymous_id", "anon-1")
    client = staff(*MARKETER)

    assert "was never seen" in words(shown(client, NEW, HOME, who="anonymous", anonymous="anon-2"))
    assert not AuditEntry.objects.exists()
    assert "1 product for this browser" in words(shown(client, NEW, HOME, who="anonymous", anonymous="anon-1"))
    assert AuditEntry.objects.get().subject == f"identifier:{browser.pk}"


def test_rules_hold_in_the_preview_and_say_what_they_kept_out() -> None:
    products("mug", "cup", "plate")
    PlacementRule.objects.create(action="exclude", value="mug")
    typed = {"rule_action": ["pin"], "rule_target": ["product"], "rule_value": ["cup"], "rule_position": ["1"]}

    answer = shown(staff(*MARKETER), NEW, HOME, **typed)

    said = words(answer)
    assert "2 products for somebody who is not known" in said
    assert "Pinned to place 1" in said
    assert said.index("The cup") < said.index("The plate")
    assert "The mug" in said[said.index("Kept out by rules") :]
    assert "The mug" not in said[: said.index("Kept out by rules")]


def test_pictures_come_from_the_shops_own_hosts_only(settings: Settings) -> None:
    settings.SHOP_URL = "https://shop.example"
    products("mug", "cup")
    Product.objects.filter(product_id="mug").update(image_url="https://shop.example/mug.png")
    Product.objects.filter(product_id="cup").update(image_url="https://elsewhere.example/cup.png")
    forget_catalog()

    answer = shown(staff(*MARKETER), NEW, HOME)

    assert 'src="https://shop.example/mug.png"' in answer.text
    assert "elsewhere" not in answer.text
    assert "https://shop.example" in answer.headers["Content-Security-Policy"]
    assert "elsewhere" not in answer.headers["Content-Security-Policy"]
