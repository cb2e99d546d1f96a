"""A mail as it goes out, read as a mail filter reads it: what would be held against it, and how to mend it. Pure.

Read with the standard library's parser, not by what built it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import getaddresses, parsedate_to_datetime
from html import unescape

BAD, WARN = "bad", "warn"
LONGEST_LINE = 998
LONGEST_SUBJECT = 78
CLIPPED_AT = 102 * 1024
LEAST_TEXT_BESIDE_PICTURES = 200
TAG = re.compile(r"<(style|head|script|title)\b.*?</\1\s*>|<!--.*?-->|<[^<>]*>", re.IGNORECASE | re.DOTALL)
HREF = re.compile(r"""\s(?:href|src|background)\s*=\s*["']([^"']*)["']""", re.IGNORECASE)
IMAGE = re.compile(r"<img\b[^<>]*>", re.IGNORECASE)
REPLYING = re.compile(r"^\s*(re|fwd?|aw|wg)\s*:", re.IGNORECASE)
MESSAGE_ID = re.compile(r"<[^<>@\s]+@([^<>@\s]+)>")


@dataclass(frozen=True, slots=True)
class Finding:
    """`level`: bad is held against the mail or forbidden; warn may be. `words`: what, and how to mend it."""

    level: str
    code: str
    words: str


@dataclass(frozen=True, slots=True)
class About:
    """What the mail itself does not tell. `return_path`: the envelope's sender; `postal_address`: as mails must show
    it; `is_live`: not a demonstration, so links must be https.
    """

    is_marketing: bool
    postal_address: str
    return_path: str = ""
    is_live: bool = True


def lint(raw: bytes, about: About) -> list[Finding]:
    """What is wrong with a mail, the worst first; empty when nothing is."""
    parsed = message_from_bytes(raw, policy=policy.default)
    assert isinstance(parsed, EmailMessage)
    found = [
        *_lines(raw),
        *_headers(parsed, about),
        *_subject(parsed),
        *(_ways_out(parsed, about) if about.is_marketing else ()),
        *_body(parsed, about),
    ]
    return sorted(found, key=lambda one: one.level != BAD)


def is_aligned(domain: str, other: str) -> bool:
    """Whether two domains are one owner's as DMARC's relaxed mode takes it, as far as names tell: the same, or one
    below the other."""
    one, two = domain.lower().rstrip("."), other.lower().rstrip(".")
    return bool(one and two) and (one == two or one.endswith(f".{two}") or two.endswith(f".{one}"))


def domain_of(address: str) -> str:
    """What stands behind the @."""
    return address.rpartition("@")[2].strip("<> ").lower()


def _lines(raw: bytes) -> Iterator[Finding]:
    longest = max((len(line) for line in raw.split(b"\r\n")), default=0)
    if longest > LONGEST_LINE:
        yield Finding(BAD, "long_line", f"A line has {longest:,} characters; mail servers take {LONGEST_LINE}.")
    head = raw.partition(b"\r\n\r\n")[0]
    if not head.isascii():
        yield Finding(BAD, "raw_header", "A header has letters that are not encoded: mail servers may refuse it.")
    if b"\n" in raw.replace(b"\r\n", b""):
        yield Finding(BAD, "bare_newline", "A line ends without a carriage return: mail servers may refuse it.")


def _headers(mail: EmailMessage, about: About) -> Iterator[Finding]:
    sender = [one for _, one in getaddresses(mail.get_all("From", [])) if "@" in one]
    if len(sender) != 1:
        yield Finding(BAD, "from", "From must name exactly one address: set it on the brand's page or as MAIL_FROM.")
        return
    domain = domain_of(sender[0])
    for name, text in (("reply_to", mail["Reply-To"]), ("return_path", about.return_path)):
        other = domain_of(str(text or ""))
        if other and not is_aligned(domain, other):
            what = "Answers go" if name == "reply_to" else "Bounces go"
            mend = "one below it" if name == "reply_to" else "one below it, so that SPF counts for DMARC"
            yield Finding(
                WARN, name, f"{what} to {other}, but the mail is from {domain}: use an address there or {mend}."
            )
    signature = str(mail["DKIM-Signature"] or "")
    signer = re.search(r"\bd=([^;\s]+)", signature)
    if signer is not None and not is_aligned(domain, signer[1]):
        words = f"It is signed by {signer[1]}, but from {domain}: set DKIM_DOMAIN to the sender's domain."
        yield Finding(BAD, "dkim_domain", words)
    if signer is not None and mail["List-Unsubscribe"] and "list-unsubscribe" not in signature.lower():
        yield Finding(BAD, "dkim_unsubscribe", "The signature does not cover List-Unsubscribe (RFC 8058).")
    yield from _date_and_id(mail, domain)
    if mail["To"] is None or len(getaddresses(mail.get_all("To", []))) != 1:
        yield Finding(BAD, "to", "To must name exactly the one it is for.")


def _date_and_id(mail: EmailMessage, domain: str) -> Iterator[Finding]:
    try:
        parsedate_to_datetime(str(mail["Date"]))
    except (TypeError, ValueError):
        yield Finding(BAD, "date", "Date is missing or cannot be read.")
    found = MESSAGE_ID.fullmatch(str(mail["Message-ID"] or "").strip())
    if found is None:
        yield Finding(BAD, "message_id", "Message-ID is missing or not of the form <…@domain>.")
    elif not is_aligned(domain, found[1]):
        yield Finding(WARN, "message_id_domain", f"Message-ID is of {found[1]}, but the mail is from {domain}.")


def _subject(mail: EmailMessage) -> Iterator[Finding]:
    subject = str(mail["Subject"] or "").strip()
    if not subject:
        yield Finding(BAD, "no_subject", "The subject is empty.")
        return
    if len(subject) > LONGEST_SUBJECT:
        words = f"The subject has {len(subject)} characters: phones show about 40, and {LONGEST_SUBJECT} is the custom."
        yield Finding(WARN, "long_subject", words)
    if REPLYING.match(subject):
        yield Finding(BAD, "fake_reply", "The subject looks like an answer: that is forbidden in marketing (CAN-SPAM).")
    letters = [sign for sign in subject if sign.isalpha()]
    if len(letters) > 8 and all(sign.isupper() for sign in letters):
        yield Finding(WARN, "loud_subject", "The subject is all in capitals: filters and readers take it for spam.")


def _ways_out(mail: EmailMessage, about: About) -> Iterator[Finding]:
    header = str(mail["List-Unsubscribe"] or "")
    if not header:
        yield Finding(BAD, "no_unsubscribe", "List-Unsubscribe is missing: Gmail and Yahoo ask bulk senders for it.")
    elif about.is_live and "<https://" not in header:
        words = "One-click unsubscribing needs https (RFC 8058): serve the platform by https and set BASE_URL to it."
        yield Finding(BAD, "unsubscribe_http", words)
    if header and "List-Unsubscribe=One-Click" not in str(mail["List-Unsubscribe-Post"] or ""):
        yield Finding(
            BAD, "no_one_click", "List-Unsubscribe-Post is missing: without it no button unsubscribes at once."
        )


def _body(mail: EmailMessage, about: About) -> Iterator[Finding]:
    plain, rich = mail.get_body(("plain",)), mail.get_body(("html",))
    text = str(plain.get_content()) if plain is not None else ""
    html = str(rich.get_content()) if rich is not None else ""
    if not text.strip():
        yield Finding(BAD, "no_text", "There is no text part: filters count that, and some people read only it.")
    shown = " ".join(unescape(TAG.sub(" ", html)).split())
    if html:
        yield from _html(html, shown)
    links = [unescape(one).strip() for one in HREF.findall(html)]
    insecure = sorted({one.split("/")[2] for one in links if one.lower().startswith("http://") and one.count("/") > 1})
    if about.is_live and insecure:
        yield Finding(
            WARN, "insecure_link", f"Links or pictures lead over http to {', '.join(insecure[:3])}: use https."
        )
    if about.is_marketing:
        yield from _marketing(shown or text, text, links, about)


def _html(html: str, shown: str) -> Iterator[Finding]:
    size = len(html.encode())
    if size > CLIPPED_AT:
        words = f"The mail has {size / 1024:.0f} kB: Gmail shows 102 kB and cuts off the rest, the way out as well."
        yield Finding(BAD, "clipped", words)
    images = IMAGE.findall(html)
    seen = [one for one in images if not re.search(r'\b(width|height)="1"', one)]
    if seen and len(shown) < LEAST_TEXT_BESIDE_PICTURES:
        words = f"{len(seen)} picture{'s' if len(seen) > 1 else ''} beside {len(shown)} characters of text: write more."
        yield Finding(WARN, "mostly_pictures", words)
    if missing := [one for one in images if not re.search(r"\salt\s*=", one, re.IGNORECASE)]:
        yield Finding(
            WARN,
            "no_alt",
            f"{len(missing)} of {len(images)} pictures have no alt text: where they are not shown, nothing is.",
        )


def _marketing(shown: str, text: str, links: list[str], about: About) -> Iterator[Finding]:
    address = _letters(about.postal_address)
    if not address:
        yield Finding(
            BAD, "no_address_set", "No postal address is set: the law asks for one (COMPANY_ADDRESS, or brand)."
        )
    elif address not in _letters(shown) and address not in _letters(text):
        yield Finding(BAD, "no_address", "The postal address does not stand in the mail: its footer shows it.")
    if links and not any("/u/" in one or "/p/" in one for one in links):
        yield Finding(BAD, "no_link_out", "No link in the mail leads to unsubscribing: its footer has one.")


def _letters(text: str) -> str:
    return "".join(sign for sign in text.lower() if sign.isalnum())
