"""Liquid found in a text: its pieces with their lines, and whether they are closed, known and nested well. Pure.

Linear in the text's length, so that no text can keep it busy. Only what is told here reaches the parser.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

MAX_TAGS, MAX_TAG_LENGTH, MAX_DEPTH = 2_000, 1_000, 20
BLOCK_TAGS = frozenset({"if", "unless", "case", "for", "capture", "comment"})
TAGS = BLOCK_TAGS | {"elsif", "else", "when", "break", "continue", "assign", "echo", "#"}
INSIDE = {"elsif": {"if", "unless"}, "else": {"if", "unless", "case", "for"}, "when": {"case"}}
CLOSED = {"{{": "}}", "{%": "%}"}
OPENING = re.compile(r"\{[{%]|[}%]\}")
NAME = re.compile(r"[{][%]-?\s*(#|\w*)")


class LiquidProblem(ValueError):
    """Liquid that cannot be used or filled: why, in words, and in which line of its text (from 1; 0: none)."""

    def __init__(self, message: str, line: int = 0) -> None:
        super().__init__(message)
        self.message, self.line = message, line


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a text. `kind`: text, output (`{{ … }}`) or tag (`{% … %}`, by its `name`)."""

    kind: str
    source: str
    line: int
    name: str = ""


def scan(text: str) -> list[Piece]:
    """The pieces in their order; raises LiquidProblem where the Liquid is not closed, not known or not balanced."""
    pieces = list(_pieces(text))
    if sum(piece.kind != "text" for piece in pieces) > MAX_TAGS:
        raise LiquidProblem(f"more than {MAX_TAGS:,} variables and tags: shorten it")
    _check_balance([piece for piece in pieces if piece.kind == "tag"])
    return pieces


def has_liquid(text: str) -> bool:
    """Whether there is any Liquid in it."""
    return "{{" in text or "{%" in text


def _pieces(text: str) -> Iterator[Piece]:
    at, line = 0, 1
    while found := OPENING.search(text, at):
        start, mark = found.start(), found[0]
        if start > at:
            yield Piece("text", text[at:start], line)
            line += text.count("\n", at, start)
        if mark not in CLOSED:  # a stray end is plain text, as in CSS
            yield Piece("text", mark, line)
            at = start + 2
            continue
        end = text.find(CLOSED[mark], start + 2)
        if end < 0:
            raise LiquidProblem(f"“{_short(text[start:])}” is never closed: write {CLOSED[mark]} at its end", line)
        source = text[start : end + 2]
        yield _piece(mark, source, line)
        line += source.count("\n")
        at = end + 2
    if at < len(text):
        yield Piece("text", text[at:], line)


def _piece(mark: str, source: str, line: int) -> Piece:
    if len(source) > MAX_TAG_LENGTH:
        raise LiquidProblem(f"“{_short(source)}” is longer than {MAX_TAG_LENGTH:,} characters", line)
    if mark == "{{":
        if not source[2:-2].strip("- \n\t"):
            raise LiquidProblem("“{{ }}” names no variable", line)
        return Piece("output", source, line)
    found = NAME.match(source)
    name = found[1] if found else ""
    if name not in TAGS and name.removeprefix("end") not in BLOCK_TAGS:
        raise LiquidProblem(f"the tag “{name}” is not available here; there are {', '.join(sorted(TAGS))}", line)
    return Piece("tag", source, line, name)


def _check_balance(tags: list[Piece]) -> None:
    opened: list[Piece] = []
    for tag in tags:
        if tag.name in BLOCK_TAGS:
            opened.append(tag)
            if len(opened) > MAX_DEPTH:
                raise LiquidProblem(f"more than {MAX_DEPTH} tags inside of one another: flatten it", tag.line)
        elif tag.name.startswith("end"):
            if not opened:
                raise LiquidProblem(f"“{tag.name}” ends nothing: no “{tag.name[3:]}” is open here", tag.line)
            if opened[-1].name != tag.name[3:]:
                first = opened[-1]
                raise LiquidProblem(
                    f"“{tag.name}” comes before “end{first.name}” of the “{first.name}” in line {first.line}", tag.line
                )
            opened.pop()
        elif tag.name in INSIDE and (not opened or opened[-1].name not in INSIDE[tag.name]):
            raise LiquidProblem(f"“{tag.name}” stands outside of {' or '.join(sorted(INSIDE[tag.name]))}", tag.line)
    if opened:
        raise LiquidProblem(f"“{opened[-1].name}” is never ended: write {{% end{opened[-1].name} %}}", opened[-1].line)


def _short(source: str) -> str:
    return source[:40].split("\n")[0].strip()
