"""Coverage and what is never shown: counted figures, reasons, search, pages, asking the live model."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from cdp.admin_model import shown
from cdp.admin_model.shown import Why
from cdp.jobs.models import Job
from cdp.lib.clock import utc_now
from commerce.models import Product
from profiles.models import Profile
from recommendations import services
from recommendations.models import PlacementRule
from recommendations.queries import live_model
from recommendations.services import covering
from tests.admin_model import world
from tests.admin_model.test_runs import words
from tests.recommendations import world as shop

pytestmark = pytest.mark.django_db
PAGE = "/admin/model/"


def long_ago() -> None:
    """No product is new."""
    Product.objects.update(added_at=utc_now() - timedelta(days=90))


def test_an_empty_shop_is_taught() -> None:
    client = world.staff("analyst")
    assert "No products yet" in words(client, f"{PAGE}coverage/never-shown/")
    assert "No product can be sold now" in words(client, f"{PAGE}coverage/counted/")
    assert "No model is live" in words(client, f"{PAGE}coverage/")


def test_coverage_says_which_share_was_shown_and_how_unevenly_beside_what_was_bought() -> None:
    for number in range(100):
        shop.product(f"p{number}")
    shop.product("gone", in_stock=False)
    world.shown("p0", 380, clicks=38)
    for number in range(1, 63):
        world.shown(f"p{number}", 10)
    buyer = shop.identifier("user_id", "u1")
    shop.order(buyer, *(f"p{number}" for number in range(50)), at=utc_now() - timedelta(days=2))
    page = words(world.staff("analyst"), f"{PAGE}coverage/counted/")
    assert "63 % of the 100 products that can be sold were shown in the last 28 days" in page
    assert "The top 1 % of products take 38 % of what is shown and 2.0 % of what is bought" in page
    assert "37 products were never shown" in page
    assert "Show as table" in page
    assert "The p0" in page


def test_of_a_few_impressions_nothing_is_concluded() -> None:
    shop.products("a", "b")
    world.shown("a", 2, clicks=2)
    page = words(world.staff("analyst"), f"{PAGE}coverage/counted/")
    assert "Only 2 impressions so far: from 1,000 on this page says how unevenly they lie on products" in page
    for text in ("The top 1 %", "Recommendations crowd", "Shown most", "100.0 %"):
        assert text not in page, text


def test_what_came_with_the_first_import_or_was_sold_before_is_not_new() -> None:
    shop.products("first", "sold", "fresh")
    shop.go_live(shop.small_model(("first", "sold", "fresh"), [1, 1, 0], {}))
    assert shown.missing(utc_now()).count(Why.NEW) == 0  # all came at once
    Product.objects.filter(product_id="first").update(added_at=utc_now() - timedelta(days=90))
    shop.order(shop.identifier("user_id", "u1"), "sold", at=utc_now() - timedelta(days=75))
    found = shown.missing(utc_now())
    names = dict(Product.objects.values_list("pk", "product_id"))
    assert [names[int(pk)] for pk in found.pks[found.whys == Why.NEW]] == ["fresh"]


def test_impressions_of_before_do_not_count() -> None:
    shop.product("p1")
    world.shown("p1", 5, on=shown.first_day(utc_now()) - timedelta(days=1))
    assert shown.catalog_figures(utc_now()).shown == 0
    world.shown("p1", 5, on=shown.first_day(utc_now()))
    assert shown.catalog_figures(utc_now()).shown == 1


def test_each_product_never_shown_has_the_first_reason_that_holds() -> None:
    shop.products("excluded", "known", "nobody", "new", "unknown", "seen")
    shop.product("browser", is_told_by_browser=True)
    shop.product("sold-out", in_stock=False)
    long_ago()
    Product.objects.filter(product_id="new").update(added_at=utc_now())
    model = shop.small_model(("excluded", "known", "nobody", "new", "seen"), [3, 2, 0, 0, 1], {("seen", "known"): 1.0})
    shop.go_live(model)
    PlacementRule.objects.create(action="exclude", target="product", value="excluded")
    PlacementRule.objects.create(
        action="exclude", target="product", value="known", ends_at=utc_now() - timedelta(days=1)
    )
    world.shown("seen", 1)
    found = shown.missing(utc_now())
    names = dict(Product.objects.values_list("pk", "product_id"))
    assert {names[int(pk)]: Why(int(why)) for pk, why in zip(found.pks, found.whys, strict=True)} == {
        "excluded": Why.EXCLUDED,
        "known": Why.OUTRANKED,
        "nobody": Why.UNTOUCHED,
        "new": Why.NEW,
        "unknown": Why.UNKNOWN,
        "browser": Why.BROWSER,
    }


def test_without_a_model_that_is_the_reason() -> None:
    shop.products("a")
    assert [Why(int(why)) for why in shown.missing(utc_now()).whys] == [Why.NO_MODEL]


def test_the_list_is_searched_narrowed_and_turned_page_by_page() -> None:
    for number in range(60):
        shop.product(f"mug-{number:02}")
    shop.product("hat-1")
    client = world.staff("marketer")
    page = words(client, f"{PAGE}coverage/never-shown/")
    assert "61 products that can be sold were never shown in the last 28 days" in page
    assert "page 1 of 2" in page
    assert "hat-1" in page  # the newest first
    assert "mug-00" in words(client, f"{PAGE}coverage/never-shown/?page=2")
    assert client.get(f"{PAGE}coverage/never-shown/?page=3").status_code == 404
    found = words(client, f"{PAGE}coverage/never-shown/?q=HAT")
    assert "1 product, the newest first" in found
    assert "mug-01" not in found
    assert "None of these has “shoe” in its name or id." in words(client, f"{PAGE}coverage/never-shown/?q=shoe")
    assert client.get(f"{PAGE}coverage/never-shown/?why=9").status_code == 404
    assert "mug-00" in words(client, f"{PAGE}coverage/never-shown/?why={int(Why.NO_MODEL)}&page=2")
    assert "/admin/commerce/product/" in page


def test_everything_shown_is_said_in_the_headline() -> None:
    shop.product("p1")
    world.shown("p1", 1)
    assert "Every product that can be sold was shown in the last 28 days" in words(
        world.staff("analyst"), f"{PAGE}coverage/never-shown/"
    )


def test_the_live_model_is_asked_in_the_background_and_its_answer_stands_on_the_page() -> None:
    shop.products("a", "b", "c")
    shop.identifier("user_id", "u1")
    run = shop.go_live(shop.small_model(("a", "b", "c"), [3, 2, 1], {("a", "b"): 1.0}))
    client = world.staff("marketer")
    assert "Ask it now" in words(client, f"{PAGE}coverage/")
    client.post(f"{PAGE}coverage/measure/")
    client.post(f"{PAGE}coverage/measure/")
    job = Job.objects.get()
    assert job.kind == "recommendations.coverage"
    assert "waits for a worker" in words(client, f"{PAGE}coverage/")
    Job.objects.update(
        state=Job.State.DONE,
        finished_at=utc_now(),
        result={"run": run.pk, "people": 1, "products": 3, "found": 2, "offerable": 3},
    )
    page = words(client, f"{PAGE}coverage/")
    assert "The live model would show 67 % of what can be sold" in page
    assert "2 of 3 came up at least once" in page


def test_who_may_only_look_cannot_ask_it() -> None:
    shop.go_live(shop.small_model(("a",), [1], {}))
    client = world.staff("analyst")
    assert "Ask it now" not in words(client, f"{PAGE}coverage/")
    assert client.post(f"{PAGE}coverage/measure/").status_code == 403
    assert not Job.objects.exists()


def test_asking_counts_what_came_up_of_what_can_be_sold_and_names_nobody(drain: Callable[..., int]) -> None:
    shop.products("a", "b", "c")
    shop.product("sold-out", in_stock=False)
    Profile.objects.create(id=shop.identifier("user_id", "u1").profile_id)
    run = shop.go_live(shop.small_model(("a", "b", "c"), [3, 2, 1], {("a", "b"): 1.0}))
    covering.cover_later()
    drain()
    assert Job.objects.get().result == {"run": run.pk, "people": 1, "products": 4, "found": 3, "offerable": 3}


def test_a_model_that_goes_live_is_asked_once_by_itself(drain: Callable[..., int]) -> None:
    shop.products("a", "b", "c")
    second = shop.go_live(shop.small_model(("a", "b", "c"), [3, 2, 1], {("a", "b"): 1.0}))
    first = shop.go_live(shop.small_model(("a",), [1], {}))
    held = live_model()
    assert held is not None
    assert held.run_id == first.pk  # what this process goes on with for some seconds
    services.promote(second.pk)
    services.promote(second.pk)
    drain()
    assert Job.objects.get(kind="recommendations.coverage").result["run"] == second.pk
    held = live_model()
    assert held is not None
    assert held.run_id == second.pk


def test_without_a_model_there_is_nothing_to_ask(drain: Callable[..., int]) -> None:
    covering.cover_later()
    drain()
    assert Job.objects.get().result["run"] is None
