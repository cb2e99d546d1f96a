"""Files of feeds on the disk, below VAR_DIR/feeds: one folder a run, gone with the run's end."""

import os
import shutil
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from uuid import UUID

from django.conf import settings

from cdp.lib import downloading, kept_files, outbound
from commerce.feeds.items import UnreadableFeed
from commerce.models import CatalogFeed

TIMEOUT_S = 1800.0
STRAY_S = 24 * 3600
SETTING = "FEEDS_ALLOW_PRIVATE"
WHY = {
    "timeout": "The address did not answer in time.",
    "name_not_found": "The host name is not known. Check its spelling.",
    "connection_refused": "Nobody listens at that address.",
    "connection_broken": "The connection broke off.",
    "bad_certificate": "The certificate of the address is not valid.",
    "tls_failed": "No secure connection came about.",
    "too_many_redirects": "The address leads in circles.",
}
STATUS = {
    401: "it asks for a sign-in: set the header it wants",
    403: "it is forbidden: is the header right?",
    404: "there is nothing at this address",
    429: "it was asked too often: pull it less often",
}


class NotFetched(UnreadableFeed):
    """The file was not got. The message says why, and what to do."""

    def __init__(self, detail: str, status: int | None = None) -> None:
        super().__init__(detail)
        self.status = status


def root() -> Path:
    """The folder of all."""
    return Path(settings.VAR_DIR) / "feeds"


def path_of(run_id: UUID) -> Path:
    """Where a run's file is; its folder is there afterwards."""
    folder = root() / run_id.hex
    folder.mkdir(parents=True, exist_ok=True)
    os.chmod(folder, 0o700)
    return folder / "file"


def forget(run_id: UUID) -> None:
    """Delete what a run kept. What is gone already is no error."""
    with suppress(FileNotFoundError):
        shutil.rmtree(root() / run_id.hex)


def forget_strays(kept: set[str]) -> None:
    """Delete folders that no open run needs (a process died), a day after they were last touched."""
    for folder in root().iterdir() if root().is_dir() else ():
        if folder.name not in kept and folder.stat().st_mtime < time.time() - STRAY_S:
            shutil.rmtree(folder, ignore_errors=True)


def keep(run_id: UUID, pieces: Iterable[bytes]) -> kept_files.KeptFile:
    """An uploaded file. Raises FileTooLarge; nothing is kept then."""
    try:
        most = settings.FEED_MAX_BYTES
        too_large = f"A feed may have at most {most:,} bytes (FEED_MAX_BYTES)."
        return kept_files.write(pieces, path_of(run_id), "file", most=most, too_large=too_large)
    except BaseException:
        forget(run_id)
        raise


def fetch(
    feed: CatalogFeed,
    to: Path,
    *,
    only_changed: bool = False,
    keep_first: int | None = None,
    timeout_s: float = TIMEOUT_S,
    on_progress: object = None,
) -> downloading.Fetched:
    """What stands at the feed's address, in `to`; `only_changed`: nothing (status 304) where it is the file that
    was read last, if the address can tell. Raises NotFetched."""
    limits = downloading.Limits(
        most_bytes=settings.FEED_MAX_BYTES,
        timeout_s=timeout_s,
        allow_private=bool(settings.FEEDS_ALLOW_PRIVATE),
        keep_first=keep_first,
        setting=SETTING,
    )
    headers = {"Accept": "*/*"}
    if only_changed and feed.digest:
        headers |= {"If-None-Match": feed.etag} if feed.etag else {}
        headers |= {"If-Modified-Since": feed.last_modified} if feed.last_modified else {}
    secret = {feed.header_name: feed.header_value} if feed.header_name else {}
    more = {"on_progress": on_progress} if on_progress else {}
    try:
        found = downloading.fetch(feed.url, to, headers, limits, secret=secret, **more)  # type: ignore[arg-type]
    except outbound.AddressRefused as refusal:
        raise NotFetched(str(refusal)) from None
    except outbound.Unreachable as failure:
        raise NotFetched(WHY.get(str(failure), f"The address cannot be reached ({failure}).")) from None
    except downloading.DownloadTooLarge as error:
        raise NotFetched(f"{error} Set FEED_MAX_BYTES higher, or split the feed.") from None
    if found.status not in (200, 304):
        why = STATUS.get(found.status, "try again later" if found.status >= 500 else "no file came")
        raise NotFetched(f"The address answered {found.status}: {why}.", found.status)
    return found


def address_problem(url: str) -> str:
    """Why nothing could be fetched from `url`, and how to mend it; empty if it may be saved."""
    try:
        outbound.resolve(outbound.endpoint(url), allow_private=bool(settings.FEEDS_ALLOW_PRIVATE), setting=SETTING)
    except outbound.AddressRefused as refusal:
        return str(refusal)
    except outbound.Unreachable:
        return WHY["name_not_found"]
    return ""
