"""A variant compiled, and the compiled filled. Pure."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from mjml import mjml2html

from mailing.content import Content, ContentError, Fault, Variant, parse
from mailing.contracts import Links, Rendered
from mailing.rendering.arranging import Arranger
from mailing.rendering.coding import html_of_code
from mailing.rendering.expressions import Use
from mailing.rendering.holding import Held
from mailing.rendering.picking import Pick, offer_of, picks_of
from mailing.rendering.programs import Program, program
from mailing.rendering.scanning import LiquidProblem
from mailing.rendering.texts import text_of, tidy, words_in
from mailing.rendering.themes import theme_of
from mailing.rendering.words import words_of
from mailing.values import plain

# Where a line of HTML can end without any reader seeing it: after the name of a tag.
TAGS = re.compile(r"<(table|td|tr|div) ")
CONTAINERS = "mjml|mj-head|mj-body|mj-attributes|mj-section|mj-column"
OF_CODE = 6  # recommendations that code may show
MAX_SUBJECT, MAX_PREHEADER = 150, 200
CLIPPED_AT = 102_000  # Gmail shows no more of a mail than this


@dataclass(frozen=True, slots=True)
class Brand:
    """How mails look and who sends them, with nothing empty but `logo_url`, and colors as `#rrggbb`.

    `footer`: a line of its own for each locale that has one.
    """

    company: str
    postal_address: str
    website: str
    logo_url: str = ""
    accent: str = "#1f5a4c"
    background: str = "#f4f4f2"
    surface: str = "#ffffff"
    ink: str = "#1c1c1a"
    font: str = "system"
    footer: Mapping[str, str] = field(default_factory=dict)

    def line_for(self, locale: str) -> str:
        """The footer's own line for a locale; empty for none."""
        return self.footer.get(locale) or self.footer.get(locale.split("-")[0], "")


@dataclass(frozen=True, slots=True)
class Compiled:
    """One variant, ready to be filled. `needs`: the groups of variables it uses (`person`, `cart`, …).

    `picks`: products that it shows beside what the sender gives; `uses`: every variable of all its parts; `offer`: the
    key of the offer that each reader is given a code of.
    """

    locale: str
    needs: frozenset[str]
    picks: tuple[Pick, ...]
    uses: tuple[Use, ...]
    brand: Brand
    subject: Program
    preheader: Program
    html: Program
    text: Program
    offer: str = ""

    def render(self, values: Mapping[str, Any], links: Links) -> Rendered:
        """The mail. `values`: by the names in `mailing/variables.py`, as `fill` gives them: texts, numbers, lists,
        mappings, `ProductShown`, and `Money`, which is written as the locale writes it. `shop` is the brand's unless
        given. Raises ContentError: what could not be filled, and why; trying again does not help."""
        brand = self.brand
        shop = {"name": brand.company, "url": brand.website, "postal_address": brand.postal_address}
        filled = plain({"shop": shop, **values, "links": asdict(links)}, self.locale)
        subject = one_line(self._run(self.subject, filled, "subject"), MAX_SUBJECT)
        if not subject:
            raise ContentError(Fault("the subject is empty once it is filled", self.locale, field="subject"))
        html = self._run(self.html, filled, "blocks")
        return Rendered(
            subject=subject,
            html=html,
            text=tidy(self._run(self.text, filled, "text")),
            locale=self.locale,
            preheader=one_line(self._run(self.preheader, filled, "preheader"), MAX_PREHEADER),
            warnings=_warnings(html),
        )

    def _run(self, part: Program, values: Mapping[str, Any], name: str) -> str:
        try:
            return part.run(values)
        except LiquidProblem as problem:
            raise ContentError(Fault(problem.message, self.locale, field=name, line=problem.line)) from problem


def compile_content(content: Content | Mapping[str, Any], locale: str, brand: Brand) -> Compiled:
    """The variant that is best for somebody who reads `locale`; raises ContentError (what, where, how to mend it)."""
    whole = content if isinstance(content, Content) else parse(content)
    return compile_variant(whole.best(locale), brand)


def compile_variant(variant: Variant, brand: Brand) -> Compiled:
    """One variant; raises ContentError."""
    subject = _program(variant, variant.subject, "subject")
    preheader = _program(variant, variant.preheader, "preheader")
    markup = _markup(variant, brand)
    html = _program(variant, markup, "code" if variant.mode == "code" else "blocks", escapes=True)
    text = _program(variant, _text(variant, markup, brand), "text")
    uses = tuple(use for part in (subject, preheader, html, text) for use in part.uses)
    picks = picks_of(variant.every_block()) if variant.mode == "blocks" else ()
    if not any(not pick.ids for pick in picks) and any(use.path.startswith("recommendations") for use in uses):
        picks = (*picks, Pick("recommendations", n=OF_CODE))
    needs = frozenset(use.path.partition(".")[0].removesuffix("[]") for use in uses if use.path)
    needs |= {"recommendations"} if any(not pick.ids for pick in picks) else frozenset()
    offer = offer_of(variant.every_block()) if variant.mode == "blocks" else ""
    return Compiled(variant.locale, needs, picks, uses, brand, subject, preheader, html, text, offer)


def mjml_of(variant: Variant, brand: Brand) -> str:
    """A variant's blocks as MJML with Liquid, to go on with by hand; its code, where it is code already. What blocks
    recommend is then `recommendations`, and products they name are `products`. Raises ContentError."""
    if variant.mode == "code":
        return variant.code
    held = Held(brand.website)
    mjml = held.restore(_arranged(variant, brand, held))
    for pick in picks_of(variant.every_block()):
        mjml = mjml.replace(pick.name, "products" if pick.ids else "recommendations")
    return readable(mjml)


def readable(mjml: str) -> str:
    """A line a tag of MJML, indented: what it means does not change."""
    lines, depth = [], 0
    for part in re.split(rf"(?=<mj)|(?=</(?:{CONTAINERS})>)", mjml):
        depth -= part.startswith("</mj")
        lines.append(f"{'  ' * depth}{part.strip()}")
        depth += bool(re.match(rf"<(?:{CONTAINERS})[\s>]", part)) and not part.endswith("/>")
    return "\n".join(line for line in lines if line.strip()) + "\n"


def one_line(text: str, most: int) -> str:
    """One line of at most `most` characters, without characters that steer."""
    line = "".join(c for c in " ".join(text.split()) if unicodedata.category(c) != "Cc")
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"


def _markup(variant: Variant, brand: Brand) -> str:
    """The HTML of a variant with its Liquid inside."""
    held = Held(brand.website)
    if variant.mode == "code":
        marked = html_of_code(variant, held)
    else:
        mjml = _arranged(variant, brand, held)
        try:
            # Of one line of many thousand characters a mail server would want another encoding, mail by mail.
            marked = TAGS.sub(r"<\1\n", mjml2html(mjml, fonts={}))
        except ValueError as error:  # ours are well-formed whatever staff write: a failure is to be heard of
            raise ContentError(Fault(f"the blocks could not be laid out: {error}", variant.locale)) from error
    try:
        return held.put_back(marked)
    except LiquidProblem as problem:
        name = "code" if variant.mode == "code" else "blocks"
        raise ContentError(Fault(problem.message, variant.locale, field=name, line=problem.line)) from problem


def _arranged(variant: Variant, brand: Brand, held: Held) -> str:
    theme = theme_of(
        accent=brand.accent, background=brand.background, surface=brand.surface, ink=brand.ink, font=brand.font
    )
    line = brand.line_for(variant.locale)
    return Arranger(variant, theme, words_of(variant.locale), held, line, brand.logo_url).mjml()


def _text(variant: Variant, markup: str, brand: Brand) -> str:
    if variant.mode == "code" and not variant.text.strip():
        body = re.search(r"<body.*</body>", markup, re.DOTALL)
        return words_in(re.sub(r"<!--.*?-->", "", body[0] if body else markup, flags=re.DOTALL))
    return text_of(variant, words_of(variant.locale), brand.line_for(variant.locale))


def _program(variant: Variant, text: str, name: str, *, escapes: bool = False) -> Program:
    try:
        return program(text, locale=variant.locale, escapes=escapes)
    except LiquidProblem as problem:
        raise ContentError(Fault(problem.message, variant.locale, field=name, line=problem.line)) from problem


def _warnings(html: str) -> tuple[str, ...]:
    if len(html) > CLIPPED_AT:
        return (f"it is {len(html) // 1000} kB long: Gmail cuts mails after {CLIPPED_AT // 1000} kB",)
    return ()
