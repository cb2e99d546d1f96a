"""Feedback over HTTP: taken once, counted once, of genuine answers and what they showed; faults are named."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

import experiments.queries
from cdp.access.services import make_server_key
from cdp.lib.clock import utc_now
from cdp.lib.hashing import keyed_hash
from consent.contracts import ANALYTICS, DENIED, NewEntry
from consent.services import record_entries
from experiments.models import Exposure
from experiments.queries.units import unit_of
from recommendations import ids
from recommendations.models import Earning, Feedback, ShownProduct
from recommendations.placements import PlacementSpec
from recommendations.queries.answer_ids import _key, read_id
from recommendations.queries.earnings import earnings
from recommendations.services.holdouts import sync
from tests.recommendations import world
from tests.threads import in_threads

PATH = "/v1/recommendations/feedback"
COUNTS = ("answers", "clicked", "added", "ordered", "impressions", "clicks", "adds", "orders")


@pytest.fixture
def key(db: None) -> str:
    """A browser's key, in a shop of three products."""
    world.products("mug", "cup", "pot")
    return world.source().write_key


def answer(*products: str, nonce: str = "a", placement: str = "home", **more: Any) -> str:
    """The id of an answer that was given a minute ago."""
    given = {"served_at": utc_now() - timedelta(minutes=1), "model_run": 7, **more}
    return ids.make(nonce=nonce.encode().ljust(12, b"."), placement=placement, products=products, key=_key(), **given)


def told(recommendation_id: object, *events: dict[str, Any]) -> dict[str, Any]:
    return {"recommendation_id": recommendation_id, "events": list(events)}


def seen(*products: str) -> dict[str, Any]:
    return {"kind": "impression", "product_ids": list(products)}


def clicked(product: str) -> dict[str, Any]:
    return {"kind": "click", "product_id": product}


def post(key: str, body: object, headers: dict[str, str] | None = None, **query: str) -> HttpResponse:
    """As a beacon sends it: text, with the key in the query."""
    raw = body if isinstance(body, bytes) else msgspec.json.encode(body)
    params = {"writeKey": key, **query} if key else query
    return Client().post(PATH, raw, content_type="text/plain", query_params=params, headers=headers or {})  # type: ignore[return-value]


def said(response: HttpResponse, status: int = 202) -> dict[str, Any]:
    assert response.status_code == status, response.content
    return msgspec.json.decode(response.content)  # type: ignore[no-any-return]


def counts(**where: object) -> dict[str, int]:
    """What is counted, without zeros."""
    row = Earning.objects.filter(currency="", **where).values(*COUNTS).get()
    return {name: value for name, value in row.items() if value}


def test_what_is_told_is_written_and_counted_once(key: str) -> None:
    body = told(answer("mug", "cup"), seen("mug", "cup"), clicked("mug"), {"kind": "add", "product_id": "mug"})
    assert said(post(key, body)) == {"taken": 4, "repeated": 0, "errors": []}
    assert said(post(key, body)) == {"taken": 0, "repeated": 4, "errors": []}
    assert counts(placement="home", variant="", model_run=7) == {
        "answers": 1, "clicked": 1, "added": 1, "impressions": 2, "clicks": 1, "adds": 1
    }  # fmt: skip
    assert dict(ShownProduct.objects.values_list("product_id", "impressions")) == {"mug": 1, "cup": 1}
    assert list(ShownProduct.objects.filter(clicks=1).values_list("product_id", flat=True)) == ["mug"]
    assert Feedback.objects.count() == 4


def test_pieces_of_one_answer_told_one_after_the_other_are_one_answer(key: str) -> None:
    recommendation = answer("mug", "cup", "pot")
    for event in (seen("mug"), seen("cup", "pot"), clicked("cup"), clicked("pot")):
        said(post(key, told(recommendation, event)))
    assert counts() == {"answers": 1, "clicked": 1, "impressions": 3, "clicks": 2}


def test_what_was_clicked_was_seen(key: str) -> None:
    """A mail tells of no impressions; shares of answers never pass one."""
    assert said(post(key, told(answer("mug"), clicked("mug")))) == {"taken": 1, "repeated": 0, "errors": []}
    assert counts() == {"answers": 1, "clicked": 1, "impressions": 1, "clicks": 1}
    assert said(post(key, told(answer("mug"), seen("mug"))))["repeated"] == 1


def test_several_answers_in_one_call_are_counted_by_placement_side_and_model(key: str) -> None:
    body = [
        told(answer("mug", nonce="a"), seen("mug")),
        told(answer("mug", nonce="b", placement="cart"), seen("mug")),
        told(answer("mug", nonce="c", model_run=None), seen("mug")),
        told(answer("cup", nonce="d", variant="holdout", unit=b"u" * 16), seen("cup"), clicked("cup")),
    ]
    assert said(post(key, body))["taken"] == 5
    rows = Earning.objects.order_by("placement", "variant", "model_run")
    assert [(r.placement, r.variant, r.model_run, r.answers, r.clicks) for r in rows] == [
        ("cart", "", 7, 1, 0), ("home", "", 0, 1, 0), ("home", "", 7, 1, 0), ("home", "holdout", 7, 1, 1)
    ]  # fmt: skip
    shown = ShownProduct.objects.order_by("product_id").values_list("product_id", "impressions", "clicks")
    assert list(shown) == [("cup", 1, 1), ("mug", 3, 0)]


def test_forged_unknown_and_old_ids_are_named_and_the_others_taken(key: str) -> None:
    good, old = answer("mug"), answer("mug", nonce="o", served_at=utc_now() - timedelta(days=31))
    forged = ids.make(
        nonce=b"f" * 12, placement="home", model_run=7, served_at=utc_now(), products=["mug"], key=b"x" * 16
    )
    body = [told(one, seen("mug")) for one in (forged, good, old, "0198c0de-0000-7000-8000-000000000000")]
    found = said(post(key, body))
    assert found["taken"] == 1
    assert [(one["field"], one["reason"]) for one in found["errors"]] == [
        ("[0].recommendation_id", "unknown_id"),
        ("[2].recommendation_id", "old_id"),
        ("[3].recommendation_id", "unknown_id"),
    ]
    assert counts() == {"answers": 1, "impressions": 1}


def test_a_call_of_which_nothing_can_be_taken_is_refused_and_changes_nothing(key: str) -> None:
    found = said(post(key, told("r1_made-up", seen("mug"))), 400)
    assert (found["code"], found["errors"][0]["reason"]) == ("invalid", "unknown_id")
    assert (Feedback.objects.count(), Earning.objects.count(), ShownProduct.objects.count()) == (0, 0, 0)


def test_products_the_answer_did_not_show_are_named_and_not_counted(key: str) -> None:
    found = said(post(key, told(answer("mug"), seen("mug", "gold"), clicked("gold"))))
    assert found["taken"] == 1
    assert [(one["field"], one["reason"]) for one in found["errors"]] == [
        ("events[0].product_ids", "not_in_answer"), ("events[1].product_ids", "not_in_answer")
    ]  # fmt: skip
    assert counts() == {"answers": 1, "impressions": 1}


def test_an_empty_answer_can_be_seen_too(key: str) -> None:
    """A holdout that is shown nothing is counted by the place it would have filled."""
    assert said(post(key, told(answer(variant="holdout", unit=b"u" * 16), seen())))["taken"] == 1
    assert counts(variant="holdout") == {"answers": 1}
    assert said(post(key, told(answer("mug"), seen())), 400)["errors"][0]["reason"] == "missing"
    assert not ShownProduct.objects.exists()


@pytest.mark.parametrize(
    ("body", "field", "reason"),
    [
        (b"{", None, None),
        (b"", None, None),
        (b"[" * 100_000, None, None),
        ("text", "", "not_an_object"),
        ([7], "[0]", "not_an_object"),
        ([{}] * 101, "", "too_many"),
        ({"events": [seen("mug")]}, "recommendation_id", "missing"),
        ({"recommendation_id": 7, "events": [seen("mug")]}, "recommendation_id", "missing"),
        ({"recommendation_id": "x"}, "events", "missing"),
        (told("x", *[seen("mug")] * 101), "events", "too_many"),
        (told("x", {"kind": "order", "product_id": "mug"}), "events[0].kind", "unknown"),
        (told("x", {"kind": [], "product_id": "mug"}), "events[0].kind", "unknown"),
        (told("x", {"kind": "click"}), "events[0].product_ids", "missing"),
        (told("x", {"kind": "click", "product_ids": []}), "events[0].product_ids", "missing"),
        (told("x", {"kind": "click", "product_id": "a", "product_ids": ["b"]}), "events[0].product_ids", "missing"),
        (told("x", seen(*map(str, range(51)))), "events[0].product_ids", "not_a_list"),
        (told("x", seen("x" * 513)), "events[0].product_ids", "bad_id"),
        (told("x", {"kind": "click", "product_id": "a\0b"}), "events[0].product_ids", "bad_id"),
        (told("x", {"kind": "click", "product_id": {}}), "events[0].product_ids", "bad_id"),
        (told("x", {**clicked("mug"), "at": "yesterday"}), "events[0].at", "not_an_instant"),
        (told("x", {**clicked("mug"), "at": "2030-01-01"}), "events[0].at", "in_the_future"),
        (told("x", {**clicked("mug"), "amount": 7}), "events[0].amount", "unknown"),
        ({"recommendation_id": "x", **clicked("mug")}, "", "not_an_object"),
        ([told("x", seen("mug")), clicked("mug")], "[1]", "not_an_object"),
    ],
)  # fmt: skip
def test_each_fault_is_named_and_nothing_is_written(key: str, body: object, field: str | None, reason: str) -> None:
    found = said(post(key, body), 400)
    if field is None:
        assert found["code"] == "malformed_json"
    else:
        assert (found["errors"][0]["field"], found["errors"][0]["reason"]) == (field, reason)
    assert not Feedback.objects.exists()


def test_a_body_past_a_megabyte_is_refused(key: str) -> None:
    assert said(post(key, b" " * (1024 * 1024 + 1)), 413)["code"] == "request_too_large"


def test_a_clock_that_is_wrong_is_held_between_the_answer_and_now(key: str) -> None:
    served = utc_now() - timedelta(minutes=1)
    events = [
        {"kind": "impression", "product_id": "mug", "at": "2001-01-01T00:00:00Z"},
        {"kind": "impression", "product_id": "cup", "at": (utc_now() + timedelta(minutes=3)).isoformat()},
    ]
    said(post(key, told(answer("mug", "cup", served_at=served), *events)))
    at = dict(Feedback.objects.values_list("product_id", "at"))
    assert at["mug"] == served.replace(microsecond=0)
    assert served < at["cup"] <= utc_now()


def test_what_has_not_happened_yet_is_named_and_the_rest_taken(key: str) -> None:
    late = {**clicked("mug"), "at": (utc_now() + timedelta(minutes=9)).isoformat()}
    found = said(post(key, told(answer("mug"), seen("mug"), late)))
    assert found["taken"] == 1
    assert [(one["field"], one["reason"]) for one in found["errors"]] == [("events[1].at", "in_the_future")]
    assert counts() == {"answers": 1, "impressions": 1}


def test_an_event_sent_alone_is_told_where_it_belongs(key: str) -> None:
    found = said(post(key, {"recommendation_id": answer("mug"), **clicked("mug")}), 400)
    assert [one["detail"] for one in found["errors"]] == [
        'This is an event alone: put it into the events of {"recommendation_id": "r1_…", "events": [{"kind": "click",'
        ' "product_id": …}]}.'
    ]


@pytest.mark.parametrize(
    "at", ["9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", -99_999_999_999_999, 99_999_999_999_999_999]
)
def test_an_instant_of_no_year_is_a_fault_and_no_failure(key: str, at: object) -> None:
    found = said(post(key, told(answer("mug"), {**clicked("mug"), "at": at})), 400)
    assert [(one["field"], one["reason"]) for one in found["errors"]] == [("events[0].at", "not_an_instant")]


def test_an_answer_is_not_many_times_what_was_sent(key: str) -> None:
    names = {f"x{n}": 0 for n in range(50_000)}
    found = post(key, [{**told(answer("mug"), seen("mug")), **names}, *[{"events": [0] * 100} for _ in range(90)]])
    assert said(found)["taken"] == 1
    assert len(found.content) < 20_000
    errors = said(found)["errors"]
    assert (len(errors), errors[-1]["reason"], errors[-1]["detail"]) == (
        101,
        "and_more",
        "49990 more faults are not listed.",
    )


def test_products_of_no_catalog_leave_no_counts_that_stay_for_ever(key: str) -> None:
    """Anybody may ask for search results of made-up names, and then say that they were seen."""
    said(post(key, told(answer("made-up", "mug"), seen("made-up", "mug"))))
    assert list(ShownProduct.objects.values_list("product_id", flat=True)) == ["mug"]


def test_the_day_is_the_companys(key: str, settings: Settings) -> None:
    settings.COMPANY_TIME_ZONE = "Pacific/Kiritimati"  # 14 hours ahead: another day than in UTC for most of the day
    served = utc_now().replace(hour=11, minute=0) - timedelta(days=1)
    said(post(key, told(answer("mug", served_at=served), seen("mug"))))
    assert Earning.objects.get().day == ShownProduct.objects.get().day == served.date() + timedelta(days=1)


def test_who_it_was_is_kept_where_that_is_allowed(key: str) -> None:
    person = world.identifier("anonymous_id", "a1")
    said(post(key, told(answer("mug"), seen("mug")), anonymous_id="a1"))
    assert Feedback.objects.get().identifier_id == person.pk
    said(post(key, told(answer("mug", nonce="b"), seen("mug")), anonymous_id="never-seen"))
    assert Feedback.objects.filter(identifier_id=None).count() == 1


def test_whoever_refuses_analytics_anywhere_is_counted_and_not_kept(key: str) -> None:
    account = world.identifier("user_id", "jane")
    world.identifier("anonymous_id", "a1", of=account)
    with transaction.atomic():
        record_entries([NewEntry(keyed_hash("test"), ANALYTICS, DENIED, "api", utc_now(), identifier_id=account.pk)])
    sync(PlacementSpec(key="home", holdout=0.5))
    unit = experiments.queries.unit_hash(unit_of("anonymous_id", "a1"))
    said(post(key, told(answer("mug", variant="treated", unit=unit), seen("mug")), anonymous_id="a1"))
    assert Feedback.objects.get().identifier_id is None
    assert counts(variant="treated") == {"answers": 1, "impressions": 1}
    assert not Exposure.objects.exists()


def test_a_browser_that_says_gpc_under_a_law_that_hears_it_is_not_kept(key: str, settings: Settings) -> None:
    settings.CONSENT_DEFAULT_REGIME = "ccpa"
    world.identifier("anonymous_id", "a1")
    sync(PlacementSpec(key="home", holdout=0.5))
    unit = experiments.queries.unit_hash(unit_of("anonymous_id", "new"))
    said(post(key, told(answer("mug", variant="treated", unit=unit), seen("mug")), {"Sec-GPC": "1"}))
    assert not Exposure.objects.exists()
    assert Feedback.objects.get().identifier_id is None


def test_what_many_share_is_nobodys_feedback(key: str) -> None:
    world.identifier("anonymous_id", "kiosk", is_shared=True)
    said(post(key, told(answer("mug"), seen("mug")), anonymous_id="kiosk"))
    assert Feedback.objects.get().identifier_id is None


def test_a_public_key_names_no_person_and_a_server_key_anybody(key: str) -> None:
    person = world.identifier("user_id", "u1")
    refused = post(key, told(answer("mug"), seen("mug")), user_id="u1")
    assert said(refused, 403)["code"] == "write_key_reads_no_profile"
    assert not Feedback.objects.exists()
    server = {"Authorization": f"Bearer {make_server_key('shop', ['recommendations:read'])[1]}"}
    said(post("", told(answer("mug"), seen("mug")), server, user_id="u1"))
    assert Feedback.objects.get().identifier_id == person.pk
    assert said(post("", told(answer("mug"), seen("mug"))), 401)["code"] == "key_missing"


def test_the_first_impression_writes_the_exposure_and_later_ones_nothing(key: str) -> None:
    sync(PlacementSpec(key="home", holdout=0.5))
    unit = unit_of("anonymous_id", "a1")
    hashed = experiments.queries.unit_hash(unit)
    for nonce in "abc":
        said(post(key, told(answer("mug", nonce=nonce, variant="holdout", unit=hashed), seen("mug"))))
    assert [(one.experiment_key, one.variant) for one in experiments.queries.exposures_of(unit)] == [
        ("placement-home", "holdout")
    ]
    (found,) = earnings(utc_now().date() - timedelta(days=1), utc_now().date())
    assert [(side.variant, side.heads, side.earned.answers) for side in found.sides] == [("holdout", 1, 3)]


@pytest.mark.parametrize("limit", [3])
def test_a_public_key_tells_so_many_things_a_second(key: str, settings: Settings, limit: int) -> None:
    settings.INGEST_MAX_EVENTS_PER_SECOND = limit
    body = told(answer(*"abcdefgh"), seen(*"abcdefgh"))
    said(post(key, body))
    refused = post(key, body)
    assert said(refused, 429)["code"] == "rate_limited"
    assert int(refused["Retry-After"]) >= 1


def test_an_id_as_answered_comes_back(key: str) -> None:
    answered = Client().get(f"/v1/recommendations?writeKey={key}&strategy=popular")["X-Recommendation-Id"]
    assert read_id(answered, utc_now()).showed("mug")
    assert said(post(key, told(answered, seen("mug"))))["taken"] == 1
    assert counts(placement="api:popular") == {"answers": 1, "impressions": 1}


def test_any_origin_may_tell_and_no_other_method_is_taken(key: str) -> None:
    preflight = Client().options(PATH)
    assert (preflight.status_code, preflight["Access-Control-Allow-Methods"]) == (204, "POST, OPTIONS")
    assert Client().get(f"{PATH}?writeKey={key}").status_code == 405
    assert post(key, b"{")["Access-Control-Allow-Origin"] == "*"


@pytest.mark.django_db(transaction=True)
def test_the_same_feedback_from_many_threads_at_once_is_counted_once() -> None:
    world.products("mug", "cup", "pot")
    write_key = world.source().write_key
    one, other = answer("mug", "cup", nonce="a"), answer("mug", "pot", nonce="b")
    bodies = [
        [told(one, seen("mug")), told(other, seen("mug", "pot"), clicked("pot"))],
        [told(other, clicked("mug")), told(one, seen("cup"), clicked("cup"))],
    ]

    def work() -> None:
        for body in bodies * 3:
            said(post(write_key, body))

    in_threads(4, work)
    assert counts() == {"answers": 2, "clicked": 2, "impressions": 4, "clicks": 3}
    shown = {row.product_id: (row.impressions, row.clicks) for row in ShownProduct.objects.all()}
    assert shown == {"mug": (2, 1), "cup": (1, 1), "pot": (1, 1)}
