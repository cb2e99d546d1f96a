"""Mending JSON that strict readers refuse but clients send: what is repaired, and into what. Pure.

A byte order mark is dropped. Invalid UTF-8 and lone surrogates become U+FFFD. NaN and ±Infinity become null. Whole
numbers past 300 digits become text. What is nested deeper than DEEPEST is cut to `"…"`, still deep enough to be
refused by name. Everything else that is not JSON stays refused.
"""

import re

DEEPEST = 64
_BOM = b"\xef\xbb\xbf"
# Nothing below is ever tried twice over the same bytes, or a hostile body would cost the square of its length: strings
# that never close run to the end, quantifiers are possessive, and a number is looked at from its first digit only.
_STRING = r'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)'
_TOKEN = re.compile(_STRING + r"|-?Infinity|NaN|(?<![0-9.eE+-])-?[0-9]{300,}+(?![.eE])", re.DOTALL)
_ESCAPE = re.compile(
    r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[dD][89a-fA-F][0-9a-fA-F]{2}|.)", re.DOTALL
)
_BRACKET = re.compile(_STRING.encode() + rb"|[\[\]{}]", re.DOTALL)


def mend(body: bytes) -> bytes:
    """The body with everything repaired that can be."""
    text = body.removeprefix(_BOM).decode("utf-8", "replace")
    return _cut_deep(_TOKEN.sub(_mend_token, text).encode())


def is_too_deep(item: bytes) -> bool:
    """Whether an item is nested deeper than DEEPEST levels. Ordinary items are decided by two counts."""
    if item.count(b"{") + item.count(b"[") <= DEEPEST:
        return False
    depth = 0
    for bracket in _BRACKET.findall(item):
        if bracket in b"[{":
            depth += 1
            if depth > DEEPEST:
                return True
        elif bracket in b"]}":
            depth -= 1
    return False


def _mend_token(match: re.Match[str]) -> str:
    token = match[0]
    if token[0] != '"':
        return "null" if token[-1] in "yN" else f'"{token}"'
    return _ESCAPE.sub(_mend_escape, token) if "\\" in token else token


def _mend_escape(match: re.Match[str]) -> str:
    found = match[0]
    return "\\ufffd" if len(found) == 6 and found[1] == "u" and found[2] in "dD" else found


def _cut_deep(body: bytes) -> bytes:
    """Subtrees below DEEPEST + 8 levels replaced by a short text, in one pass over the brackets."""
    if body.count(b"{") + body.count(b"[") <= DEEPEST:
        return body
    kept: list[bytes] = []
    depth, copied_to = 0, 0
    for match in _BRACKET.finditer(body):
        bracket = match[0]
        if bracket in b"[{":
            depth += 1
            if depth == DEEPEST + 9:
                kept.append(body[copied_to : match.start()])
        elif bracket in b"]}":
            if depth == DEEPEST + 9:
                kept.append('"…"'.encode())
                copied_to = match.end()
            depth -= 1
    return b"".join((*kept, body[copied_to:])) if depth <= DEEPEST + 8 else body
