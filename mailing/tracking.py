"""Links and pictures of a mail that tell what became of it. Pure.

Every link is signed with a key of its purpose, so a click leads only where the mail's own link led, and nothing made
for one purpose is taken for another. Ways out (unsubscribe, preferences, view in browser) are never touched.
"""

import base64
import binascii
import hashlib
import hmac
import html as entities
import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

VERSION = 1
MAC_BYTES = 16
MAX_URL_LENGTH = 2_000
# The index of the link that nobody sees: whoever follows it is a program.
HONEYPOT = 0xFFFF
CLICK, OPEN, VIEW = b"cdp.mail.click\0", b"cdp.mail.open\0", b"cdp.mail.view\0"
OWN_PATHS = ("/u/", "/p/", "/m/", "/privacy/", "/health/", "/admin/")
# Stops at the next tag, so that a page of broken tags is read once and not once a tag.
# Letters in both cases instead of IGNORECASE: so the search leaps from "<" to "<".
LINK = re.compile(r"""(<[aA](?=\s)[^<>]*?\s[hH][rR][eE][fF]\s*=\s*)(?:"([^"<>]*)"|'([^'<>]*)')""")
BODY = re.compile(r"<body\b[^<>]*>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Utm:
    """What the shop's own analytics is told: `campaign` is the sender's slug and step."""

    source: str
    medium: str
    campaign: str


@dataclass(frozen=True, slots=True)
class Tracker:
    """What the links of one installation are made with. `base_url`, `shop_url` without a slash at their end."""

    base_url: str
    shop_url: str
    key: bytes


@dataclass(frozen=True, slots=True)
class Click:
    """A genuine click: the link with this index (0 = the first) of a message, or the one that nobody sees."""

    message_id: int
    index: int


def tracking_key(secret: str) -> bytes:
    """The key of all tracking links, derived of HASH_SALT: they outlive SECRET_KEY, as the ways out do."""
    return hmac.digest(secret.encode(), b"cdp.mail.tracking", "sha256")


def rewrite_links(
    html: str, message_id: int, tracker: Tracker, *, utm: Utm | None = None, honeypot: bool = True
) -> str:
    """`html` with every link to a page led through a signed one; links to the shop carry `utm` as well.

    Untouched: what is no http(s), the platform's own pages, addresses of more than 2,000 characters. `honeypot` adds an
    empty link that no mail program shows.
    """
    own = tuple(f"{tracker.base_url}{path}" for path in OWN_PATHS)
    count = -1

    def replaced(found: re.Match[str]) -> str:
        nonlocal count
        written = found[2] if found[2] is not None else found[3]
        url = entities.unescape(written).strip()
        if url.startswith(own) or not _is_page(url):
            return found[0]
        count += 1
        tagged, quoted = _tagged(url, utm, tracker.shop_url)
        return f'{found[1]}"{_click_url(message_id, count, tagged, quoted, tracker)}"'

    rewritten = LINK.sub(replaced, html)
    return _after_body(rewritten, _honeypot(message_id, tracker)) if honeypot and count >= 0 else rewritten


def with_utm(url: str, utm: Utm, *, shop_url: str) -> str:
    """`url` with utm_source, utm_medium and utm_campaign if it leads to the shop and says none of them itself."""
    try:
        parts, shop = urlsplit(url), urlsplit(shop_url)
        host, of_shop = (parts.hostname or "").lower(), (shop.hostname or "").lower()
    except ValueError:
        return url
    if not of_shop or not (host == of_shop or host.endswith(f".{of_shop}")):
        return url
    told = {name for name, _ in parse_qsl(parts.query, keep_blank_values=True)}
    tags = {"utm_source": utm.source, "utm_medium": utm.medium, "utm_campaign": utm.campaign}
    added = urlencode({name: value for name, value in tags.items() if value and name not in told})
    query = "&".join(part for part in (parts.query, added) if part)
    whole = urlunsplit(parts._replace(query=query))
    return whole if len(whole) <= MAX_URL_LENGTH else url


def with_pixel(html: str, message_id: int, tracker: Tracker) -> str:
    """`html` with the picture that tells of an open; only where its reader allowed that."""
    pixel = f'<img src="{open_url(message_id, tracker)}" width="1" height="1" alt="" style="display:block;border:0">'
    head, end, tail = html.rpartition("</body>")
    return f"{head}{pixel}{end}{tail}" if end else html + pixel


def without_tracking(html: str, tracker: Tracker) -> str:
    """`html` with links that lead where they led at first, and nothing that tells of an open or a click: for whoever
    looks at the copy of a mail that was sent."""
    base = re.escape(tracker.base_url)
    html = re.sub(rf'<a href="{base}/m/c/[\w-]+\?u=[^"]*" style="display:none"[^<>]*></a>', "", html)
    html = re.sub(rf'<img src="{base}/m/o/[^"]*"[^<>]*>', "", html)
    return re.sub(
        rf'(\shref\s*=\s*)"{base}/m/c/[\w-]+\?u=([^"]*)"',
        lambda found: f'{found[1]}"{entities.escape(unquote(found[2]))}"',
        html,
    )


def click_url(message_id: int, index: int, url: str, tracker: Tracker) -> str:
    """The signed link to `url`, the link with this index of a message."""
    return _click_url(message_id, index, url, quote(url, safe=""), tracker)


def open_url(message_id: int, tracker: Tracker) -> str:
    """The address of the picture that tells of an open."""
    return f"{tracker.base_url}/m/o/{_sealed(OPEN, message_id.to_bytes(8, 'big'), tracker.key)}.gif"


def view_url(message_id: int, tracker: Tracker) -> str:
    """The address at which a message can be read in a browser."""
    return f"{tracker.base_url}/m/v/{_sealed(VIEW, message_id.to_bytes(8, 'big'), tracker.key)}"


def read_click(token: str, url: str, key: bytes) -> Click | None:
    """What a click's link says; None unless token and address belong together and are ours."""
    body = _opened(CLICK, token, 10, key, url.encode("utf-8", "surrogatepass"))
    return Click(int.from_bytes(body[:8], "big"), int.from_bytes(body[8:], "big")) if body else None


def read_open(token: str, key: bytes) -> int | None:
    """The message whose picture was fetched; None unless the token is ours."""
    body = _opened(OPEN, token, 8, key)
    return int.from_bytes(body, "big") if body else None


def read_view(token: str, key: bytes) -> int | None:
    """The message to show; None unless the token is ours."""
    body = _opened(VIEW, token, 8, key)
    return int.from_bytes(body, "big") if body else None


def shown_url(url: str) -> str:
    """Where a link led, without what may name somebody: no query, no fragment, at most 300 characters."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.hostname or ''}{port}{parts.path}"[:300]


def _is_page(url: str) -> bool:
    return url[:8].lower().startswith(("http://", "https://")) and len(url) <= MAX_URL_LENGTH and url.isprintable()


def _click_url(message_id: int, index: int, url: str, quoted: str, tracker: Tracker) -> str:
    body = message_id.to_bytes(8, "big") + index.to_bytes(2, "big")
    return f"{tracker.base_url}/m/c/{_sealed(CLICK, body, tracker.key, url.encode())}?u={quoted}"


@lru_cache(maxsize=2_048)
def _tagged(url: str, utm: Utm | None, shop_url: str) -> tuple[str, str]:
    """(address, the same quoted): most mails of a sender lead to the same few pages."""
    tagged = with_utm(url, utm, shop_url=shop_url) if utm else url
    return tagged, quote(tagged, safe="")


def _honeypot(message_id: int, tracker: Tracker) -> str:
    url = click_url(message_id, HONEYPOT, tracker.shop_url, tracker)
    return f'<a href="{url}" style="display:none" tabindex="-1" aria-hidden="true"></a>'


def _after_body(html: str, added: str) -> str:
    found = BODY.search(html)
    return f"{html[: found.end()]}{added}{html[found.end() :]}" if found else html


def _sealed(domain: bytes, body: bytes, key: bytes, more: bytes = b"") -> str:
    signed = bytes([VERSION]) + body
    return _encoded(signed + _mac(domain, signed, key, more))


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _opened(domain: bytes, text: str, length: int, key: bytes, more: bytes = b"") -> bytes | None:
    """The body of a genuine token of this domain, of exactly `length` bytes."""
    if len(text) > 60:
        return None
    try:
        raw = base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (UnicodeEncodeError, binascii.Error, ValueError):
        return None
    signed, mac = raw[:-MAC_BYTES], raw[-MAC_BYTES:]
    genuine = hmac.compare_digest(mac, _mac(domain, signed, key, more)) and _encoded(raw) == text
    return signed[1:] if genuine and len(signed) == length + 1 and signed[0] == VERSION else None


def _mac(domain: bytes, body: bytes, key: bytes, more: bytes) -> bytes:
    """Bodies of a domain have one length, so body and what follows cannot be told apart differently."""
    return hmac.digest(key, domain + body + more, hashlib.sha256)[:MAC_BYTES]
