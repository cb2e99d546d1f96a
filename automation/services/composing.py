"""A mail put together from an enrollment's situation: real cart lines, three recommendations, the ways out.

The public write key can say what lies in a cart; words, prices, links and pictures are a feed's or a server's alone.
"""

from collections.abc import Set
from dataclasses import replace
from datetime import datetime
from email.utils import make_msgid

from django.conf import settings
from django.core.mail import EmailMultiAlternatives

from automation.contracts import MailContent, MailProduct, RenderedMail
from automation.models import Message
from automation.queries import Situation, is_presentable, known_lines
from automation.rendering import render
from commerce import queries as commerce
from commerce.contracts import CartLine, ProductFacts
from consent import queries as consent
from consent.contracts import GRANTED, PERSONALIZATION, Subject
from mailing.amounts import price_words, quantity_words
from mailing.links import picture_link, shop_link, with_recommendation
from mailing.names import presentable
from profiles import queries as profiles
from recommendations import queries as recommendations
from recommendations.contracts import Recommendation, RecommendationRequest
from recommendations.queries.answer_ids import new_id
from recommendations.queries.placements import placement
from recommendations.sentences import sentence

RECOMMENDED = 3
PLACEMENT = "email-cart"  # asked where staff made one of this key and it is active; never held out: a mail has one unit
MAX_LINES = 20


def compose(message: Message, found: Situation, now: datetime) -> RenderedMail:
    """The rendered mail; raises RenderError."""
    return render(message.journey.template, message.journey.subject, content_of(message, found, now))


def content_of(message: Message, found: Situation, now: datetime) -> MailContent:
    """What the template is given."""
    named = {product.name for _, product in known_lines(found.lines)}
    recommended, answer_id = _recommendations(found, now)
    return MailContent(
        company=settings.COMPANY_NAME,
        postal_address=settings.COMPANY_ADDRESS,
        shop_url=settings.SHOP_URL,
        cart_url=f"{settings.SHOP_URL}/cart",
        unsubscribe_url=consent.unsubscribe_url(message.address, message_id=message.pk),
        preferences_url=_preferences_url(message.address),
        lines=_lines(found),
        total=_total(found),
        recommendations=tuple(_recommended(item, named, answer_id) for item in recommended),
        agreed=found.facts.consent.reason == GRANTED,
    )


def envelope(message: Message, rendered: RenderedMail) -> EmailMultiAlternatives:
    """The mail as it is handed over, with both unsubscribe headers (RFC 2369, RFC 8058)."""
    unsubscribe = consent.unsubscribe_url(message.address, message_id=message.pk)
    domain = settings.MAIL_FROM.rpartition("@")[2].strip("> ")
    headers = {
        "Message-ID": message.message_id or make_msgid(domain=domain),
        "List-Unsubscribe": f"<{unsubscribe}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    mail = EmailMultiAlternatives(
        rendered.subject, rendered.text, settings.MAIL_FROM, [message.address], headers=headers
    )
    mail.attach_alternative(rendered.html, "text/html")
    return mail


def _preferences_url(address: str) -> str:
    """Purposes that are stated for no address are stated for its identifier, so the link names both."""
    identifier = profiles.find("email", address)
    return consent.preferences_url(address, identifier.id if identifier else 0)


def _lines(found: Situation) -> tuple[MailProduct, ...]:
    """What the cart holds, as a feed or a server describes it; the rest is only counted."""
    known = known_lines(found.lines)
    shown = tuple(_line(line, product) for line, product in known[:MAX_LINES])
    left_out = len(found.lines) - len(shown)
    if not left_out:
        return shown
    return (*shown, MailProduct("", f"{left_out} more product{'' if left_out == 1 else 's'}", ""))


def _line(line: CartLine, product: ProductFacts) -> MailProduct:
    """Only the quantity is the cart's: its texts and prices may come from anybody with the public key."""
    return MailProduct(
        product_id=line.product_id,
        name=presentable(product.name or product.product_id),
        price=price_words(product.price, product.currency),
        quantity=quantity_words(line.quantity),
        url=_url(product.url),
        image_url=_picture(product.image_url),
    )


def _recommended(item: Recommendation, named: Set[str], answer_id: str = "") -> MailProduct:
    """The reason is told if it names nothing, or what the mail shows anyway. Links carry the answer's id, if any."""
    may_be_told = {sentence(item.reason), *(sentence(item.reason, name) for name in named)}
    product = item.product
    return MailProduct(
        product_id=item.product_id,
        name=presentable(product.name or item.product_id),
        price=price_words(product.price, product.currency),
        url=with_recommendation(_url(product.url), answer_id),
        image_url=_picture(product.image_url),
        note=item.sentence if item.sentence in may_be_told else "",
    )


def _recommendations(found: Situation, now: datetime) -> tuple[list[Recommendation], str]:
    """Up to three products beside the cart's, and the id of the placement's answer they are of (empty without one); the
    person's history counts only where personalization is allowed."""
    in_cart = tuple(line.product_id for line, _ in found.lines)
    personal = consent.allows(Subject(identifier_ids=found.identifier_ids), PERSONALIZATION, now).allowed
    placed = PLACEMENT if placement(PLACEMENT) is not None else ""
    request = RecommendationRequest(
        now=now,
        profile_id=found.profile_id if personal else None,
        cart=in_cart,
        n=RECOMMENDED + len(in_cart),
        placement=placed,
    )
    answer = recommendations.answer(request)
    others = [item for item in answer.items if item.product_id not in in_cart]
    believed = commerce.believed_products([item.product_id for item in others])
    known = [replace(item, product=believed[item.product_id]) for item in others if item.product_id in believed]
    shown = [item for item in known if is_presentable(item.product)][:RECOMMENDED]
    return shown, new_id(replace(answer, items=tuple(shown)), b"", now) if placed else ""


def _total(found: Situation) -> str:
    """The sum of what is shown, only when all of the cart is and every price is known in one currency."""
    known = known_lines(found.lines)
    amounts = [product.price * line.quantity for line, product in known if product.price is not None]
    currencies = {product.currency for _, product in known}
    if len(amounts) < len(found.lines) or len(amounts) > MAX_LINES or len(currencies) != 1:
        return ""
    return price_words(sum(amounts[1:], amounts[0]), currencies.pop())


def _url(raw: str) -> str:
    return shop_link(raw, shop_url=settings.SHOP_URL)


def _picture(raw: str) -> str:
    return picture_link(raw, shop_url=settings.SHOP_URL, hosts=settings.MAIL_IMAGE_HOSTS)
