"""The canary: one person is planted everywhere through the real doors, erased with work in flight, and searched for.

In every column of every table, in Valkey, in files and in the lake's Parquet: nothing is found, and nothing comes back.
"""

import json
import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import redis
from django.conf import settings as django_settings
from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection
from django.test import Client
from pytest_django import Settings

from automation import services as automation
from automation.models import Enrollment
from cdp.access.services import make_server_key
from cdp.alarms.services import raise_alarm
from cdp.lib.clock import utc_now
from cdp.lib.hashing import address_hash
from cdp.lib.rights import Person
from commerce.models import Order
from consent.models import Suppression, Tombstone
from decisions.models import Decision
from events.models import Event, Inbox, RejectedEvent, Source
from imports.models import Import
from lake.registry import projections
from lake.services.compacting import clean
from lake.services.projecting import project
from offers.models import Code
from offers.services.giving import give
from privacy import stores as gathered
from privacy.models import Letter, Request
from privacy.services import ErasureIncomplete, erase_person, exporting, find_person, to_json
from profiles.models import Identifier
from profiles.queries import find
from recommendations import services as recommendations
from recommendations.training import Params
from segments import services as segments
from segments.contracts import SegmentDraft
from segments.models import Membership
from tests.decisions.deciding_world import SCOPES, place, table
from tests.imports.world import run, take
from tests.mailing.rows import message
from tests.offers.ledgers import live, pooled, redeem
from tests.privacy.everywhere import hits

pytestmark = pytest.mark.django_db(transaction=True)

EMAIL, PHONE, USER, DEVICE = "canary-7f3@example.org", "+4915112345678", "canary-user-7f3", "canary-device-7f3"
TRAIT, PROPERTY, SEARCHED, CART = "canary-trait-7f3", "canary-property-7f3", "canary search 7f3", "canary-cart-7f3"
CANARIES = (EMAIL, PHONE, USER, DEVICE, TRAIT, PROPERTY, SEARCHED, CART, EMAIL.replace("@", "%40"))
Drain = Callable[..., int]


@pytest.fixture(autouse=True)
def _folders(settings: Settings, tmp_path: Path) -> None:
    settings.VAR_DIR = tmp_path / "var"
    settings.IMPORTS_DIR = tmp_path / "var" / "imports"
    settings.EXPORTS_DIR = tmp_path / "var" / "exports"
    (tmp_path / "var" / "logs").mkdir(parents=True)
    with redis.Redis.from_url(django_settings.REDIS_URL) as client:
        client.flushdb()


@pytest.fixture
def server() -> Source:
    return Source.objects.create(name="backend", kind=Source.Kind.SERVER)


def send(source: Source, *items: dict[str, Any], raw: bytes | None = None) -> None:
    body = raw if raw is not None else json.dumps({"batch": items}).encode()
    answer = Client().post("/v1/batch", body, content_type="text/plain", HTTP_X_WRITE_KEY=source.write_key)
    assert answer.status_code == 200, answer.content


def track(event: str, message_id: str, *, user: str = USER, **properties: Any) -> dict[str, Any]:
    at = (utc_now() - timedelta(minutes=5)).isoformat()
    context = {"device": {"id": "phone-1"}, "traits": {"email": EMAIL}} if user == USER else {}
    kind = {"type": "track", "event": event, "messageId": message_id, "timestamp": at}
    return kind | {"userId": user, "properties": properties, "context": context}


def identify() -> dict[str, Any]:
    traits = {"email": EMAIL, "phone": PHONE, "nickname": TRAIT}
    return {"type": "identify", "userId": USER, "anonymousId": DEVICE, "messageId": "i1", "traits": traits}


def shop_life(source: Source) -> list[dict[str, Any]]:
    line: dict[str, Any] = {"product_id": "p1", "name": "Lamp", "price": 9.5, "quantity": 1, "cart_id": CART}
    return [
        identify(),
        track("Products Searched", "m1", query=SEARCHED),
        track("Product Viewed", "m2", product_id="p1", note=PROPERTY),
        track("Product Added", "m3", **line),
        track("Order Completed", "m4", order_id="o-1", cart_id=CART, products=[line], revenue=9.5),
        track("Product Viewed", "b1", user="bystander", product_id="p1"),
        {"type": "group", "userId": USER, "groupId": "g-canary-7f3", "messageId": "g1", "traits": {"name": TRAIT}},
    ]


def plant(source: Source, drain: Drain, *, is_learned: bool = False) -> None:
    """A life in the shop, processed and projected; and duplicates, quarantine, waiting requests, an import half way."""
    send(source, *shop_life(source))
    drain()
    for projection in projections():
        project(projection, at_once=True)
    send(source, *shop_life(source))  # all of it again: duplicates, which no event points to
    broken = json.dumps({"type": "track", "userId": USER, "event": None, "properties": {"email": EMAIL}})
    send(source, raw=b'{"batch":[' + broken.encode() + b"]}")
    drain()
    queue_a_mail()
    be_given_an_offer_and_a_page()
    if is_learned:
        be_counted_and_learned(source, drain)
    answer_an_access_request()
    staff = get_user_model().objects.create_user("staff")
    session = SessionStore()
    session["searched"] = EMAIL
    session.save()
    LogEntry.objects.create(user=staff, action_flag=2, object_repr=EMAIL, change_message=f"looked at {USER}")
    raise_alarm("test.alarm", "", f"{EMAIL} made trouble")
    with redis.Redis.from_url(django_settings.REDIS_URL) as client:
        client.set(f"cached:{EMAIL}", TRAIT)
        client.rpush("list", f"hello {USER}")
    (Path(django_settings.VAR_DIR) / "logs" / "web.log").write_text(f"one\nsomebody logged {EMAIL} here\ntwo\n")
    send(source, track("Product Viewed", "w1", product_id="p2", note=PROPERTY))  # waits in the inbox
    send(source, *shop_life(source))
    job = take(f"email,nickname,user_id\n{EMAIL},{TRAIT},{USER}\nother@example.org,Other,other-user\n", "people")
    run(job)  # its events wait in the inbox, too


def answer_an_access_request() -> None:
    """Done, with its ZIP still to be downloaded."""
    now, own = utc_now(), address_hash(EMAIL)
    request = Request.objects.create(
        kind=Request.Kind.ACCESS, state=Request.State.DONE, regime="gdpr", came_by="page", address=EMAIL,
        address_hash=own, person=to_json(planted()), received_at=now, verified_at=now, due_at=now, closed_at=now,
    )  # fmt: skip
    exporting.make(request, planted(), now)
    Letter.objects.create(kind="ready", address=EMAIL, address_hash=own, request=request, facts={"name": TRAIT})


def be_counted_and_learned(source: Source, drain: Drain) -> None:
    """A live segment she is in, and a model that was trained on her orders among others'."""
    lines = [[{"product_id": f"p{number}", "price": 2, "quantity": 1}] for number in range(1, 4)]
    orders = [
        track("Order Completed", f"t{who}{n}", user=user, order_id=f"o-{who}-{n}", products=one, revenue=2)
        for who, user in enumerate((USER, *(f"buyer-{number}" for number in range(6))))
        for n, one in enumerate(lines)
    ]
    send(source, *orders)
    drain()
    saved = segments.save_segment(SegmentDraft("buyers", "Buyers", {"did": "Order Completed"}), by=None)
    segments.recompute(saved.segment_id)
    recommendations.train(
        Params(parts={"taste": {"min_people": 2}}), now=utc_now(), job_id=None, report=lambda *_: None
    )


def queue_a_mail() -> None:
    """As the journey leaves it: written, not yet handed over."""
    made = automation.ensure_default_journeys()
    at, hers = utc_now() - timedelta(hours=1), find("user_id", USER)
    assert hers is not None
    enrollment = Enrollment.objects.create(
        state="armed",
        journey=made,
        identifier_id=hers.id,
        cart_key=f"cart:{CART}",
        occasion=f"o:{CART}",
        armed_at=at,
        due_at=at,
    )
    message(
        EMAIL, sender_id=made.pk, about_id=enrollment.pk, step="mail", identifier_id=hers.id, subject=f"Dear {TRAIT}",
        html=f"<p>{PROPERTY}</p>", text=SEARCHED, message_id=f"<{USER}@x>", occasion=f"o:{CART}",
    )  # fmt: skip


def be_given_an_offer_and_a_page() -> None:
    """A code in a mail, used under the shop's own key; a decision with what a bandit was told, and what came of it."""
    hers, now = find("user_id", USER), utc_now()
    assert hers is not None
    pooled(live(cap_per_person=3), "ONE-7", "TWO-7")
    given = give("ten", hers.id, f"mail:{USER}", now)
    redeem(f"cart:{CART}", now, code=given.code, identifier_id=hers.id, order_id="o-1")
    place("hero", table({"id": "all", "show": 1}))
    key = make_server_key("shop", SCOPES)[1]

    def post(path: str, body: dict[str, Any]) -> Any:
        headers = {"Authorization": f"Bearer {key}"}
        answer = Client().post(f"/v1/{path}", json.dumps(body), content_type="application/json", headers=headers)
        assert answer.status_code in (200, 202), answer.content
        return answer.json()

    for asked in ({"user_id": USER}, {"anonymous_id": DEVICE}):
        body = {"placements": ["hero"], "idempotency_key": f"page:{USER}", **asked}
        [one] = post("decide", body)["decisions"]
        told = {"decision_id": one["decision_id"], "kind": "click", "occasion": f"click:{USER}"}
        post("conversions", {"conversions": [told]})
    Decision.objects.update(features={"note": TRAIT})


def erase(person: Person, drain: Drain, at: Any = None) -> None:
    """As the service does it: again after what was under way has been worked."""
    now = at or utc_now()
    try:
        list(erase_person(person, now))
    except ErasureIncomplete:
        drain()
        list(erase_person(person, now))


def be_rid() -> None:
    """What the clock does to the lake's old files twenty minutes later."""
    for projection in projections():
        clean(projection, utc_now() + timedelta(minutes=20))


def planted() -> Person:
    person = find_person("email", EMAIL.upper())
    assert person is not None
    assert {one.value for one in person.identifiers} >= {EMAIL, PHONE, USER, DEVICE}
    return person


def test_an_erased_person_is_found_nowhere_and_does_not_come_back(server: Source, drain: Drain) -> None:
    plant(server, drain, is_learned=True)
    assert len(hits(CANARIES)) > 15, "the canaries were not planted everywhere"
    person = planted()
    assert Membership.objects.filter(profile_id__in=person.profile_ids, left_at=None).count() == 1
    assert "models" in " ".join(hits(["p1"])), "no model was trained"
    erase(person, drain)
    drain()
    be_rid()
    assert hits(CANARIES) == []
    assert not Membership.objects.filter(profile_id__in=person.profile_ids).exists()
    assert Membership.objects.filter(left_at=None).count() == 6
    assert Order.objects.filter(identifier_id=None).count() == 4
    assert [(row.uses, row.identifier_id) for row in Code.objects.order_by("pk")] == [(1, None), (0, None)]
    assert set(Decision.objects.values_list("identifier_id", "unit_hash", "answer")) == {(None, None, None)}
    assert find("user_id", "bystander") is not None
    assert Event.objects.filter(properties__product_id="p1").count() == 1  # the bystander's
    assert Tombstone.objects.count() >= 4
    assert Suppression.objects.get(address_hash=person.address_hashes[0]).reason == "erasure"

    # Late copies, a replay and the same file again: refused, and blanked where they stand.
    send(server, *shop_life(server))
    run(take(f"email,nickname,user_id\n{EMAIL},{TRAIT},{USER}\n", "people", name="again.csv"))
    drain()
    erase(person, drain, Tombstone.objects.order_by("-erased_at").values_list("erased_at", flat=True)[0])
    assert hits(CANARIES) == []
    assert find("user_id", USER) is None

    # Who signs up again is somebody new.
    later = (utc_now() + timedelta(seconds=1)).isoformat()
    send(server, {"type": "identify", "userId": USER, "messageId": "new", "timestamp": later, "traits": {}})
    drain()
    back = find("user_id", USER)
    assert back is not None
    assert back.profile_id not in person.profile_ids
    assert Event.objects.filter(identifier_id=back.id).count() == 1


@pytest.mark.parametrize(
    ("store", "trace"),
    [
        ("events", "events_event."),
        ("raw requests", "events_inbox.body"),
        ("imports", "imports_import."),
        ("valkey", "valkey"),
        ("logs", "web.log"),
        ("staff sessions", "django_admin_log."),
        ("alarms", "alarms_alarm."),
        ("profiles", "profiles_profile.traits"),
        ("carts", "commerce_cart."),
        ("messages", "mailing_message."),
        ("offers", "offers_redemption.key"),
        ("decisions", "decisions_decision.features"),
        ("lake", ".parquet"),
        ("privacy", "exports/"),
    ],
)
def test_a_store_that_is_left_out_is_noticed(
    store: str, trace: str, server: Source, drain: Drain, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Negative control: without any one store the canary is found again."""
    plant(server, drain)
    person = planted()
    known = gathered.stores()
    left = tuple(one for one in known if one.name != store)
    assert len(left) == len(known) - 1
    monkeypatch.setattr("privacy.services.erasing.stores", lambda: left)
    with suppress(ErasureIncomplete):  # another store may notice, too
        list(erase_person(person, utc_now()))
    assert trace in " ".join(hits(CANARIES))


def test_erasing_can_begin_again_wherever_it_died(server: Source, drain: Drain) -> None:
    """Killed after each store in turn, then run to its end: nothing is left, and a second run changes nothing."""
    plant(server, drain)
    person, now = planted(), utc_now()
    for steps in range(1, 30, 3):
        for _, _ in zip(range(steps), erase_person(person, now), strict=False):
            pass
    erase(person, drain, now)
    drain()
    be_rid()
    assert hits(CANARIES) == []


def test_kill_9_at_any_moment_leaves_nothing_half_done_for_good(server: Source, drain: Drain) -> None:
    plant(server, drain)
    person, now = planted(), utc_now()
    for after_s in (0.01, 0.03, 0.06, 0.1, 0.2):
        connection.close()
        child = os.fork()
        if not child:
            try:
                list(erase_person(person, now))
            finally:
                os._exit(0)
        time.sleep(after_s)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    erase(person, drain, now)
    drain()
    be_rid()
    assert hits(CANARIES) == []


def test_the_quarantine_and_raw_requests_keep_what_is_not_theirs(server: Source, drain: Drain) -> None:
    plant(server, drain)
    person = planted()
    before = Inbox.objects.count()
    erase(person, drain)
    assert Inbox.objects.count() == before
    bodies = [bytes(row.body) for row in Inbox.objects.all()]
    assert sum(b"bystander" in body for body in bodies) == 3
    assert all(row.resolution == "dismissed" for row in RejectedEvent.objects.all())
    assert Import.objects.get().path == ""
    assert not Identifier.objects.filter(kind="erased").exists()
