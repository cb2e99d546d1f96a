"""Whatever a mail holds, it runs nothing, reaches no other file, and leaves the list standing."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from cdp.demo.mailbox import box as mailbox
from cdp.demo.mailbox.framing import LINKS_OPEN_OUTSIDE, framed, outside_pictures, policy
from cdp.demo.mailbox.parsing import parse
from cdp.lib.style_hashes import MOST, styles_of

Deliver = Callable[..., None]
in_a_demo = pytest.mark.urls("tests.mailbox.demo_urls")
EVIL = "<html><body><script>alert(1)</script><img src=x onerror=alert(2)><form action=https://evil.example></form>"
BROKEN = {
    "nothing": b"",
    "no_headers": b"\r\nhello",
    "zero_bytes": b"\x00\x00\xff\xfe" * 50,
    "unknown_charset": b"Content-Type: text/html; charset=klingon\r\n\r\n<p>caf\xc3\xa9</p>",
    "wrong_charset": b"Content-Type: text/plain; charset=ascii\r\n\r\ncaf\xe9",
    "idna_charset": b"Content-Type: text/plain; charset=idna\r\n\r\n" + b"x" * 100,
    "base64_as_charset": b"Content-Type: text/plain; charset=base64\r\n\r\nabc",
    "bad_base64": b"Content-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!not base64",
    "bad_encoded_word": b"Subject: =?utf-8?b?!!!?= =?x?q?=ff?= =?utf-8?q?\xff\r\n\r\nx",
    "bad_addresses": b"From: <<>>@@\r\nTo: ,,,;:\"\r\nSubject:\r\n\r\nx",
    "no_boundary": b"Content-Type: multipart/alternative\r\n\r\nx",
    "unclosed_boundary": b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>x",
    "bytes_in_subject": "Subject: Grüße\r\n\r\nx".encode(),
    "long_header": b"Subject: " + b"x" * 300_000 + b"\r\n\r\nx",
    "header_without_colon": b"Subject Hello\r\nTo: a@example.com\r\n\r\nx",
    "uuencoded": b"Content-Transfer-Encoding: uuencode\r\n\r\nbegin 644 x\r\n#zzz\r\n",
    "rfc2231_name": b"Content-Type: text/plain; name*0*=x'y'%ff; name*2=z\r\nContent-Disposition: filename*=\r\n\r\nx",
}  # fmt: skip


def nested(depth: int) -> bytes:
    """A multipart in a multipart, `depth` times."""
    heads = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(depth))
    return heads + b"Content-Type: text/plain\r\n\r\ndeep"


def keep(box: Path, raw: bytes, number: int = 1) -> str:
    """Puts a mail into the box as the sink does; its id."""
    mail_id = f"1700000000000-{number:05d}"
    (box / f"{mail_id}.eml").write_bytes(raw)
    return mail_id


@in_a_demo
@pytest.mark.django_db
def test_a_script_in_a_mail_stands_behind_two_walls(client: Client, deliver: Deliver) -> None:
    deliver(html=EVIL)
    (line,) = mailbox.listing().mails
    shown = client.get(f"/dev/mailbox/{line.id}/").content.decode()
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in shown
    assert "alert(" not in shown
    answer = client.get(f"/dev/mailbox/{line.id}/html")
    rules = dict(rule.split(" ", 1) for rule in answer["Content-Security-Policy"].split("; "))
    assert rules == {
        "default-src": "'none'",
        "img-src": "http://testserver http://127.0.0.1:8000 data:",
        "style-src": "'none'",
        "form-action": "'none'",
        "base-uri": "'none'",
        "frame-ancestors": "'self'",
        "sandbox": "allow-popups allow-popups-to-escape-sandbox",
    }
    assert answer["Content-Type"] == "text/html; charset=utf-8"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Frame-Options"] == "SAMEORIGIN"


@in_a_demo
@pytest.mark.django_db
def test_a_mail_of_very_many_styles_keeps_its_policy_under_8_kB_and_says_what_is_left_out(
    client: Client, deliver: Deliver
) -> None:
    deliver(html="".join(f'<p style="margin:{number}px">x</p>' for number in range(MOST + 3)))
    (line,) = mailbox.listing().mails
    policy_sent = client.get(f"/dev/mailbox/{line.id}/html")["Content-Security-Policy"]
    assert (policy_sent.count("'sha256-"), len(policy_sent) < 6000) == (MOST, True)
    assert "3 of its styles are not applied" in client.get(f"/dev/mailbox/{line.id}/").content.decode()


@in_a_demo
@pytest.mark.django_db
def test_headers_text_and_source_are_shown_as_text(client: Client, deliver: Deliver) -> None:
    deliver(subject="<b>bold</b>", text="<script>alert(1)</script>", headers={"X-Evil": "<script>alert(2)</script>"})
    (line,) = mailbox.listing().mails
    paths = ["", f"{line.id}/", *(f"{line.id}/?view={view}" for view in ("text", "headers", "source"))]
    for path in paths:
        shown = client.get(f"/dev/mailbox/{path}").content.decode()
        assert "<b>bold" not in shown
        assert "<script>alert" not in shown


@in_a_demo
@pytest.mark.django_db
@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_mail_can_be_looked_at_and_does_not_hide_the_others(client: Client, box: Path, name: str) -> None:
    broken = keep(box, BROKEN[name])
    keep(box, b"To: ada@example.com\r\nSubject: Whole\r\n\r\nx", 2)
    assert "Whole" in client.get("/dev/mailbox/").content.decode()
    assert client.get("/dev/mailbox/messages.json").json()["mails"] == 2
    for view in ("html", "text", "headers", "source"):
        assert client.get(f"/dev/mailbox/{broken}/?view={view}").status_code == 200
    assert client.get(f"/dev/mailbox/{broken}/source.eml").content == BROKEN[name]


@in_a_demo
@pytest.mark.django_db
def test_a_mail_nested_beyond_reading_says_so(client: Client, box: Path) -> None:
    mail_id = keep(box, nested(3000))
    assert "its source is whole" in client.get(f"/dev/mailbox/{mail_id}/").content.decode()
    assert "broken" in client.get("/dev/mailbox/").content.decode()


@in_a_demo
@pytest.mark.django_db
def test_a_huge_mail_is_cut_for_reading_and_whole_for_downloading(client: Client, box: Path) -> None:
    head = b"To: ada@example.com\r\nSubject: Huge\r\nContent-Type: text/html\r\n\r\n"
    mail_id = keep(box, head + b"<p>x</p>" * 1_250_000)
    assert "Huge" in client.get("/dev/mailbox/").content.decode()
    page = client.get(f"/dev/mailbox/{mail_id}/").content.decode()
    assert "its first 2,000,000 characters are shown" in page
    assert len(client.get(f"/dev/mailbox/{mail_id}/html").content) < 2_001_000
    assert len(client.get(f"/dev/mailbox/{mail_id}/?view=source").content) < 1_500_000
    assert len(client.get(f"/dev/mailbox/{mail_id}/source.eml").content) == len(head) + 10_000_000


@in_a_demo
@pytest.mark.django_db
@pytest.mark.parametrize(
    "mail_id",
    ["../secrets/secret_key", "..%2fsecrets", "1700000000000-00001.eml", "x", "1-1", "%00", "٣" * 13 + "-00001"],
)
def test_no_name_but_a_mails_own_is_answered(client: Client, box: Path, mail_id: str) -> None:
    (box.parent / "secrets").mkdir()
    (box.parent / "secrets" / "secret_key.eml").write_text("secret")
    keep(box, b"Subject: x\r\n\r\n")
    for path in (f"{mail_id}/", f"{mail_id}/html", f"{mail_id}/source.eml"):
        assert client.get(f"/dev/mailbox/{path}").status_code == 404
    assert mailbox.source(mail_id) is None
    assert mailbox.summary(mail_id) is None
    assert client.get("/dev/mailbox/", {"before": mail_id}).status_code == 200


@in_a_demo
@pytest.mark.django_db
def test_other_files_of_the_folder_are_no_mails(client: Client, box: Path) -> None:
    (box / ".1700000000000-00001").write_text("Subject: half written\r\n\r\n")
    (box / "notes.eml").write_text("Subject: notes\r\n\r\n")
    assert client.get("/dev/mailbox/messages.json").json() == {"mails": 0, "messages": []}


@given(st.binary(max_size=400), st.sampled_from([b"", b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"]))
def test_no_bytes_make_reading_fail(noise: bytes, before: bytes) -> None:
    for raw in (before + noise, b"Subject: " + noise, b"Content-Type: text/html; charset=" + noise):
        mail = parse(raw)
        assert (mail.recipients, mail.sender, mail.unsubscribe) is not None
        "".join((mail.html, mail.text, *(header.value for header in mail.headers))).encode()


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<p>x</p>", f"{LINKS_OPEN_OUTSIDE}<p>x</p>"),
        (
            "<!doctype html><html lang=en><head><title>",
            f"<!doctype html><html lang=en><head>{LINKS_OPEN_OUTSIDE}<title>",
        ),
        ("<!doctype html>\n<html>\n<body>", f"<!doctype html>\n<html>{LINKS_OPEN_OUTSIDE}\n<body>"),
        ("<header>x</header>", f"{LINKS_OPEN_OUTSIDE}<header>x</header>"),
        ("", LINKS_OPEN_OUTSIDE),
    ],
)
def test_links_open_outside_and_the_doctype_stays_first(html: str, expected: str) -> None:
    assert framed(html) == expected


def test_pictures_of_other_hosts_are_counted() -> None:
    html = (
        '<img src="https://here.example/1.png"><img alt="x" src=https://evil.example/2.gif><IMG SRC="//evil.example/3">'
        '<img src="data:image/png;base64,x"><img src="https://here.example.evil.example/4">'
    )
    assert outside_pictures(html, ("https://here.example",)) == 3


def test_markup_made_to_be_searched_for_ever_is_not() -> None:
    assert outside_pictures("<img " * 400_000, ("https://here.example",)) == 0
    assert framed("<!doctype" * 400_000).startswith(LINKS_OPEN_OUTSIDE)
    for piece in ("<!--", "<a ", "<style", "</", "<a b='", "<![x["):
        assert styles_of(piece * 400_000) == ()


def test_a_host_named_twice_stands_once_in_the_policy() -> None:
    assert "img-src https://a.example data:;" in policy("", ("https://a.example", "https://a.example"))
