"""The records of this installation's sender: what stands in the DNS, and what should."""

import base64

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings
from dns.resolver import Resolver

from cdp.admin_delivery.resolving import texts_of
from mailing import sender_records
from mailing.dkim_signing import KeyUnusableError
from mailing.header_lint import domain_of
from mailing.models import Brand
from mailing.queries.addressing import mail_signer, sender_address, sender_domain
from mailing.sender_records import Record

# What providers ask to be named in SPF, by what their backend or mail server is called.
PROVIDERS = {
    "amazonses": "include:amazonses.com",
    "amazonaws": "include:amazonses.com",
    "brevo": "include:spf.brevo.com",
    "mailgun": "include:mailgun.org",
    "mailjet": "include:spf.mailjet.com",
    "mandrill": "include:spf.mandrillapp.com",
    "postmark": "include:spf.mtasv.net",
    "sendgrid": "include:sendgrid.net",
    "sparkpost": "include:sparkpostmail.com",
    "google": "include:_spf.google.com",
    "outlook": "include:spf.protection.outlook.com",
}
HERE = ("127.", "localhost", "::1", "10.", "192.168.", "172.")


def sender_records_now(resolver: Resolver | None) -> list[Record]:
    """SPF of the return path's domain, DKIM and DMARC of the sender's; looked up at once."""
    domain = sender_domain(sender_address(Brand.objects.filter(pk=1).first() or Brand()))
    bounce_domain = domain_of(settings.MAIL_BOUNCES_TO) or domain
    selector, signs_as, public_key = signing(domain)
    hosts = [bounce_domain, f"{selector}._domainkey.{signs_as}", f"_dmarc.{domain}"]
    of_spf, of_dkim, of_dmarc = texts_of(hosts, resolver)
    return [
        sender_records.spf(bounce_domain, of_spf, servers=servers()),
        sender_records.dkim(signs_as, selector, of_dkim, public_key=public_key),
        sender_records.dmarc(domain, of_dmarc, reports_to=f"dmarc@{domain}"),
    ]


def signing(domain: str) -> tuple[str, str, str]:
    """(selector, domain, public key as it stands in the DNS: empty where the mail server signs)."""
    try:
        signer = mail_signer()
    except KeyUnusableError:
        signer = None
    if signer is None:
        return settings.DKIM_SELECTOR, settings.DKIM_DOMAIN or domain, ""
    public = signer.key.public_key()
    if isinstance(signer.key, RSAPrivateKey):
        return signer.selector, signer.domain, f"k=rsa; p={_b64(public.public_bytes(*_DER))}"
    return signer.selector, signer.domain, f"k=ed25519; p={_b64(public.public_bytes(Encoding.Raw, PublicFormat.Raw))}"


_DER = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def servers() -> list[str]:
    """What SPF must name for the mail server or provider of this installation; none where that is not known."""
    name = f"{settings.EMAIL_BACKEND} {settings.EMAIL_HOST}".lower()
    if known := next((text for part, text in PROVIDERS.items() if part in name), None):
        return [known]
    host = settings.EMAIL_HOST
    return [] if not host or host.startswith(HERE) or "." not in host else [f"a:{host}"]


def _b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
