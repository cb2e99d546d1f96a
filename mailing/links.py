"""What a mail may link to and show. Pure.

Product links and pictures may come from events that anybody with a public write key can send, so a mail never links
away from the shop, and shows pictures from the shop or from hosts the operator named.
"""

from collections.abc import Sequence
from urllib.parse import urlsplit, urlunsplit

MAX_URL_LENGTH = 2000
PARAMETER = "cdp_rec"


def shop_link(url: str, *, shop_url: str) -> str:
    """`url` if it leads to the shop's host or one below it, else an empty text; a bare path is one of the shop's."""
    whole = _whole(url, shop_url)
    return whole if _is_on(whole, (_host(shop_url),)) else ""


def picture_link(url: str, *, shop_url: str, hosts: Sequence[str] = ()) -> str:
    """`url` if it is a picture on the shop's host, one below it, or one of `hosts`; else an empty text."""
    whole = _whole(url, shop_url)
    return whole if _is_on(whole, (_host(shop_url), *hosts)) else ""


def with_recommendation(url: str, answer_id: str) -> str:
    """`url` with the id of the recommendation it is of, so that the page it leads to can tell of the click; as it is
    without an id or where it would grow too long. The id names nobody that anybody could read out of it."""
    if not url or not answer_id:
        return url
    parts = urlsplit(url)
    query = f"{parts.query}&" if parts.query else ""
    whole = urlunsplit(parts._replace(query=f"{query}{PARAMETER}={answer_id}"))
    return whole if len(whole) <= MAX_URL_LENGTH else url


def _whole(url: str, shop_url: str) -> str:
    """A feed may tell addresses as paths; a mail needs them whole. `//host` is another host's, not a path."""
    if not url.startswith("/") or url.startswith("//"):
        return url
    shop = urlsplit(shop_url)
    return f"{shop.scheme}://{shop.netloc}{url}"


def _is_on(url: str, hosts: Sequence[str]) -> bool:
    if not url or len(url) > MAX_URL_LENGTH or any(c.isspace() or c in "\"'<>\\" or ord(c) < 33 for c in url):
        return False
    host = _host(url)
    return bool(host) and any(host == allowed or host.endswith(f".{allowed}") for allowed in hosts if allowed)


def _host(url: str) -> str:
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return ""
    return host.lower() if parts.scheme in {"http", "https"} and "@" not in parts.netloc else ""
