"""The folder the sink writes to, read: newest first, one file a mail.

A mail's id is its file's name without `.eml` and is held to one pattern, so no request reaches any other file.
Mails never change once they are there; that is why their summaries may be remembered.
"""

import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from django.conf import settings

from cdp.demo.mailbox.parsing import Mail, parse

ID = r"[0-9]{10,16}-[0-9]{5,9}"
_FILE = re.compile(rf"({ID})\.eml").fullmatch
MAX_READ = 40_000_000
PEEK = 200_000
"""Bytes read of a mail for the list: all of an ordinary one, the head of a huge one."""
HEAD = 16_000
PREVIEW_LENGTH = 140


@dataclass(frozen=True, slots=True)
class Summary:
    """One line of the list. `recipients` in lower case; `size` in bytes; `preview`: how the text part begins.

    `unsubscribe`: the URL of List-Unsubscribe, empty if there is none.
    """

    id: str
    received_at: datetime
    sender: str
    recipients: tuple[str, ...]
    subject: str
    preview: str
    size: int
    unsubscribe: str
    trouble: str


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of the list, newest first. `older`: whether there are more below; `total`: mails in the box."""

    mails: tuple[Summary, ...]
    older: bool
    total: int


def folder() -> Path:
    """Where the sink keeps the mails."""
    return Path(settings.VAR_DIR) / "mail"


def listing(*, query: str = "", address: str = "", before: str = "", limit: int = 50) -> Listing:
    """Mails whose recipients or subject contain `query` and that went to exactly `address`, older than id `before`."""
    ids = _ids()
    found: list[Summary] = []
    for mail_id in ids:
        if before and _order(mail_id) >= _order(before):
            continue
        if not _matches(mail_id, query.strip().lower(), address.strip().lower()):
            continue
        summary = _summary_of(mail_id)
        if summary is None:
            continue
        if len(found) == limit:
            return Listing(tuple(found), True, len(ids))
        found.append(summary)
    return Listing(tuple(found), False, len(ids))


def summary(mail_id: str) -> Summary | None:
    """The mail's line of the list; None if there is no such mail."""
    return _summary_of(mail_id) if re.fullmatch(ID, mail_id) else None


def source(mail_id: str) -> bytes | None:
    """The mail as it lies in the box; None if there is no such mail."""
    return _read(mail_id, MAX_READ)


def mail(mail_id: str) -> Mail | None:
    """The mail taken apart; None if there is no such mail."""
    raw = source(mail_id)
    return None if raw is None else parse(raw)


def _ids() -> list[str]:
    """Ids of all mails, newest first."""
    try:
        with os.scandir(folder()) as entries:
            names = [match[1] for entry in entries if (match := _FILE(entry.name))]
    except FileNotFoundError:
        return []
    return sorted(names, key=_order, reverse=True)


def _order(mail_id: str) -> tuple[int, int]:
    milliseconds, _, number = mail_id.partition("-")
    return int(milliseconds), int(number)


def _read(mail_id: str, limit: int) -> bytes | None:
    if not re.fullmatch(ID, mail_id):
        return None
    try:
        with (folder() / f"{mail_id}.eml").open("rb") as file:
            return file.read(limit)
    except OSError:
        return None


def _matches(mail_id: str, query: str, address: str) -> bool:
    """Asks the headers alone: reading whole mails would take seconds in a box of thousands."""
    if not query and not address:
        return True
    recipients, subject = _head(str(folder()), mail_id)
    if address and address not in recipients:
        return False
    return not query or any(query in text for text in (*recipients, subject))


@lru_cache(maxsize=20_000)
def _head(_folder: str, mail_id: str) -> tuple[tuple[str, ...], str]:
    """(recipients, subject in lower case). Remembered by folder and name: a file of that name is written once."""
    found = parse(_read(mail_id, HEAD) or b"", headers_only=True)
    return found.recipients, found.first("Subject").lower()


def _summary_of(mail_id: str) -> Summary | None:
    try:
        size = (folder() / f"{mail_id}.eml").stat().st_size
    except OSError:
        return None
    return _summarize(str(folder()), mail_id, size)


@lru_cache(maxsize=5000)
def _summarize(_folder: str, mail_id: str, size: int) -> Summary | None:
    """Remembered by folder, name and size: a file of that name is written once."""
    raw = _read(mail_id, PEEK)
    if raw is None:
        return None
    found = parse(raw, headers_only=size > PEEK)
    name, address = found.sender
    return Summary(
        id=mail_id,
        received_at=datetime.fromtimestamp(_order(mail_id)[0] / 1000, tz=UTC),
        sender=name or address or "(no sender)",
        recipients=found.recipients,
        subject=found.first("Subject") or "(no subject)",
        preview=_preview(found.text),
        size=size,
        unsubscribe=found.unsubscribe,
        trouble=found.trouble,
    )


def _preview(text: str) -> str:
    """How the text begins, on one line: without a heading that is underlined, as it says what the subject says."""
    lines = text[:2000].split("\n")
    underlines = {number for number, line in enumerate(lines) if len(line) > 3 and not line.strip("=-")}
    kept = [line for number, line in enumerate(lines) if not {number, number + 1} & underlines]
    words = " ".join(" ".join(kept).split())
    return words if len(words) <= PREVIEW_LENGTH else words[: PREVIEW_LENGTH - 1] + "…"
