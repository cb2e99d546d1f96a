"""The text part of a mail, made of the same blocks as its HTML. Pure.

Staff's rich text becomes paragraphs, lists and addresses in brackets; products become lines.
"""

import html
import re
from collections.abc import Callable, Sequence
from html.parser import HTMLParser

from mailing.content import Block, Variant
from mailing.rendering.arranging import conditions, count_more, more_words
from mailing.rendering.holding import END, MARK, START
from mailing.rendering.picking import picked
from mailing.rendering.scanning import has_liquid
from mailing.rendering.words import Words

BREAKS = frozenset({"p", "div", "tr", "table", "ul", "ol", "blockquote", "h1", "h2", "h3", "h4", "section"})
LIQUID = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
SKIPPED = frozenset({"style", "script", "head", "title"})


def tidy(text: str) -> str:
    """Plain text without trailing blanks and with at most one empty line between paragraphs."""
    lines = "\n".join(line.rstrip() for line in text.splitlines())
    return re.sub(r"\n{3,}", "\n\n", lines).strip() + "\n"


def text_of(variant: Variant, words: Words, brand_line: str) -> str:
    """The Liquid of a variant's text part; its own text, where it has one."""
    if variant.text.strip():
        return variant.text
    writer = _Writer(words, brand_line)
    footers = [block for block in variant.blocks if block.type == "footer"]
    others = [block for block in variant.blocks if block.type != "footer"]
    return "\n\n".join(part for block in (*others, *footers) if (part := writer.block(block)))


def words_in(markup: str) -> str:
    """The words of HTML, whose Liquid stays as it is: paragraphs, `- ` for list items, `label (address)` for links."""
    reader = _Reader()
    reader.feed(markup)
    reader.close()
    return tidy("".join(reader.parts))


def rich_words(markup: str) -> str:
    """The words of staff's rich text; an editor writes `&gt;` for `>`, in Liquid too."""
    found: list[str] = []

    def held(match: re.Match[str]) -> str:
        found.append(html.unescape(match[0]))
        return f"{START}{len(found) - 1}{END}"

    text = words_in(LIQUID.sub(held, markup)).strip()
    return MARK.sub(lambda mark: found[int(mark[1])], text)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.hrefs: list[tuple[str, int]] = []
        self.skipping = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in SKIPPED:
            self.skipping += 1
        elif tag == "br":
            self.parts.append("\n")
        elif tag == "li":
            self.parts.append("\n- ")
        elif tag in BREAKS:
            self.parts.append("\n\n")
        elif tag == "a":
            self.hrefs.append((dict(attrs).get("href") or "", len(self.parts)))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "br":
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in SKIPPED:
            self.skipping = max(self.skipping - 1, 0)
        elif tag in BREAKS:
            self.parts.append("\n\n")
        elif tag == "a" and self.hrefs:
            href, start = self.hrefs.pop()
            label = "".join(self.parts[start:]).strip()
            if href and label and href != label and not href.startswith("mailto:"):
                self.parts.append(f" ({href})")

    def handle_data(self, data: str) -> None:
        if not self.skipping:
            self.parts.append(re.sub(r"[ \t\r\n\u00a0]+", " ", data))


class _Writer:
    def __init__(self, words: Words, brand_line: str) -> None:
        self.words, self.brand_line = words, brand_line
        self._makers: dict[str, Callable[[Block], str]] = {
            name.removeprefix("_do_"): getattr(self, name) for name in dir(type(self)) if name.startswith("_do_")
        }

    def block(self, block: Block) -> str:
        text = self._makers[block.type](block)
        asks = conditions(block)
        return f"{{% if {asks} %}}{text}{{% endif %}}" if text and asks else text

    def _blocks(self, blocks: Sequence[Block]) -> str:
        return "\n\n".join(part for block in blocks if (part := self.block(block)))

    def _do_header(self, block: Block) -> str:
        return ""

    def _do_heading(self, block: Block) -> str:
        line = block.values["text"].strip()
        width = 24 if has_liquid(line) else max(len(line), 3)
        return f"{line}\n{('=' if block.values['size'] == 'large' else '-') * width}"

    def _do_text(self, block: Block) -> str:
        return rich_words(block.values["html"])

    def _do_image(self, block: Block) -> str:
        alt, href = block.values["alt"].strip(), block.values["href"].strip()
        return f"{alt}:\n{href}" if href and alt else ""

    def _do_button(self, block: Block) -> str:
        return f"{block.values['label'].strip()}:\n{block.values['href'].strip()}"

    def _do_products(self, block: Block) -> str:
        return self._list(block, "products" if block.values["from"] == "products" else picked(block))

    def _do_recommendations(self, block: Block) -> str:
        return self._list(block, picked(block))

    def _do_product(self, block: Block) -> str:
        price = "{% if product.price %}, {{ product.price }}{% endif %}" if block.values["show_price"] else ""
        return f"{{{{ product.name }}}}{price}{{% if product.url %}}\n{{{{ product.url }}}}{{% endif %}}"

    def _do_cart(self, block: Block) -> str:
        more = (
            f"{count_more(block.values['max_lines'])}{{% if cart_more > 0 %}}- {more_words(self.words)}\n{{% endif %}}"
        )
        return self._lines("cart.lines", block) + more + self._total(block, "cart")

    def _do_order(self, block: Block) -> str:
        head = f"{self.words.order} {{{{ order.number }}}}\n\n"
        back = f"{{% if order.refunded %}}\n{self.words.refunded}: {{{{ order.refunded }}}}{{% endif %}}"
        return head + self._lines("order.lines", block) + self._total(block, "order") + back

    def _do_offer(self, block: Block) -> str:
        until = self.words.until.replace("{day}", "{{ offer.expires }}")
        text = block.values["text"].strip() or f"{{% if offer.expires %}}{until}{{% endif %}}"
        code = f"{{% if offer.code %}}{self.words.code}: {{{{ offer.code }}}}\n{{% endif %}}"
        return f"{block.values['title'].strip()}\n{code}{text}"

    def _do_divider(self, block: Block) -> str:
        return "----------"

    def _do_spacer(self, block: Block) -> str:
        return ""

    def _do_columns(self, block: Block) -> str:
        return "\n\n".join(part for side in (block.left, block.right) if (part := self._blocks(side)))

    def _do_footer(self, block: Block) -> str:
        words = self.words
        agreed, law, service = (
            line.replace("{company}", "{{ shop.name }}") for line in (words.agreed, words.law, words.service)
        )
        reason = block.values["reason"].strip() or (
            f"{{% if links.unsubscribe %}}{{% if agreed %}}{agreed}{{% else %}}{law}{{% endif %}}"
            f"{{% else %}}{service}{{% endif %}}"
        )
        outs = (("preferences", words.preferences), ("unsubscribe", words.unsubscribe), ("browser", words.browser))
        ways = "".join(f"{{% if links.{n} %}}{label}: {{{{ links.{n} }}}}\n{{% endif %}}" for n, label in outs)
        own = f"\n{self.brand_line}" if self.brand_line else ""
        return f"--\n{reason}\n{ways}{{{{ shop.name }}}}, {{{{ shop.postal_address }}}}{own}"

    def _lines(self, items: str, block: Block) -> str:
        quantity = self.words.counted.replace("{n}", "{{ line.quantity }}")
        each = f'{{% if line.quantity and line.quantity != "1" %}} {self.words.each}{{% endif %}}'
        return (
            f"{{% for line in {items} limit:{block.values['max_lines']} %}}- {{{{ line.name }}}}"
            f"{{% if line.quantity %}}, {quantity}{{% endif %}}{{% if line.price %}}, {{{{ line.price }}}}{each}"
            "{% endif %}\n{% endfor %}"
        )

    def _total(self, block: Block, about: str) -> str:
        if not block.values["show_total"]:
            return ""
        return f"{{% if {about}.total %}}\n{self.words.total}: {{{{ {about}.total }}}}{{% endif %}}"

    def _list(self, block: Block, items: str) -> str:
        title = block.values["title"].strip()
        return (
            (f"{title}:\n\n" if title else "") + f"{{% for item in {items} %}}- {{{{ item.name }}}}"
            "{% if item.price %}, {{ item.price }}{% endif %}{% if item.note %} ({{ item.note }}){% endif %}"
            "{% if item.url %}\n  {{ item.url }}{% endif %}\n{% endfor %}"
        )
