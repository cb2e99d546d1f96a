"""The preview of a mail: rendered for real, as somebody, in a frame that may do nothing; test mails are no messages."""

import json

import pytest
from django.db import transaction
from django.test import Client
from pytest_django import Settings

from cdp.access.models import AuditEntry
from cdp.lib.clock import utc_now
from cdp.lib.hashing import address_hash
from consent.models import Entry, MailPreference, Suppression
from consent.services import suppress
from mailing.models import Message
from profiles import queries as profiles
from profiles.models import Profile
from tests.admin_mail.pages import HOSTILE, LOOKER, MARKETER, content, made, send, url
from tests.automation.sink import Sink
from tests.mailing.world import person
from tests.segments.pages import staff

pytestmark = pytest.mark.django_db
GREETING = '<p>Hello {{ person.first_name | default: "there" }}, {{ person.email }}.</p>'


def frame(client: Client, address: str, **asked: object) -> str:
    answer = client.post(address, {"asked": json.dumps({"locale": "en", **asked})})
    assert answer.status_code == 200
    return str(answer.text)


def test_what_a_hostile_author_writes_neither_runs_nor_loads() -> None:
    row, client = made(html=HOSTILE), staff(*LOOKER)

    saved = client.get(url(row, "frame/"))
    typed = client.post(url(row, "frame/"), {"asked": json.dumps({"content": content(html=HOSTILE), "locale": "en"})})
    page = client.get(url(row))

    for answer in (saved, typed):
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "sandbox" in policy.split("; ")[-1]
        assert "script-src" not in policy
        assert "no-store" in answer.headers["Cache-Control"]
        assert not any(word in answer.text for word in ("<script", "onerror", "<iframe", "javascript:"))
    assert "<script>alert" not in page.text
    assert 'sandbox=""' in page.text
    assert "'unsafe-inline'" not in page.headers["Content-Security-Policy"]


def test_dark_and_light_are_shown_whatever_the_readers_screen_is() -> None:
    row, client = made(), staff(*LOOKER)
    light, dark = (frame(client, url(row, "frame/"), content=content(), scheme=one) for one in ("light", "dark"))

    assert "prefers-color-scheme: dark" not in light + dark
    assert ("(max-width: 0px)" in light, "(min-width: 0px)" in dark) == (True, True)


def test_the_script_gets_subject_text_and_findings_that_say_where() -> None:
    row, client = made(), staff(*LOOKER)
    asked = {"content": content("Hello {{ person.frist_name }}"), "locale": "en"}

    found = send(client, url(row, "check/"), asked).json()

    assert set(found) == {"subject", "preheader", "text", "note", "findings"}
    assert (found["findings"][0]["level"], found["findings"][0]["field"]) == ("error", "subject")
    assert "person.first_name" in found["findings"][0]["message"]


def test_a_mail_without_a_subject_is_shown_all_the_same() -> None:
    row, client = made(), staff(*LOOKER)

    found = send(client, url(row, "check/"), {"content": content(subject=""), "locale": "en"}).json()

    assert found["subject"] == "(no subject yet)"
    assert [one["field"] for one in found["findings"] if one["level"] == "error"] == ["subject"]


def test_somebody_is_shown_masked_to_those_who_see_people_masked_and_each_look_is_audited() -> None:
    identifier = person("ada@example.com")
    (ada,) = profiles.profiles_of_identifiers([identifier]).values()
    Profile.objects.filter(pk=ada).update(traits={"first_name": ["Ada", 1, "00"]})
    row = made(html=GREETING)
    asked = {"content": row.draft, "person": str(ada)}

    masked = frame(staff(*MARKETER), url(row, "frame/"), **asked)
    whole = frame(staff(*MARKETER, "view_personal", name="sue"), url(row, "frame/"), **asked)
    nobody = frame(staff(*LOOKER, name="ann"), url(row, "frame/"), **asked)

    assert "Hello A•••, a•••@e•••.com." in masked
    assert "Hello Ada, ada@example.com." in whole
    assert "Hello Jane, jane@example.com." in nobody
    looks = AuditEntry.objects.filter(action="viewed", subject=f"profile:{ada}")
    assert sorted(looks.values_list("actor__username", flat=True)) == ["mia", "sue"]


def test_a_test_mail_is_marked_audited_and_known_to_nothing_else(sink: Sink) -> None:
    row, client = made(html=GREETING), staff(*MARKETER)

    answer = send(client, url(row, "test/"), {"content": content(), "locale": "en", "to": "me@example.com"})

    assert answer.json() == {
        "said": "Sent to me@example.com as “[Test] Spring is here”. It may take a moment to arrive."
    }
    (mail,) = sink.mails
    assert (mail["Subject"], mail["To"], sink.recipients) == (
        "[Test] Spring is here",
        "me@example.com",
        ["me@example.com"],
    )
    assert (Message.objects.count(), MailPreference.objects.count()) == (0, 0)
    said = AuditEntry.objects.filter(action="sent a test mail").values_list("subject", "reason", "actor__username")
    assert list(said) == [(f"mail_template:{row.pk}", "to m•••@e•••.com: sent", "mia")]


def test_the_ways_out_of_a_test_mail_unsubscribe_nobody(sink: Sink) -> None:
    row, client = made(), staff(*MARKETER)
    send(client, url(row, "test/"), {"content": content(), "locale": "en", "to": "me@example.com"})
    (mail,) = sink.mails
    way_out = str(mail["List-Unsubscribe"]).strip("<>")
    anybody = Client()

    answers = [anybody.get(way_out), anybody.post(way_out, {"List-Unsubscribe": "One-Click"})]

    body = mail.get_body(("html",))
    assert body is not None
    assert body.get_content().count("/test-mail/unsubscribe/") == 1
    assert way_out.endswith("/test-mail/unsubscribe/")
    assert [answer.status_code for answer in answers] == [200, 200]
    assert "Nothing was changed" in answers[1].text
    assert (Entry.objects.count(), Suppression.objects.count()) == (0, 0)


@pytest.mark.parametrize(
    ("to", "says"),
    [
        ("nobody", "This is no e-mail address"),
        ("a@example.com\r\nBcc: b@example.com", "This is no e-mail address"),
        ("erased@example.com", "must not be written to at all"),
    ],
)
def test_what_may_not_be_written_to_gets_no_test_mail(sink: Sink, to: str, says: str) -> None:
    with transaction.atomic():
        suppress(address_hash("erased@example.com"), "all", "hard_bounce", utc_now())
    row, client = made(), staff(*MARKETER)

    answer = send(client, url(row, "test/"), {"content": content(), "locale": "en", "to": to})

    assert (answer.status_code, sink.mails) == (400, [])
    assert says in answer.json()["error"]


def test_a_mail_server_that_is_away_is_said_and_nothing_is_lost(settings: Settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    row, client = made(), staff(*MARKETER)

    answer = send(client, url(row, "test/"), {"content": content(), "locale": "en", "to": "me@example.com"})

    assert answer.status_code == 400
    assert "Try again in a moment" in answer.json()["error"]


def test_words_that_a_new_block_came_with_are_pointed_out() -> None:
    row, client = made(), staff(*LOOKER)
    left = content(html="<p>Write something.</p>")

    found = send(client, url(row, "check/"), {"content": left, "locale": "en"}).json()["findings"]

    assert [(one["level"], one["block"]) for one in found if "still says" in one["message"]] == [("warning", "b1")]
