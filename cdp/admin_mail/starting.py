"""What a new mail begins with: the mails that ship with the service, or an empty one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cdp.admin_mail.reading import read_out
from mailing.content import LOCALE, empty_content
from mailing.models import Brand
from mailing.shipped import shipped_mails

EMPTY = "empty"
SAMPLE = "abandoned-cart-1"


@dataclass(frozen=True, slots=True)
class Start:
    """One choice. `code` is empty for what does not ship; `kind` too: then staff choose it."""

    code: str
    name: str
    about: str
    kind: str
    content: Mapping[str, Any]

    @property
    def subject(self) -> str:
        """Of its default language, read out."""
        return read_out(str(self.content["locales"][self.content["default"]].get("subject") or ""))


def starts() -> list[Start]:
    """An empty mail first, then the shipped ones."""
    content = empty_content(default_locale())
    empty = Start(EMPTY, "Empty mail", "A header, a heading, text, a button and a footer to begin with.", "", content)
    return [empty, *(Start(one.code, one.name, one.about, one.kind, one.content) for one in shipped_mails())]


def start(code: str) -> Start | None:
    """The choice of that code; None where there is none."""
    return next((one for one in starts() if one.code == code), None)


def sample_content() -> Mapping[str, Any]:
    """A mail with much in it, for pages that show how mails look."""
    found = start(SAMPLE) or starts()[-1]
    return found.content


def default_locale() -> str:
    """The language a new mail is written in: the brand's."""
    found = Brand.objects.filter(pk=1).values_list("default_locale", flat=True).first() or "en"
    return found if LOCALE.fullmatch(found) else "en"
