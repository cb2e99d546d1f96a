"""What the sender's domain should say in the DNS, and what its records mean: SPF, DKIM, DMARC. Pure.

Records are given as they were found; None where no resolver answered, which is no finding.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

OK, WARN, BAD, UNKNOWN = "ok", "warn", "bad", "unknown"
LOOKUPS = re.compile(r"^[+?~-]?(include:|a(?=$|[:/])|mx(?=$|[:/])|ptr|exists:)|^redirect=", re.IGNORECASE)
MOST_LOOKUPS = 10
NOT_ASKED = "no resolver answers here: ask from a machine that has one, or compare by hand"


@dataclass(frozen=True, slots=True)
class Record:
    """One record: where it stands, what was found, what that means, and what should stand there."""

    name: str
    host: str
    state: str
    words: str
    found: tuple[str, ...]
    wanted: str
    why: str


def spf(domain: str, texts: Sequence[str] | None, *, servers: Sequence[str]) -> Record:
    """Who may send for the domain of the return path. `servers`: mechanisms of ours, e.g. ip4:… or include:…"""
    own = [one for one in texts or () if one.lower().startswith("v=spf1")]
    wanted = f"v=spf1 {' '.join(servers) or 'include:<your mail provider>'} ~all"
    state, words = _spf(texts, own, servers)
    return Record("SPF", domain, state, words, tuple(own), wanted, "which servers may send for this domain")


def _spf(texts: Sequence[str] | None, own: Sequence[str], servers: Sequence[str]) -> tuple[str, str]:
    if texts is None:
        return UNKNOWN, NOT_ASKED
    if not own:
        return BAD, "there is no SPF record: nobody can tell your servers from a forger's"
    if len(own) > 1:
        return BAD, f"there are {len(own)} SPF records, which counts as none: join them into one"
    terms = own[0].split()[1:]
    asked = sum(bool(LOOKUPS.match(term)) for term in terms)
    if asked > MOST_LOOKUPS:
        return BAD, f"it asks {asked} further names; more than {MOST_LOOKUPS} count as an error"
    last = terms[-1].lower() if terms else ""
    if last in ("+all", "all"):
        return BAD, "it allows everybody (+all): end it with ~all or -all"
    missing = [one for one in servers if one.lower() not in own[0].lower()]
    if missing:
        return WARN, f"it does not name {' '.join(missing)}, by which this installation sends"
    if last not in ("~all", "-all") and not last.startswith("redirect="):
        return WARN, "it does not end with ~all or -all, so it forbids nobody"
    return OK, "it says who may send"


def dkim(domain: str, selector: str, texts: Sequence[str] | None, *, public_key: str) -> Record:
    """The key that checks signatures. `public_key`: base64 of ours, "" where the mail server signs."""
    host = f"{selector}._domainkey.{domain}"
    wanted = f"v=DKIM1; {public_key}" if public_key else "v=DKIM1; k=rsa; p=<the public key of your mail server>"
    found = [one for one in texts or () if "p=" in one]
    state, words = _dkim(texts, found, public_key)
    return Record(
        "DKIM", host, state, words, tuple(found), wanted, "the key by which servers check that mails are yours"
    )


def _dkim(texts: Sequence[str] | None, found: Sequence[str], public_key: str) -> tuple[str, str]:
    if not public_key:
        mine = "this installation does not sign (DKIM_KEY_FILE is empty): the mail server must"
        if texts is None:
            return UNKNOWN, f"{mine}; {NOT_ASKED}"
        return (OK, f"{mine}, and a key stands here") if found else (WARN, f"{mine}; no key stands under this selector")
    if texts is None:
        return UNKNOWN, NOT_ASKED
    if not found:
        return BAD, "mails are signed, but no key stands here: every signature fails"
    theirs, ours = _tag(found[0], "p"), _tag(public_key, "p")
    if not theirs:
        return BAD, "the key was withdrawn (p= is empty)"
    return (OK, "it is the key that mails are signed with") if theirs == ours else (BAD, "another key stands here")


def dmarc(domain: str, texts: Sequence[str] | None, *, reports_to: str) -> Record:
    """What servers do with mails that are neither."""
    host = f"_dmarc.{domain}"
    own = [one for one in texts or () if one.lower().replace(" ", "").startswith("v=dmarc1")]
    wanted = f"v=DMARC1; p=none; rua=mailto:{reports_to}"
    state, words = _dmarc(texts, own)
    return Record(
        "DMARC", host, state, words, tuple(own), wanted, "what becomes of mails that only pretend to be yours"
    )


def _dmarc(texts: Sequence[str] | None, own: Sequence[str]) -> tuple[str, str]:
    if texts is None:
        return UNKNOWN, NOT_ASKED
    if not own:
        return BAD, "there is no DMARC record: Gmail and Yahoo ask bulk senders for one"
    if len(own) > 1:
        return BAD, f"there are {len(own)} DMARC records, which counts as none"
    rule = _tag(own[0], "p").lower()
    if rule not in ("none", "quarantine", "reject"):
        return BAD, "it names no rule: p must be none, quarantine or reject"
    if not _tag(own[0], "rua"):
        return WARN, "nobody gets its reports: add rua=mailto:…"
    if rule == "none":
        return WARN, "it only watches (p=none): go to quarantine once the reports show nothing of yours failing"
    return OK, f"forged mails are {'refused' if rule == 'reject' else 'put aside'}"


def _tag(record: str, name: str) -> str:
    found = re.search(rf"(?:^|;)\s*{name}\s*=\s*([^;]*)", record, re.IGNORECASE)
    return "".join(found[1].split()) if found else ""
