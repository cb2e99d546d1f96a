"""What a mail's content is: variants by locale, each of blocks or of code. Pure.

The shape is documented in docs/mail-templates.md; the kinds of blocks with their fields stand in `mailing/blocks.py`.
`parse` takes JSON as staff or a program sent it and names everything that is wrong with it.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mailing.blocks import BLOCKS, Field

MAX_BLOCKS = 80
MAX_TEXT = 20_000
MAX_CODE = 200_000
MAX_SUBJECT = 400  # as written, Liquid included; what is sent is cut to 150 characters
ID = re.compile(r"[a-z0-9_-]{1,30}")
LOCALE = re.compile(r"[a-z]{2,3}(-[A-Z]{2})?")
MODES = ("blocks", "code")
SHOW_IF = re.compile(r"(not )?[a-z_][a-zA-Z0-9_]*(\.[a-zA-Z_][a-zA-Z0-9_]*)*")


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, where, and how to mend it. `block` and `field` are empty for what concerns the whole variant;
    `line` counts from 1, 0 where it has none."""

    message: str
    locale: str = ""
    block: str = ""
    field: str = ""
    line: int = 0

    def __str__(self) -> str:
        where = ", ".join(
            part
            for part in (
                self.locale,
                f"block {self.block}" if self.block else "",
                self.field,
                f"line {self.line}" if self.line else "",
            )
            if part
        )
        return f"{where}: {self.message}" if where else self.message


class ContentError(ValueError):
    """A content that cannot be used, or not be filled; trying again does not help. `problems`: at least one."""

    def __init__(self, *problems: Fault) -> None:
        super().__init__("; ".join(str(problem) for problem in problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Block:
    """One block. `values` has every field of its type, those that were not given by their defaults.

    `show_if`: a variable's name (shown when it is there) or `not <name>`; empty: always shown.
    """

    id: str
    type: str
    values: Mapping[str, Any]
    show_if: str = ""
    left: tuple["Block", ...] = ()
    right: tuple["Block", ...] = ()


@dataclass(frozen=True, slots=True)
class Variant:
    """The mail in one language. `text`: a text part of one's own, empty: made of the blocks (code: of the HTML)."""

    locale: str
    subject: str
    preheader: str = ""
    mode: str = "blocks"
    blocks: tuple[Block, ...] = ()
    code: str = ""
    text: str = ""

    def every_block(self) -> Iterator[Block]:
        """All blocks, those inside of columns too, in reading order."""
        yield from _flat(self.blocks)


@dataclass(frozen=True, slots=True)
class Content:
    """All variants; `default` is one of them."""

    default: str
    locales: Mapping[str, Variant] = field(default_factory=dict)

    def best(self, locale: str) -> Variant:
        """The variant for somebody who reads `locale` (`de-AT`): that one, else its language's, else the default."""
        return self.locales[best_locale(self.locales, locale, self.default)]


def best_locale(there: Mapping[str, Any], wanted: str, default: str) -> str:
    """Which of the locales in `there` somebody who reads `wanted` gets; `_` counts as `-`, case does not count."""
    parts = wanted.replace("_", "-").split("-")
    language = parts[0].lower()
    exact = f"{language}-{parts[-1].upper()}" if len(parts) > 1 else language
    if exact in there:
        return exact
    if language in there:
        return language
    alike = sorted(locale for locale in there if locale.split("-")[0] == language)
    return alike[0] if alike and language else default


def new_block(kind: str, block_id: str) -> dict[str, Any]:
    """A new block as the editor adds it, as JSON: every field by its default."""
    return {"id": block_id, "type": kind, **{one.name: _copy(one.default) for one in BLOCKS[kind].fields}}


def empty_content(locale: str = "en") -> dict[str, Any]:
    """What a new template begins with, as JSON."""
    blocks = [new_block(kind, f"b{n}") for n, kind in enumerate(("header", "heading", "text", "button", "footer"), 1)]
    variant = {"subject": "", "preheader": "", "mode": "blocks", "blocks": blocks, "code": "", "text": ""}
    return {"default": locale, "locales": {locale: variant}}


def parse(raw: object) -> Content:
    """The content; raises ContentError that names every problem."""
    if not isinstance(raw, Mapping) or not isinstance(raw.get("locales"), Mapping) or not raw["locales"]:
        raise ContentError(Fault('content needs {"default": "en", "locales": {"en": {…}}} with at least one locale'))
    problems: list[Fault] = []
    locales = {str(code): _variant(str(code), one, problems) for code, one in raw["locales"].items()}
    default = raw.get("default")
    if default not in locales:
        there = ", ".join(locales)
        problems.append(Fault(f"the default locale {default!r} has no variant: there are {there}", field="default"))
    if problems:
        raise ContentError(*problems)
    return Content(str(default), locales)


def _variant(locale: str, raw: object, problems: list[Fault]) -> Variant:
    if not LOCALE.fullmatch(locale):
        problems.append(Fault(f"{locale!r} is no locale: write en, de or pt-BR", locale))
    if not isinstance(raw, Mapping):
        problems.append(Fault("a variant is an object with subject, mode and blocks", locale))
        return Variant(locale, "")
    mode = raw.get("mode") or "blocks"
    if mode not in MODES:
        problems.append(Fault(f"mode {mode!r} is neither blocks nor code", locale, field="mode"))
    limits = (("subject", MAX_SUBJECT), ("preheader", MAX_SUBJECT), ("code", MAX_CODE), ("text", MAX_CODE))
    texts = {name: _text(raw.get(name), name, limit, locale, problems) for name, limit in limits}
    reader = _Reader(locale, problems)
    blocks = reader.blocks(raw.get("blocks") or [], is_inside=False)
    if len(reader.seen) > MAX_BLOCKS:
        problems.append(Fault(f"more than {MAX_BLOCKS} blocks: take some out", locale, field="blocks"))
    return Variant(locale, mode=str(mode), blocks=blocks, **texts)


def _text(raw: object, name: str, limit: int, locale: str, problems: list[Fault], block: str = "") -> str:
    if raw is None:
        return ""
    if not isinstance(raw, str):
        problems.append(Fault(f"{name} must be a text", locale, block, name))
        return ""
    if len(raw) > limit:
        problems.append(
            Fault(f"{name} has {len(raw):,} characters, at most {limit:,} are possible", locale, block, name)
        )
    if "\x00" in raw:
        problems.append(Fault(f"{name} holds a NUL character: take it out", locale, block, name))
    return raw


class _Reader:
    """Reads the blocks of one variant; `problems` is what was found wrong so far."""

    def __init__(self, locale: str, problems: list[Fault]) -> None:
        self.locale, self.problems = locale, problems
        self.seen: set[str] = set()

    def blocks(self, raw: object, *, is_inside: bool) -> tuple[Block, ...]:
        if not isinstance(raw, Sequence) or isinstance(raw, str):
            self._note("blocks must be a list", "", "blocks")
            return ()
        found = [self._block(one, number, is_inside) for number, one in enumerate(raw, 1)]
        return tuple(block for block in found if block is not None)

    def _block(self, raw: object, number: int, is_inside: bool) -> Block | None:
        if not isinstance(raw, Mapping):
            self._note(f"block {number} is no object", "", "blocks")
            return None
        block_id = raw.get("id")
        if not isinstance(block_id, str) or not ID.fullmatch(block_id) or block_id in self.seen:
            self._note(
                f"block {number} needs an id of its own: small letters, digits, - and _", str(block_id or ""), "id"
            )
            block_id = f"unnamed-{len(self.seen)}"
        self.seen.add(block_id)
        kind = BLOCKS.get(str(raw.get("type")))
        if kind is None or (is_inside and not kind.goes_in_columns):
            why = "cannot stand inside of columns" if kind else f"is no kind of block; there are {', '.join(BLOCKS)}"
            self._note(f"{raw.get('type')!r} {why}", block_id, "type")
            return None
        values = {one.name: self._value(raw, one, block_id) for one in kind.fields if one.kind != "blocks"}
        sides = {
            one.name: self.blocks(raw.get(one.name) or [], is_inside=True)
            for one in kind.fields
            if one.kind == "blocks"
        }
        show_if = _text(raw.get("show_if"), "show_if", 100, self.locale, self.problems, block_id).strip()
        if show_if and not SHOW_IF.fullmatch(show_if):
            self._note("write one variable here, e.g. person.first_name, or “not” and one", block_id, "show_if")
        return Block(block_id, kind.code, values, show_if, sides.get("left", ()), sides.get("right", ()))

    def _value(self, raw: Mapping[str, Any], one: Field, block_id: str) -> Any:
        given = raw.get(one.name)
        if given is None:
            return _copy(one.default)
        if one.kind in ("number", "choice", "flag", "products"):
            if one.takes(given):
                return given
            self._note(f"{one.label}: {one.expects}", block_id, one.name)
            return _copy(one.default)
        return _text(given, one.name, one.max_length, self.locale, self.problems, block_id)

    def _note(self, message: str, block_id: str, field_name: str) -> None:
        self.problems.append(Fault(message, self.locale, block_id, field_name))


def _copy(value: Any) -> Any:
    return list(value) if isinstance(value, list | tuple) else value


def _flat(blocks: Sequence[Block]) -> Iterator[Block]:
    for block in blocks:
        yield block
        yield from _flat(block.left)
        yield from _flat(block.right)
