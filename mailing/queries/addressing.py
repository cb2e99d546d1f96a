"""Who mails come from, and what signs them, under this installation's settings."""

from functools import cache

from django.conf import settings

from mailing.dkim_signing import Signer, signer
from mailing.models import Brand


def sender_address(brand: Brand) -> str:
    """`Name <address>`: the brand's, else MAIL_FROM."""
    address = brand.from_address or settings.MAIL_FROM
    return f"{brand.from_name} <{address}>" if brand.from_name and brand.from_address else address


def sender_domain(sender: str) -> str:
    """The domain of such an address."""
    return sender.rpartition("@")[2].strip("> ")


def mail_signer() -> Signer | None:
    """What signs every mail; None where no key is named. Raises KeyUnusableError."""
    if not settings.DKIM_KEY_FILE:
        return None
    return _signer(
        settings.DKIM_DOMAIN or sender_domain(settings.MAIL_FROM), settings.DKIM_SELECTOR, settings.DKIM_KEY_FILE
    )


def forget_signer() -> None:
    """Read the key again, in this process."""
    _signer.cache_clear()


@cache
def _signer(domain: str, selector: str, key_file: str) -> Signer:
    return signer(domain, selector, key_file)
