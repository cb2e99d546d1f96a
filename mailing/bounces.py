"""Mails about mails: delivery status notifications (RFC 3464) and complaints (RFC 5965) read into reports. Pure.

Read with the standard library's parser. Anybody can write such a mail, so a report only says which addresses and ids it
names: whether it is of a mail of ours is asked by the return path's signature (mailing/verp.py) or the Message-ID.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import Message
from email.utils import getaddresses

BOUNCED, DELAYED, DELIVERED, COMPLAINED, UNSUBSCRIBED = "bounced", "delayed", "delivered", "complained", "unsubscribed"
HARD, SOFT, BLOCK = "hard", "soft", "block"
ACTIONS = {"failed": BOUNCED, "delayed": DELAYED, "delivered": DELIVERED, "relayed": DELIVERED, "expanded": DELIVERED}
FEEDBACK = {"abuse": COMPLAINED, "fraud": COMPLAINED, "opt-out": UNSUBSCRIBED, "opt-out-list": UNSUBSCRIBED}
MAX_BYTES = 5 * 1024 * 1024
MAX_PARTS = 50
MAX_REPORTS = 100
TO_HEADERS = ("Delivered-To", "X-Original-To", "X-Envelope-To", "Envelope-To", "X-Rcpt-To", "To")
TEXT_BYTES = 20_000
STATUS = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
REPLY = re.compile(r"(?<![\d.])([45]\d\d)(?=[ \-#:])")
MESSAGE_ID = re.compile(r"^Message-ID:\s*(<[^<>\s]{1,400}>)", re.IGNORECASE | re.MULTILINE)
# Of servers that write prose only: qmail, and Exim before 4.89.
PROSE = re.compile(
    r"^Hi\. This is the qmail-send program|^This message was created automatically by mail delivery", re.M
)
NOBODY_THERE = re.compile(
    r"user (is )?unknown|unknown (user|recipient|address|local part)|no such (user|recipient|person|mailbox|address)|"
    r"does(n't| not) exist|recipient( address)? rejected: (user|access denied)|not found|"
    r"invalid (recipient|mailbox|addr)|"
    r"mailbox (unavailable|disabled)|account (that you tried to reach )?(is )?(disabled|inactive|does)|no mailbox|"
    r"unrouteable address|host or domain name not found|undeliverable address|address rejected",
    re.IGNORECASE,
)
FULL = re.compile(
    r"(mailbox|inbox|quota).{0,30}(full|exceed)|over ?quota|out of storage|insufficient.{0,20}storage", re.I
)
ABOUT_US = re.compile(
    r"spam|block(ed|list)|black ?list|reputation|policy|dmarc|\bspf\b|dkim|unauthenticated|rate limit|too many|"
    r"listed at|banned|content rejected|denied by",
    re.IGNORECASE,
)
# Enhanced codes (RFC 3463 and its registry) that say the address is none, and those that say it is about the sender.
NO_ADDRESS = frozenset({"1.0", "1.1", "1.2", "1.3", "1.4", "1.6", "1.9", "1.10", "2.1", "4.4", "4.6"})
OUR_FAULT = frozenset({"1.7", "1.8", "4.5"})


@dataclass(frozen=True, slots=True)
class Report:
    """What a mail says became of another. `kind`: bounced, delayed, delivered, complained or unsubscribed.

    `recipient`: whose mail it was, as it names it, "" if it does not; `weight`: hard, soft or block of a bounce;
    `status`: the enhanced code, "" if none; `paths`: addresses that may be its return path; `message_ids`: of the
    mail it is about.
    """

    kind: str
    recipient: str = ""
    weight: str = ""
    status: str = ""
    paths: tuple[str, ...] = ()
    message_ids: tuple[str, ...] = ()


def read(raw: bytes, *, envelope_to: str = "") -> list[Report]:
    """The reports in a mail of at most 5 MB; none where it is no report. `envelope_to`: whom the server took it for.

    Never raises for what the mail says.
    """
    if len(raw) > MAX_BYTES:
        return []
    mail = message_from_bytes(raw, policy=policy.compat32)
    paths = _paths(mail, envelope_to)
    parts = _parts(mail)
    about = tuple(dict.fromkeys(one for part in parts for one in _message_ids(part)))
    for part in parts:
        kind = part.get_content_type()
        if kind in ("message/feedback-report", "message/delivery-status", "message/global-delivery-status"):
            found = _complaint(part, paths, about) if kind.endswith("feedback-report") else _status(part, paths, about)
            returned = _returned_paths(parts)
            return [_with_paths(one, returned) for one in found][:MAX_REPORTS]
    return _prose(mail, parts, paths, about)


def weight_of(status: str, words: str) -> str:
    """hard: the address is none; block: about the sender, not the address; soft: may pass. `words`: the server's."""
    code, reply = status.partition(".")[2], REPLY.search(words)
    if status.startswith("4") or (not status and reply is not None and reply[1].startswith("4")):
        return SOFT
    if status.startswith("5.7") or code in OUR_FAULT:
        return HARD if NOBODY_THERE.search(words) and not ABOUT_US.search(words) else BLOCK
    if code == "2.2" or FULL.search(words):
        return SOFT
    if code in NO_ADDRESS:
        return HARD
    if code == "4.1":  # Exchange Online: the address is none, or the domain takes no mail
        return HARD if NOBODY_THERE.search(words) else SOFT
    if NOBODY_THERE.search(words):
        return HARD
    return BLOCK if ABOUT_US.search(words) else SOFT


def _status(part: Message, paths: tuple[str, ...], about: tuple[str, ...]) -> list[Report]:
    """One report for each recipient of a delivery status; blocks of fields, the first is of the whole mail."""
    found = []
    for block in _blocks(part):
        kind = ACTIONS.get(_first_word(block.get("Action", "")))
        if kind is None:
            continue
        recipient = _typed(block.get("Original-Recipient") or "") or _typed(block.get("Final-Recipient") or "")
        words = " ".join(str(block.get("Diagnostic-Code", "")).split())[:1_000]
        code = STATUS.search(str(block.get("Status", ""))) or STATUS.search(words)
        status = _better(code[0] if code else "", words)
        weight = weight_of(status, words) if kind == BOUNCED else ""
        found.append(Report(kind, recipient, weight, status, paths, about))
    return found


def _better(status: str, words: str) -> str:
    """5.0.0 and 4.0.0 say nothing; the server's own words may."""
    if status[2:] == "0.0" and (found := STATUS.search(words)) and found[0][0] == status[0]:
        return found[0]
    return status


def _complaint(part: Message, paths: tuple[str, ...], about: tuple[str, ...]) -> list[Report]:
    """Of a feedback report; only abuse, fraud and opt-out are word of a person."""
    fields = next(iter(_blocks(part)), None)
    kind = FEEDBACK.get(_first_word(fields.get("Feedback-Type", ""))) if fields is not None else None
    if fields is None or kind is None:
        return []
    sent_from = tuple(_addresses(fields.get_all("Original-Mail-From", [])))
    recipients = _addresses(fields.get_all("Original-Rcpt-To", [])) or [""]
    return [Report(kind, one, paths=(*paths, *sent_from), message_ids=about) for one in recipients]


def _prose(mail: Message, parts: list[Message], paths: tuple[str, ...], about: tuple[str, ...]) -> list[Report]:
    """Bounces that are no report by type: named by X-Failed-Recipients, or in the words of qmail and older Exims."""
    text = _text(parts)
    failed = _addresses(str(one) for one in mail.get_all("X-Failed-Recipients", []))
    if not failed and not PROSE.search(text):
        return []
    failed = failed or re.findall(r"^ *<?([^\s<>@]{1,64}@[^\s<>@]{1,255}?)>?:?$", text, re.MULTILINE)[:1] or [""]
    is_warning = bool(
        re.search(r"delay|warning|not yet|will (be )?(retry|retried|continue)", str(mail["Subject"]), re.I)
    )
    code = STATUS.search(text)
    status = code[0] if code else ""
    if is_warning:
        return [Report(DELAYED, one, "", status, paths, about) for one in failed]
    return [Report(BOUNCED, one, weight_of(status, text), status, paths, about) for one in failed]


def _parts(mail: Message) -> list[Message]:
    return [part for part, _ in zip(mail.walk(), range(MAX_PARTS), strict=False)]


def _blocks(part: Message) -> Iterator[Message]:
    """The groups of fields of a status or feedback part: the parser makes a message of each, or leaves one text."""
    held = part.get_payload()
    if isinstance(held, list):
        for one in held:
            if isinstance(one, Message):
                yield one
                inner = one.get_payload() if not one.is_multipart() else ""
                # A feedback report is one group, which the parser takes for a mail.
                if not one.keys() and isinstance(inner, str):
                    yield message_from_bytes(inner.encode("utf-8", "replace"), policy=policy.compat32)
        return
    raw = part.get_payload(decode=True)
    for group in re.split(rb"\r?\n\r?\n", raw if isinstance(raw, bytes) else b""):
        if group.strip():
            yield message_from_bytes(group, policy=policy.compat32)


def _message_ids(part: Message) -> list[str]:
    """Message-IDs of the mail that is given back: whole, its headers alone, or quoted in the words."""
    kind = part.get_content_type()
    if kind == "text/rfc822-headers" or kind == "message/rfc822-headers":
        return MESSAGE_ID.findall(_decoded(part))
    if kind == "message/rfc822":
        inner = part.get_payload()
        inner = inner[0] if isinstance(inner, list) and inner else None
        found = str(inner["Message-ID"] or "").strip() if isinstance(inner, Message) else ""
        return [found] if found else []
    if kind == "text/plain":
        return MESSAGE_ID.findall(_decoded(part))
    return []


def _returned_paths(parts: list[Message]) -> tuple[str, ...]:
    """Return paths that the mail given back names."""
    found: list[str] = []
    for part in parts:
        if part.get_content_type() == "message/rfc822":
            inner = part.get_payload()
            if isinstance(inner, list) and inner and isinstance(inner[0], Message):
                found += _addresses(str(one) for one in inner[0].get_all("Return-Path", []))
        elif part.get_content_type() in ("text/rfc822-headers", "message/rfc822-headers"):
            found += re.findall(r"^Return-Path:\s*<([^<>\s]{1,320})>", _decoded(part), re.IGNORECASE | re.MULTILINE)
    return tuple(found)


def _with_paths(one: Report, more: tuple[str, ...]) -> Report:
    paths = tuple(dict.fromkeys((*one.paths, *more)))
    return Report(one.kind, one.recipient, one.weight, one.status, paths, one.message_ids)


def _paths(mail: Message, envelope_to: str) -> tuple[str, ...]:
    told = [str(value) for name in TO_HEADERS for value in mail.get_all(name, [])]
    return tuple(dict.fromkeys([*([envelope_to] if envelope_to else []), *_addresses(told)]))


def _addresses(values: Iterable[str]) -> list[str]:
    """The bare addresses in these headers, at most twenty."""
    return [found for _, found in getaddresses([str(value)[:2_000] for value in values]) if "@" in found][:20]


def _typed(value: str) -> str:
    """The address of “rfc822; jane@example.com”."""
    return str(value).rpartition(";")[2].strip().strip("<>")[:320]


def _first_word(value: object) -> str:
    words = str(value).strip().lower().split()
    return words[0].rstrip(";") if words else ""


def _text(parts: list[Message]) -> str:
    plain = [_decoded(part) for part in parts if part.get_content_type() == "text/plain"]
    return "\n".join(plain)[:TEXT_BYTES]


def _decoded(part: Message) -> str:
    raw = part.get_payload(decode=True)
    return raw[:TEXT_BYTES].decode("utf-8", "replace") if isinstance(raw, bytes) else ""
