"""What arrives: headers, both parts, the real lines, recommendations, and nothing a hostile event could put in."""

import re
from dataclasses import replace
from email.message import EmailMessage
from urllib.parse import urlsplit

import pytest
from django.test import Client
from pytest_django import Settings

from automation.contracts import MailContent, MailProduct
from automation.models import Journey, Message
from automation.rendering import RenderError, render, render_subject
from automation.services import composing
from commerce import queries as commerce
from consent import queries as consent
from consent.models import Entry
from mailing.amounts import price_words, quantity_words
from mailing.links import picture_link, shop_link
from mailing.names import presentable
from recommendations.contracts import Reason, Recommendation, Strategy
from tests.automation import world
from tests.automation.sink import Sink


def part(mail: EmailMessage, kind: str) -> str:
    body = mail.get_body(preferencelist=(kind,))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


@pytest.fixture
def mail(journey: Journey, sink: Sink, settings: Settings) -> EmailMessage:
    """One mail as the sink took it, from a shop with a small catalog."""
    settings.SHOP_URL, settings.COMPANY_NAME = "https://shop.example", "Nord & Süd"
    settings.COMPANY_ADDRESS, settings.MAIL_FROM = "Hafenstraße 1, Hamburg", "Nord <hello@shop.example>"
    world.stock(
        "p2", name="Blue hat", price=1200, url="https://shop.example/p2", image_url="https://shop.example/i/p2.jpg"
    )
    world.stock("r1", "r2", "r3", "r4", url="https://shop.example/r")
    world.stock("gone", in_stock=False)
    world.abandoned()
    world.run()
    assert len(sink.mails) == 1
    return sink.mails[0]


@pytest.mark.django_db
def test_the_head_names_sender_reader_and_both_ways_out(mail: EmailMessage) -> None:
    assert mail["From"] == "Nord <hello@shop.example>"
    assert mail["To"] == world.JANE
    assert mail["Subject"] == "You left something behind"
    assert re.fullmatch(r"<[^<>@\s]+@shop\.example>", mail["Message-ID"])
    assert mail["Message-ID"] == Message.objects.get().message_id
    assert re.fullmatch(r"<http://\S+/u/[A-Za-z0-9_-]{60,}>", mail["List-Unsubscribe"].strip())
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail.get_content_type() == "multipart/alternative"
    assert [p.get_content_type() for p in mail.iter_parts()] == ["text/plain", "text/html"]


@pytest.mark.django_db
def test_both_parts_show_the_real_lines_and_one_clear_way_back(mail: EmailMessage) -> None:
    text, html = part(mail, "plain"), part(mail, "html")
    assert "- Red <Shoes>, quantity 2, €9.50 each\n- Blue hat, quantity 1, €1,200.00\n" in text
    assert "Total: €1,219.00" in text
    assert "https://shop.example/cart" in text
    assert "Red &lt;Shoes&gt;" in html
    assert "<Shoes>" not in html
    assert "Quantity 2 · €9.50 each" in html
    assert html.count('href="https://shop.example/cart"') == 1
    assert 'src="https://shop.example/i/p2.jpg"' in html
    assert 'alt="Blue hat"' in html
    for shown in (text, html.replace("&amp;", "&")):
        assert "Nord & Süd, Hafenstraße 1, Hamburg" in shown
        assert "because you agreed to offers and reminders" in shown


@pytest.mark.django_db
def test_who_never_agreed_is_not_told_that_they_did(journey: Journey, sink: Sink, settings: Settings) -> None:
    settings.CONSENT_DEFAULT_REGIME = "ccpa"
    world.abandoned(agreed=False)
    world.run()
    (mail,) = sink.mails
    for shown in (part(mail, "plain"), part(mail, "html")):
        assert "agreed" not in shown
        assert "You get this mail because you left something in your cart at" in shown
        assert "You can end such mails at any time." in shown


@pytest.mark.django_db
def test_three_recommendations_stand_beside_the_cart_and_none_is_in_it_or_out_of_stock(mail: EmailMessage) -> None:
    listed = part(mail, "plain").partition("You may also like:")[2]
    names = re.findall(r"^- (Product \w+|Blue hat)", listed, re.M)
    assert len(names) == 3
    assert set(names) <= {"Product r1", "Product r2", "Product r3", "Product r4"}
    assert all(name in part(mail, "html") for name in names)


@pytest.mark.django_db
def test_every_link_leads_to_the_shop_or_out_of_the_list(mail: EmailMessage) -> None:
    found = set(re.findall(r'(?:href|src)="([^"]+)"', part(mail, "html")))
    assert {urlsplit(link).netloc for link in found} == {
        "shop.example",
        urlsplit(consent.unsubscribe_url("", message_id=1)).netloc,
    }


@pytest.mark.django_db
def test_each_picture_says_in_words_what_it_shows_and_is_found_from_anywhere(mail: EmailMessage) -> None:
    pictures = re.findall(r"<img[^>]*>", part(mail, "html"))
    assert len(pictures) == 1
    for picture in pictures:
        assert re.search(r'alt="[^"]+"', picture)
        assert re.search(r'src="https?://', picture)


@pytest.mark.django_db
def test_the_unsubscribe_link_of_a_real_mail_works_by_one_click(mail: EmailMessage, client: Client) -> None:
    link = urlsplit(mail["List-Unsubscribe"].strip("<> ")).path
    assert link in part(mail, "plain")
    assert link in part(mail, "html")
    before = Entry.objects.count()
    assert client.get(link).status_code == 200
    assert client.head(link).status_code == 200
    assert Entry.objects.count() == before
    assert client.post(link, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert Entry.objects.latest("id").state == "withdrawn"


@pytest.mark.django_db
def test_the_stored_copy_is_what_was_sent(mail: EmailMessage) -> None:
    stored = Message.objects.get()
    assert part(mail, "html").strip() == stored.html.strip()
    assert part(mail, "plain") == stored.text


EVIL_URLS = {"url": "https://evil.example/login", "image_url": 'https://evil.example/"onload="x'}
LOCKED = "Your account is locked: confirm at http://evil.example/login"


def cart_of(*lines: dict[str, str]) -> None:
    """Jane's cart with these lines, left and looked at."""
    world.cart(world.person(), lines=[{"quantity": "1", "price": "1"} | line for line in lines])
    world.changed()
    world.run()


@pytest.mark.django_db
def test_a_hostile_feed_puts_neither_links_nor_markup_nor_headers_into_the_mail(journey: Journey, sink: Sink) -> None:
    journey.subject = "{{ lines[0].name }}"
    journey.save()
    name = '{{ unsubscribe_url }}<mj-include path="/etc/passwd"/>\r\nBcc: x'
    world.stock("p9", name=name, **EVIL_URLS)
    cart_of({"product_id": "p9"})
    (mail,) = sink.mails
    assert sink.recipients == [world.JANE]
    assert mail["Bcc"] is None
    assert mail["Subject"].startswith("{{ unsubscribe_url }}<mj-include")
    assert "evil.example" not in part(mail, "html") + part(mail, "plain")
    assert "root:" not in part(mail, "html")


@pytest.mark.django_db
def test_what_a_cart_says_of_a_product_only_a_browser_knows_is_not_mailed(journey: Journey, sink: Sink) -> None:
    world.stock("p9", name=LOCKED, from_feed=False)
    cart_of({"product_id": "p8", "name": LOCKED} | EVIL_URLS, {"product_id": "p9", "name": LOCKED})
    assert world.enrollments() == [("cart:c1:1", "exited", "no_known_products")]
    assert (world.messages(), sink.mails) == ([], [])


@pytest.mark.django_db
def test_products_only_a_browser_knows_are_counted_beside_known_ones(journey: Journey, sink: Sink) -> None:
    """What the shop's own feed tells stands in the mail, the price too; what a stranger's event tells does not."""
    world.stock("p7", name="Green scarf", price=30)
    world.stock("p9", "p6", name=LOCKED, from_feed=False)
    cart_of({"product_id": "p9"}, {"product_id": "p7", "name": LOCKED, "price": "0.01"} | EVIL_URLS)
    (mail,) = sink.mails
    text, html = part(mail, "plain"), part(mail, "html")
    assert "- Green scarf, quantity 1, €30.00\n- 1 more product\n" in text
    assert "1 more product" in html
    assert "Quantity 1 · €30.00" in html
    for shown in (text, html):
        assert not re.search(r"evil|locked|0\.01|Total", shown)


@pytest.mark.django_db
def test_a_recommendation_tells_its_reason_only_in_words_of_the_shop(journey: Journey) -> None:
    world.stock("r1", name="Mug")
    item = Recommendation("r1", 1, Reason.CART, "", Strategy.CART, commerce.products(["r1"])["r1"])

    def note(text: str, reason: Reason = Reason.CART) -> str:
        said = replace(item, sentence=text, reason=reason)
        return composing._recommended(said, {"Green scarf"}).note

    assert note("Goes with Green scarf") == "Goes with Green scarf"
    assert note("Popular now", Reason.POPULAR) == "Popular now"
    assert note("Goes with Call 555, your account is locked in your cart") == ""


@pytest.mark.parametrize(
    "name",
    [
        LOCKED, "confirm at evil.example", "WWW.EVIL", "x@evil.example", "go to evil．example", "evil。example",
        "evil.exa\u00admple", "at 10.0.0.1/login", "ftp://x", "Shoes\u202e", "Shoes\x00", "Sho\u200bes", "", "  ",
    ],
)  # fmt: skip
def test_a_name_that_holds_an_address_or_hidden_characters_is_not_shown(name: str) -> None:
    assert presentable(name) == ""


@pytest.mark.parametrize(
    "name", ["Red <Shoes>", "No. 5", "No.5", "Size 3.5 – A/B & co.", "e.l.f. brush", "T.V. stand", "Wait... what?"]
)
def test_an_ordinary_name_is_shown_as_it_is(name: str) -> None:
    assert presentable(f"  {name}\n") == name


def test_a_long_name_is_cut() -> None:
    assert presentable("x" * 200) == "x" * 119 + "…"


def content(**changes: object) -> MailContent:
    values: dict[str, object] = {
        "company": "Shop",
        "postal_address": "Street 1",
        "shop_url": "https://shop.example",
        "cart_url": "https://shop.example/cart",
        "unsubscribe_url": "https://cdp.example/u/t",
        "preferences_url": "https://cdp.example/p/t",
        "lines": (MailProduct("p", "Shoes", "€1.00", "1"),),
        "total": "€1.00",
        "recommendations": (),
    }
    return MailContent(**(values | changes))  # type: ignore[arg-type]


def test_without_pictures_prices_and_recommendations_the_mail_still_stands() -> None:
    bare = render("abandoned_cart", "Hi", content(lines=(MailProduct("p", "Shoes", "", "1"),), total=""))
    assert "<img" not in bare.html
    assert "You may also like" not in bare.html + bare.text
    assert "- Shoes, quantity 1\n" in bare.text


@pytest.mark.parametrize(
    "subject",
    [
        "{% for a in (1..100000) %}{% for b in (1..100000) %}x{% endfor %}{% endfor %}",
        "{% include 'mail' %}",
        "{% render '/etc/passwd' %}",
        "{{ lines | nonsense }}",
        "{% if %}",
        "",
        "   ",
    ],
)
def test_a_subject_that_loops_includes_or_says_nothing_is_refused(subject: str) -> None:
    with pytest.raises(RenderError):
        render_subject(subject, {"lines": []})


@pytest.mark.parametrize(
    "subject", ["{{ company.__class__.__mro__ }}", "{{ lines.__class__ }}", "{{ company.__init__ }}"]
)
def test_a_subject_reaches_no_python(subject: str) -> None:
    assert render_subject(f"Hi {subject}", {"lines": [], "company": "Shop"}) == "Hi"


def test_a_subject_is_one_short_line() -> None:
    assert render_subject("Hi {{ name }}", {"name": "a\r\nBcc: b"}) == "Hi a Bcc: b"
    assert len(render_subject("x" * 999, {})) == 150


def test_an_unknown_template_is_named() -> None:
    for name in ("../../etc", "none", ""):
        with pytest.raises(RenderError, match="there is no template"):
            render(name, "Hi", content())


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "https://evil.example",
        "https://shop.example.evil.example",
        "https://shop.example@evil.example",
        "https://evil.example\\@shop.example",
        "//shop.example",
        "https://shop.example/ x",
        'https://shop.example/"onclick',
        "https://[::1",
        "",
    ],
)
def test_a_mail_links_to_the_shop_only(url: str) -> None:
    assert shop_link(url, shop_url="https://shop.example") == ""
    assert picture_link(url, shop_url="https://shop.example") == ""


def test_a_path_is_one_of_the_shops_own() -> None:
    assert shop_link("/p/1?a=1", shop_url="https://shop.example:8443/en") == "https://shop.example:8443/p/1?a=1"
    assert picture_link("/p/1.svg", shop_url="http://127.0.0.1:8000/shop") == "http://127.0.0.1:8000/p/1.svg"
    for url in ("/\\evil.example", "/p 1", "p/1"):
        assert shop_link(url, shop_url="https://shop.example") == ""


def test_the_shop_its_subdomains_and_named_picture_hosts_are_allowed() -> None:
    for url in ("https://shop.example/p", "https://www.shop.example/p?a=1&b=2", "http://SHOP.example:8080/p"):
        assert shop_link(url, shop_url="https://shop.example") == url
    picture = "https://img.cdn.example/1.jpg"
    assert picture_link(picture, shop_url="https://shop.example", hosts=["cdn.example"]) == picture
    assert shop_link(picture, shop_url="https://shop.example") == ""


def test_amounts_are_written_for_reading() -> None:
    from decimal import Decimal

    assert price_words(Decimal("1204.5"), "EUR") == "€1,204.50"
    assert price_words(Decimal("1204.5"), "CHF") == "1,204.50 CHF"
    assert price_words(Decimal("1200.000000"), "JPY") == "¥1,200"
    assert price_words(Decimal("3"), "") == "3.00"
    assert price_words(None, "EUR") == ""
    assert [quantity_words(Decimal(q)) for q in ("2.000000", "0.500000", "10")] == ["2", "0.5", "10"]
