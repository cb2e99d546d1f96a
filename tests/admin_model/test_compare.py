"""Two models beside each other: what differs, for whom, and who may look."""

import pytest
from django.test import Client

from cdp.access.models import AuditEntry
from cdp.admin_model import kept_models
from recommendations.models import ModelRun, Placement
from tests.admin_model import world
from tests.recommendations import world as shop

pytestmark = pytest.mark.django_db
PAGE = "/admin/model/runs/compare/"
IDS = ("a", "b", "c", "d")


@pytest.fixture
def runs() -> tuple[ModelRun, ModelRun]:
    """Model A says b goes with a, then c; model B says d does, then c. B is live."""
    shop.products(*IDS)
    first = shop.go_live(shop.small_model(IDS, [4, 3, 2, 1], {("a", "b"): 2.0, ("a", "c"): 1.0}))
    second = shop.go_live(shop.small_model(IDS, [4, 3, 2, 1], {("a", "d"): 2.0, ("a", "c"): 1.0}))
    return first, second


def asked(client: Client, runs: tuple[ModelRun, ModelRun], **more: str) -> list[list[str]]:
    """The products of both columns."""
    answer = client.post(PAGE, {"a": runs[0].pk, "b": runs[1].pk, "ask": "bought_together", "product": "a", **more})
    assert answer.status_code == 200
    return [[item.product.product_id for item in column.items] for column in answer.context["columns"]]


def test_without_a_model_the_page_teaches() -> None:
    assert "No model to compare yet" in world.staff("analyst").get(PAGE).text


def test_one_model_stands_on_both_sides() -> None:
    shop.products("a", "b")
    shop.go_live(shop.small_model(("a", "b"), [2, 1], {}))
    page = world.staff("analyst").get(PAGE).text
    assert "There is one model with its files so far" in page
    assert "Both show the same 2 products in the same order" in page


def test_each_column_is_its_models_answer_and_what_differs_is_marked(runs: tuple[ModelRun, ModelRun]) -> None:
    client = world.staff("analyst")
    ours, theirs = asked(client, runs)
    assert (ours[:2], theirs[:2]) == (["b", "c"], ["d", "c"])
    answer = client.post(PAGE, {"a": runs[0].pk, "b": runs[1].pk, "ask": "bought_together", "product": "a"})
    first, second = answer.context["columns"]
    others = {item.product.product_id: item.other for item in first.items}
    assert others["c"] == 2
    assert others["b"] == next((item.place for item in second.items if item.product.product_id == "b"), 0)
    assert "products are the same" in answer.text


def test_what_is_in_front_is_asked_for(runs: tuple[ModelRun, ModelRun]) -> None:
    client = world.staff("analyst")
    page = client.post(PAGE, {"a": runs[0].pk, "b": runs[1].pk, "ask": "similar"}).text
    assert "Say which product is in front: its id." in page
    page = client.post(PAGE, {"a": runs[0].pk, "b": runs[1].pk, "ask": "cart"}).text
    assert "Say what lies in the cart: ids, with commas." in page


def test_a_placement_is_answered_by_both_under_its_rules(runs: tuple[ModelRun, ModelRun]) -> None:
    Placement.objects.create(
        key="beside", name="Beside", n=3, strategies=[{"strategy": "bought_together", "weight": 1.0}]
    )
    ours, theirs = asked(world.staff("analyst"), runs, ask="placement:beside")
    assert (ours[0], theirs[0]) == ("b", "d")
    assert len(ours) == len(theirs) == 2  # it has no fallbacks


def test_a_person_is_found_by_an_identifier_shown_masked_and_looked_at_with_a_trace(
    runs: tuple[ModelRun, ModelRun],
) -> None:
    person = shop.identifier("email", "mia@example.com")
    shop.view(person, "a")
    client = world.staff("marketer")
    answer = client.post(
        PAGE, {"a": runs[0].pk, "b": runs[1].pk, "ask": "for_you", "who": "person", "q": "mia@example.com"}
    )
    assert len(answer.context["columns"]) == 2
    assert answer.context["whom"].profile_id == person.profile_id
    assert answer.text.count("mia@example.com") == 0
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.subject) == ("viewed", f"profile:{person.profile_id}")
    assert entry.reason == f"models #{runs[0].pk} and #{runs[1].pk} compared"
    again = client.post(
        PAGE, {"a": runs[0].pk, "b": runs[1].pk, "ask": "for_you", "who": "person", "kept": str(person.profile_id)}
    )
    assert again.context["whom"].profile_id == person.profile_id


def test_nobody_found_is_said_and_leaves_no_trace(runs: tuple[ModelRun, ModelRun]) -> None:
    page = world.staff("marketer").post(
        PAGE, {"a": runs[0].pk, "b": runs[1].pk, "ask": "for_you", "who": "person", "q": "who@example.com"}
    )
    assert "Find somebody by their whole e-mail address" in page.text
    assert page.context["columns"] == []
    page = world.staff("admin").post(PAGE, {"ask": "for_you", "who": "anonymous", "anonymous": "x"})
    assert "This anonymous id was never seen." in page.text
    assert not AuditEntry.objects.exists()


def test_who_may_not_see_people_compares_for_nobody_only(runs: tuple[ModelRun, ModelRun]) -> None:
    person = shop.identifier("email", "mia@example.com")
    client = world.staff("analyst")
    for given in ({"who": "person", "q": "mia@example.com"}, {"who": "person", "profile": str(person.profile_id)}):
        answer = client.post(PAGE, {"a": runs[0].pk, "b": runs[1].pk, "ask": "for_you", **given})
        assert "Your group sees no people" in answer.text
        assert answer.context["columns"] == []
    assert not AuditEntry.objects.exists()


def test_an_address_names_runs_and_never_a_person(runs: tuple[ModelRun, ModelRun]) -> None:
    person = shop.identifier("email", "mia@example.com")
    client = world.staff("admin")
    answer = client.get(PAGE, {"b": str(runs[0].pk), "who": "person", "profile": str(person.profile_id)})
    assert answer.context["whom"].profile_id is None
    assert (answer.context["wanted"].a, answer.context["wanted"].b) == (str(runs[1].pk), str(runs[0].pk))
    assert not AuditEntry.objects.exists()


def test_at_most_two_models_are_held_and_a_changed_one_is_refused(runs: tuple[ModelRun, ModelRun]) -> None:
    third = shop.go_live(shop.small_model(IDS, [1, 2, 3, 4], {}))
    fourth = shop.go_live(shop.small_model(IDS, [1, 2, 3, 4], {}))
    client = world.staff("analyst")
    for pair in ((runs[0], runs[1]), (runs[1], third), (third, fourth)):
        asked(client, pair)
    assert len(kept_models._held) == 2
    broken = world.run(was_live=True)
    page = client.post(PAGE, {"a": broken.pk, "b": third.pk, "ask": "for_you"}).text
    assert "train again" in page


def test_a_placement_that_is_not_there_is_named(runs: tuple[ModelRun, ModelRun]) -> None:
    page = world.staff("analyst").post(PAGE, {"a": runs[0].pk, "b": runs[1].pk, "ask": "placement:x"}).text
    assert "no active placement has the key" in page
