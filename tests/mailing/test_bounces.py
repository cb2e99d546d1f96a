"""Reports of mail servers as Postfix, Exim, Gmail, Exchange and qmail write them; complaints; and what is neither."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailing import bounces
from mailing.bounces import Report

REPORTS = Path(__file__).parent / "reports"
PATH = "bounces+TOKEN@shop.example"
JANE = "jane@mail.example"


def report(name: str) -> bytes:
    return (REPORTS / f"{name}.eml").read_bytes()


@pytest.mark.parametrize(
    ("name", "kind", "weight", "status", "recipient"),
    [
        ("postfix_unknown", "bounced", "hard", "5.1.1", JANE),
        ("postfix_delayed", "delayed", "", "4.4.1", JANE),
        ("exim_full", "bounced", "soft", "5.2.2", JANE),
        ("exim_old", "bounced", "hard", "", JANE),
        ("gmail_unknown", "bounced", "hard", "5.1.1", JANE),
        ("exchange_unknown", "bounced", "hard", "5.1.10", JANE),
        ("exchange_blocked", "bounced", "block", "5.7.606", JANE),
        ("qmail", "bounced", "hard", "", JANE),
        ("arf_abuse", "complained", "", "", "redacted@mail.example"),
    ],
)
def test_every_servers_report_says_what_became_of_which_mail(
    name: str, kind: str, weight: str, status: str, recipient: str
) -> None:
    (found,) = bounces.read(report(name))
    assert (found.kind, found.weight, found.status, found.recipient) == (kind, weight, status, recipient)
    assert PATH in found.paths
    assert found.message_ids == ("<MESSAGEID@shop.example>",) or name == "qmail"


@pytest.mark.parametrize("name", ["out_of_office", "arf_not_spam"])
def test_what_reports_nothing_is_no_report(name: str) -> None:
    assert bounces.read(report(name)) == []


def test_the_envelope_tells_the_return_path_where_headers_do_not() -> None:
    raw = report("exchange_blocked").replace(b"bounces+TOKEN", b"postmaster")
    assert bounces.read(raw, envelope_to=PATH)[0].paths == (PATH, "postmaster@shop.example")


def test_two_recipients_are_two_reports() -> None:
    more = b"Status: 5.1.1\r\n\r\nFinal-Recipient: rfc822; tom@mail.example\r\nAction: delivered\r\nStatus: 2.0.0\r\n"
    raw = report("postfix_unknown").replace(b"Status: 5.1.1\n", more.replace(b"\r", b""), 1)
    assert [(one.kind, one.recipient) for one in bounces.read(raw)] == [
        ("bounced", JANE),
        ("delivered", "tom@mail.example"),
    ]


@pytest.mark.parametrize(
    ("status", "words", "weight"),
    [
        ("5.1.2", "", "hard"),
        ("5.2.1", "550 5.2.1 mailbox disabled", "hard"),
        ("5.4.1", "550 5.4.1 Recipient address rejected: Access denied.", "hard"),
        ("5.0.0", "550 unknown user", "hard"),
        ("", "550 5.1.1 No such user", "hard"),
        ("4.2.2", "452 4.2.2 over quota", "soft"),
        ("4.4.7", "expired", "soft"),
        ("5.2.2", "552 full", "soft"),
        ("5.3.4", "message too big", "soft"),
        ("5.0.0", "550 something", "soft"),
        ("", "451 try again: user unknown", "soft"),
        ("5.7.1", "550 5.7.1 blocked using spamhaus", "block"),
        ("5.7.26", "unauthenticated email is not accepted: DMARC", "block"),
        ("5.1.8", "sender rejected", "block"),
        ("5.7.1", "550 5.7.1 user unknown", "hard"),
        ("5.0.0", "554 rejected due to spam content", "block"),
    ],
)
def test_codes_and_words_tell_hard_from_soft_from_blocked(status: str, words: str, weight: str) -> None:
    assert bounces.weight_of(status, words) == weight


@given(st.binary(max_size=400), st.sampled_from(sorted(path.stem for path in REPORTS.iterdir())), st.integers(0, 3_000))
def test_nothing_a_mail_says_raises(noise: bytes, name: str, at: int) -> None:
    raw = report(name)
    bounces.read(noise)
    assert all(isinstance(one, Report) for one in bounces.read(raw[:at] + noise + raw[at:]))


def test_a_huge_mail_is_not_read() -> None:
    assert bounces.read(report("postfix_unknown") + b"x" * bounces.MAX_BYTES) == []
