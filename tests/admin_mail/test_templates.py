"""Mails in the admin: opened by rights, saved without writing over others, published, restored, archived."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from automation.models import Journey, JourneyVersion
from cdp.access.models import AuditEntry
from cdp.admin_mail.changes import changes
from mailing.models import MailTemplate, TemplateVersion
from tests.admin_mail.pages import LOOKER, MARKETER, content, made, saved, send, url
from tests.segments.pages import staff, words

pytestmark = pytest.mark.django_db
LIST, NEW = "/admin/mail/templates/", "/admin/mail/templates/new/"


def live_journey(slug: str) -> Journey:
    row = Journey.objects.create(slug="spring", name="Spring", state="live", purpose_id="email_marketing")
    row.version = JourneyVersion.objects.create(
        journey=row,
        number=1,
        graph={"steps": [{"id": "b", "do": "branch", "else": [{"do": "send", "template": slug}]}]},
    )
    row.save()
    return row


def test_pages_open_by_rights_and_change_nothing_without_them() -> None:
    row = made()
    row.draft = content("Changed")
    row.save()
    looker, nobody = staff(*LOOKER), staff("view_segment", name="nobody")
    pages = ("", "publish/", "versions/", "frame/")

    assert [nobody.get(url(row, page)).status_code for page in pages] == [403, 403, 403, 403]
    assert [looker.get(url(row, page)).status_code for page in pages] == [200, 403, 200, 200]
    assert [nobody.get(page).status_code for page in (LIST, NEW)] == [403, 403]
    refused = [
        saved(looker, row, content("Mine")),
        looker.post(url(row, "publish/"), {"seen": row.updated_at.isoformat()}),
        looker.post(url(row, "archive/")),
        looker.post(url(row, "duplicate/")),
        looker.post(NEW, {"start": "empty", "name": "Mine"}),
        send(looker, url(row, "test/"), {"content": row.draft, "locale": "en", "to": "me@example.com"}),
        looker.post("/admin/mail/people/", {"person_q": "jane@example.com"}),
    ]
    assert [answer.status_code for answer in refused] == [403] * 7
    row.refresh_from_db()
    assert (row.draft["locales"]["en"]["subject"], MailTemplate.objects.count()) == ("Changed", 1)
    assert TemplateVersion.objects.count() == 0


def test_a_mail_begins_empty_or_as_a_shipped_one() -> None:
    client = staff(*MARKETER)
    assert "Still thinking it over?" in words(client.get(NEW))

    first = client.post(NEW, {"start": "empty", "name": "Spring letter", "kind": "transactional"})
    client.post(NEW, {"start": "abandoned-cart-2", "name": "Spring letter", "kind": "transactional"})
    refused = client.post(NEW, {"start": "telepathy", "name": "Kept as typed", "kind": "marketing"})

    rows = list(MailTemplate.objects.order_by("pk").values_list("slug", "kind", "shipped"))
    assert rows == [("spring-letter", "transactional", ""), ("spring-letter-2", "marketing", "abandoned-cart-2")]
    assert first.headers["Location"] == url(MailTemplate.objects.earliest("pk"))
    assert "Choose what to begin with." in words(refused)
    assert 'value="Kept as typed"' in refused.text


def test_a_draft_is_saved_over_what_was_seen_and_over_nothing_else() -> None:
    row, client = made(), staff(*MARKETER)
    seen = row.updated_at.isoformat()

    first = send(client, url(row, "draft/"), {"content": content("Mine"), "seen": seen})
    late = send(client, url(row, "draft/"), {"content": content("Theirs"), "seen": seen})
    next_one = send(client, url(row, "draft/"), {"content": content("Mine again"), "seen": first.json()["seen"]})

    assert (first.status_code, late.status_code, next_one.status_code) == (200, 409, 200)
    assert late.json()["content"]["locales"]["en"]["subject"] == "Mine"
    assert "saved elsewhere since you opened it" in late.json()["error"]
    row.refresh_from_db()
    assert row.draft["locales"]["en"]["subject"] == "Mine again"
    assert AuditEntry.objects.filter(subject=f"mail_template:{row.pk}", action="edited a mail's draft").count() == 1


@pytest.mark.parametrize(
    "body", ["{", "[]", '{"content": []}', '{"content": {"locales": {}}}', '{"content": {"a": "\\u0000"}}']
)
def test_what_cannot_be_a_draft_is_refused_and_nothing_is_stored(body: str) -> None:
    row, client = made(), staff(*MARKETER)

    answer = client.post(url(row, "draft/"), body, content_type="application/json")

    assert (answer.status_code, list(answer.json())) == (400, ["error"])
    row.refresh_from_db()
    assert row.draft == content()


def test_publishing_says_what_changes_for_whom_and_earlier_versions_come_back() -> None:
    row, client = made(), staff(*MARKETER)
    live_journey(row.slug)
    assert "It goes out for the first time, and 1 sender names it" in words(client.get(url(row, "publish/")))
    client.post(url(row, "publish/"), {"seen": row.updated_at.isoformat()})

    saved(client, row, content("Summer is here", "<p>Hello there.</p>"))
    row.refresh_from_db()
    asked = words(client.get(url(row, "publish/")))
    client.post(url(row, "publish/"), {"seen": row.updated_at.isoformat()})
    client.post(url(row, "versions/1/restore/"))

    assert "en: subject “Summer is here” instead of “Spring is here”" in asked
    assert "en: Text “Hello there.” was changed" in asked
    assert "Journey Spring , live: its next mail is this version" in asked
    found = list(TemplateVersion.objects.order_by("number").values_list("number", "content", "published_by__username"))
    assert found == [(1, content(), "mia"), (2, content("Summer is here", "<p>Hello there.</p>"), "mia")]
    row.refresh_from_db()
    assert row.draft == content()
    assert "Version 1 Same as the draft" in words(client.get(url(row, "versions/")))
    assert client.get(url(row, "versions/1/frame/")).status_code == 200


def test_a_draft_that_was_saved_meanwhile_or_cannot_be_sent_is_not_published() -> None:
    row, client = made(), staff(*MARKETER)
    seen = row.updated_at.isoformat()
    saved(client, row, content("{{ person.first_name | defualt: 'x' }}"))

    late = client.post(url(row, "publish/"), {"seen": seen}, follow=True)
    row.refresh_from_db()
    broken = client.post(url(row, "publish/"), {"seen": row.updated_at.isoformat()})

    assert "It cannot be published yet" in words(late)
    assert (broken.status_code, TemplateVersion.objects.count()) == (200, 0)


def test_what_something_live_sends_is_not_archived_and_archived_mails_come_back() -> None:
    row, other, client = made(), made("Other"), staff(*MARKETER)
    live_journey(row.slug)

    answer = client.post(url(row, "archive/"), follow=True)
    client.post(url(other, "archive/"))

    assert "is sent by “Spring”: give them another mail first" in words(answer)
    assert set(MailTemplate.objects.filter(archived_at=None).values_list("name", flat=True)) == {"Spring letter"}
    assert "Other" not in words(client.get(LIST)).split("1 archived")[1]
    client.post(url(other, "archive/"), {"to": "back"})
    assert MailTemplate.objects.filter(archived_at=None).count() == 2


def test_the_list_costs_the_same_for_one_mail_and_for_three() -> None:
    marketer = staff(*MARKETER)
    assert "No mails yet" in words(marketer.get(LIST))
    counts = []
    for names in (("One",), ("Two", "Three")):
        for name in names:
            made(name)
        with CaptureQueriesContext(connection) as found:
            marketer.get(LIST)
        counts.append(len(found))
    assert counts[0] == counts[1]


def test_changes_are_told_block_by_block() -> None:
    before, after = content(), content(html="<p>New</p>")
    blocks = after["locales"]["en"]["blocks"]
    after["locales"]["en"]["blocks"] = [blocks[1], blocks[0], {"id": "b9", "type": "button", "label": "Go"}]
    after["locales"]["de"] = before["locales"]["en"]

    assert changes(before, before) == []
    assert changes(before, after) == [
        "de: a new language",
        "en: Text “New” was changed",
        "en: Button “Go” is new",
        "en: blocks stand in another order",
    ]
