"""What a mail's author should know before it goes out: what is wrong, where, and how to mend it. Pure.

Errors keep a mail from being published; warnings and hints do not.
"""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from mailing.blocks import BLOCKS
from mailing.content import Block, Content, ContentError, Fault, Variant
from mailing.links import picture_link, shop_link
from mailing.rendering import Brand, Compiled, compile_variant
from mailing.rendering.expressions import Use
from mailing.rendering.programs import program
from mailing.rendering.scanning import LiquidProblem, has_liquid
from mailing.samples import LINKS, SERVICE_LINKS, full_values
from mailing.values import plain
from mailing.variables import ALWAYS, GROUPS, known, suggestion

ERROR, WARNING, HINT = "error", "warning", "hint"
LEVELS = (ERROR, WARNING, HINT)
LONG_SUBJECT = 60  # what a phone shows of it
ASSIGNED = re.compile(r"\{%-?\s*(?:assign|capture)\s+([\w-]+)")
CODE_LINK = re.compile(r"""<(?:a|mj-button|mj-image)\b[^>]*?\shref=["']([^"']*)["']""", re.IGNORECASE)
CODE_IMAGE = re.compile(r"<(?:img|mj-image)\b((?:[^>\"']|\"[^\"]*\"|'[^']*')*)>", re.IGNORECASE)
CODE_SOURCE = re.compile(r"""\ssrc=["']([^"']*)["']""", re.IGNORECASE)
HREF = re.compile(r"""<a\b[^>]*?\shref=["']([^"']*)["']""", re.IGNORECASE)
MARKUP_ALT = re.compile(r"""\salt=["']\s*[^"'\s]""", re.IGNORECASE)
GIVEN = {group.code: group.given for group in GROUPS}


@dataclass(frozen=True, slots=True)
class LintContext:
    """Where a mail will be used. `groups`: of variables that its senders give, None where that is not known yet;
    `locales`: that people read, None where nobody knows; `traits`: that people have, None likewise.
    """

    kind: str
    brand: Brand
    image_hosts: tuple[str, ...] = ()
    groups: frozenset[str] | None = None
    locales: frozenset[str] | None = None
    traits: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding. `code` is stable; the problem says where it is, and how it is mended."""

    problem: Fault
    level: str
    code: str

    def __str__(self) -> str:
        return f"{self.level} {self.code}: {self.problem}"


def lint(content: Content, context: LintContext) -> tuple[Finding, ...]:
    """All findings, the worst first, otherwise in reading order."""
    found = [finding for variant in content.locales.values() for finding in _Linter(variant, context).findings()]
    found += _of_locales(content, context)
    return tuple(sorted(dict.fromkeys(found), key=lambda one: LEVELS.index(one.level)))


def _of_locales(content: Content, context: LintContext) -> Iterator[Finding]:
    default = content.locales[content.default]
    for locale, variant in content.locales.items():
        if locale == content.default:
            continue
        if (variant.subject, variant.blocks, variant.code) == (default.subject, default.blocks, default.code):
            said = f"this variant says the same as {content.default}: translate it, or take it out"
            yield Finding(Fault(said, locale), WARNING, "same_as_default")
        if context.locales is not None and not _is_read(locale, context.locales):
            said = "nobody here reads this language: this variant is never sent"
            yield Finding(Fault(said, locale), HINT, "unused_locale")


def _is_read(locale: str, read: frozenset[str]) -> bool:
    return any(one.replace("_", "-").split("-")[0].lower() == locale.split("-")[0] for one in read)


@dataclass(slots=True)
class _Part:
    """One text that staff wrote: of a block's field, or of the whole variant."""

    text: str
    field: str
    block: Block | None = None
    uses: tuple[Use, ...] = ()

    @property
    def block_id(self) -> str:
        return self.block.id if self.block else ""


class _Linter:
    """Looks at one variant."""

    def __init__(self, variant: Variant, context: LintContext) -> None:
        self.variant, self.context = variant, context
        self.is_code = variant.mode == "code"
        self.assigned = set(ASSIGNED.findall("\n".join(part.text for part in self._parts())))

    def findings(self) -> Iterator[Finding]:
        parts = list(self._parts())
        broken = [finding for part in parts if (finding := self._read(part))]
        yield from broken
        yield from self._of_subject()
        for part in parts:
            yield from self._of_uses(part)
        yield from self._of_code() if self.is_code else self._of_blocks()
        yield from self._of_ways_out()
        if not broken:
            yield from self._of_whole()

    def _parts(self) -> Iterator[_Part]:
        variant = self.variant
        yield _Part(variant.subject, "subject")
        yield _Part(variant.preheader, "preheader")
        if self.is_code:
            yield _Part(variant.code, "code")
        else:
            for block in variant.every_block():
                for one in BLOCKS[block.type].fields:
                    if one.takes_liquid:
                        text = block.values[one.name]
                        yield _Part(html.unescape(text) if one.kind == "rich" else text, one.name, block)
        if variant.text.strip():
            yield _Part(variant.text, "text")

    def _read(self, part: _Part) -> Finding | None:
        """Notes what a part uses; what is wrong with its Liquid, if anything is."""
        if not has_liquid(part.text):
            return None
        try:
            part.uses = program(part.text, locale=self.variant.locale, escapes=False).uses
        except LiquidProblem as problem:
            return self._say(ERROR, "liquid", problem.message, part.block_id, part.field, problem.line)
        return None

    # Words.

    def _of_subject(self) -> Iterator[Finding]:
        subject = self.variant.subject
        if not subject.strip():
            yield self._say(ERROR, "no_subject", "it has no subject: write one", field="subject")
            return
        if not self.variant.preheader.strip():
            said = "without a preheader mail programs show the first words of the mail: write what it is about"
            yield self._say(HINT, "no_preheader", said, field="preheader")
        try:
            length = len(program(subject, locale=self.variant.locale, escapes=False).run(_plain_sample(self.variant)))
        except LiquidProblem:
            return
        if length > LONG_SUBJECT:
            said = f"with usual values it has {length} characters; phones show about {LONG_SUBJECT}: shorten it"
            yield self._say(WARNING, "long_subject", said, field="subject")

    def _of_uses(self, part: _Part) -> Iterator[Finding]:
        shown_if = part.block.show_if if part.block else ""
        for use in part.uses:
            head = use.path.partition(".")[0].removesuffix("[]")
            if head in self.assigned or head.startswith("picked_"):
                continue
            yield from self._of_path(use.path, part.block_id, part.field, use.line)
            variable = known(use.path)
            if variable is None or not variable.may_be_empty or not use.is_shown:
                continue
            if not use.has_fallback and shown_if not in (use.path, head):
                said = (
                    f'{use.path} may be empty: write {{{{ {use.path} | default: "…" }}}}, '
                    f"or put it under {{% if {use.path} %}}"
                )
                yield self._say(WARNING, "no_fallback", said, part.block_id, part.field, use.line)

    def _of_path(self, path: str, block_id: str, name: str, line: int = 0) -> Iterator[Finding]:
        head = path.partition(".")[0].removesuffix("[]")
        if known(path) is None:
            meant = suggestion(path)
            said = f"there is no variable {path}" + (
                f": did you mean {meant}?" if meant else ": look it up in the list"
            )
            yield self._say(ERROR, "unknown_variable", said, block_id, name, line)
            return
        groups = self.context.groups
        if groups is not None and head not in groups | ALWAYS:
            said = f"{head} is given {GIVEN[head]}, not by what sends this mail: it will be empty"
            yield self._say(WARNING, "not_given", said, block_id, name, line)
        traits = self.context.traits
        if traits is not None and path.startswith("person.traits.") and path.split(".")[2] not in traits:
            said = f"nobody has a trait {path.split('.')[2]}: it will be empty"
            yield self._say(WARNING, "unknown_trait", said, block_id, name, line)

    # Blocks.

    def _of_blocks(self) -> Iterator[Finding]:
        if not self.variant.blocks:
            yield self._say(ERROR, "no_blocks", "it has no blocks yet: add some", field="blocks")
        for block in self.variant.every_block():
            kind = BLOCKS[block.type]
            if block.show_if:
                yield from self._of_path(block.show_if.removeprefix("not ").strip(), block.id, "show_if")
            if kind.needs and not (block.type == "products" and block.values["from"] == "ids"):
                yield from self._of_path(kind.needs, block.id, "type")
            yield from self._of_fields(block)

    def _of_fields(self, block: Block) -> Iterator[Finding]:
        for one in BLOCKS[block.type].fields:
            value = block.values.get(one.name)
            if one.is_required and isinstance(value, str) and not value.strip():
                if one.name == "alt":
                    said = "say in words what the picture shows: many see mails without pictures"
                    yield self._say(WARNING, "no_alt", said, block.id, "alt")
                else:
                    yield self._say(ERROR, "empty_field", f"“{one.label}” is empty: fill it in", block.id, one.name)
            if one.kind == "url" and isinstance(value, str):
                yield from self._of_link(value, block.id, one.name)
            if one.kind == "image" and isinstance(value, str):
                yield from self._of_picture(value, block.id, one.name)
            if one.kind == "rich" and isinstance(value, str):
                for found in HREF.finditer(value):
                    yield from self._of_link(html.unescape(found[1]), block.id, one.name)
        if block.type == "products" and block.values["from"] == "ids" and not block.values["ids"]:
            yield self._say(
                ERROR, "no_products", "no products are chosen: choose some, or take it out", block.id, "ids"
            )

    def _of_link(self, url: str, block_id: str, name: str, line: int = 0) -> Iterator[Finding]:
        url = url.strip()
        if not url or has_liquid(url) or url.startswith(("/", "mailto:", "#")):
            return
        if not shop_link(url, shop_url=self.context.brand.website):
            host = urlsplit(url).hostname or url
            said = f"it leads to {host[:60]}, which is not the shop's host: check that it is meant"
            yield self._say(WARNING, "foreign_link", said, block_id, name, line)
        elif url.startswith("http://") and self.context.brand.website.startswith("https://"):
            yield self._say(WARNING, "plain_http", "it leads to http://: write https://", block_id, name, line)

    def _of_picture(self, url: str, block_id: str, name: str, line: int = 0) -> Iterator[Finding]:
        url = url.strip()
        if not url or has_liquid(url):
            return
        if not picture_link(url, shop_url=self.context.brand.website, hosts=self.context.image_hosts):
            host = (urlsplit(url).hostname or url)[:60]
            said = f"pictures of {host} are not shown: put it on the shop's host, or name the host in MAIL_IMAGE_HOSTS"
            yield self._say(ERROR, "picture_host", said, block_id, name, line)

    # Code.

    def _of_code(self) -> Iterator[Finding]:
        code = self.variant.code
        for found in CODE_LINK.finditer(code):
            yield from self._of_link(html.unescape(found[1]), "", "code", _line(code, found.start()))
        for found in CODE_IMAGE.finditer(code):
            line, attributes = _line(code, found.start()), found[1]
            source = CODE_SOURCE.search(attributes)
            if source:
                yield from self._of_picture(html.unescape(source[1]), "", "code", line)
            if not MARKUP_ALT.search(attributes):
                said = "this picture has no alt: say in words what it shows"
                yield self._say(WARNING, "no_alt", said, "", "code", line)

    # The whole.

    def _of_ways_out(self) -> Iterator[Finding]:
        if self.context.kind != "marketing":
            if "links.unsubscribe" in self.variant.code and self.is_code:
                said = "a mail about an order cannot be unsubscribed from: take links.unsubscribe out"
                yield self._say(WARNING, "needless_unsubscribe", said, field="code")
            return
        if not self.is_code:
            footers = [block for block in self.variant.blocks if block.type == "footer"]
            if not any(not block.show_if for block in footers):
                hidden = f"; the one there is is shown only if {footers[0].show_if}" if footers else ""
                said = f"a marketing mail needs a footer with the way out: add one{hidden}"
                yield self._say(ERROR, "no_footer", said, field="blocks")
        else:
            yield from self._missing(self.variant.code, "code")
        if self.variant.text.strip():
            yield from self._missing(self.variant.text, "text")

    def _missing(self, text: str, name: str) -> Iterator[Finding]:
        for path, said in (
            ("links.unsubscribe", "a marketing mail needs the way out: link {{ links.unsubscribe }}"),
            ("shop.postal_address", "a marketing mail says who sends it: write {{ shop.postal_address }}"),
        ):
            if path not in text:
                code = "no_unsubscribe" if path.startswith("links") else "no_address"
                yield self._say(ERROR, code, said, field=name)

    def _of_whole(self) -> Iterator[Finding]:
        """It is compiled and filled with samples: what fails then would fail for everybody."""
        try:
            compiled: Compiled = compile_variant(self.variant, self.context.brand)
            links = LINKS if self.context.kind == "marketing" else SERVICE_LINKS
            names = tuple(pick.name for pick in compiled.picks)
            rendered = compiled.render(full_values(self.variant.locale, picks=names), links)
        except ContentError as error:
            for problem in error.problems:
                yield Finding(problem, ERROR, "cannot_be_sent")
            return
        for warning in rendered.warnings:
            yield self._say(WARNING, "too_long", f"{warning}: shorten it")

    def _say(self, level: str, code: str, message: str, block: str = "", field: str = "", line: int = 0) -> Finding:
        return Finding(Fault(message, self.variant.locale, block, field, line), level, code)


def _line(text: str, start: int) -> int:
    return text.count("\n", 0, start) + 1


def _plain_sample(variant: Variant) -> dict[str, Any]:
    return {name: plain(value, variant.locale) for name, value in full_values(variant.locale).items()}
