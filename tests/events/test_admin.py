"""The events admin: lists at one and three rows, bytes hidden without the right, replay."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from events.admin_parts import readable
from events.models import Event, Inbox, RejectedEvent, Source
from tests.events.conftest import Send

Work = Callable[[], int]


@pytest.fixture
def boss(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("boss", password="a long enough word"))
    return client


@pytest.fixture
def clerk(db: None) -> Client:
    user = User.objects.create_user("clerk", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(content_type__app_label="events", codename__startswith="view_"))
    client = Client()
    client.force_login(user)
    return client


def items(count: int, start: int = 0) -> list[dict[str, Any]]:
    return [
        {"type": "track", "event": "Seen", "userId": "secret-user", "messageId": f"m{start + n}"} for n in range(count)
    ]


BAD = [{"type": "track", "userId": "secret-user"}]


@pytest.mark.parametrize("page", ["source", "inbox", "event", "rejectedevent"])
def test_lists_ask_the_same_number_of_questions_at_one_and_three_rows(
    page: str, boss: Client, send: Send, work: Work
) -> None:
    def questions() -> int:
        with CaptureQueriesContext(connection) as found:
            assert boss.get(f"/admin/events/{page}/").status_code == 200
        return len(found)

    send(items(1) + BAD)
    work()
    questions()
    one = questions()
    for number in range(2):
        send(items(1, 10 + number) + BAD)
        Source.objects.create(name=f"more {number}")
    work()
    assert questions() == one


def test_raw_bytes_are_shown_only_with_the_right_to_view_personal_data(
    boss: Client, clerk: Client, send: Send, work: Work
) -> None:
    send(items(1) + BAD)
    work()
    for page in (
        f"inbox/{Inbox.objects.get().pk}",
        f"event/{Event.objects.get().pk}",
        f"rejectedevent/{RejectedEvent.objects.get().pk}",
    ):
        assert b"hidden: needs the right" in clerk.get(f"/admin/events/{page}/change/").content
        assert b"hidden: needs the right" not in boss.get(f"/admin/events/{page}/change/").content
    assert b"secret-user" in boss.get(f"/admin/events/inbox/{Inbox.objects.get().pk}/change/").content
    assert b"secret-user" not in clerk.get(f"/admin/events/inbox/{Inbox.objects.get().pk}/change/").content


def test_a_source_shows_its_key_its_how_to_and_its_days(boss: Client, send: Send, work: Work, server: Source) -> None:
    send(items(2) + BAD)
    work()
    page = boss.get(f"/admin/events/source/{server.pk}/change/").content.decode()
    assert server.write_key in page
    assert "segment.analytics" in page
    assert "duplicates" in page


def test_a_new_source_shows_no_key_before_it_is_saved_and_then_the_one_that_counts(boss: Client) -> None:
    page = boss.get("/admin/events/source/add/").content.decode()
    assert "made when you save" in page
    assert "wk_" not in page
    boss.post("/admin/events/source/add/", {"name": "Shop", "kind": "browser", "enabled": "on"})
    source = Source.objects.get(name="Shop")
    assert source.write_key in boss.get(f"/admin/events/source/{source.pk}/change/").content.decode()


def test_replay_is_an_action_for_those_who_may_change(boss: Client, clerk: Client, send: Send, work: Work) -> None:
    send(BAD)
    work()
    row = RejectedEvent.objects.get()
    RejectedEvent.objects.update(raw=b'{"type":"track","event":"Seen","userId":"u","messageId":"fixed"}')
    choice = {"action": "replay", "_selected_action": [row.pk]}
    clerk.post("/admin/events/rejectedevent/", choice)
    assert Inbox.objects.count() == 1
    assert boss.post("/admin/events/rejectedevent/", choice).status_code == 302
    assert Inbox.objects.count() == 2
    work()
    assert Event.objects.get().name == "Seen"


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        (b'{"a": {"b": "<i>"}}', "{\n  &quot;a&quot;: {\n    &quot;b&quot;: &quot;&lt;i&gt;&quot;\n  }\n}"),
        (b"{not json", "{not json"),
        (b'"\\ud800"', "&quot;?&quot;"),
        (b"\xff", "\ufffd"),
    ],
)
def test_bytes_are_shown_indented_and_escaped_whatever_they_are(raw: bytes, shown: str) -> None:
    assert readable(raw) == f'<pre class="h-pre">{shown}</pre>'


def test_a_long_body_is_indented_and_cut_with_its_size() -> None:
    page = readable(b"[" + b"1," * 50_000 + b"1]")
    assert "[\n  1,\n  1," in page
    assert page.endswith("… cut here: 100,003 bytes in all</pre>")
    assert len(page) < 70_000
