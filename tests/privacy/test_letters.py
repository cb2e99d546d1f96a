"""Letters are sent at least once, to their address alone, without tracking; links work once, in time, by POST."""

from datetime import timedelta

import pytest
from django.test import Client
from pytest_django import Settings

from cdp.lib.clock import utc_now
from cdp.lib.hashing import address_hash
from consent.models import Suppression
from privacy import services
from privacy.contracts import HELD, LETTER_DONE, LETTER_KINDS, LETTER_LINK, VERIFY
from privacy.letter_words import LINKS, letter_text
from privacy.models import Letter, Link, Request
from privacy.services import letters, links
from privacy.words import words
from tests.automation.sink import Sink
from tests.privacy.world import JANE, body_of, deliver, link_in
from tests.threads import in_threads

pytestmark = pytest.mark.django_db(transaction=True)


def queue(key: str = "k", kind: str = LETTER_LINK, address: str = JANE, locale: str = "en") -> Letter | None:
    return services.send_letter(kind, address=address, key=key, now=utc_now(), locale=locale, facts={"use": HELD})


def test_a_letter_arrives_once_as_text_and_html_and_keeps_no_address(sink: Sink) -> None:
    queue()
    queue()
    deliver()
    deliver()
    (mail,) = sink.mails
    assert sink.recipients == [JANE]
    assert mail["Subject"] == "Your link: what Our shop holds about you"
    assert link_in(mail).startswith("/privacy/held/")
    letter = Letter.objects.get()
    assert (letter.state, letter.address, letter.attempts) == ("sent", "", 1)


def test_an_address_that_no_mail_server_takes_delays_nobody(sink: Sink) -> None:
    queue("first", address="jörg@example.com")
    queue("second")
    deliver()
    assert sink.recipients == [JANE]
    assert list(Letter.objects.order_by("pk").values_list("state", "error", "address")) == [
        ("failed", "address_not_taken", ""),
        ("sent", "", ""),
    ]


def test_its_html_has_no_picture_no_script_no_second_address_and_the_same_link(sink: Sink) -> None:
    queue()
    deliver()
    page = body_of(sink.mails[0], "html")
    assert link_in(sink.mails[0]) in page
    assert not [word for word in ("<img", "<script", "url(", "@import", "src=", "background=") if word in page]
    assert page.count("http") == 2  # the button, and the link to be read
    assert "List-Unsubscribe" not in sink.mails[0]


def test_no_token_is_stored_and_each_mail_has_a_link_of_its_own(sink: Sink) -> None:
    queue()
    sink.behaviour = "drop"
    deliver()
    sink.behaviour = "accept"
    Letter.objects.update(next_at=utc_now())
    deliver()
    first, second = (link_in(mail).rpartition("/")[2] for mail in sink.mails)
    assert first != second
    kept = repr(list(Link.objects.values_list())) + repr(list(Letter.objects.values_list()))
    assert first not in kept
    assert second not in kept
    assert links.look(second, HELD, now=utc_now()) is not None


@pytest.mark.parametrize(("behaviour", "state"), [("defer", "waiting"), ("drop", "waiting"), ("refuse", "failed")])
def test_what_the_server_did_not_surely_take_is_sent_again(sink: Sink, behaviour: str, state: str) -> None:
    sink.behaviour = behaviour
    queue()
    deliver()
    letter = Letter.objects.get()
    assert letter.state == state
    assert letter.next_at > utc_now()
    assert letter.address == (JANE if state == "waiting" else "")


def test_a_letter_left_by_a_dead_worker_is_sent_after_its_lease(sink: Sink) -> None:
    letter = queue()
    assert letter is not None
    claimed = letters._claim(letter.pk, utc_now())
    assert claimed is not None
    deliver()
    assert sink.mails == []
    Letter.objects.update(next_at=utc_now())
    deliver()
    assert len(sink.mails) == 1


def test_with_the_server_away_letters_wait(settings: Settings) -> None:
    settings.EMAIL_BACKEND, settings.EMAIL_PORT = "django.core.mail.backends.smtp.EmailBackend", 1
    queue()
    assert letters.letter_slice() == 0
    assert Letter.objects.get().state == "waiting"


@pytest.mark.parametrize(("scope", "arrives"), [("all", False), ("marketing", True)])
def test_only_a_suppression_of_everything_keeps_a_letter_back(sink: Sink, scope: str, arrives: bool) -> None:
    Suppression.objects.create(address_hash=address_hash(JANE), scope=scope, reason="hard_bounce")
    queue()
    deliver()
    assert len(sink.mails) == int(arrives)
    assert Letter.objects.get().state == ("sent" if arrives else "dropped")


def test_an_address_gets_five_links_an_hour_and_others_are_not_kept_waiting(sink: Sink) -> None:
    made = [queue(f"k{number}") for number in range(8)]
    assert [one is not None for one in made] == [True] * 5 + [False] * 3
    assert queue("other", address="other@example.com") is not None
    Letter.objects.update(made_at=utc_now() - timedelta(hours=2))
    assert queue("later") is not None


def test_answers_are_never_limited() -> None:
    made = [queue(f"k{number}", kind=LETTER_DONE) for number in range(30)]
    assert None not in made


def test_a_letter_there_is_not_is_refused() -> None:
    with pytest.raises(ValueError, match="use one of confirm"):
        queue(kind="newsletter")


@pytest.mark.parametrize("locale", ["en", "de"])
def test_every_letter_has_words_in_english_and_german(locale: str) -> None:
    facts = {"company": "Larkfell", "kind": "erase", "reason": "Because.", "due_at": utc_now(), "titles": ["News"]}
    for kind in sorted(LETTER_KINDS):
        for use in LINKS if kind == LETTER_LINK else ("",):
            text = letter_text(words(locale), kind, {**facts, "use": use}, "https://x.example/privacy/r/t")
            spoken = " ".join((text.subject, text.title, *text.paragraphs, text.action, *text.after))
            assert "{" not in spoken
            if locale == "de":
                english = letter_text(words("en"), kind, {**facts, "use": use}, "https://x.example/privacy/r/t")
                assert not set(english.paragraphs) & set(text.paragraphs) - {"Because.", "“News”"}


def test_a_link_works_once_for_its_use_and_in_time() -> None:
    now = utc_now()
    token = services.mint(VERIFY, address_hash=address_hash(JANE), now=now)
    assert services.use(token, HELD, now=now) is None
    assert services.use(token, VERIFY, now=now + timedelta(minutes=30)) is None
    found = services.use(token, VERIFY, now=now + timedelta(minutes=29))
    assert found is not None
    assert found.address_hash == address_hash(JANE)
    assert services.use(token, VERIFY, now=now) is None
    looked = services.look(token, VERIFY, now=now)
    assert looked is not None
    assert looked.state == "used"


@pytest.mark.parametrize("token", ["", "x", "A" * 43, "A" * 42 + "!", "Ä" * 43, "A" * 5000])
def test_what_is_no_token_opens_nothing(token: str) -> None:
    assert services.look(token, VERIFY, now=utc_now()) is None
    assert services.use(token, VERIFY, now=utc_now()) is None


def test_a_token_that_differs_in_its_last_bits_is_another() -> None:
    token = services.mint(VERIFY, address_hash=address_hash(JANE), now=utc_now())
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    for other in set(alphabet) - {token[-1]}:
        assert services.use(token[:-1] + other, VERIFY, now=utc_now()) is None
    assert services.use(token, VERIFY, now=utc_now()) is not None


def test_of_eight_who_use_a_link_at_once_one_wins() -> None:
    token = services.mint(VERIFY, address_hash=address_hash(JANE), now=utc_now())
    won: list[bool] = []
    in_threads(8, lambda: won.append(services.use(token, VERIFY, now=utc_now()) is not None))
    assert sorted(won) == [False] * 7 + [True]


def test_negative_control_a_link_that_is_not_used_up_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(links, "ONCE_ONLY", False)
    token = services.mint(VERIFY, address_hash=address_hash(JANE), now=utc_now())
    assert [services.use(token, VERIFY, now=utc_now()) is not None for _ in range(2)] == [True, True]


def test_getting_a_page_with_any_method_but_post_changes_nothing(client: Client, sink: Sink) -> None:
    request = services.ask("access", JANE, came_by="page", now=utc_now())
    deliver()
    path = link_in(sink.mails[0])
    for _ in range(3):
        assert client.get(path).status_code == 200
        assert client.head(path).status_code == 200
    request.refresh_from_db()
    assert request.state == Request.State.UNVERIFIED
    assert not Link.objects.exclude(used_at=None).exists()
