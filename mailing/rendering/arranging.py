"""Blocks arranged as MJML, with Liquid held apart: one column of 600 pixels on a card, the footer below it. Pure.

A kind of block is one method here and one in `texts.py`; a test fails while either is missing.
"""

import html
from collections.abc import Callable, Sequence

import nh3

from mailing.content import Block, ContentError, Fault, Variant
from mailing.rendering import listing
from mailing.rendering.holding import Held
from mailing.rendering.picking import picked
from mailing.rendering.scanning import LiquidProblem, Piece
from mailing.rendering.themes import Theme, style_sheet
from mailing.rendering.words import Words

TAGS = {"p", "br", "a", "strong", "b", "em", "i", "u", "s", "ul", "ol", "li", "blockquote", "span", "sub", "sup"}
ATTRIBUTES = {"a": {"href", "title"}}
SCHEMES = {"http", "https", "mailto"}
HEADINGS = {"large": ("28px", "34px", "-0.4px", "title"), "medium": ("19px", "26px", "-0.2px", "")}
# What follows the preheader in a list of mails: nothing, instead of the mail's first words.
FILLER = ("&#847;&zwnj;&nbsp;" * 20 + "\n") * 3
PAD = 32
TILE = 8  # around each tile, so that the outer ones stand in line with everything else


class Arranger:
    """Arranges one variant. `held` keeps the Liquid of what it returns."""

    def __init__(self, variant: Variant, theme: Theme, words: Words, held: Held, brand_line: str, logo: str) -> None:
        self.variant, self.theme, self.words, self.held = variant, theme, words, held
        self.brand_line, self.logo = brand_line, logo
        self._makers: dict[str, Callable[[Block], str]] = {
            name.removeprefix("_do_"): getattr(self, name) for name in dir(type(self)) if name.startswith("_do_")
        }

    def mjml(self) -> str:
        """The whole document. Raises ContentError that names the block and the field."""
        body = [block for block in self.variant.blocks if block.type != "footer"]
        footers = [block for block in self.variant.blocks if block.type == "footer"]
        return (
            f'<mjml lang="{self.variant.locale}"><mj-head>{self._head()}</mj-head>'
            f'<mj-body width="600px" css-class="page" background-color="{self.theme.page}">'
            f"{self._strip(18, 'foot', self.theme.page)}{self._strip(20, 'card', self.theme.card, '14px 14px 0 0')}"
            f"{''.join(self._block(block) for block in body)}"
            f"{self._strip(20, 'card', self.theme.card, '0 0 14px 14px')}"
            f"{''.join(self._block(block) for block in footers)}"
            f"{self._strip(18, 'foot', self.theme.page)}</mj-body></mjml>"
        )

    def _head(self) -> str:
        subject = self._line(self.variant.subject, "subject")
        preheader = self._line(self.variant.preheader, "preheader")
        preview = f"<mj-preview>{preheader}{FILLER}</mj-preview>" if preheader else ""
        return (
            f"<mj-title>{subject}</mj-title>{preview}"
            '<mj-raw><meta name="color-scheme" content="light dark" /><meta name="supported-color-schemes" '
            'content="light dark" /><meta name="format-detection" content="telephone=no,date=no,address=no" /></mj-raw>'
            f'<mj-attributes><mj-all font-family="{self.theme.font}" />'
            f'<mj-text font-size="16px" line-height="24px" color="{self.theme.ink}" padding="0" />'
            f'<mj-table font-size="16px" line-height="24px" color="{self.theme.ink}" padding="0" />'
            f'<mj-section padding="0" background-color="{self.theme.card}" /></mj-attributes>'
            f"<mj-style>{style_sheet(self.theme)}</mj-style>"
        )

    def _strip(self, height: int, css: str, color: str, radius: str = "") -> str:
        rounded = f' border-radius="{radius}"' if radius else ""
        return (
            f'<mj-section padding="0" css-class="{css}" background-color="{color}"{rounded}>'
            f'<mj-column><mj-spacer height="{height}px" /></mj-column></mj-section>'
        )

    def _block(self, block: Block) -> str:
        """A section of its own; under its conditions."""
        if block.type == "columns":
            return self._under(block, self._columns(block))
        if block.type == "footer":
            return self._under(block, self._footer(block))
        inner = self._content(block)
        pad, css = (PAD - TILE, "card tiles") if _has_tiles(block) else (PAD, "card")
        section = f'<mj-section padding="8px {pad}px" css-class="{css}"><mj-column>{inner}</mj-column></mj-section>'
        return self._under(block, section)

    def _content(self, block: Block) -> str:
        return self._makers[block.type](block)

    def _under(self, block: Block, section: str) -> str:
        """Shown where its condition holds, and where what it is about is there."""
        asks = conditions(block)
        if not asks:
            return section
        return self._raw(f"{{% if {asks} %}}") + section + self._raw("{% endif %}")

    def _raw(self, liquid: str) -> str:
        return f"<mj-raw>{self._own(liquid)}</mj-raw>"

    # Blocks.

    def _do_header(self, block: Block) -> str:
        logo = self._value(block, "logo") or html.escape(self.logo)
        company = self._own("{{ shop.name }}")
        shown = (
            f'<img src="{logo}" alt="{company}" height="40" style="height:40px;width:auto;max-width:240px;border:0;" />'
            if logo
            else company
        )
        return (
            f'<mj-text align="{block.values["align"]}" font-size="19px" font-weight="700" letter-spacing="-0.2px" '
            f'padding="0 0 8px"><a href="{self._own("{{ shop.url }}")}" style="text-decoration:none;color:inherit">'
            f"{shown}</a></mj-text>"
        )

    def _do_heading(self, block: Block) -> str:
        size, height, spacing, css = HEADINGS[block.values["size"]]
        level = 1 if block.values["size"] == "large" else 2
        return (
            f'<mj-text align="{block.values["align"]}" font-size="{size}" line-height="{height}" font-weight="700" '
            f'letter-spacing="{spacing}" css-class="{css}">'
            f'<div role="heading" aria-level="{level}">{self._value(block, "text")}</div></mj-text>'
        )

    def _do_text(self, block: Block) -> str:
        look = 'css-class="rich"'
        if block.values["size"] == "small":
            look = f'font-size="14px" line-height="21px" color="{self.theme.quiet}" css-class="rich quiet"'
        return f'<mj-text align="{block.values["align"]}" {look}>{self._rich(block, "html")}</mj-text>'

    def _do_image(self, block: Block) -> str:
        href = self._value(block, "href")
        leads = f' href="{href}"' if href else ""
        return (
            f'<mj-image src="{self._value(block, "src")}" alt="{self._value(block, "alt")}"{leads} padding="0" '
            f'width="{block.values["width"]}px" align="{block.values["align"]}" border-radius="10px" '
            'css-class="picture" />'
        )

    def _do_button(self, block: Block) -> str:
        return self._button(
            self._value(block, "label"),
            self._value(block, "href"),
            block.values["align"],
            is_bare=block.values["look"] == "outline",
        )

    def _do_products(self, block: Block) -> str:
        return self._list(block, picked(block) if block.values["from"] == "ids" else "products", 12)

    def _do_recommendations(self, block: Block) -> str:
        return self._list(block, picked(block), block.values["n"])

    def _do_product(self, block: Block) -> str:
        large = listing.large("product", self.theme, show_price=block.values["show_price"])
        table = f"<mj-table>{self._own_html(large)}</mj-table>"
        label = self._value(block, "label")
        if not label:
            return table
        href = self._own("{{ product.url | default: shop.url }}")
        return f'{table}<mj-spacer height="14px" />{self._button(label, href, "left")}'

    def _do_cart(self, block: Block) -> str:
        most = block.values["max_lines"]
        lines = listing.rows("cart.lines", "line", self.theme, self.words, limit=most)
        lines += (
            f'{count_more(most)}{{% if cart_more > 0 %}}<tr><td colspan="2" class="quiet" style="padding:0 0 20px;'
            f'font-size:15px;color:{self.theme.quiet};">{more_words(self.words)}</td></tr>{{% endif %}}'
        )
        return f"<mj-table>{self._own_html(lines)}</mj-table>{self._total(block, 'cart')}"

    def _do_order(self, block: Block) -> str:
        lines = listing.rows("order.lines", "line", self.theme, self.words, limit=block.values["max_lines"])
        number = (
            f'<tr><td colspan="2" class="quiet" style="padding:0 0 14px;font-size:15px;color:{self.theme.quiet};">'
            f"{self.words.order} {{{{ order.number }}}}</td></tr>"
        )
        return f"<mj-table>{self._own_html(number + lines)}</mj-table>{self._total(block, 'order')}"

    def _do_offer(self, block: Block) -> str:
        quiet = f"font-size:14px;line-height:20px;color:{self.theme.quiet};"
        until = self.words.until.replace("{day}", "{{ offer.expires }}")
        code = self._own_html(
            f'{{% if offer.code %}}<div class="quiet" style="padding-top:12px;{quiet}">{self.words.code}</div>'
            '<div style="padding-top:2px;font-family:Menlo,Consolas,monospace;font-size:24px;line-height:32px;'
            'font-weight:700;letter-spacing:2px;">{{ offer.code }}</div>{% endif %}'
        )
        text = self._value(block, "text") or self._own_html(f"{{% if offer.expires %}}{until}{{% endif %}}")
        return (
            f'<mj-table><tr><td align="center" style="padding:0;"><div class="soft" style="padding:24px 20px;'
            f"border:1px dashed {self.theme.edge};border-radius:12px;background:{self.theme.soft};"
            f'text-align:center;">'
            f'<div style="font-size:20px;line-height:27px;font-weight:700;">{self._value(block, "title")}</div>'
            f'{code}<div class="quiet" style="padding-top:10px;{quiet}">{text}</div></div></td></tr></mj-table>'
        )

    def _do_divider(self, block: Block) -> str:
        return f'<mj-divider css-class="rule" border-width="1px" border-color="{self.theme.rule}" padding="8px 0" />'

    def _do_spacer(self, block: Block) -> str:
        return f'<mj-spacer height="{max(block.values["height"] - 16, 1)}px" />'

    # Parts.

    def _columns(self, block: Block) -> str:
        sides = (
            f'<mj-column width="50%" css-class="side" padding="0 {right}px 0 {left}px">{self._side(side)}</mj-column>'
            for side, left, right in ((block.left, 0, 10), (block.right, 10, 0))
        )
        return f'<mj-section padding="8px {PAD}px" css-class="card">{"".join(sides)}</mj-section>'

    def _side(self, blocks: Sequence[Block]) -> str:
        gap = '<mj-spacer height="10px" />'
        parts = []
        for block in blocks:
            asks = conditions(block)
            inner = self._content(block) + gap
            parts.append(self._raw(f"{{% if {asks} %}}") + inner + self._raw("{% endif %}") if asks else inner)
        return "".join(parts)

    def _list(self, block: Block, items: str, most: int) -> str:
        title = self._value(block, "title")
        columns = block.values["columns"]
        edge, css = (TILE, ' css-class="flush"') if _has_tiles(block) else (0, "")
        head = (
            f'<mj-text font-size="19px" line-height="26px" font-weight="700" padding="6px {edge}px 16px"'
            f'{css}><div role="heading" aria-level="2">{title}</div></mj-text>'
            if title
            else ""
        )
        if columns == 1:
            inner = listing.rows(items, "item", self.theme, self.words, limit=most)
        else:
            inner = listing.tiles(items, "item", self.theme, columns=columns, most=most)
        fixed = "" if columns == 1 else ' padding="0" table-layout="fixed"'
        return f"{head}<mj-table{fixed}>{self._own_html(inner)}</mj-table>"

    def _total(self, block: Block, about: str) -> str:
        words = self.words
        total = f"{{% if {about}.total %}}{words.total} <strong>{{{{ {about}.total }}}}</strong>{{% endif %}}"
        line = "{% if order.total %}<br>{% endif %}" if block.values["show_total"] else ""
        back = f"{{% if order.refunded %}}{line}{words.refunded} <strong>{{{{ order.refunded }}}}</strong>{{% endif %}}"
        shown = (total if block.values["show_total"] else "") + (back if about == "order" else "")
        return f'<mj-text font-size="18px" padding="0 0 6px">{self._own_html(shown)}</mj-text>' if shown else ""

    def _button(self, label: str, href: str, align: str, *, is_bare: bool = False) -> str:
        theme = self.theme
        fill, words = ("transparent", theme.link) if is_bare else (theme.accent, theme.on_accent)
        border = f' border="2px solid {theme.accent}"' if is_bare else ""
        return (
            f'<mj-button css-class="go{" bare" if is_bare else ""}" href="{href}" align="{align}" color="{words}" '
            f'background-color="{fill}"{border} font-size="16px" font-weight="600" inner-padding="15px 34px" '
            f'border-radius="10px" padding="4px 0">{label}</mj-button>'
        )

    def _footer(self, block: Block) -> str:
        words = self.words
        agreed, law, service = (
            line.replace("{company}", "{{ shop.name }}") for line in (words.agreed, words.law, words.service)
        )
        reason = self._value(block, "reason") or self._own_html(
            f"{{% if links.unsubscribe %}}{{% if agreed %}}{agreed}{{% else %}}{law}{{% endif %}}"
            f"{{% else %}}{service}{{% endif %}}"
        )
        dot = " &nbsp;·&nbsp; "
        ways = (("preferences", words.preferences), ("unsubscribe", words.unsubscribe), ("browser", words.browser))
        out = (
            f'{{% if links.{name} %}}{dot if number else ""}<a href="{{{{ links.{name} }}}}">{label}</a>{{% endif %}}'
            for number, (name, label) in enumerate(ways)
        )
        own = html.escape(self.brand_line).replace("\n", "<br />")
        lines = [
            reason,
            self._own_html("".join(out)),
            self._own_html("{{ shop.name }}, {{ shop.postal_address }}"),
            *([own] if own else []),
        ]
        texts = "".join(
            f'<mj-text font-size="13px" line-height="19px" color="{self.theme.quiet}" css-class="quiet" '
            f'padding="0 0 10px">{line}</mj-text>'
            for line in lines
        )
        return (
            f'<mj-section padding="22px {PAD}px 14px" background-color="{self.theme.page}" css-class="foot">'
            f"<mj-column>{texts}</mj-column></mj-section>"
        )

    # Texts.

    def _value(self, block: Block, name: str) -> str:
        """A field's text for MJML: Liquid held, everything else escaped."""
        return self._line(block.values[name], name, block.id)

    def _line(self, text: str, field: str, block_id: str = "") -> str:
        try:
            return html.escape(self.held.hold(text.strip())).replace("\n", "<br />")
        except LiquidProblem as problem:
            raise ContentError(Fault(problem.message, self.variant.locale, block_id, field, problem.line)) from problem

    def _rich(self, block: Block, name: str) -> str:
        """Staff's HTML: a small set of tags, closed as XML wants it."""
        try:
            marked = self.held.hold(block.values[name], is_markup=True)
        except LiquidProblem as problem:
            where = Fault(problem.message, self.variant.locale, block.id, name, problem.line)
            raise ContentError(where) from problem
        clean = nh3.clean(marked, tags=TAGS, attributes=ATTRIBUTES, url_schemes=SCHEMES, link_rel=None)
        return clean.replace("<br>", "<br />")

    def _own(self, liquid: str) -> str:
        return self.held.mark(Piece("tag" if liquid.startswith("{%") else "output", liquid, 0))

    def _own_html(self, markup: str) -> str:
        """This module's own markup, Liquid held."""
        return self.held.hold(markup).replace("<br>", "<br />")


def count_more(most: int) -> str:
    """Liquid that counts the cart's lines that are not shown: beyond `most`, or not to be named."""
    return (
        f"{{% assign cart_shown = cart.lines.size | at_most: {most} %}}"
        "{% assign cart_more = cart.count | minus: cart_shown %}"
    )


def more_words(words: Words) -> str:
    """How many those are, in words."""
    many = words.more.replace("{n}", "{{ cart_more }}")
    return f"{{% if cart_more == 1 %}}{words.one_more}{{% else %}}{many}{{% endif %}}"


def _has_tiles(block: Block) -> bool:
    return block.type in ("products", "recommendations") and block.values["columns"] > 1


def conditions(block: Block) -> str:
    """The Liquid condition a block is shown under; empty: always. What it is about must be there."""
    asks = []
    if block.show_if:
        name = block.show_if.removeprefix("not ").strip()
        asks.append(f"{name} == nil" if block.show_if.startswith("not ") else name)
    about = {"cart": "cart.lines", "order": "order", "offer": "offer", "product": "product"}.get(block.type)
    if block.type in ("products", "recommendations"):
        about = "products" if block.values.get("from") == "products" else picked(block)
    if about and about not in asks:
        asks.append(about)
    return " and ".join(asks)
