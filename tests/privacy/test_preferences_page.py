"""The preference center over HTTP: what the link may do, what it may not, and what is written of it."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from cdp.lib.clock import utc_now
from cdp.lib.hashing import address_hash
from consent import queries, services
from consent.contracts import DENIED, GRANTED, PENDING, PROCESSING, WITHDRAWN, Subject
from consent.models import Entry, MailPreference, Purpose, Suppression
from privacy.models import Letter, Link, Request
from tests.privacy.world import JANE, say, seen

pytestmark = pytest.mark.django_db
HASH = address_hash(JANE)


@pytest.fixture(autouse=True)
def _in_europe(settings: Settings) -> None:
    settings.CONSENT_DEFAULT_REGIME = "gdpr"


@pytest.fixture
def ids() -> dict[str, int]:
    """Jane, with a device."""
    return seen(("email", JANE), ("anonymous_id", "a-1"))


@pytest.fixture
def path(ids: dict[str, int]) -> str:
    """Her link."""
    return "/p/" + queries.preferences_token(JANE, ids["email"])


def said() -> list[tuple[str, str, str]]:
    return list(Entry.objects.order_by("id").values_list("purpose_id", "state", "method"))


def fields(page: Any) -> dict[str, list[str]]:
    """The form of the page as a browser would send it untouched."""
    found: dict[str, list[str]] = {}
    for tag in re.findall(r"<input[^>]*>", page.text.partition('id="choices"')[2].partition("</form>")[0]):
        kind, name, value = (re.search(rf'{part}="([^"]*)"', tag) for part in ("type", "name", "value"))
        counts = kind is not None and (kind[1] == "hidden" or " checked" in tag) and " disabled" not in tag
        if counts and name is not None:
            found.setdefault(name[1], []).append(value[1] if value else "on")
    return found


def save(client: Client, path: str, *, on: tuple[str, ...] = (), off: tuple[str, ...] = (), **more: Any) -> Any:
    """What happens when somebody opens the page, moves these switches and saves."""
    form: dict[str, Any] = fields(client.get(path))
    form["on"] = [code for code in {*form.get("on", ()), *on} if code not in off]
    return client.post(path, {**form, "action": "save", **more})


def test_get_head_and_options_change_nothing_and_show_a_masked_address(client: Client, path: str) -> None:
    page = client.get(path)
    assert page.status_code == 200
    assert "j•••@e•••.com" in page.text
    assert "jane" not in page.text
    assert client.head(path).status_code == 200
    client.options(path)
    assert (said(), Letter.objects.count(), MailPreference.objects.count()) == ([], 0, 0)


def test_the_page_loads_nothing_is_kept_nowhere_and_sets_no_cookie(client: Client, path: str) -> None:
    for page in (client.get(path), client.post(path, {"action": "save"})):
        assert page["Content-Security-Policy"].startswith("default-src 'none'; style-src 'sha256-")
        assert "script" not in page["Content-Security-Policy"]
        assert (page["Referrer-Policy"], page["Cache-Control"]) == ("no-referrer", "no-store")
        assert (page["X-Robots-Tag"], page["X-Frame-Options"]) == ("noindex", "DENY")
        assert "http" not in page.text
        assert "<script" not in page.text
        assert "Set-Cookie" not in page.headers


def test_a_yes_given_on_a_device_is_told_as_their_yes(client: Client, path: str, ids: dict[str, int]) -> None:
    """In the banner, for instance: nobody is told that what needs a yes is on without one."""
    say("personalization", GRANTED, identifier_id=ids["anonymous_id"], at=utc_now())
    page = client.get(path).text
    assert "on until you say no" not in page.partition("personalization")[2].partition("ml_training")[0]
    assert "You said yes on" in page


def test_it_says_what_holds_and_by_which_law(client: Client, path: str, settings: Settings) -> None:
    page = client.get(path).text
    assert "The data protection law of Europe (GDPR) applies to you" in page
    assert "We do not know where you live" in page
    assert page.count("off until you say yes") >= 4
    settings.CONSENT_DEFAULT_REGIME = "ccpa"
    assert "such as the CCPA of California" in client.get(path).text


def test_a_switch_is_written_with_its_words_and_for_the_right_subject(
    client: Client, path: str, ids: dict[str, int]
) -> None:
    assert "Your choices are saved" in save(client, path, on=("analytics", "email_marketing")).text
    assert sorted(said()) == [
        ("analytics", GRANTED, "preference_center"),
        ("email_marketing", GRANTED, "preference_center"),
    ]
    mails, analytics = Entry.objects.get(purpose_id="email_marketing"), Entry.objects.get(purpose_id="analytics")
    assert (bytes(mails.address_hash or b""), mails.identifier_id, mails.channel) == (HASH, None, "email")
    assert (analytics.address_hash, analytics.identifier_id, analytics.actor) == (None, ids["email"], "person")
    for entry in (mails, analytics):
        words = queries.wording(entry.purpose_id, "en")
        assert words is not None
        assert (entry.wording_id, bytes(entry.wording_sha256 or b"")) == (words.id, words.sha256)
        assert entry.ip == "127.0.0.0/24"
    assert queries.allows(Subject(HASH, tuple(ids.values())), "analytics", utc_now()).allowed


def test_the_words_are_those_of_the_readers_language(client: Client, path: str) -> None:
    page = client.get(path, {"lang": "de"})
    assert page["Content-Language"] == "de"
    assert 'lang="de"' in page.text
    assert "Meine Auswahl speichern" in page.text
    form = fields(page)
    client.post(path, {**form, "on": [*form["on"], "analytics"], "action": "save"})
    words = queries.wording("analytics", "de")
    assert words is not None
    assert words.locale == "de"
    assert Entry.objects.get().wording_id == words.id


def test_a_page_in_english_says_that_it_is_whatever_was_asked_for(client: Client, path: str) -> None:
    page = client.get(path, {"lang": "fr"})
    assert '<html lang="en">' in page.text
    assert page["Content-Language"] == "en"
    assert "Save my choices" in page.text


def test_saving_without_moving_anything_writes_nothing(client: Client, path: str) -> None:
    assert "Nothing was changed" in save(client, path).text
    assert (said(), MailPreference.objects.count()) == ([], 0)


def test_the_same_form_twice_changes_nothing_more(client: Client, path: str) -> None:
    form = fields(client.get(path))
    form["on"] = [*form["on"], "personalization"]
    for _ in range(3):
        assert client.post(path, {**form, "action": "save"}).status_code == 200
    assert said() == [("personalization", GRANTED, "preference_center")]


def test_a_form_opened_before_an_unsubscription_does_not_undo_it(client: Client, path: str) -> None:
    say("email_marketing", GRANTED, email=JANE, at=utc_now() - timedelta(days=1))
    form = fields(client.get(path))
    assert "email_marketing" in form["was"]
    link = queries.unsubscribe_url(JANE, message_id=1)
    client.post("/u/" + link.rpartition("/u/")[2], {"List-Unsubscribe": "One-Click"})
    client.post(path, {**form, "frequency": "weekly", "action": "save"})
    assert not queries.allows(Subject(HASH), "email_marketing", utc_now()).allowed
    assert MailPreference.objects.get().frequency == "weekly"


def test_the_test_before_would_notice_a_form_that_counts_whole(
    client: Client, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Negative control: were everything on a form a choice, an old form would subscribe again."""
    whole = "privacy.api.preference_page.flipped"
    monkeypatch.setattr(whole, lambda shown, was, on: {code: code in on for code in shown})
    with pytest.raises(AssertionError):
        test_a_form_opened_before_an_unsubscription_does_not_undo_it(client, path)


def test_undo_takes_back_what_was_saved(client: Client, path: str) -> None:
    say("email_marketing", GRANTED, email=JANE, at=utc_now() - timedelta(days=1))
    page = save(client, path, off=("email_marketing",), frequency="monthly", pause="1")
    form = page.text.partition('role="status"')[2].partition("</form>")[0]
    hidden = re.findall(r'name="([^"]*)" value="([^"]*)"', form)
    back: dict[str, list[str]] = {}
    for name, value in hidden:
        back.setdefault(name, []).append(value)
    assert not queries.allows(Subject(HASH), "email_marketing", utc_now()).allowed
    assert "your choices are as before" in client.post(path, back).text
    assert queries.allows(Subject(HASH), "email_marketing", utc_now()).allowed
    liked = MailPreference.objects.get()
    assert (liked.frequency, liked.paused_until) == ("all", None)


def test_stopping_all_marketing_is_one_press(client: Client, path: str) -> None:
    for purpose in ("email_marketing", "email_open_tracking"):
        say(purpose, GRANTED, email=JANE, at=utc_now() - timedelta(days=1))
    page = client.post(path, {"action": "stop"})
    assert "All marketing is stopped" in page.text
    ended = {line[:2] for line in said()[2:]}
    assert ended == {("email_marketing", WITHDRAWN), ("email_open_tracking", WITHDRAWN)}
    assert Suppression.objects.get().reason == "unsubscribe"


def test_text_messages_can_be_ended_here_and_not_begun(client: Client) -> None:
    found = seen(("email", JANE), ("phone", "+4915112345678"))
    path, phone = "/p/" + queries.preferences_token(JANE, found["email"]), address_hash("+4915112345678")
    assert "sms_marketing" not in client.get(path).text
    say("sms_marketing", GRANTED, email="+4915112345678", at=utc_now() - timedelta(days=1))
    assert "sms_marketing" in client.get(path).text
    client.post(path, {"action": "stop"})
    assert not queries.allows(Subject(None, tuple(found.values()), phone), "sms_marketing", utc_now()).allowed
    client.post(path, {"shown": ["sms_marketing"], "on": ["sms_marketing"], "action": "save"})
    assert not queries.allows(Subject(None, tuple(found.values()), phone), "sms_marketing", utc_now()).allowed


def test_frequency_pause_and_language_are_kept(client: Client, path: str) -> None:
    page = save(client, path, frequency="weekly", pause="1", locale="de")
    liked = MailPreference.objects.get()
    assert (liked.frequency, liked.locale) == ("weekly", "de")
    assert liked.paused_until is not None
    assert timedelta(days=29, hours=23) < liked.paused_until - utc_now() <= timedelta(days=30)
    assert "Ihre Auswahl ist gespeichert" in page.text
    assert "Keine Werbe-E-Mails bis" in client.get(path).text
    form = fields(client.get(path))
    form.pop("pause")
    client.post(path, {**form, "action": "save"})
    assert MailPreference.objects.get().paused_until is None


def test_a_topic_alone_brings_no_other(client: Client, path: str) -> None:
    save(client, path, on=("email_reminders",))
    now, jane = utc_now(), Subject(HASH)
    allowed = {code: queries.allows(jane, code, now).allowed for code in ("email_reminders", "email_news")}
    assert allowed == {"email_reminders": True, "email_news": False}


@pytest.mark.parametrize(
    ("reason", "words"), [("complaint", "as spam"), ("hard_bounce", "came back"), ("manual", "We noted this")]
)
def test_what_others_noted_is_not_lifted_by_a_link(client: Client, path: str, reason: str, words: str) -> None:
    services.suppress(HASH, "marketing", reason, utc_now())
    page = client.get(path)
    assert words in page.text
    forged = {"shown": ["email_marketing", "email_news"], "on": ["email_marketing", "email_news"], "action": "save"}
    assert "Nothing was changed" in client.post(path, forged).text
    assert said() == []
    assert Suppression.objects.get().reason == reason


def test_what_staff_withdrew_is_not_lifted_by_a_link(client: Client, path: str) -> None:
    choice = services.Choice("email_marketing", WITHDRAWN, "staff", address_hash=HASH, actor="staff:1", reason="phone")
    services.choose(choice, now=utc_now())
    forged = {"shown": ["email_marketing"], "on": ["email_marketing"], "action": "save"}
    assert "We noted this for you" in client.post(path, forged).text
    assert [state for _, state, _ in said()] == [WITHDRAWN]


def test_a_restricted_person_is_told_so_and_nothing_changes(client: Client, path: str, ids: dict[str, int]) -> None:
    say(PROCESSING, DENIED, identifier_id=ids["email"], at=utc_now() - timedelta(hours=1))
    page = client.get(path).text
    assert "The use of your data is restricted" in page
    assert "Save my choices" not in page
    client.post(path, {"shown": ["analytics"], "on": ["analytics"], "action": "save"})
    assert len(said()) == 1


def test_an_erased_address_is_told_nothing_but_that(client: Client, path: str) -> None:
    services.suppress(HASH, "all", "erasure", utc_now())
    page = client.get(path).text
    assert "Data about this address was deleted" in page
    assert "Analytics" not in page
    assert "GDPR" not in page
    client.post(path, {"shown": ["email_marketing"], "on": ["email_marketing"], "action": "save"})
    client.post(path, {"action": "stop"})
    assert said() == []


def test_what_another_device_refused_stays_refused_and_is_told(client: Client, path: str, ids: dict[str, int]) -> None:
    say("personalization", DENIED, identifier_id=ids["anonymous_id"], at=utc_now() - timedelta(days=1))
    assert "Refused in your account or on one of your devices" in client.get(path).text
    page = save(client, path, on=("personalization",))
    assert "Refused in your account or on one of your devices" in page.text
    assert not queries.allows(Subject(HASH, tuple(ids.values())), "personalization", utc_now()).allowed


def test_where_every_yes_is_confirmed_by_mail_the_page_says_that_it_waits(client: Client, path: str) -> None:
    Purpose.objects.filter(code="email_marketing").update(double_opt_in="always")
    from consent.purposes_in_force import forget_purposes

    forget_purposes()
    page = save(client, path, on=("email_marketing",))
    assert "once you press the button in the e-mail we sent you" in page.text
    assert [line[:2] for line in said()] == [("email_marketing", PENDING)]


@pytest.mark.parametrize("use", ["held", "why"])
def test_seeing_data_sends_a_link_and_says_the_same_to_everybody(client: Client, path: str, use: str) -> None:
    known = client.post(path, {"ask": use})
    assert "We have sent a link to <strong>j•••@e•••.com</strong>." in known.text
    assert Letter.objects.values_list("kind", "facts__use", "address").get() == ("link", use, JANE)
    stranger = "/p/" + queries.preferences_token("jo@example.com")
    unknown = client.post(stranger, {"ask": use})
    assert "We have sent a link to <strong>j•••@e•••.com</strong>." in unknown.text
    assert Letter.objects.count() == 1


@pytest.mark.parametrize(("use", "kind"), [("download", "access"), ("delete", "erase")])
def test_download_and_deletion_open_a_request_that_waits_for_its_link(
    client: Client, path: str, use: str, kind: str
) -> None:
    assert "We have sent a link" in client.post(path, {"ask": use}).text
    request = Request.objects.get()
    assert (request.kind, request.state, request.came_by) == (kind, "unverified", "page")
    assert Letter.objects.get().request_id == request.pk


def test_pressing_often_sends_few_letters(client: Client, path: str) -> None:
    for _ in range(7):
        for use in ("held", "why", "download", "delete"):
            assert "We have sent a link" in client.post(path, {"ask": use}).text
    assert Letter.objects.count() <= 5
    assert Link.objects.count() == 0


def test_a_forged_link_opens_nothing(client: Client, path: str) -> None:
    unsubscribe = "/p/" + queries.unsubscribe_url(JANE, message_id=1).rpartition("/u/")[2]
    for forged in (path[:-2], "/p/x", "/p/" + "A" * 700, unsubscribe):
        for answer in (
            client.get(forged),
            client.post(forged, {"action": "stop"}),
            client.post(forged, {"ask": "held"}),
        ):
            assert answer.status_code == 404
            assert "This link is not valid" in answer.text
    assert (said(), Letter.objects.count()) == ([], 0)


def test_an_identifier_of_somebody_else_is_not_taken_from_a_token(client: Client, ids: dict[str, int]) -> None:
    """Its number may be another's by now: the address must fit."""
    path = "/p/" + queries.preferences_token("bo@example.com", ids["email"])
    client.post(path, {"shown": ["analytics"], "on": ["analytics"], "action": "save"})
    client.post(path, {"ask": "held"})
    assert (said(), Letter.objects.count()) == ([], 0)


def test_a_huge_form_and_nonsense_in_it_change_nothing(client: Client, path: str) -> None:
    bad: list[dict[str, Any]] = [
        {"shown": ["analytics"], "on": ["analytics"], "x": "y" * 20_000},
        {"frequency": "hourly", "locale": "xx", "until": "2999-99-99T99:99", "mailing": "1"},
        {"shown": ["\x00", "processing", "no_such"], "on": ["\x00", "processing", "no_such"]},
    ]
    for form in bad:
        assert client.post(path, {**form, "action": "save"}).status_code == 200
    assert client.post(path, b"\xff\xfe", content_type="application/octet-stream").status_code == 200
    assert (said(), MailPreference.objects.count()) == ([], 0)
