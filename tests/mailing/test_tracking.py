"""Links of mails: signed, each for one purpose, leading where the mail's own link led."""

import html
import re
from urllib.parse import parse_qs, urlsplit

import pytest

from mailing import tracking, verp
from mailing.tracking import Click, Tracker, Utm

KEY = tracking.tracking_key("salt")
MADE_WITH = Tracker("https://cdp.example", "https://shop.example", KEY)
UTM = Utm("cdp", "email", "cart/mail_1")


def links(page: str) -> list[str]:
    return [html.unescape(link) for link in re.findall(r'href="([^"]*)"', page)]


def target(link: str) -> tuple[Click | None, str]:
    """What a click link says, and where it leads."""
    parts = urlsplit(link)
    url = parse_qs(parts.query)["u"][0]
    return tracking.read_click(parts.path.rpartition("/")[2], url, KEY), url


def test_every_link_to_a_page_is_signed_and_leads_where_it_led_with_utm_on_the_shops_own() -> None:
    page = (
        '<body class="b"><a class="x" href="https://shop.example/p?a=1&amp;cdp_rec=r9#top">1</a>'
        "<A HREF='https://www.shop.example/q?utm_source=own'>2</A><a href=\"https://other.example/\">3</a></body>"
    )
    hidden, *shown = links(tracking.rewrite_links(page, 7, MADE_WITH, utm=UTM).replace("HREF", "href"))
    assert [target(link) for link in shown] == [
        (
            Click(7, 0),
            "https://shop.example/p?a=1&cdp_rec=r9&utm_source=cdp&utm_medium=email&utm_campaign=cart%2Fmail_1#top",
        ),
        (Click(7, 1), "https://www.shop.example/q?utm_source=own&utm_medium=email&utm_campaign=cart%2Fmail_1"),
        (Click(7, 2), "https://other.example/"),
    ]
    assert target(hidden) == (Click(7, tracking.HONEYPOT), "https://shop.example")


def test_the_copy_of_a_sent_mail_can_be_looked_at_without_counting() -> None:
    page = '<body><a class="x" href="https://shop.example/p?a=1&amp;b=%22#t">1</a><img src="https://shop.example/i"></body>'
    sent = tracking.with_pixel(tracking.rewrite_links(page, 7, MADE_WITH), 7, MADE_WITH)
    assert sent.count("https://cdp.example/m/") == 3
    assert tracking.without_tracking(sent, MADE_WITH) == page


def test_ways_out_and_what_is_no_page_stay_as_they_are() -> None:
    page = "<body>" + "".join(
        f'<a href="{url}">x</a>'
        for url in (
            "https://cdp.example/u/token",
            "https://cdp.example/p/token",
            "https://cdp.example/m/v/token",
            "mailto:a@b.example",
            "tel:1",
            "#top",
            "javascript:x",
            "https://shop.example/" + "a" * 2_000,
        )
    )
    assert tracking.rewrite_links(page, 7, MADE_WITH, utm=UTM) == page


def test_a_page_of_broken_tags_is_read_once() -> None:
    page = "<a " * 50_000 + "<a href=" * 50_000
    assert tracking.rewrite_links(page, 7, MADE_WITH) == page


@pytest.mark.parametrize(
    "url",
    ["https://evil.example/", "https://shop.example.evil.example/", "//evil.example", "", "https://shop.example/P"],
)
def test_a_token_holds_for_its_own_address_only(url: str) -> None:
    link = tracking.click_url(7, 0, "https://shop.example/p", MADE_WITH)
    token = urlsplit(link).path.rpartition("/")[2]
    assert tracking.read_click(token, "https://shop.example/p", KEY) == Click(7, 0)
    assert tracking.read_click(token, url, KEY) is None


def test_no_changed_token_and_no_token_of_another_purpose_or_key_is_taken() -> None:
    url = "https://shop.example/p"
    click = urlsplit(tracking.click_url(7, 0, url, MADE_WITH)).path.rpartition("/")[2]
    opened = tracking.open_url(7, MADE_WITH).rpartition("/")[2].removesuffix(".gif")
    view = tracking.view_url(7, MADE_WITH).rpartition("/")[2]
    assert (tracking.read_open(opened, KEY), tracking.read_view(view, KEY)) == (7, 7)
    assert (tracking.read_open(view, KEY), tracking.read_view(opened, KEY)) == (None, None)
    assert (tracking.read_click(opened, "", KEY), tracking.read_open(click, KEY)) == (None, None)
    for at in range(len(view)):
        other = view[:at] + ("A" if view[at] != "A" else "B") + view[at + 1 :]
        assert tracking.read_view(other, KEY) is None
    for wrong in ("", "é", "A" * 61, "====", "\ud800", view + "A"):
        assert tracking.read_view(wrong, KEY) is None
    assert tracking.read_view(view, tracking.tracking_key("another")) is None


def test_a_return_path_names_its_message_in_any_case_and_no_other() -> None:
    made = verp.return_path(7, "bounces@mail.example", KEY)
    local = made.partition("@")[0]
    assert local.startswith("bounces+")
    assert len(local) <= 64
    for same in (made, made.upper(), f"<{made}>", made.replace("bounces+", "b-")):
        assert verp.message_of(same, KEY) == 7
    other = verp.return_path(8, "bounces@mail.example", KEY)
    forged = other[:-25] + made[-25:]
    for wrong in (forged, "b+" + local[-38:] + "@mail.example", "bounces@mail.example", "", "@", local[-39:] + "@x"):
        assert verp.message_of(wrong, KEY) is None
    assert verp.return_path(7, "", KEY) == ""


def test_the_picture_stands_at_the_end_of_the_body() -> None:
    assert re.fullmatch(
        r'<body>x<img src="https://cdp\.example/m/o/[\w-]+\.gif" width="1"[^>]*></body></html>',
        tracking.with_pixel("<body>x</body></html>", 7, MADE_WITH),
    )
    assert tracking.shown_url("https://u@shop.example/p?email=a@b#x") == "https://shop.example/p"
    assert tracking.shown_url("https://u@shop.example:8190/p?email=a@b") == "https://shop.example:8190/p"
