"""A mail put together from an enrollment's situation: real cart lines, three recommendations, the ways out."""

from datetime import datetime
from email.utils import make_msgid

from django.conf import settings
from django.core.mail import EmailMultiAlternatives

from automation.amounts import price_words, quantity_words
from automation.contracts import MailContent, MailProduct, RenderedMail
from automation.links import picture_link, shop_link
from automation.models import Message
from automation.queries import Situation
from automation.rendering import render
from commerce.contracts import CartLine, ProductFacts
from consent import queries as consent
from consent.contracts import PERSONALIZATION, Subject
from recommendations import queries as recommendations
from recommendations.contracts import Recommendation, RecommendationRequest

RECOMMENDED = 3
MAX_LINES = 20
MAX_NAME_LENGTH = 120


def compose(message: Message, found: Situation, now: datetime) -> RenderedMail:
    """The rendered mail; raises RenderError."""
    return render(message.journey.template, message.journey.subject, content_of(message, found, now))


def content_of(message: Message, found: Situation, now: datetime) -> MailContent:
    """What the template is given."""
    currency = found.cart.currency if found.cart else ""
    lines = found.lines[:MAX_LINES]
    return MailContent(
        company=settings.COMPANY_NAME,
        postal_address=settings.COMPANY_ADDRESS,
        shop_url=settings.SHOP_URL,
        cart_url=f"{settings.SHOP_URL}/cart",
        unsubscribe_url=consent.unsubscribe_url(message.address, message_id=message.pk),
        lines=tuple(_line(line, product, currency) for line, product in lines),
        total=_total(found, currency),
        recommendations=tuple(_recommended(item) for item in _recommendations(found, now)),
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


def _line(line: CartLine, product: ProductFacts | None, currency: str) -> MailProduct:
    """The catalog is believed before the cart's events for what a thing is called and where it is."""
    price = line.price if line.price is not None else product.price if product else None
    return MailProduct(
        product_id=line.product_id,
        name=_name((product.name if product else "") or line.name or line.product_id),
        price=price_words(price, currency or (product.currency if product else "")),
        quantity=quantity_words(line.quantity),
        url=_url((product.url if product else "") or line.url),
        image_url=_picture((product.image_url if product else "") or line.image_url),
    )


def _recommended(item: Recommendation) -> MailProduct:
    product = item.product
    return MailProduct(
        product_id=item.product_id,
        name=_name(product.name or item.product_id),
        price=price_words(product.price, product.currency),
        url=_url(product.url),
        image_url=_picture(product.image_url),
        note=item.sentence,
    )


def _recommendations(found: Situation, now: datetime) -> list[Recommendation]:
    """Up to three products beside the cart's; the person's history counts only where personalization is allowed."""
    in_cart = tuple(line.product_id for line, _ in found.lines)
    personal = consent.allows(Subject(identifier_ids=found.identifier_ids), PERSONALIZATION, now).allowed
    request = RecommendationRequest(
        now=now, profile_id=found.profile_id if personal else None, cart=in_cart, n=RECOMMENDED + len(in_cart)
    )
    others = [item for item in recommendations.recommend(request) if item.product_id not in in_cart]
    return others[:RECOMMENDED]


def _total(found: Situation, currency: str) -> str:
    """The sum of what is shown, only when every price is known."""
    prices = [(line.price, line.quantity) for line, _ in found.lines[:MAX_LINES]]
    known = [price * quantity for price, quantity in prices if price is not None]
    if not known or len(known) < len(found.lines):
        return ""
    return price_words(sum(known[1:], known[0]), currency)


def _name(raw: str) -> str:
    text = " ".join(raw.split())
    return text if len(text) <= MAX_NAME_LENGTH else text[: MAX_NAME_LENGTH - 1] + "…"


def _url(raw: str) -> str:
    return shop_link(raw, shop_url=settings.SHOP_URL)


def _picture(raw: str) -> str:
    return picture_link(raw, shop_url=settings.SHOP_URL, hosts=settings.MAIL_IMAGE_HOSTS)
