"""Wording: a product of the catalog as the text that content goes by, the same in training and when one is asked for.

Category and brand are marked, so that they stay what they are and count for more than a word.
"""

import re
import unicodedata
from collections.abc import Iterable

MOST_CHARACTERS = 2_000
WORD = re.compile(r"[^\W_]+(?:=[\w]+)?")
MARKED_TIMES = 3


def text_of(name: str, *, category: str = "", brand: str = "", attributes: Iterable[str] = ()) -> str:
    """Name, category and brand, once as words and once as marks, then further words; cut at MOST_CHARACTERS."""
    marks = [_mark("category", category), _mark("brand", brand)]
    parts = [name, *(mark for mark in marks if mark), category, brand, *attributes]
    return " ".join(part for part in parts if part)[:MOST_CHARACTERS]


def tokens_of(text: str, category: str = "") -> list[str]:
    """Words in lower case without accents, marks MARKED_TIMES; the category's mark also where the text has none."""
    words = WORD.findall(plain(text))
    mark = _mark("category", category)
    if mark and mark not in words:
        words.append(mark)
    return [token for word in words for token in ([word] * MARKED_TIMES if "=" in word else [word])]


def plain(text: str) -> str:
    """Lower case, no accents."""
    lower = text.lower()
    if lower.isascii():
        return lower
    decomposed = unicodedata.normalize("NFKD", lower)
    return "".join(sign for sign in decomposed if not unicodedata.combining(sign))


def _mark(kind: str, name: str) -> str:
    words = re.findall(r"[^\W_]+", plain(name))
    return f"{kind}={'_'.join(words)}" if words else ""
