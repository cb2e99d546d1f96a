"""Names and words of others as a mail may show them. Pure.

Mail programs make links of whatever looks like an address, so a name that holds one is not shown at all, not even when
the shop's own feed tells it. What anybody may say of a person with a public write key is held shorter still.
"""

import re
import unicodedata

MAX_NAME_LENGTH = 120
MAX_PERSON_LENGTH, MAX_PERSON_WORDS = 40, 4
ADDRESS = re.compile(r"://|\bwww\.|[\w-]\.[^\W\d_]{2,}(?!\w)|(?<!\d)(?:\d{1,3}\.){3}\d{1,3}(?!\d)")
# Hyphenation and joiners belong to the spelling of words; every other invisible character can only deceive.
SPELLING = frozenset("\u00ad\u200c\u200d")
IN_NAMES = frozenset(" -'’.·") | SPELLING


def presentable(raw: str) -> str:
    """The name on one line of at most 120 characters; empty when there is none or it must not be shown."""
    text = " ".join(raw.split())
    if _is_deceptive(text) or ADDRESS.search(_plain(text)):
        return ""
    return text if len(text) <= MAX_NAME_LENGTH else text[: MAX_NAME_LENGTH - 1] + "…"


def person_name(raw: object) -> str:
    """A person's name: letters, at most four words and 40 characters; empty when it is anything else."""
    if not isinstance(raw, str):
        return ""
    text = presentable(raw)
    if len(text) > MAX_PERSON_LENGTH or len(text.split()) > MAX_PERSON_WORDS:
        return ""
    return text if all(c in IN_NAMES or unicodedata.category(c)[0] in "LM" for c in text) else ""


def _is_deceptive(text: str) -> bool:
    return any(unicodedata.category(c) in {"Cc", "Cf", "Co", "Cs"} and c not in SPELLING for c in text)


def _plain(text: str) -> str:
    """Full-width letters and dots as mail programs read them, and nothing invisible between them."""
    folded = unicodedata.normalize("NFKC", text).casefold().replace("。", ".")
    return "".join(c for c in folded if c not in SPELLING)
