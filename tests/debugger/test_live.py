"""The live view: each item with its verdict, found by reading; masked without the right, bounded, quiet sources too."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from cdp.access.models import AuditEntry
from events.blanking import blank
from events.models import Event, Inbox, RejectedEvent, Source
from events.queries.debugging import MOST_ITEMS, newest_requests
from tests.events.conftest import Send

Work = Callable[[], int]
pytestmark = pytest.mark.django_db


def track(number: int, **more: Any) -> dict[str, Any]:
    return {"type": "track", "event": "Seen", "userId": "secret-user", "messageId": f"m{number}", **more}


def verdicts(source_id: int | None = None, **asked: Any) -> list[list[str]]:
    return [[item.verdict for item in one.items] for one in newest_requests(source_id, **asked)]


def test_each_item_is_told_with_what_became_of_it(send: Send, work: Work) -> None:
    send([track(1), {"type": "track", "userId": "u"}, track(1)])
    assert verdicts() == [["waiting", "waiting", "waiting"]]
    work()
    send([track(1, event="Other"), track(2), track(3)])
    row = Inbox.objects.order_by("-pk")[0]
    body = blank(bytes(row.body), path_type=row.path_type, indexes={2})
    Inbox.objects.filter(pk=row.pk).update(body=body)
    work()
    assert verdicts() == [["conflict", "accepted", "refused"], ["accepted", "rejected", "duplicate"]]


def test_a_quiet_source_is_seen_among_busy_ones(send: Send, work: Work, browser: Source) -> None:
    send([track(0)], key=browser.write_key)
    for number in range(1, 70):
        send([track(number)])
    work()
    found = newest_requests(browser.pk)
    assert [(one.source_id, one.items[0].verdict) for one in found] == [(browser.pk, "accepted")]
    assert browser.pk not in {one.source_id for one in newest_requests(None)}


def test_an_answer_is_bounded_and_says_how_much_is_left_out(send: Send) -> None:
    for request in range(6):
        send([track(request * 100 + number) for number in range(60)])
    found = newest_requests(None)
    assert sum(len(one.items) for one in found) == MOST_ITEMS
    assert [one.more for one in found] == [10, 10, 10, 10]


def test_the_page_asks_for_what_is_new_and_for_what_waited(boss: Client, send: Send, work: Work) -> None:
    send([track(1)])
    first = boss.get("/admin/events/live/items/").json()
    (request,) = first["requests"]
    assert (request["waits"], request["items"][0]["verdict"]) == (True, "waiting")
    work()
    Inbox.objects.create(pk=first["cursor"] + 500, source=Source.objects.get(), body=b'{"batch":[]}', items=0)
    query = {"after": first["cursor"] + 500, "again": str(request["id"])}
    found = boss.get("/admin/events/live/items/", query).json()
    item = next(one for one in found["requests"] if one["id"] == request["id"])["items"][0]
    assert (item["verdict"], item["ids"], item["name"]) == ("accepted", ["secret-user"], "Seen")
    assert item["links"][0] == ["Event", f"/admin/events/event/{Event.objects.get().pk}/change/"]
    assert item["links"][1][0] == "Person"


def test_ids_are_masked_and_raw_refused_without_the_right(clerk: Client, boss: Client, send: Send, work: Work) -> None:
    send([track(1), {"type": "track", "userId": "secret-user"}])
    work()
    page = clerk.get("/admin/events/live/items/")
    assert b"secret-user" not in page.content
    items = page.json()["requests"][0]["items"]
    rejected = RejectedEvent.objects.get()
    assert items[1]["links"] == [["Quarantine", f"/admin/events/rejectedevent/{rejected.pk}/change/"]]
    raw = f"/admin/events/live/raw/{rejected.inbox_id}/0/"
    assert clerk.get(raw).status_code == 403
    assert not AuditEntry.objects.exists()
    assert json.loads(boss.get(raw).json()["raw"]) == track(1)
    assert AuditEntry.objects.get().subject == f"inbox:{rejected.inbox_id}:0"
    assert boss.get("/admin/events/live/raw/0/0/").status_code == 404


def test_who_may_not_view_the_inbox_gets_nothing(client: Client, django_user_model: Any) -> None:
    client.force_login(django_user_model.objects.create_user("guest", is_staff=True))
    for path in ("live/", "live/items/", "live/raw/1/0/", "counters/", "replay/"):
        assert client.get(f"/admin/events/{path}").status_code == 403


def test_the_pages_polled_ask_the_same_number_of_questions_however_much_is_seen(
    boss: Client, send: Send, work: Work, django_assert_max_num_queries: Any
) -> None:
    for number in range(20):
        send([track(number), {"type": "track", "userId": "u"}])
    work()
    with django_assert_max_num_queries(14):
        boss.get("/admin/events/live/items/")


def test_a_user_token_is_shown_to_nobody(boss: Client, send: Send, work: Work) -> None:
    send([track(1, context={"userToken": "head.claims.signature", "locale": "de"})])
    row = Inbox.objects.get()
    shown = boss.get(f"/admin/events/live/raw/{row.pk}/0/").json()["raw"]
    assert '"userToken": "•••"' in shown
    assert "signature" not in shown + boss.get(f"/admin/events/inbox/{row.pk}/change/").text
