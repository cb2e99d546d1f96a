"""Quarantine, counters and replay as staff use them."""

from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from cdp.access.models import AuditEntry
from cdp.jobs.models import Job
from events.models import Event, RejectedEvent, Source
from tests.events.conftest import Send

Work = Callable[[], int]
pytestmark = pytest.mark.django_db(transaction=True)
BAD = {"type": "track", "event": "Product Added", "messageId": "b1", "properties": {"price": 19.90}}
GOOD = '{"type": "track", "event": "Product Added", "messageId": "b1", "userId": "u1", "properties": {"price": 19.90}}'


@pytest.fixture
def item(send: Send, work: Work) -> RejectedEvent:
    send([BAD])
    work()
    return RejectedEvent.objects.get()


def page_of(row: RejectedEvent) -> str:
    return f"/admin/events/rejectedevent/{row.pk}/change/"


def test_the_list_begins_with_what_is_open_by_reason(boss: Client, clerk: Client, item: RejectedEvent) -> None:
    page = boss.get("/admin/events/rejectedevent/")
    assert "missing_id of Product Added from backend" in page.text
    assert "Replay this one" in page.text
    assert (
        f"many/replay/?stage=validate&amp;reason=missing_id&amp;name=Product+Added&amp;source_id={item.source_id}"
        in (page.text)
    )
    assert "Replay this one" not in clerk.get("/admin/events/rejectedevent/").text
    assert boss.get("/admin/events/rejectedevent/?state=open&q=userId").status_code == 200


def test_an_item_is_checked_mended_and_replayed_on_its_page(boss: Client, item: RejectedEvent, work: Work) -> None:
    page = boss.get(page_of(item))
    assert "It names nobody." in page.text
    assert "19.9" in page.text
    assert AuditEntry.objects.filter(subject=f"rejectedevent:{item.pk}").count() == 1
    checked = boss.post(page_of(item), {"do": "check", "body": GOOD})
    assert "It would be stored now" in checked.text
    assert "It would be refused again" in boss.post(page_of(item), {"do": "check", "body": "{}"}).text
    item.refresh_from_db()
    assert (item.edited, item.resolved_at) == (None, None)
    boss.post(page_of(item), {"do": "replay", "body": GOOD})
    work()
    item.refresh_from_db()
    assert bytes(item.edited or b"") == GOOD.encode()
    assert Event.objects.get().properties == {"price": 19.90}
    assert "sent again as" in boss.get(page_of(item)).text.lower()


def test_opening_and_replaying_without_a_change_edits_nothing(boss: Client, item: RejectedEvent) -> None:
    shown = boss.get(page_of(item)).context["body"]
    boss.post(page_of(item), {"do": "replay", "body": shown.replace("\n", "\r\n")})
    item.refresh_from_db()
    assert (item.edited, item.resolution) == (None, "replayed")


def test_an_item_is_dismissed_with_its_reason_and_opened_again(boss: Client, item: RejectedEvent) -> None:
    boss.post(page_of(item), {"do": "dismiss", "note": "a test"})
    page = boss.get(page_of(item))
    assert "a test" in page.text
    assert "boss@example.com" in page.text
    boss.post(page_of(item), {"do": "reopen"})
    item.refresh_from_db()
    assert item.resolved_at is None


def test_without_rights_bytes_are_hidden_and_nothing_is_done(clerk: Client, item: RejectedEvent) -> None:
    assert "hidden: needs the right" in clerk.get(page_of(item)).text
    for what in ("replay", "dismiss", "save", "reopen"):
        assert clerk.post(page_of(item), {"do": what, "body": GOOD, "note": "x"}).status_code == 403
    assert clerk.get("/admin/events/rejectedevent/many/replay/").status_code == 403
    item.refresh_from_db()
    assert (item.resolved_at, item.edited) == (None, None)


def test_a_group_is_replayed_as_a_job_once_it_was_confirmed(boss: Client, item: RejectedEvent) -> None:
    many = "/admin/events/rejectedevent/many/replay/"
    page = boss.get(many, {"reason": "missing_id", "name": "Product Added"})
    assert "1 open item is meant" in page.text
    assert not Job.objects.exists()
    boss.post(many, {"reason": "missing_id", "name": "Product Added", "source_id": str(item.source_id)})
    job = Job.objects.get()
    assert (job.kind, job.params["total"], job.params["filter"]["name"]) == ("events.replay_items", 1, "Product Added")
    assert "has no zone" in boss.get(many, {"since": "2026-03-01T08:00"}).text


def test_the_counters_page_adds_up_and_narrows_to_a_source(boss: Client, item: RejectedEvent) -> None:
    page = boss.get("/admin/events/counters/")
    assert page.context["total"].received == 1
    assert page.context["lines"][0].share == "100.0%"
    narrowed = boss.get("/admin/events/counters/", {"source": str(item.source_id)})
    assert "backend, 30 days" in narrowed.text
    source = boss.get(f"/admin/events/source/{item.source_id}/change/").text
    assert f"/admin/events/live/?source={item.source_id}" in source


def test_the_replay_page_counts_first_and_queues_a_job(boss: Client, item: RejectedEvent) -> None:
    page = boss.get("/admin/events/replay/", {"mode": "rebuild", "source": str(item.source_id)})
    assert "1 request with 1 event" in page.text
    assert "has no zone" in boss.get("/admin/events/replay/", {"mode": "again", "since": "2026-03-01T08:00"}).text
    wrong = {"mode": "again", "since": "2026-03-02T08:00Z", "until": "2026-03-01T08:00Z"}
    assert "must be later" in boss.get("/admin/events/replay/", wrong).text
    boss.post("/admin/events/replay/", {"mode": "rebuild", "source": "", "since": "", "until": ""})
    job = Job.objects.get()
    assert (job.kind, job.params) == (
        "events.replay",
        {"source": None, "since": None, "until": None, "rebuild": True},
    )
    assert "Rebuild: all sources" in boss.get("/admin/events/replay/").text


def said(*args: Any, **options: Any) -> str:
    out = StringIO()
    call_command("replay", *args, stdout=out, **options)
    return out.getvalue()


def test_the_command_replays_and_says_what_it_did(send: Send, work: Work, server: Source) -> None:
    send([{"type": "track", "event": "Seen", "userId": "u1", "messageId": "m1"}])
    work()
    assert "1 requests with 1 events" in said("--dry-run")
    assert not Job.objects.exists()
    assert "1 events gone through, 0 stored" in said("--source", "backend")
    assert "1 stored, 1 taken out before" in said("--source", str(server.pk), "--rebuild")
    assert "0 requests with 0 events" in said("--to", "2020-01-01T00:00Z")


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("--from", "2026-03-01T08:00"), "has no zone: add one, e.g. 2026-03-01T08:00Z"),
        (("--to", "soon"), "is no time"),
        (("--source", "nobody"), "there is none. Sources: 'backend'"),
        (("--from", "2026-03-02T00:00Z", "--to", "2026-03-01T00:00Z"), "--to must be later"),
    ],
)
def test_the_command_names_what_is_wrong(args: tuple[str, ...], words: str, server: Source) -> None:
    with pytest.raises(CommandError, match=words):
        said(*args)


@pytest.mark.parametrize("number", ["²", "9" * 25, "9" * 5000, "-1", "x"])
def test_an_address_with_a_number_that_is_none_is_answered(number: str, boss: Client) -> None:
    pages = ["live/?source=", "live/items/?after=", "live/items/?source=", "live/items/?again=", "counters/?source="]
    pages += ["replay/?mode=plain&source=", "rejectedevent/?source_id=", "rejectedevent/many/replay/?source_id="]
    for page in pages:
        assert boss.get(f"/admin/events/{page}{number}").status_code in (200, 302), page
    assert boss.get(f"/admin/events/rejectedevent/{number}/change/").status_code == 404
    assert boss.get(f"/admin/events/live/raw/{'9' * 25}/0/").status_code == 404


@pytest.mark.parametrize("asked", ["text=%00", "since=9999-12-31T23:59:59-23:00", "until=0001-01-01T00:00%2B14:00"])
def test_a_filter_no_database_can_answer_is_answered(asked: str, boss: Client) -> None:
    assert boss.get(f"/admin/events/rejectedevent/many/replay/?{asked}").status_code == 200
    assert boss.get(f"/admin/events/replay/?mode=plain&{asked}").status_code == 200
