"""What fetched a link or a picture of a mail, by what it says of itself. Pure.

One of: a browser, a mail program, an image proxy of a mail service, a link scanner of a mail filter, a preview, a bot,
a prefetch, nothing at all, or something odd. Only the kind is kept, never the text.
"""

import re
from functools import lru_cache

from events.cleaning.agents import agent as browser_of

BROWSER, MAIL, ODD = "browser", "mail program", "odd"
NONE, BARE, BOT, PREFETCH, PREVIEW = "none", "bare", "bot", "prefetch", "preview"
APPLE, GMAIL, YAHOO = "Apple proxy", "Gmail proxy", "Yahoo proxy"
SCANNER = "scanner"
# Programs of their own accord; what comes of them tells nothing of a person.
MACHINES = frozenset({NONE, BARE, BOT, PREFETCH, PREVIEW, APPLE})
# A person's mail service fetches the picture: when it is read, or before.
PROXIES = frozenset({GMAIL, YAHOO})
LONGEST = 512

# What mail filters and threat services say of themselves when they look where links lead. Most of them pretend to be a
# browser instead: those are told by what they do (mailing/classifying.py).
SCANNERS: dict[str, str] = {
    "Barracuda": r"barracuda",
    "Proofpoint": r"proofpoint|urldefense",
    "Mimecast": r"mimecast",
    "Microsoft": r"safelinks|office 365 atp|microsoft defender",
    "Symantec": r"symantec|messagelabs",
    "Trend Micro": r"trend ?micro|tmufe",
    "Fortinet": r"forti(guard|net|mail|sandbox|client)",
    "Cisco": r"ironport|cisco[- ](esa|talos|secure)|talosintelligence",
    "Sophos": r"sophos",
    "Trellix": r"fireeye|trellix|mcafee",
    "Forcepoint": r"websense|forcepoint",
    "Zscaler": r"zscaler",
    "Check Point": r"check ?point|avanan",
    "Cloudmark": r"cloudmark",
    "Vade": r"vade ?secure|vaderetro",
    "SpamTitan": r"spamtitan|titanhq",
    "Mail server": r"mailscanner|rspamd|spamassassin|amavis|spamexperts",
    "Antivirus": r"kaspersky|bitdefender|\beset\b|f-secure|\bavast\b",
    "Threat lists": r"virustotal|urlscan|phishtank|netcraft|google-safety|\burlhaus\b|checkphish|any\.run",
}
PREVIEWS = (
    r"bingpreview|skypeuripreview|slackbot|slack-imgproxy|whatsapp/|telegrambot|discordbot|facebookexternalhit|"
    r"linkedinbot|twitterbot|google-read-aloud|embedly|iframely|\bteams(bot|/)|viber"
)
# Gmail fetches some pictures before anybody reads the mail, by a browser that never was.
PREFETCHES = r"edge/12\.246 mozilla/5\.0$|google web preview|chrome-lighthouse"
MAIL_PROGRAMS = (
    r"thunderbird|microsoft outlook|ms-?office|airmail|postbox|lotus-notes|em ?client|mailspring|k-9|evolution/|"
    r"applemail|spark/|betterbird|mailbird|zimbra"
)
_scanner = re.compile("|".join(f"(?P<s{n}>{one})" for n, one in enumerate(SCANNERS.values())), re.IGNORECASE)
_preview, _prefetch = re.compile(PREVIEWS, re.IGNORECASE), re.compile(PREFETCHES, re.IGNORECASE)
_mail = re.compile(MAIL_PROGRAMS, re.IGNORECASE)
_names = tuple(SCANNERS)


def kind_of(user_agent: str, *, is_prefetch: bool = False, has_language: bool = True) -> str:
    """The kind of program. `is_prefetch`: it said so itself; `has_language`: it named a language, as every browser that
    follows a link does (tell True for pictures: mail programs name none).
    """
    if is_prefetch:
        return PREFETCH
    found = _of_text(user_agent[:LONGEST])
    return BARE if found == BROWSER and not has_language else found


def is_scanner(kind: str) -> bool:
    """Whether this kind looks into mails for a filter: “scanner: Barracuda”."""
    return kind.startswith(SCANNER)


@lru_cache(maxsize=4_096)
def _of_text(text: str) -> str:
    if not text.strip():
        return NONE
    if text.strip() == "Mozilla/5.0":
        return APPLE
    if "googleimageproxy" in text.lower():
        return GMAIL
    if "yahoomailproxy" in text.lower() or "yahoocachesystem" in text.lower():
        return YAHOO
    if found := _scanner.search(text):
        return f"{SCANNER}: {_names[int(str(found.lastgroup)[1:])]}" if found.lastgroup else SCANNER
    if _prefetch.search(text):
        return PREFETCH
    if _preview.search(text):
        return PREVIEW
    if _mail.search(text):
        return MAIL
    known = browser_of(text)
    if known.is_bot:
        return BOT
    return BROWSER if text.startswith("Mozilla/5.0 (") and known.client.get("browser") else ODD
