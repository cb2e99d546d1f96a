"""From the SMTP hand-over to list, page and JSON; not a route of it without DEMO=1."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.test import Client
from pytest_django import Settings

from automation import services
from cdp.demo.mailbox import box as mailbox
from cdp.lib.clock import utc_now
from tests.automation import world
from tests.paths import REPO

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.mailbox.demo_urls")]
Deliver = Callable[..., None]
HTML = "<!doctype html><html><head><title>x</title></head><body><h1>Grüße</h1></body></html>"


def only() -> str:
    """The id of the one mail in the box."""
    (found,) = mailbox.listing().mails
    return found.id


def page(client: Client, path: str = "") -> str:
    answer = client.get(f"/dev/mailbox/{path}")
    assert answer.status_code == 200, path
    assert answer["Cache-Control"] == "no-store"
    return answer.content.decode()


@pytest.mark.urls("cdp.urls")
@pytest.mark.parametrize("path", ["", "messages.json", "1700000000000-00001/", "1700000000000-00001/html"])
def test_without_demo_there_is_no_mailbox(client: Client, path: str) -> None:
    assert client.get(f"/dev/mailbox/{path}").status_code == 404


@pytest.mark.parametrize(("demo", "found"), [("1", "mailbox"), ("0", "Resolver404")])
def test_demo_alone_decides_about_the_routes(demo: str, found: str) -> None:
    program = (
        "import os, django; os.environ['DJANGO_SETTINGS_MODULE'] = 'cdp.settings'; django.setup()\n"
        "from django.urls import Resolver404, resolve\n"
        "try: print(resolve('/dev/mailbox/').url_name)\n"
        "except Resolver404: print('Resolver404')"
    )
    environment = os.environ | {"DEMO": demo}
    run = subprocess.run(
        [sys.executable, "-c", program], env=environment, cwd=REPO, capture_output=True, text=True, timeout=60
    )
    assert (run.stdout.strip(), run.stderr) == (found, "")


def test_a_mail_handed_over_by_smtp_stands_in_the_list_with_its_reader_subject_and_beginning(
    client: Client, deliver: Deliver
) -> None:
    deliver("Ada@Example.com", "Schöne Grüße", "Heading\n=======\n\nYou left something.", HTML)
    shown = page(client)
    assert "ada@example.com" in shown
    assert "Schöne Grüße" in shown
    assert ">You left something.<" in shown.replace("\n", "")
    assert f"/dev/mailbox/{only()}/" in shown
    assert "1 mail in the box" in shown


def test_the_newest_mail_stands_first_and_older_ones_on_the_next_page(client: Client, box: Path) -> None:
    for n in range(60):
        (box / f"{1_700_000_000_000 + n}-00001.eml").write_bytes(f"To: u{n}@example.com\r\nSubject: s\r\n\r\n".encode())
    first = page(client)
    assert re.findall(r"u(\d+)@example.com", first) == [str(n) for n in range(59, 9, -1)]
    older = re.search(r'href="(\?q=&amp;before=[\d-]+)">Older', first)
    assert older
    second = page(client, older[1].replace("&amp;", "&"))
    assert re.findall(r"u(\d+)@example.com", second) == [str(n) for n in range(9, -1, -1)]
    assert "Older mails" not in second


def test_the_search_finds_a_part_of_an_address_or_subject(client: Client, deliver: Deliver) -> None:
    deliver("ada@example.com", "Your cart")
    deliver("bo@other.example", "Welcome")
    for query, expected in (("ADA@ex", ["ada"]), ("welcome", ["bo"]), ("example", ["bo", "ada"]), ("zoe", [])):
        shown = page(client, f"?q={query}")
        assert re.findall(r'class="to">(\w+)@', shown) == expected
    assert "No mail with “zoe”" in page(client, "?q=zoe")


def test_what_is_searched_for_is_shown_as_text_only(client: Client, box: Path) -> None:
    shown = page(client, "?q=<script>alert(1)</script>")
    assert "<script>alert" not in shown
    assert "&lt;script&gt;alert" in shown


def test_the_json_gives_the_mails_of_one_whole_address(client: Client, deliver: Deliver) -> None:
    deliver("ada@example.com", "One")
    deliver("bada@example.com", "Two")
    deliver("ada@example.com", "Three", headers={"List-Unsubscribe": "<https://cdp.example/u/abc>"})
    body = client.get("/dev/mailbox/messages.json?to=ADA@example.com").json()
    assert body["mails"] == 3
    assert [mail["subject"] for mail in body["messages"]] == ["Three", "One"]
    newest = body["messages"][0]
    assert newest["to"] == ["ada@example.com"]
    assert newest["sender"] == "Nord"
    assert newest["unsubscribe_url"] == "https://cdp.example/u/abc"
    assert newest["url"] == f"/dev/mailbox/{newest['id']}/"
    for name in ("url", "source_url"):
        assert client.get(newest[name]).status_code == 200
    assert len(client.get("/dev/mailbox/messages.json?limit=2").json()["messages"]) == 2
    assert len(client.get("/dev/mailbox/messages.json?limit=nonsense").json()["messages"]) == 3


def test_a_page_shows_both_parts_and_every_header_in_words_and_as_it_arrived(client: Client, deliver: Deliver) -> None:
    deliver("ada@example.com", "Schöne Grüße", "Text part €", HTML, {"X-Extra": "kept"})
    mail_id = only()
    assert f'src="/dev/mailbox/{mail_id}/html"' in page(client, f"{mail_id}/")
    assert "Text part €" in page(client, f"{mail_id}/?view=text")
    headers = page(client, f"{mail_id}/?view=headers")
    for expected in ("Schöne Grüße", "=?utf-8?", "X-Extra", "kept", "Return-Path", "&lt;shop@example.com&gt;"):
        assert expected in headers
    source = page(client, f"{mail_id}/?view=source")
    assert "Content-Type: multipart/alternative" in source
    raw = client.get(f"/dev/mailbox/{mail_id}/source.eml")
    assert raw.content == (mailbox.folder() / f"{mail_id}.eml").read_bytes()
    assert raw["Content-Disposition"] == f'attachment; filename="{mail_id}.eml"'
    assert raw["Content-Type"] == "message/rfc822"
    assert raw["X-Content-Type-Options"] == "nosniff"


def test_width_and_colors_of_the_frame_are_links(client: Client, deliver: Deliver) -> None:
    deliver(html=HTML)
    shown = page(client, f"{only()}/?width=phone&scheme=dark")
    assert 'class="frame phone"' in shown
    assert 'class="dark"' in shown
    assert "?view=html&amp;width=desktop&amp;scheme=dark" in shown
    assert 'class="frame desktop"' in page(client, f"{only()}/?width=nonsense&view=nonsense")


def test_the_ways_out_of_a_mail_are_explained_and_one_click_goes_to_this_host_only(
    client: Client, deliver: Deliver, settings: Settings
) -> None:
    settings.BASE_URL = "https://cdp.example"
    one_click = {"List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    deliver(headers={"List-Unsubscribe": "<https://cdp.example/u/abc>", **one_click})
    shown = page(client, f"{only()}/")
    assert "<code>https://cdp.example/u/abc</code>" in shown
    assert "<code>List-Unsubscribe=One-Click</code>" in shown
    assert '<form method="post" action="/u/abc" target="_blank">' in shown
    deliver(headers={"List-Unsubscribe": "<https://evil.example/u/abc>", **one_click})
    assert "<form" not in page(client, f"{mailbox.listing().mails[0].id}/")
    deliver()
    assert "has no List-Unsubscribe header" in page(client, f"{mailbox.listing().mails[0].id}/")


def test_the_journeys_mail_arrives_and_its_page_leads_to_the_way_out_and_to_the_reason(
    client: Client, sink_port: int, settings: Settings
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", sink_port
    journey = services.ensure_default_journeys()
    journey.holdout_share = 0
    journey.save()
    services.sync_holdout(journey)
    services.activate(journey)
    world.abandoned()
    world.run()
    (mail,) = client.get(f"/dev/mailbox/messages.json?to={world.JANE}").json()["messages"]
    assert mail["subject"] == "You left something behind"
    shown = page(client, f"{mail['id']}/")
    assert f'action="{urlsplit(mail["unsubscribe_url"]).path}"' in shown
    assert "/admin/mailing/message/?q=%3C" in shown
    assert "Red &lt;Shoes&gt;" in client.get(mail["html_url"]).content.decode()


def test_an_empty_box_says_how_to_get_a_mail_and_how_long_it_takes(client: Client, box: Path) -> None:
    shown = page(client)
    assert 'href="/shop/"' in shown
    assert "No journey is live" in shown
    journey = services.ensure_default_journeys()
    journey.draft["trigger"]["idle_minutes"] = 1
    journey.save()
    services.activate(journey)
    shown = page(client)
    assert "Wait 1 minute." in shown
    assert "10 % of addresses are held out" in shown


def test_the_list_tells_how_many_carts_wait_and_when_the_next_mail_is_due(client: Client, box: Path) -> None:
    services.activate(services.ensure_default_journeys())
    world.cart(world.person(), idle=timedelta(minutes=1))
    world.changed()
    world.run()
    shown = page(client)
    assert "1 abandoned cart waits for its time." in shown
    due = re.search(r'<time datetime="([^"]+)" data-until', shown)
    assert due
    assert due[1] > utc_now().isoformat()


def test_a_box_without_a_folder_is_empty(client: Client, settings: Settings, tmp_path: Path) -> None:
    settings.VAR_DIR = tmp_path / "none"
    assert "No mail yet" in page(client)


def test_the_box_takes_no_writing_methods(client: Client, box: Path) -> None:
    assert [client.post(f"/dev/mailbox/{path}").status_code for path in ("", "messages.json")] == [405, 405]
