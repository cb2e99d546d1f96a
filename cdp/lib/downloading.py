"""GET of a file from an address that people typed in, streamed to the disk: bounded in time and bytes.

Each step of a redirect is resolved, checked and pinned anew by `cdp.lib.outbound`; https never leads to http, and a
header of ours (a token, a password) goes to the host it was typed in for and to no other.
"""

import errno
import hashlib
import http.client
import os
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin

from cdp.lib import outbound
from cdp.lib.outbound import AddressRefused, Endpoint, Unreachable

PIECE = 256 * 1024
SILENCE_S = 30.0
MOST_REDIRECTS = 5
REDIRECTS = frozenset({301, 302, 303, 307, 308})
AGENT = "cdp-feeds/1"
OUR_DISK = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.ENOENT, errno.EROFS})


class DownloadTooLarge(Exception):
    """More bytes than are taken. The text says how many are."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came. `status` other than 200: nothing was written. `is_cut`: more was there than `keep_first` asked for."""

    status: int
    size: int = 0
    sha256: str = ""
    etag: str = ""
    last_modified: str = ""
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class Limits:
    """`most_bytes` are refused beyond; with `keep_first` so many are kept and the rest is left. `setting`: see
    `outbound.resolve`."""

    most_bytes: int
    timeout_s: float
    allow_private: bool = False
    keep_first: int | None = None
    setting: str = "RECIPIENTS_ALLOW_PRIVATE"


def fetch(
    url: str,
    to: Path,
    headers: Mapping[str, str],
    limits: Limits,
    *,
    secret: Mapping[str, str] | None = None,
    on_progress: Callable[[int, int | None], None] = lambda done, total: None,
) -> Fetched:
    """The file at `url`, in `to`. `secret` are headers for that host alone; `on_progress` (bytes, all or None) may
    raise to stop. Raises AddressRefused, Unreachable, DownloadTooLarge; then `to` may hold a part."""
    until = time.monotonic() + limits.timeout_s
    first = here = outbound.endpoint(url)
    for _ in range(MOST_REDIRECTS + 1):
        ours = secret if (here.scheme, here.authority) == (first.scheme, first.authority) else None
        found = _fetch_one(here, to, {**headers, **(ours or {})}, limits, until, on_progress)
        if isinstance(found, Fetched):
            return found
        url = urljoin(url, found)
        after = outbound.endpoint(url.partition("#")[0])
        if here.scheme == "https" and after.scheme != "https":
            raise AddressRefused("The address leads on from https to http: nothing is fetched there.")
        here = after
    raise Unreachable("too_many_redirects")


def _fetch_one(
    here: Endpoint,
    to: Path,
    headers: Mapping[str, str],
    limits: Limits,
    until: float,
    on_progress: Callable[[int, int | None], None],
) -> Fetched | str:
    """The file, or where it is said to be."""
    address = outbound.resolve(here, allow_private=limits.allow_private, setting=limits.setting)
    left_s = until - time.monotonic()
    if left_s <= 0:
        raise Unreachable("timeout")
    connection = outbound.connection_to(here, address, min(SILENCE_S, left_s))
    over = threading.Event()
    ender = threading.Timer(left_s, _end, [connection, over])  # else a byte now and then would go on for ever
    ender.daemon = True
    ender.start()
    try:
        shown = {"Host": here.authority, "User-Agent": AGENT, "Accept-Encoding": "identity", "Connection": "close"}
        connection.request("GET", here.path, headers={**shown, **headers})
        answer = connection.getresponse()
        if answer.status in REDIRECTS and (place := answer.getheader("Location")):
            return place
        if answer.status != 200:
            return Fetched(answer.status)
        return _save(answer, to, limits, over, on_progress)
    except TimeoutError:
        raise Unreachable("timeout") from None
    except ssl.SSLCertVerificationError:
        raise Unreachable("bad_certificate") from None
    except ssl.SSLError:
        raise Unreachable("timeout" if over.is_set() else "tls_failed") from None
    except ConnectionRefusedError:
        raise Unreachable("connection_refused") from None
    except (OSError, http.client.HTTPException, ValueError, AttributeError) as error:
        if isinstance(error, OSError) and error.errno in OUR_DISK:
            raise
        raise Unreachable("timeout" if over.is_set() else "connection_broken") from None
    finally:
        ender.cancel()
        connection.close()


def _save(
    answer: http.client.HTTPResponse,
    to: Path,
    limits: Limits,
    over: threading.Event,
    on_progress: Callable[[int, int | None], None],
) -> Fetched:
    told = answer.getheader("Content-Length") or ""
    total = int(told) if told.isdecimal() else None
    digest, size, is_cut = hashlib.sha256(), 0, False
    with to.open("wb") as file:
        while piece := answer.read(PIECE):
            size += len(piece)
            if limits.keep_first is not None and size >= limits.keep_first:
                is_cut = True
                file.write(piece)
                break
            if size > limits.most_bytes:
                raise DownloadTooLarge(f"The file has more than {limits.most_bytes:,} bytes.")
            digest.update(piece)
            file.write(piece)
            on_progress(size, total)
        file.flush()
        os.fsync(file.fileno())
    if over.is_set():
        raise Unreachable("timeout")
    if total is not None and size < total and not is_cut:
        raise Unreachable("connection_broken")
    headers = answer.headers
    return Fetched(
        200, size, digest.hexdigest(), headers.get("ETag", "")[:500], headers.get("Last-Modified", "")[:200], is_cut
    )


def _end(connection: http.client.HTTPConnection, over: threading.Event) -> None:
    over.set()
    outbound.shut(connection)
