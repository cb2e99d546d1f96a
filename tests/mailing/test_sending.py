"""Messages on their way to a real mail server: decided, handed over once, and what its answers mean."""

from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from cdp.lib.clock import utc_now
from cdp.lib.hashing import address_hash
from cdp.outbox.models import TopicRow
from consent import services as consent
from consent.contracts import EMAIL_MARKETING, WITHDRAWN
from consent.queries import last_mailed, read_token
from mailing import services
from mailing.channels import Outcome
from mailing.contracts import END, GO, WAIT, Said
from mailing.models import Brand, DomainPace, Message, PaceMark, Policy
from mailing.queries.tracking import link_key
from mailing.services.concluding import give_up_dead, record
from mailing.services.preparing import prepare
from mailing.verp import message_of
from tests.automation.sink import Sink
from tests.mailing import world
from tests.mailing.world import JANE, TestSender

pytestmark = pytest.mark.django_db
HASH = address_hash(JANE)
NIGHT = datetime(2026, 6, 10, 23, 30, tzinfo=UTC)


def allow_again() -> None:
    Message.objects.filter(state="queued").update(not_before_at=None)


def test_a_mail_says_what_its_template_says_and_how_to_end_it(sender: type[TestSender], sink: Sink) -> None:
    Brand.objects.create(from_name="Shop, Ltd.", from_address="hi@shop.example", reply_to="help@shop.example")
    (pk,) = world.queue(JANE)
    assert world.run() == 1
    (mail,) = sink.mails
    message = Message.objects.get(pk=pk)
    assert (message.state, message.reason, message.subject, message.attempts) == ("sent", "sent", "Hello you", 1)
    assert (mail["From"], mail["To"], mail["Subject"]) == ('"Shop, Ltd." <hi@shop.example>', JANE, "Hello you")
    assert (mail["Reply-To"], mail["Precedence"], mail["Auto-Submitted"]) == ("help@shop.example", "bulk", None)
    assert (mail["Message-ID"], mail["Feedback-ID"]) == (message.message_id, "mail_1:test-1:marketing:shop.example")
    token = read_token(mail["List-Unsubscribe"].strip("<>").rpartition("/")[2])
    assert token is not None
    assert (token.purpose, token.address_hash, token.message_id) == (EMAIL_MARKETING, HASH, pk)
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    parts = list(mail.iter_parts())
    assert [part.get_content_type() for part in parts] == ["text/plain", "text/html"]
    html = parts[1]
    assert isinstance(html, EmailMessage)
    assert unescape(html.get_content()).split() == unescape(message.html).split()
    assert "/m/c/" in message.html
    assert (message.template_version, message.locale, message.consent_entry_id is None) == (1, "en", False)
    assert sender.ended == [(pk, "sent", "sent")]
    assert TopicRow.objects.filter(topic="message.finished").values_list("payload").get() == ({"message_ids": [pk]},)
    assert last_mailed([HASH])[HASH] == message.sending_at


def test_a_return_path_names_its_mail(sender: type[TestSender], sink: Sink, settings: Settings) -> None:
    settings.MAIL_BOUNCES_TO = "bounces@shop.example"
    (pk,) = world.queue(JANE)
    world.run()
    (path,) = sink.return_paths
    assert path.startswith("bounces+")
    assert message_of(path, link_key()) == pk


def test_a_hundred_mails_cost_a_few_dozen_statements_and_few_connections(
    sender: type[TestSender], sink: Sink, settings: Settings
) -> None:
    settings.EMAIL_CONNECTIONS = 3
    world.queue(*[f"u{n}@example.com" for n in range(60)])
    with CaptureQueriesContext(connection) as asked:
        assert services.send_slice() == 60
    assert len(asked) < 60
    assert (len(set(sink.recipients)), len(sink.mails)) == (60, 60)
    assert sink.connections <= 3
    world.queue("late@example.com")
    world.run()
    assert sink.connections <= 3, "connections are kept from slice to slice"


@pytest.mark.parametrize(
    ("behaviour", "state", "reason", "is_mailed"),
    [
        ("refuse", "failed", "refused_550", False),
        ("refuse_data", "failed", "refused_554", False),
        ("defer", "queued", "deferred_451", False),
        ("drop", "unknown", "ambiguous", True),
    ],
)
def test_what_the_server_answers_decides(
    sender: type[TestSender], sink: Sink, behaviour: str, state: str, reason: str, is_mailed: bool
) -> None:
    """What was refused was not mailed, so it keeps no other mail from its address."""
    sink.behaviour = behaviour
    (pk,) = world.queue(JANE)
    world.run()
    message = Message.objects.get(pk=pk)
    assert (message.state, message.reason) == (state, reason)
    assert (HASH in last_mailed([HASH])) is is_mailed
    assert sender.ended == ([] if state == "queued" else [(pk, state, reason)])
    if state == "queued":
        assert message.sending_at is None
        assert message.not_before_at is not None
        assert message.not_before_at > utc_now() + timedelta(minutes=14)
        sink.behaviour = "accept"
        allow_again()
        world.run()
        assert (world.states(), len(sink.mails)) == ([("sent", "sent")], 1)


def test_a_mail_about_an_order_goes_out_at_least_once_under_one_message_id(
    sender: type[TestSender], sink: Sink
) -> None:
    """Without consent, at any hour, past every cap; found half handed over it is sent again."""
    Policy.objects.create(cap_per_week=0, quiet_from_hour=0, quiet_to_hour=23, stopped_at=utc_now())
    about = world.person(agreed=False)
    (pk,) = world.queue(JANE, identifier_id=about, kind="transactional", purpose="")
    sink.behaviour = "drop"
    world.run()
    assert world.states() == [("queued", "ambiguous")]
    sink.behaviour = "accept"
    allow_again()
    assert prepare([pk], utc_now()).messages != []
    assert world.states() == [("sending", "")]
    give_up_dead(utc_now() + timedelta(minutes=6))
    assert world.states() == [("queued", "worker_died")]
    allow_again()
    world.run()
    assert world.states() == [("sent", "sent")]
    assert [mail["Message-ID"] for mail in sink.mails] == [Message.objects.get().message_id] * 2
    mail = sink.mails[-1]
    assert (mail["List-Unsubscribe"], mail["Precedence"], mail["Auto-Submitted"]) == (None, None, "auto-generated")
    assert last_mailed([HASH]) == {}


def test_an_address_that_bounced_gets_no_mail_about_orders_either(sender: type[TestSender], sink: Sink) -> None:
    world.queue(JANE, kind="transactional", purpose="")
    consent.suppress(HASH, "all", "hard_bounce", utc_now())
    world.run()
    assert (world.states(), sink.mails) == ([("suppressed", "suppressed_hard_bounce")], [])


def test_what_a_dead_worker_left_is_unknown_and_never_sent_again(sender: type[TestSender], sink: Sink) -> None:
    (pk,) = world.queue(JANE)
    prepared = prepare([pk], utc_now())
    assert len(prepared.outgoing) == 1
    world.run()
    assert world.states() == [("sending", "")], "its worker may be alive for five minutes"
    give_up_dead(utc_now() + timedelta(minutes=6))
    allow_again()
    world.run()
    assert (world.states(), sink.mails, sender.ended) == (
        [("unknown", "worker_died")],
        [],
        [(pk, "unknown", "worker_died")],
    )


def test_a_worker_that_wakes_up_late_writes_over_nothing(sender: type[TestSender], sink: Sink) -> None:
    """Its hand-over was given up: only what the present one says counts."""
    (pk,) = world.queue(JANE, kind="transactional", purpose="")
    first = prepare([pk], utc_now())
    give_up_dead(utc_now() + timedelta(minutes=6))
    allow_again()
    second = prepare([pk], utc_now())
    assert record(first.messages, [Outcome("failed", "refused_550")], utc_now()) == 0
    assert record(second.messages, [Outcome("sent", "sent")], utc_now()) == 1
    assert world.states() == [("sent", "sent")]


def test_with_the_mail_server_away_nothing_is_claimed(sender: type[TestSender], settings: Settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    world.queue(JANE)
    assert services.send_slice() == 0
    assert (world.states(), Message.objects.get().attempts) == ([("queued", "")], 0)


def test_what_is_not_handed_over_in_time_is_decided_again(
    sender: type[TestSender], sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mailing.services.sending.GIVE_WITHIN_S", 0.0)
    world.queue(JANE)
    assert services.send_slice() == 0
    assert (world.states(), sink.mails, last_mailed([HASH])) == ([("queued", "late")], [], {})


def test_a_withdrawal_between_queue_and_hand_over_keeps_the_mail(sender: type[TestSender], sink: Sink) -> None:
    world.queue(JANE)
    world.say(WITHDRAWN)
    world.run()
    assert (world.states(), sink.mails) == ([("suppressed", "suppressed_unsubscribe")], [])


def test_the_senders_word_counts_before_everything(sender: type[TestSender], sink: Sink) -> None:
    first, second = world.queue(JANE, "bo@example.com")
    ids = dict(Message.objects.values_list("pk", "about_id"))
    until = utc_now() + timedelta(hours=1)
    sender.said = {ids[first]: Said(END, "cart_ordered"), ids[second]: Said(WAIT, "not_idle", until)}
    world.say(WITHDRAWN)
    world.run()
    assert world.states() == [("suppressed", "cart_ordered"), ("queued", "not_idle")]
    assert Message.objects.get(pk=second).not_before_at == until
    assert sender.ended == [(first, "suppressed", "cart_ordered")]


def test_caps_count_the_mail_of_every_sender(sender: type[TestSender], sink: Sink, settings: Settings) -> None:
    settings.MAIL_SENDERS = {"test": "tests.mailing.world.TestSender", "other": "tests.mailing.world.TestSender"}
    Policy.objects.create(cap_per_day=2, cap_per_week=3)
    jane = world.person()
    world.queue(JANE, identifier_id=jane)
    world.queue(JANE, identifier_id=jane, sender="other")
    world.queue(JANE, identifier_id=jane, sender="other", sender_id=2)
    world.queue(JANE, identifier_id=jane, kind="transactional", purpose="")
    world.run()
    assert sorted(world.states()) == [("sent", "sent")] * 3 + [("suppressed", "capped_day")]
    Message.objects.update(sending_at=utc_now() - timedelta(days=3))
    world.queue(JANE, identifier_id=jane)
    world.run()
    world.queue(JANE, identifier_id=jane)
    Policy.objects.update(cap_per_day=9)
    world.run()
    assert world.states()[-2:] == [("sent", "sent"), ("suppressed", "capped")]


def test_of_two_mails_to_one_address_the_newest_goes_first_and_ends_the_other(
    sender: type[TestSender], sink: Sink
) -> None:
    jane = world.person()
    old, young = (*world.queue(JANE, identifier_id=jane), *world.queue(JANE, identifier_id=jane))
    about = dict(Message.objects.values_list("pk", "about_id"))
    filled = utc_now() - timedelta(hours=2)
    sender.said = {
        about[old]: Said(GO, since=filled, newest_first=filled),
        about[young]: Said(GO, since=filled, newest_first=filled + timedelta(hours=1)),
    }
    world.run()
    assert world.states() == [("queued", "newer_cart"), ("sent", "sent")]
    allow_again()
    world.run()
    assert world.states() == [("suppressed", "mailed_lately"), ("sent", "sent")]


def test_quiet_hours_are_those_of_the_persons_clock(sender: type[TestSender], sink: Sink) -> None:
    Policy.objects.create(quiet_from_hour=21, quiet_to_hour=8, time_zone="America/New_York")
    night = NIGHT.replace(year=utc_now().year + 1)
    with connection.cursor() as cursor:
        tokyo = world.person("tokyo@example.com")
        world.person("nowhere@example.com")
        place = "INSERT INTO consent_place (identifier_id, time_zone, said_at) VALUES (%s, 'Europe/Berlin', now())"
        cursor.execute(place, [world.person("berlin@example.com")])
        trait = """UPDATE profiles_profile SET traits = '{"timezone": ["Asia/Tokyo", 1, "00"]}' WHERE id =
            (SELECT profile_id FROM profiles_identifier WHERE id = %s)"""
        cursor.execute(trait, [tokyo])
    world.queue("tokyo@example.com", "berlin@example.com", "nowhere@example.com", at=night)
    services.send_slice(now=night)
    held = {row.address: row.not_before_at for row in Message.objects.filter(state="queued")}
    assert held == {"berlin@example.com": night.replace(day=11, hour=6, minute=0)}
    assert sorted(sink.recipients) == ["nowhere@example.com", "tokyo@example.com"]


def test_a_stop_of_everything_leaves_marketing_where_it_is(sender: type[TestSender], sink: Sink) -> None:
    Policy.objects.create(stopped_at=utc_now())
    jane = world.person()
    world.queue(JANE, identifier_id=jane)
    world.queue(JANE, identifier_id=jane, kind="transactional", purpose="")
    assert world.run() == 1
    assert world.states() == [("queued", ""), ("sent", "sent")]
    Policy.objects.update(stopped_at=None)
    assert world.run() == 1
    assert [state for state, _ in world.states()] == ["sent", "sent"]


def test_campaigns_stand_behind_journeys_and_both_behind_order_mails(sender: type[TestSender], sink: Sink) -> None:
    world.queue("u0@example.com", lane=2)
    world.queue("u1@example.com", lane=1)
    world.queue("u2@example.com", kind="transactional", purpose="")
    Policy.objects.create(per_minute=1)
    assert services.send_slice() == 2
    assert sorted(sink.recipients) == ["u1@example.com", "u2@example.com"]
    assert services.send_slice() == 0
    assert services.send_slice(now=utc_now() + timedelta(minutes=2)) == 1


def test_a_paced_queue_is_left_alone_until_its_turn(sender: type[TestSender], sink: Sink) -> None:
    DomainPace.objects.create(domain="slow.example", per_minute=10)
    people = [f"u{n}@slow.example" for n in range(25)]
    world.queue(*people, "quick@example.com", lane=2)
    now = utc_now()
    assert services.send_slice(now=now) == 2
    assert sorted(sink.recipients) == ["quick@example.com", "u0@slow.example"]
    waiting = Message.objects.filter(state="queued", reason="pace").order_by("not_before_at")
    turns = [row.not_before_at for row in waiting if row.not_before_at is not None]
    assert len(turns) == 24
    assert turns[0] > now
    assert now + timedelta(seconds=120) < turns[-1] < now + timedelta(seconds=180)
    assert services.send_slice(now=now + timedelta(seconds=1)) == 0
    for minute in range(1, 5):
        for second in range(0, 60, 5):
            services.send_slice(now=now + timedelta(seconds=60 * minute + second - 55))
    assert len(sink.recipients) == 26


def test_a_warm_up_lets_out_as_many_marketing_mails_as_its_day_allows(sender: type[TestSender], sink: Sink) -> None:
    Policy.objects.create(warm_up_from=utc_now().date(), warm_up_first_day=2)
    jane = world.person()
    world.say(WITHDRAWN, email="u0@example.com")
    world.queue(*[f"u{n}@example.com" for n in range(5)])
    world.say(WITHDRAWN, email="u0@example.com")
    world.queue(JANE, identifier_id=jane, kind="transactional", purpose="")
    world.run()
    assert (len(sink.mails), PaceMark.objects.get(key__startswith="day:").given) == (3, 2)
    assert sorted(state for state, _ in world.states()) == ["queued", "queued", "sent", "sent", "sent", "suppressed"]


def test_a_broken_template_ends_its_messages_and_not_the_worker(sender: type[TestSender], sink: Sink) -> None:
    first, *_ = world.queue(JANE, template="nothing") + world.queue("bo@example.com")
    world.run()
    assert world.states() == [("suppressed", "render_failed"), ("sent", "sent")]
    assert sender.ended[0][:2] == (first, "suppressed")


def test_one_that_cannot_be_worked_is_put_off_and_stops_nobody(
    sender: type[TestSender], sink: Sink, settings: Settings
) -> None:
    settings.MAIL_SENDERS = {**settings.MAIL_SENDERS, "broken": "tests.mailing.world.publish"}
    world.queue(JANE, sender="broken")
    world.queue("bo@example.com")
    services.send_slice()
    assert world.states() == [("queued", "error"), ("sent", "sent")]


def test_text_messages_go_to_the_console_and_are_kept_as_they_went(
    sender: type[TestSender], capsys: pytest.CaptureFixture[str], sink: Sink
) -> None:
    world.person(agreed=False, phone="+4915112345678")
    identifier_id = world.person(agreed=False)
    world.queue("+4915112345678", identifier_id=identifier_id, channel="sms", kind="transactional", purpose="")
    world.run()
    message = Message.objects.get()
    assert (message.state, message.html == "", sink.mails) == ("sent", True, [])
    assert "what is new" in message.text
    assert "4915112345678" not in capsys.readouterr().out
