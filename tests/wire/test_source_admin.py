"""A source's form says whom it is believed for, kind by kind; conflicts have a page that leads to the request."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from events.models import Inbox, MessageConflict, Source
from tests.wire.conftest import Send

pytestmark = pytest.mark.django_db
DEFAULT = {
    "trust_anonymous_id": "believed",
    "trust_user_id": "believed",
    "trust_email": "with_token",
    "trust_phone": "with_token",
    "trust_device_id": "ignored",
}


@pytest.fixture
def boss(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("boss", password="a long enough word"))
    return client


def saved(boss: Client, source: Source, **changes: str) -> Any:
    given = {"name": source.name, "kind": source.kind, "enabled": "on", "country": "", **DEFAULT, **changes}
    answer = boss.post(f"/admin/events/source/{source.pk}/change/", given)
    source.refresh_from_db()
    return answer


def test_the_form_opens_with_the_defaults_and_saving_them_keeps_them_defaults(boss: Client, pages: Source) -> None:
    page = boss.get(f"/admin/events/source/{pages.pk}/change/")
    assert {name: page.context["adminform"].form.initial[name] for name in DEFAULT} == DEFAULT
    assert saved(boss, pages).status_code == 302
    assert (pages.asserts, pages.with_token) == ([], [])


def test_user_ids_may_be_made_to_need_a_token_and_that_is_seen_again(boss: Client, pages: Source) -> None:
    saved(boss, pages, trust_user_id="with_token", country="de")
    assert (pages.asserts, pages.with_token, pages.country) == (["anonymous_id"], ["email", "phone", "user_id"], "DE")
    page = boss.get(f"/admin/events/source/{pages.pk}/change/")
    assert page.context["adminform"].form.initial["trust_user_id"] == "with_token"
    saved(boss, pages)
    assert (pages.asserts, pages.with_token, pages.country) == ([], [], "")


def test_kinds_without_a_choice_stay_as_they_were(boss: Client, pages: Source) -> None:
    Source.objects.filter(pk=pages.pk).update(asserts=["anonymous_id", "ga_client_id"], with_token=[])
    pages.refresh_from_db()
    saved(boss, pages)
    assert pages.asserts == ["anonymous_id", "user_id", "ga_client_id"]


def test_a_server_that_needs_a_token_for_one_kind_is_believed_every_other(boss: Client, backend: Source) -> None:
    every = dict.fromkeys(DEFAULT, "believed")
    saved(boss, backend, **{**every, "trust_email": "with_token"})
    assert (backend.asserts, backend.with_token) == ([], ["email"])
    saved(boss, backend, **every)
    assert (backend.asserts, backend.with_token) == ([], [])


def test_a_source_of_another_kind_has_that_kinds_default(boss: Client, pages: Source) -> None:
    saved(boss, pages, trust_user_id="with_token")
    saved(boss, pages, trust_user_id="with_token", kind="server")
    assert (pages.kind, pages.asserts, pages.with_token) == ("server", [], [])


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        (dict.fromkeys(DEFAULT, "ignored"), "Believe at least one kind"),
        ({"country": "D1"}, "No country is called this"),
        ({"country": "ß"}, "No country is called this"),
        ({"trust_device_id": "with_token"}, "Select a valid choice"),
    ],
)
def test_what_cannot_be_is_refused_in_words_and_changes_nothing(
    changes: dict[str, str], why: str, boss: Client, pages: Source
) -> None:
    answer = saved(boss, pages, **changes)
    assert answer.status_code == 200
    assert why in answer.content.decode()
    assert (pages.asserts, pages.with_token, pages.country) == ([], [], "")


def test_a_country_may_be_named(boss: Client, pages: Source) -> None:
    saved(boss, pages, country="Germany")
    pages.refresh_from_db()
    assert pages.country == "DE"


def test_who_may_only_look_sees_the_choices_in_words(pages: Source) -> None:
    clerk = User.objects.create_user("clerk", is_staff=True)
    clerk.user_permissions.set(Permission.objects.filter(codename="view_source"))
    client = Client()
    client.force_login(clerk)
    page = client.get(f"/admin/events/source/{pages.pk}/change/").content.decode()
    assert "Only with a user token that vouches for it" in page
    assert 'type="radio"' not in page


def test_conflicts_are_listed_with_a_link_to_the_request_in_as_many_questions_at_three_rows(
    boss: Client, backend: Source, send: Send
) -> None:
    send(backend, {"type": "page", "userId": "u1"})
    inbox = Inbox.objects.get().pk

    def note(digest: int) -> None:
        row: dict[str, Any] = {"source_id": backend.pk, "message_hash": b"m" * 16, "inbox_id": inbox, "index": 3}
        MessageConflict.objects.create(digest=digest, **row)

    def questions() -> int:
        with CaptureQueriesContext(connection) as found:
            page = boss.get("/admin/events/messageconflict/")
        assert page.status_code == 200
        assert f"/admin/events/inbox/{inbox}/change/" in page.content.decode()
        assert "shop backend" in page.content.decode()
        return len(found)

    note(1)
    questions()
    one = questions()
    note(2)
    note(3)
    assert questions() == one
    only = MessageConflict.objects.order_by("id")[0]
    assert boss.get(f"/admin/events/messageconflict/{only.pk}/change/").status_code == 200
