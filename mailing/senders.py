"""The senders as the roof declared them, found through settings: mailing imports nobody above it."""

from collections.abc import Mapping
from functools import cache

from django.conf import settings
from django.utils.module_loading import import_string

from mailing.contracts import Sender


class UnknownSender(LookupError):
    """A key that stands for nobody."""

    def __init__(self, key: str, known: Mapping[str, str]) -> None:
        super().__init__(
            f"sender {key!r} is not declared in MAIL_SENDERS of cdp/subscriptions.py: use one of "
            f"{', '.join(sorted(known)) or '(none)'}"
        )


def sender(key: str) -> Sender:
    """Who decides about messages of this key; raises UnknownSender."""
    declared = declared_senders()
    if key not in declared:
        raise UnknownSender(key, declared)
    return _made(declared[key])


def declared_senders() -> Mapping[str, str]:
    """{key: dotted path}."""
    found = settings.MAIL_SENDERS
    declared: Mapping[str, str] = import_string(found) if isinstance(found, str) else found
    return declared


@cache
def _made(path: str) -> Sender:
    """A class is made once; anything else (a module, an object) is the sender itself."""
    found = import_string(path)
    made: Sender = found() if isinstance(found, type) else found
    return made
