"""Mishaps around a hand-over: servers that hang up, senders that fail, templates that break, lines that are put off."""

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest
import requests
import urllib3
from anymail.exceptions import AnymailRequestsAPIError
from django.db import transaction
from pytest_django import Settings

from cdp.lib.clock import utc_now
from mailing import services
from mailing.channels import Outcome, outcome_of
from mailing.models import Brand, DomainPace, Message
from mailing.services.concluding import give_up_dead
from mailing.services.preparing import Prepared, prepare
from mailing.services.sending import forget_connections
from tests.automation.sink import Sink
from tests.mailing import world
from tests.mailing.test_sending import allow_again
from tests.mailing.world import JANE, TestSender

pytestmark = pytest.mark.django_db


@contextmanager
def hanging_up(settings: Settings, greeting: bytes, answer: bytes) -> Iterator[None]:
    """A mail server that says `answer` to the first command of a mail and hangs up."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                client, _ = server.accept()
            except OSError:
                return
            with client, client.makefile("rwb") as lines:
                lines.write(b"220 here\r\n")
                lines.flush()
                lines.readline()
                lines.write(greeting)
                lines.flush()
                lines.readline()
                lines.write(answer)
                lines.flush()

    thread = threading.Thread(target=serve)
    thread.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.getsockname()[1]
    yield
    forget_connections()
    server.shutdown(socket.SHUT_RDWR)
    server.close()
    thread.join(10)


@pytest.mark.parametrize("greeting", [b"250 here\r\n", b"250-here\r\n250 PIPELINING\r\n"])
@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (b"421 too many connections\r\n", ("queued", "deferred_421")),
        (b"554 not from you\r\n", ("failed", "refused_554")),
        (b"", ("queued", "late")),
    ],
)
def test_a_refusal_holds_though_the_server_hangs_up_after_it(
    sender: type[TestSender], settings: Settings, greeting: bytes, answer: bytes, state: tuple[str, str]
) -> None:
    """And what was never handed over was no attempt, however often."""
    world.queue(JANE)
    with hanging_up(settings, greeting, answer):
        services.send_slice()
        assert world.states() == [state]
        allow_again()
        services.send_slice()
    assert Message.objects.get().attempts == {"late": 0, "deferred_421": 2, "refused_554": 1}[state[1]]


def test_a_sender_that_fails_holds_up_nobody_and_has_nothing_sent_twice(
    sender: type[TestSender], sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = world.queue(JANE, "bo@example.com")
    told: list[int] = []

    def concluded(self: TestSender, messages: Sequence[Message], now: datetime) -> None:
        if any(one.pk == first for one in messages):
            raise KeyError("a graph nobody can read")
        told.extend(one.pk for one in messages)

    monkeypatch.setattr(TestSender, "concluded", concluded)
    services.send_slice()
    assert (world.states(), told) == ([("sent", "sent"), ("sent", "sent")], [second])
    (third,) = world.queue("ed@example.com")
    monkeypatch.setattr(TestSender, "concluded", lambda *_: 1 // 0)
    assert prepare([third], utc_now()).outgoing != []
    give_up_dead(utc_now() + timedelta(minutes=6))
    assert world.states()[-1] == ("unknown", "worker_died")


def test_a_mail_about_an_order_waits_for_its_template_to_be_mended(sender: type[TestSender], sink: Sink) -> None:
    world.queue(JANE, kind="transactional", purpose="", template="orders")
    services.send_slice()
    assert world.states() == [("queued", "render_failed")]
    world.publish("orders")
    allow_again()
    services.send_slice()
    assert (world.states(), len(sink.mails)) == ([("sent", "sent")], 1)
    world.queue("bo@example.com", kind="transactional", purpose="", template="none", at=utc_now() - timedelta(days=4))
    services.send_slice()
    assert world.states()[-1] == ("suppressed", "render_failed")


def test_answers_go_to_domains_in_any_script(sender: type[TestSender], sink: Sink) -> None:
    Brand.objects.create(reply_to="hilfe@köln.example")
    world.queue(JANE)
    world.run()
    assert world.states() == [("sent", "sent")]
    assert sink.mails[0]["Reply-To"] == "hilfe@xn--kln-sna.example"


def test_a_long_line_for_one_domain_does_not_make_the_others_wait_for_the_next_tick(
    sender: type[TestSender], sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mailing.services.sending.SLICE", 3)
    DomainPace.objects.create(domain="slow.example", per_minute=1)
    world.queue(*[f"u{n}@slow.example" for n in range(8)], lane=2)
    world.queue("quick@example.com", lane=2)
    world.run()
    assert sorted(sink.recipients) == ["quick@example.com", "u0@slow.example"]


def test_nobody_lines_up_behind_what_was_called_off(sender: type[TestSender], sink: Sink) -> None:
    DomainPace.objects.create(domain="slow.example", per_minute=1)
    world.queue(*[f"u{n}@slow.example" for n in range(20)], lane=2)
    world.run()
    with transaction.atomic():
        assert services.cancel("test", sender_id=1, reason="campaign_cancelled", now=utc_now()) == 19
    world.queue("v@slow.example", sender_id=2, lane=2)
    world.run()
    turn = Message.objects.get(address="v@slow.example").not_before_at
    assert turn is not None
    assert turn < utc_now() + timedelta(minutes=3)


def test_a_worker_that_was_stopped_after_deciding_hands_nothing_over(
    sender: type[TestSender], sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(ids: Sequence[int], at: datetime | None) -> Prepared:
        found = prepare(ids, at)
        found.decided_at -= 60
        return found

    monkeypatch.setattr("mailing.services.sending._prepared", stopped)
    world.queue(JANE)
    services.send_slice()
    assert (world.states(), sink.mails) == ([("queued", "late")], [])


def failure(cause: requests.RequestException) -> Exception:
    """As django-anymail raises it."""
    error: Exception = type("AnymailRequestsAPIError", (AnymailRequestsAPIError, type(cause)), {})("Error posting")
    error.__cause__ = cause
    type(error).__module__ = "anymail.backends.base_requests"
    return error


REFUSED = urllib3.exceptions.NewConnectionError(None, "refused")  # type: ignore[arg-type]  # no connection in a test


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (requests.ConnectionError(urllib3.exceptions.MaxRetryError(None, "/", REFUSED)), "late"),  # type: ignore[arg-type]
        (requests.ConnectionError(urllib3.exceptions.ProtocolError("Connection aborted.")), "unknown"),
        (requests.ReadTimeout("too slow"), "unknown"),
    ],
)
def test_a_provider_that_cannot_be_reached_has_taken_nothing(error: requests.RequestException, state: str) -> None:
    assert outcome_of(failure(error)) == Outcome(state, {"late": "late", "unknown": "ambiguous"}[state])
