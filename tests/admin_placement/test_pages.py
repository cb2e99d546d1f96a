"""Placements in the admin: made, changed, refused with words beside the field, and opened to those who may."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from cdp.access.models import AuditEntry
from cdp.demo import seeding
from cdp.lib.clock import utc_now
from experiments.models import Experiment
from recommendations.contracts import Strategy
from recommendations.models import Earning, Placement, PlacementRule
from recommendations.placement_defaults import HOME, STARTERS
from recommendations.placements import (
    Boost,
    Caps,
    Filters,
    Kind,
    PlacementSpec,
    Rule,
    Weighted,
    rule_from_row,
    spec_from_row,
    stored,
)
from segments.models import Segment
from tests.admin_placement.pages import LOOKER, MARKETER, fields
from tests.recommendations.world import product
from tests.segments.pages import staff, words

pytestmark = pytest.mark.django_db
NEW = "/admin/placements/new/"
WHOLE = PlacementSpec(
    key="cart-beside",
    name="Beside the cart",
    kind=Kind.CART,
    title="Complete it",
    strategies=(Weighted(Strategy.CART, 3.0), Weighted(Strategy.POPULAR, 1.0)),
    fallbacks=(Strategy.NEWEST,),
    n=4,
    filters=Filters(
        in_stock=False, owned="any", price_min=Decimal("9.90"), price_to=1.5, categories=("Shoes",), other_category=True
    ),
    caps=Caps(per_category=2),
    boosts=(Boost("margin", 0.5), Boost("brand", 1.0, "Fells")),
    diversity=0.25,
    exploration=0.125,
    rules=(
        Rule(
            action="pin", target="product", value="mug", position=1, starts_at=datetime(2026, 12, 1, 8, tzinfo=UTC),
            ends_at=datetime(2026, 12, 24, 18, 30, tzinfo=UTC), segment="vip",
        ),
        Rule(action="exclude", target="brand", value="Other"),
    ),
    holdout=0.1,
    holdout_shows="nothing",
)  # fmt: skip


def page_of(row: Placement) -> str:
    return f"/admin/placements/{row.pk}/"


def made(spec: PlacementSpec = HOME, **more: Any) -> Placement:
    return Placement.objects.create(**stored(spec), **more)


def test_what_is_typed_is_what_is_stored() -> None:
    Segment.objects.create(slug="vip", name="VIP", definition={"all": []}, state="live")

    answer = staff(*MARKETER).post(NEW, fields(WHOLE, what="save", rule_note=["spring letter", ""]))

    row = Placement.objects.get()
    assert answer.status_code == 302
    assert answer.headers["Location"] == page_of(row)
    assert spec_from_row(row, map(rule_from_row, row.rules.order_by("pk"))) == WHOLE
    assert list(row.rules.order_by("pk").values_list("note", flat=True)) == ["spring letter", ""]
    assert row.is_active
    assert list(AuditEntry.objects.values_list("action", "subject", "reason")) == [
        ("made a placement", f"placement:{row.pk}", "cart-beside")
    ]


def test_the_form_shows_what_is_stored_and_sends_it_unchanged() -> None:
    Segment.objects.create(slug="vip", name="VIP", definition={"all": []}, state="live")
    product("mug")
    client = staff(*MARKETER)
    client.post(NEW, fields(WHOLE, what="save"))
    row = Placement.objects.get()
    rules = list(row.rules.order_by("pk").values_list("pk", flat=True))

    shown = client.get(page_of(row))
    client.post(page_of(row), fields(WHOLE, what="save", seen=row.updated_at.isoformat()))

    assert "Shows 4 products: complete the cart (75 %) with popular (25 %), then newest" in words(shown)
    assert "10 % of visitors see nothing, to measure it" in words(shown)
    assert "The mug €9.50" in words(shown)
    row.refresh_from_db()
    assert spec_from_row(row, map(rule_from_row, row.rules.order_by("pk"))) == WHOLE
    assert list(row.rules.order_by("pk").values_list("pk", flat=True)) == rules


def test_a_key_is_made_from_the_name_and_never_changed() -> None:
    client = staff(*MARKETER)
    client.post(NEW, fields(HOME, what="save", name="Home, top row", key=""))
    row = Placement.objects.get()
    assert row.key == "home-top-row"

    client.post(page_of(row), fields(HOME, what="save", name="Home", key="other", seen=row.updated_at.isoformat()))

    row.refresh_from_db()
    assert (row.key, row.name) == ("home-top-row", "Home")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"name": ""}, "Give it a name"),
        ({"key": "Home Top"}, "Small letters, digits and hyphens"),
        ({"kind": "roof"}, "Choose one of those there are."),
        ({"strategy": ["telepathy"]}, "Choose one of those there are."),
        ({"strategy": []}, "Choose at least one strategy"),
        ({"strategy": ["similar"]}, "“Similar” needs a product in front"),
        ({"weight": ["a lot"]}, "A number, like 2.5."),
        ({"weight": ["0"]}, "All weights are 0"),
        ({"n": "many"}, "A whole number, like 4."),
        ({"n": "51"}, "Between 1 and 50 products."),
        ({"price_min": "20", "price_max": "10"}, "The highest price is below the lowest (20): no product fits."),
        ({"exploration": "101"}, "Between 0 and 100 %."),
        ({"holdout": "nan"}, "Between 0 and 100 %."),
        ({"boost_by": ["brand"], "boost_weight": ["50"], "boost_value": [""]}, "Which brand? Choose one."),
        ({"rule_value": ["a", "b"], "rule_action": ["pin", "pin"], "rule_position": ["2", "2"]}, "Position 2 is taken"),
        ({"rule_value": ["a"], "rule_segment": ["nobody"]}, "There is no live segment “nobody”"),
        ({"rule_value": ["a"], "rule_starts": ["soon"]}, "A day and a time"),
    ],
)
def test_a_fault_is_said_beside_its_field_and_nothing_typed_is_lost(change: dict[str, Any], says: str) -> None:
    answer = staff(*MARKETER).post(NEW, fields(HOME, what="save", title="Kept as typed", **change))

    assert answer.status_code == 200
    assert says in words(answer)
    assert 'value="Kept as typed"' in answer.text
    for value in change.values():
        kept = value if isinstance(value, str) else next(iter(value), "")
        assert kept in answer.text or kept in ("roof", "telepathy", "nobody")
    assert not Placement.objects.exists()
    assert not AuditEntry.objects.exists()


def test_everything_wrong_is_said_at_once() -> None:
    answer = staff(*MARKETER).post(NEW, fields(HOME, what="save", name="", n="99", weight=["x"], exploration="much"))
    said = words(answer)
    assert "It is not saved: 4 things to mend" in said
    for sentence in ("Give it a name", "Between 1 and 50 products.", "A number, like 2.5."):
        assert sentence in said


def test_a_taken_key_is_refused() -> None:
    made()
    answer = staff(*MARKETER).post(NEW, fields(HOME, what="save"))
    assert "“home-for-you” is taken by another placement" in words(answer)
    assert Placement.objects.count() == 1


def test_what_somebody_else_saved_meanwhile_is_not_overwritten_unseen() -> None:
    row, client = made(), staff(*MARKETER)
    opened = row.updated_at.isoformat()
    Placement.objects.filter(pk=row.pk).update(n=5, updated_at=utc_now())

    answer = client.post(page_of(row), fields(HOME, what="save", title="Mine", seen=opened))

    row.refresh_from_db()
    assert "Somebody else saved it while you edited." in words(answer)
    assert 'value="Mine"' in answer.text
    assert row.n == 5
    client.post(page_of(row), fields(HOME, what="save", title="Mine", seen=row.updated_at.isoformat()))
    row.refresh_from_db()
    assert (row.title, row.n) == ("Mine", 8)


def test_an_empty_list_teaches_and_adds_the_usual_placements_once() -> None:
    client = staff(*MARKETER)
    assert "A placement is a place in your shop" in words(client.get("/admin/placements/"))

    client.post("/admin/placements/starters/")
    client.post("/admin/placements/starters/")

    rows = {row.key: spec_from_row(row) for row in Placement.objects.all()}
    assert rows == {spec.key: spec for spec in STARTERS}
    listed = words(client.get("/admin/placements/"))
    assert "10 placements answer in shop and mails" in listed
    assert "Shows 8 products: similar, then alike, then popular; in stock, not owned" in listed


def test_the_demo_begins_with_the_usual_placements_one_of_them_measured_and_leaves_them_alone() -> None:
    seeding.make_placements()
    Placement.objects.filter(key="home-again").delete()
    seeding.make_placements()

    held = dict(Placement.objects.values_list("key", "holdout"))
    assert held == {
        spec.key: 0.1 if spec.key == "category-top" else 0.0 for spec in STARTERS if spec.key != "home-again"
    }
    assert Experiment.objects.get().key == "placement-category-top"


def test_a_row_that_cannot_be_read_is_listed_as_such_and_can_be_mended() -> None:
    row = made()
    Placement.objects.filter(pk=row.pk).update(strategies=[{"strategy": "telepathy"}])
    client = staff(*MARKETER)

    assert "It cannot be read and is not served" in words(client.get("/admin/placements/"))
    assert "these are the defaults of its kind" in words(client.get(page_of(row)))
    row.refresh_from_db()
    client.post(page_of(row), fields(HOME, what="save", seen=row.updated_at.isoformat()))
    row.refresh_from_db()
    assert spec_from_row(row) == HOME


def test_the_list_asks_as_often_for_three_as_for_one() -> None:
    client = staff(*MARKETER)
    made()
    client.get("/admin/placements/")
    with CaptureQueriesContext(connection) as one:
        client.get("/admin/placements/")
    made(msgspec.structs.replace(HOME, key="b"))
    made(msgspec.structs.replace(HOME, key="c"))
    with CaptureQueriesContext(connection) as three:
        client.get("/admin/placements/")
    assert len(three) == len(one)


def test_the_list_says_what_a_week_brought_beside_the_holdout() -> None:
    made(msgspec.structs.replace(HOME, holdout=0.1))
    day = utc_now().date()
    for variant, answers, clicked in (("treated", 9_000, 4_000), ("holdout", 1_000, 300)):
        Earning.objects.create(
            day=day, placement="home-for-you", variant=variant, answers=answers, clicked=clicked, clicks=clicked,
            impressions=8 * answers,
        )  # fmt: skip
    Earning.objects.create(
        day=day, placement="home-for-you", variant="treated", currency="EUR", revenue=Decimal("7200")
    )
    Earning.objects.create(day=day - timedelta(days=7), placement="home-for-you", answers=1, impressions=1)

    said = words(staff(*LOOKER).get("/admin/placements/"))

    assert "Seen 72,000 Clicked 5.56 % Per 1,000 €100.00" in said
    assert "Something is clicked more often than in the holdout: +14.4 points" in said


def test_it_is_switched_copied_and_deleted_each_with_its_line_in_the_audit() -> None:
    row, client = made(WHOLE), staff(*MARKETER)
    PlacementRule.objects.create(placement=row, action="exclude", value="mug", note="recalled")
    path = page_of(row)

    client.post(f"{path}switch/", {"on": "no"})
    row.refresh_from_db()
    assert not row.is_active
    client.post(f"{path}switch/", {"on": "yes"})
    client.post(f"{path}duplicate/")
    copy = Placement.objects.exclude(pk=row.pk).get()
    assert (copy.key, copy.name, copy.is_active) == ("cart-beside-copy", "Copy of Beside the cart", False)
    assert list(copy.rules.values_list("value", "note")) == [("mug", "recalled")]

    asked = client.get(f"{path}delete/")
    assert "Pages and mails that name “cart-beside” get an error" in words(asked)
    assert Placement.objects.count() == 2
    client.post(f"{path}delete/")

    assert list(Placement.objects.values_list("pk", flat=True)) == [copy.pk]
    assert list(PlacementRule.objects.values_list("placement_id", flat=True)) == [copy.pk]
    assert list(AuditEntry.objects.order_by("pk").values_list("action", flat=True)) == [
        "switched off a placement",
        "switched on a placement",
        "made a placement",
        "deleted a placement",
    ]


def test_rules_of_all_placements_are_kept_on_a_page_of_their_own() -> None:
    client = staff(*MARKETER)
    sent = {"rule_action": ["exclude"], "rule_target": ["brand"], "rule_value": ["Other"], "rule_note": ["recalled"]}

    client.post("/admin/placements/rules/", sent)
    kept = PlacementRule.objects.get()
    assert (kept.placement, kept.action, kept.target, kept.value, kept.note) == (
        None, "exclude", "brand", "Other", "recalled",
    )  # fmt: skip
    refused = client.post("/admin/placements/rules/", sent | {"rule_action": ["pin"]})

    assert refused.status_code == 200
    assert "Only single products are pinned" in words(refused)
    assert PlacementRule.objects.get() == kept
    assert "1 rule holds in every placement" in words(client.get("/admin/placements/rules/"))
    assert AuditEntry.objects.get().action == "changed the rules of all placements"


def test_who_may_look_changes_nothing_and_others_see_nothing() -> None:
    row = made()
    looker, stranger = staff(*LOOKER), staff("view_profile", name="sam")
    for path in ("/admin/placements/", "/admin/placements/rules/", page_of(row)):
        assert looker.get(path).status_code == 200
        assert stranger.get(path).status_code == 403
        assert Client().get(path).status_code == 302
    assert "Save placement" not in words(looker.get(page_of(row)))
    assert "Add placement" not in words(looker.get("/admin/placements/"))
    for path in (NEW, "/admin/placements/starters/", "/admin/placements/rules/", *(
        f"{page_of(row)}{what}/" for what in ("switch", "duplicate", "delete")
    )):  # fmt: skip
        assert looker.post(path, fields(HOME, what="save", key="mine")).status_code == 403
    looker.post(page_of(row), fields(HOME, what="save", n="3", seen=row.updated_at.isoformat()))
    row.refresh_from_db()
    assert (row.n, row.is_active, Placement.objects.count()) == (8, True, 1)
    assert not AuditEntry.objects.exists()


def test_fields_suggest_products_with_their_price_and_categories_with_how_many_there_are() -> None:
    shoe = product("shoe")
    shoe.category = "Shoes"
    shoe.image_url = "https://elsewhere.example/shoe.png"
    shoe.save()
    product("sock")
    client = staff(*LOOKER)

    found = client.get("/admin/placements/suggest/", {"what": "product", "q": "the sho"}).json()["items"]
    assert [(one["value"], one["words"], one["price"], one["note"], one["picture"]) for one in found] == [
        ("shoe", "The shoe", "€9.50", "Shoes", "")
    ]
    categories = client.get("/admin/placements/suggest/", {"what": "category", "q": "sh"}).json()["items"]
    assert categories == [{"value": "Shoes", "words": "Shoes", "note": "1 product"}]
    assert client.get("/admin/placements/suggest/", {"what": "people"}).status_code == 404


def test_every_step_of_a_category_is_suggested_those_with_the_most_products_first() -> None:
    for product_id, path in {"trail": ["Shoes", "Trail"], "road": ["Shoes", "Road"], "clog": ["Shoes"]}.items():
        one = product(product_id)
        one.categories, one.category = path, path[-1]
        one.save()
    client = staff(*LOOKER)

    def suggested(text: str) -> list[tuple[str, str]]:
        asked = {"what": "category", "q": text}
        found = client.get("/admin/placements/suggest/", asked).json()["items"]
        return [(one["value"], one["note"]) for one in found]

    assert suggested("") == [("Shoes", "3 products"), ("Road", "1 product"), ("Trail", "1 product")]
    assert suggested("OA") == [("Road", "1 product")]
