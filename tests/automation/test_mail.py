"""What arrives of the shipped cart mail: both parts, the real lines, recommendations, and nothing a hostile event could
put in.
"""

import html
import re
from datetime import timedelta
from email.message import EmailMessage
from urllib.parse import parse_qs, urlsplit

import pytest
from pytest_django import Settings

from automation.models import Journey
from cdp.lib.clock import utc_now
from consent import queries as consent
from mailing.models import Brand, MailTemplate, Message
from mailing.services import ensure_shipped
from recommendations.models import Placement
from recommendations.queries.answer_ids import read_id
from recommendations.queries.placements import forget_placements
from tests.automation import world
from tests.automation.sink import Sink

pytestmark = pytest.mark.django_db
LOCKED = "Your account is locked: confirm at http://evil.example/login"
EVIL_URLS = {"url": "https://evil.example/login", "image_url": 'https://evil.example/"onload="x'}


def part(mail: EmailMessage, kind: str) -> str:
    """The text, or the HTML as a mail program reads its numbered characters."""
    body = mail.get_body(preferencelist=(kind,))
    assert body is not None
    return read(str(body.get_content()).replace("\r\n", "\n"))


def read(markup: str) -> str:
    """Numbered characters as they are read."""
    return re.sub(r"&#(\d{3,});", lambda one: chr(int(one[1])), markup)


def led_to(mail: EmailMessage) -> list[str]:
    """Where the links and pictures of the HTML lead: of counted links, where these lead on."""
    found = (html.unescape(one) for one in re.findall(r'(?:href|src)="([^"]+)"', part(mail, "html")))
    return [parse_qs(urlsplit(one).query)["u"][0] if "/m/c/" in one else one for one in found]


@pytest.fixture
def shipped(settings: Settings, db: None) -> Journey:
    """The cart journey with the mail that ships."""
    settings.SHOP_URL, settings.COMPANY_NAME = "https://shop.example", "Nord & Süd"
    settings.COMPANY_ADDRESS = "Hafenstraße 1, Hamburg"
    ensure_shipped()
    return world.live_journey()


@pytest.fixture
def mail(shipped: Journey, sink: Sink) -> EmailMessage:
    """One mail as the sink took it, from a shop with a small catalog."""
    world.stock(
        "p2", name="Blue hat", price=1200, url="https://shop.example/p2", image_url="https://shop.example/i/p2.jpg"
    )
    world.stock("r1", "r2", "r3", "r4", url="https://shop.example/r")
    world.stock("gone", in_stock=False)
    world.abandoned()
    world.run()
    assert len(sink.mails) == 1
    return sink.mails[0]


def cart_of(*lines: dict[str, str]) -> None:
    """Jane's cart with these lines, left and looked at."""
    world.cart(world.person(), lines=[{"quantity": "1", "price": "1"} | line for line in lines])
    world.changed()
    world.run()


def test_both_parts_show_the_real_lines_and_one_clear_way_back(mail: EmailMessage) -> None:
    assert mail["Subject"] == "You left something behind"
    text, markup = part(mail, "plain"), part(mail, "html")
    assert "- Red <Shoes>, quantity 2, €9.50 each\n- Blue hat, quantity 1, €1,200.00\n" in text
    assert "Total: €1,219.00" in text
    assert "https://shop.example/cart" in text
    assert "Red &lt;Shoes&gt;" in markup
    assert "<Shoes>" not in markup
    assert "Quantity 2 · €9.50 each" in markup
    assert [one.partition("?")[0] for one in led_to(mail)].count("https://shop.example/cart") == 1
    assert "https://shop.example/i/p2.jpg" in led_to(mail)
    assert 'alt="Blue hat"' in markup
    for shown in (text, markup.replace("&amp;", "&")):
        assert "Nord & Süd, Hafenstraße 1, Hamburg" in shown
        assert "because you agreed to offers and reminders" in shown
    stored = Message.objects.get()
    assert (markup.strip(), text) == (read(stored.html).strip(), stored.text)


def test_three_recommendations_stand_beside_the_cart_and_none_is_in_it_or_out_of_stock(mail: EmailMessage) -> None:
    listed = part(mail, "plain").partition("You may also like:")[2]
    names = re.findall(r"^- (Product \w+|Blue hat)", listed, re.M)
    assert len(names) == 3
    assert set(names) <= {"Product r1", "Product r2", "Product r3", "Product r4"}
    assert all(name in part(mail, "html") for name in names)


def test_every_link_leads_to_the_shop_or_out_of_the_list(mail: EmailMessage) -> None:
    assert {urlsplit(link).netloc for link in led_to(mail)} == {
        "shop.example",
        urlsplit(consent.unsubscribe_url("", message_id=1)).netloc,
    }


def test_who_never_agreed_is_not_told_that_they_did(shipped: Journey, sink: Sink, settings: Settings) -> None:
    settings.CONSENT_DEFAULT_REGIME = "ccpa"
    world.abandoned(agreed=False)
    world.run()
    (mail,) = sink.mails
    for shown in (part(mail, "plain"), part(mail, "html")):
        assert "agreed" not in shown
        assert "You get this mail because you left something in your cart at" in shown
        assert "You can end such mails at any time." in shown


def test_a_hostile_feed_puts_neither_links_nor_markup_nor_headers_into_the_mail(shipped: Journey, sink: Sink) -> None:
    version = MailTemplate.objects.get(slug="abandoned-cart-1").versions.get()
    version.content["locales"]["en"]["subject"] = "{{ cart.lines[0].name }}"
    version.save()
    name = '{{ agreed }}<mj-include path="/etc/passwd"/>\r\nBcc: x'
    world.stock("p9", name=name, **EVIL_URLS)
    cart_of({"product_id": "p9"})
    (mail,) = sink.mails
    assert sink.recipients == [world.JANE]
    assert mail["Bcc"] is None
    assert mail["Subject"].startswith("{{ agreed }}<mj-include")
    assert "evil.example" not in part(mail, "html") + part(mail, "plain")
    assert "root:" not in part(mail, "html")


def test_what_a_cart_says_of_a_product_only_a_browser_knows_is_not_mailed(shipped: Journey, sink: Sink) -> None:
    world.stock("p9", name=LOCKED, from_feed=False)
    cart_of({"product_id": "p8", "name": LOCKED} | EVIL_URLS, {"product_id": "p9", "name": LOCKED})
    assert world.enrollments() == [("cart:c1:1", "exited", "no_known_products")]
    assert (world.messages(), sink.mails) == ([], [])


def test_products_only_a_browser_knows_are_counted_beside_known_ones(shipped: Journey, sink: Sink) -> None:
    """What the shop's own feed tells stands in the mail, the price too; what a stranger's event tells does not."""
    world.stock("p7", name="Green scarf", price=30)
    world.stock("p9", "p6", name=LOCKED, from_feed=False)
    cart_of({"product_id": "p9"}, {"product_id": "p7", "name": LOCKED, "price": "0.01"} | EVIL_URLS)
    (mail,) = sink.mails
    text, markup = part(mail, "plain"), part(mail, "html")
    assert "- Green scarf, quantity 1, €30.00\n- 1 more product\n" in text
    assert "1 more product" in markup
    assert "Quantity 1 · €30.00" in markup
    for shown in (text, markup):
        assert not re.search(r"evil|locked|0\.01|Total", shown)


def test_the_mail_is_in_the_language_of_its_reader(shipped: Journey, sink: Sink) -> None:
    Brand.objects.update_or_create(pk=1, defaults={"default_locale": "de"})
    world.abandoned()
    world.run()
    (mail,) = sink.mails
    assert mail["Subject"] == "Sie haben etwas vergessen"
    assert "Anzahl 2, 9,50\u00a0€ pro Stück" in part(mail, "plain")
    assert mail["Content-Language"] == "de"


def test_with_a_placement_its_rules_hold_and_links_name_the_answer(shipped: Journey, sink: Sink) -> None:
    placed = Placement.objects.create(
        key="email-cart",
        name="Cart mail",
        kind="email",
        strategies=[{"strategy": "newest", "weight": 1.0}],
        holdout=1.0,
    )
    placed.rules.create(action="exclude", target="product", value="r2")
    forget_placements()
    for name in ("r1", "r2", "r3"):
        world.stock(name, url=f"https://shop.example/rec/{name}", seen_at=utc_now() - timedelta(days=9))
    world.abandoned()
    world.run()
    (mail,) = sink.mails
    found = [link for link in led_to(mail) if "/rec/" in link]
    assert sorted({urlsplit(link).path for link in found}) == ["/rec/r1", "/rec/r3"]
    (named,) = {parse_qs(urlsplit(link).query)["cdp_rec"][0] for link in found}
    answer = read_id(named, utc_now())
    assert (answer.placement, answer.variant) == ("email-cart", "")
    assert [answer.showed(one) for one in ("r1", "r2", "r3")] == [True, False, True]
