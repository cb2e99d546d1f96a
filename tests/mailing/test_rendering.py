"""Mails put together of blocks or of MJML: what stands in both parts, and what nobody can put into them."""

import re
import timeit
from typing import Any

import pytest

from mailing.blocks import BLOCKS
from mailing.content import ContentError, new_block, parse
from mailing.contracts import Links, Rendered
from mailing.rendering import Brand, compile_content, mjml_of
from mailing.rendering.arranging import Arranger
from mailing.rendering.texts import _Writer
from mailing.samples import LINKS, SERVICE_LINKS, bare_values, full_values, product

BRAND = Brand("Nord & Süd", "Hafenstraße 1, Hamburg", "https://shop.example", footer={"de": "HRB <1>"})
EVERY = ("header", "heading", "text", "image", "button", "products", "product", "cart", "order", "recommendations")


def block(kind: str, block_id: str = "", **values: Any) -> dict[str, Any]:
    return new_block(kind, block_id or kind) | values


def content(*blocks: dict[str, Any], locale: str = "en", **variant: Any) -> dict[str, Any]:
    whole = {"subject": "Hi", "preheader": "", "mode": "blocks", "blocks": list(blocks), "code": "", "text": ""}
    return {"default": locale, "locales": {locale: whole | variant}}


def code(mjml: str, **variant: Any) -> dict[str, Any]:
    return content(mode="code", code=mjml, **variant)


def mail(
    raw: dict[str, Any], values: dict[str, Any] | None = None, links: Links = LINKS, brand: Brand = BRAND
) -> Rendered:
    compiled = compile_content(raw, "en", brand)
    given = full_values(picks=tuple(pick.name for pick in compiled.picks)) if values is None else values
    return compiled.render(given, links)


def refused(raw: dict[str, Any]) -> str:
    with pytest.raises(ContentError) as error:
        mail(raw)
    return str(error.value)


def test_every_kind_of_block_is_laid_out_and_written_as_text() -> None:
    """And every kind that is laid out is in the table."""
    own = {"columns", "footer"}
    assert {name[4:] for name in dir(Arranger) if name.startswith("_do_")} == BLOCKS.keys() - own
    assert {name[4:] for name in dir(_Writer) if name.startswith("_do_")} == BLOCKS.keys()


def test_a_mail_of_all_blocks_says_the_same_in_both_parts() -> None:
    blocks = [block(kind) for kind in BLOCKS if kind not in ("image", "columns")]
    picture = block("image", src="https://shop.example/a.jpg", alt="A hat", href="/sale")
    columns = block("columns", left=[block("text", "l", html="<p>Left</p>")], right=[block("button", "r")])
    found = mail(content(*blocks, picture, columns, preheader="{{ cart.lines[0].name }} waits"))
    words = ["Blue wool hat", "€24.00", "€177.00", "Trail jacket", "Canvas backpack", "10 % off", "BACK10", "Left"]
    words += ["12 May 2026", "10024", "Unsubscribe", "View in browser", "Hafenstraße 1, Hamburg", "To the shop"]
    for part in (found.html, found.text):
        assert [word for word in words if word not in part] == []
    assert found.preheader == "Blue wool hat waits"
    assert "Blue wool hat waits" in found.html
    assert found.html.count('href="https://shop.example/sale"') == 1
    assert "A hat:\n/sale" in found.text
    assert "Nord &amp; Süd" in found.html
    assert "Nord & Süd" in found.text
    assert "<" not in found.text
    assert all(re.search(r'\salt="[^"]+"', picture) for picture in re.findall(r"<img[^>]*>", found.html))
    assert "fonts.googleapis" not in found.html


def test_a_mail_tells_its_language_and_writes_amounts_as_that_does() -> None:
    raw = content(block("cart"), block("footer"), locale="de")
    found = mail(raw)
    assert '<html lang="de"' in found.html
    assert "Anzahl 2 · 24,00\u00a0€ pro Stück" in found.html
    assert "HRB &lt;1&gt;" in found.html
    assert "Summe: 177,00\u00a0€" in found.text
    assert found.locale == "de"


def test_what_is_not_known_leaves_no_trace() -> None:
    blocks = [
        block(kind) for kind in ("header", "cart", "order", "product", "products", "recommendations", "offer", "footer")
    ]
    found = mail(content(*blocks), bare_values())
    assert "<img" not in found.html
    for part in (found.html, found.text):
        for absent in ("You may also like", "Total", "each", "None", "{{", "Your code", 'href=""', 'href="#"'):
            assert absent not in part
    assert "- Blue wool hat, quantity 1\n" in found.text


def test_products_that_may_not_be_named_are_counted() -> None:
    cart = {"lines": [product(n, quantity="1") for n in range(4)], "count": 6, "url": "https://shop.example/cart"}
    found = mail(content(block("cart", max_lines=2)), {"cart": cart})
    assert "4 more products" in found.html
    assert "- Trail jacket, quantity 1, €129.00\n- 4 more products" in found.text
    assert "Enamel mug" not in found.html


def test_an_order_mail_has_no_way_to_unsubscribe_and_says_why_it_came() -> None:
    found = mail(content(block("order"), block("footer")), links=SERVICE_LINKS)
    for part in (found.html, found.text):
        assert "because of your order at" in part
        assert "nsubscribe" not in part


def test_who_never_agreed_is_not_told_that_they_did() -> None:
    raw = content(block("footer"))
    assert "because you agreed to e-mails" in mail(raw, {"agreed": True}).text
    assert "because you are a customer" in mail(raw, {"agreed": False}).text


@pytest.mark.parametrize(
    ("show_if", "values", "is_shown"),
    [("person.first_name", {"person": {"first_name": "J"}}, True), ("person.first_name", {"person": {}}, False),
     ("not offer", {}, True), ("not offer", {"offer": {"title": "x"}}, False), ("products", {"products": []}, False)],
)  # fmt: skip
def test_a_block_is_shown_under_its_condition(show_if: str, values: dict[str, Any], is_shown: bool) -> None:
    found = mail(content(block("heading", text="Peekaboo", show_if=show_if)), values)
    assert ("Peekaboo" in found.html, "Peekaboo" in found.text) == (is_shown, is_shown)


def test_the_best_language_is_taken() -> None:
    whole = content(locale="en")
    whole["locales"] |= {locale: whole["locales"]["en"] | {"subject": locale} for locale in ("de", "pt-BR", "fr-CA")}
    parsed = parse(whole)
    asked = {"de-AT": "de", "DE": "de", "pt_BR": "pt-BR", "pt": "pt-BR", "fr-FR": "fr-CA", "ja": "en", "": "en"}
    assert {locale: parsed.best(locale).locale for locale in asked} == asked


EVIL = '"><script>alert(1)</script>{{ links.unsubscribe }}<mj-include path="/etc/passwd"/>\r\nBcc: x@evil.example'


def test_no_value_becomes_markup_liquid_mjml_or_a_header() -> None:
    blocks = [block(kind) for kind in ("cart", "product", "footer")]
    lines = [product(0, name=EVIL, note=EVIL, quantity="1")]
    values = {"cart": {"lines": lines, "count": 1}, "product": product(0, name=EVIL), "person": {"first_name": EVIL}}
    found = mail(content(*blocks, block("text", html="<p title='{{ person.first_name }}'>{{ person.first_name }}</p>"),
                         subject="{{ person.first_name }}"), values)  # fmt: skip
    assert "<script" not in found.html
    assert "root:" not in found.html
    assert found.html.count("https://cdp.example/u/token") == 1
    assert "\n" not in found.subject
    assert "\r" not in found.subject
    assert found.subject.startswith('"><script>alert(1)</script>{{ links.unsubscribe }}')


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "JaVaScRiPt:x", "data:text/html,x", "//evil.example", "vbscript:x", "\tjavascript:x",
            'https://x.example/" onclick="x', "ftp://x.example", "https://x y", ""],
)  # fmt: skip
def test_a_value_leads_to_web_pages_and_addresses_only(url: str) -> None:
    lines = [product(0, url=url, image_url=url, quantity="1")]
    found = mail(
        content(block("cart"), block("button", href="{{ event.url }}")),
        {"cart": {"lines": lines}, "event": {"url": url}},
    )
    addresses = re.findall(r'(?:href|src)="([^"]*)"', found.html)
    assert {one for one in addresses if not one.startswith("https://shop.example")} <= {"#"}
    assert "onclick" not in found.html.replace("&#34; onclick", "")


def test_a_value_that_is_an_address_is_linked() -> None:
    for url in ("https://shop.example/a?b=1&c=2", "http://shop.example", "mailto:a@shop.example"):
        found = mail(content(block("button", href="{{ event.url }}")), {"event": {"url": url}})
        assert f'href="{url.replace("&", "&amp;")}"' in found.html


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("html", "<p>{{ name </p>", "en, block text, html, line 1: “{{ name </p>” is never closed"),
        ("html", "<p>\n{% if a %}</p>", "en, block text, html, line 2: “if” is never ended"),
        ("html", '<p><a href="{% if a %}x{% endif %}">x</a></p>', "an address may not begin with a tag"),
        ("html", "<p>{% include 'x' %}</p>", "the tag “include” is not available here"),
        ("show_if", "a %}{{ x }}{% if b", "block text, show_if: write one variable here"),
        ("size", "huge", "block text, size: Size: one of normal, small"),
        ("align", 3, "block text, align: Align: one of left, center, right"),
        ("html", 7, "block text, html: html must be a text"),
        ("html", "x" * 20_001, "block text, html: html has 20,001 characters, at most 20,000 are possible"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_named_with_block_and_field(field: str, value: Any, said: str) -> None:
    assert said in refused(content(block("text", **{field: value})))


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ({}, "content needs"),
        ({"default": "en", "locales": {}}, "content needs"),
        ({"default": "fr", "locales": {"en": {}}}, "the default locale 'fr' has no variant: there are en"),
        ({"default": "e n", "locales": {"e n": {}}}, "is no locale: write en, de or pt-BR"),
        (content({"id": "A B", "type": "text"}), "needs an id of its own"),
        (content(block("text", "a"), block("text", "a")), "needs an id of its own"),
        (content({"id": "a", "type": "video"}), "'video' is no kind of block; there are header, heading"),
        (content(block("columns", left=[block("columns", "x")])), "'columns' cannot stand inside of columns"),
        (content(*(block("divider", f"b{n}") for n in range(81))), "more than 80 blocks"),
        (content(mode="pdf"), "mode 'pdf' is neither blocks nor code"),
        (content(subject="a\0"), "NUL"),
        (content(block("spacer"), subject="{{ nobody }}"), "the subject is empty once it is filled"),
    ],
)  # fmt: skip
def test_a_broken_content_is_refused_in_words(raw: dict[str, Any], said: str) -> None:
    assert said in refused(raw)


def test_rich_text_keeps_a_small_set_of_tags() -> None:
    text = (
        '<p onclick="x" style="color:red">a <b>b</b><script>c</script><img src=x onerror=y><a href="javascript:d">e</a>'
        '<a href="https://shop.example/f" target="x">f</a></p><iframe src="g"></iframe><h1>h</h1>'
    )
    found = mail(content(block("text", html=text)), {})
    assert '<p>a <b>b</b><a>e</a><a href="https://shop.example/f">f</a></p>h' in found.html
    assert "a be f (https://shop.example/f)" not in found.text
    assert "f (https://shop.example/f)" in found.text


def test_an_editors_entities_inside_of_liquid_are_meant_as_they_read() -> None:
    text = "<p>{% if cart.count &gt; 1 %}{{ x | default: &quot;many&quot; }}{% endif %}</p>"
    found = mail(content(block("text", html=text)))
    assert ("<p>many</p>" in found.html, "many" in found.text) == (True, True)


def test_a_brand_that_is_no_color_or_font_is_named() -> None:
    for changes in ({"accent": "red;}"}, {"font": "x'; url(y)"}):
        brand = Brand("S", "A", "https://shop.example", **changes)  # type: ignore[arg-type]
        with pytest.raises(ContentError, match=r"brand (accent|font)"):
            compile_content(content(block("header")), "en", brand)


def test_filling_a_cart_of_three_with_three_recommendations_takes_well_below_a_millisecond() -> None:
    """About 0.3 ms on a quiet machine: bench/mail.py has the figure; this only notices when it grows tenfold."""
    compiled = compile_content(
        content(*(block(kind) for kind in ("header", "cart", "recommendations", "footer"))), "en", BRAND
    )
    values = full_values(picks=tuple(pick.name for pick in compiled.picks))
    assert min(timeit.repeat(lambda: compiled.render(values, LINKS), number=20, repeat=3)) / 20 < 0.004


# Code.

CODE = """<mjml>
<mj-body>
{% for line in cart.lines %}
  <mj-section><mj-column><mj-text>{{ line.name }} <a href="{{ line.url }}">x</a><br>y</mj-text></mj-column></mj-section>
{% endfor %}
<mj-section><mj-column>
  <mj-image src="https://shop.example/a.jpg" alt="A" href="{{ shop.url }}/sale?q={{ person.first_name }}"></mj-image>
  <mj-text><a href="{{ links.unsubscribe }}">Unsubscribe</a> {{ shop.postal_address }}</mj-text>
</mj-column></mj-section>
</mj-body></mjml>"""


def test_staffs_mjml_is_compiled_with_liquid_wherever_it_stands() -> None:
    found = mail(code(CODE, preheader="Soon"))
    assert found.html.count("Blue wool hat") == 1
    assert 'href="https://shop.example/sale?q=Jane"' in found.html
    assert '<html lang="en"' in found.html
    assert "Soon" in found.html
    assert "fonts.googleapis" not in found.html
    assert "Blue wool hat x (https://shop.example/p/0)\ny" in found.text
    assert "Unsubscribe (https://cdp.example/u/token)" in found.text
    assert mail(code(CODE, text="Own {{ person.first_name }}")).text == "Own Jane\n"


BODY = "<mjml><mj-body><mj-section><mj-column>{}</mj-column></mj-section></mj-body></mjml>"


@pytest.mark.parametrize(
    ("inner", "said"),
    [
        ('<mj-include path="/etc/passwd" />', "may include no other file"),
        ("<mj-raw><script>x</script></mj-raw>", "may run no script"),
        ("<MJ-RAW><SCRIPT>x</SCRIPT></MJ-RAW>", "may run no script"),
        ('<mj-raw><link rel="stylesheet" href="https://x"/></mj-raw>', "no style sheet from elsewhere"),
        ('<mj-font name="x" href="https://x" />', "no font from elsewhere"),
        ('<mj-text><a href="javascript:x">x</a></mj-text>', "is no address for a mail"),
        ('<mj-text><a href="java&#115;cript:x">x</a></mj-text>', "is no address for a mail"),
        ('<mj-button href="data:text/html,x">x</mj-button>', "is no address for a mail"),
        ('<mj-text><b onclick="x">x</b></mj-text>', "“onclick” may not stand in a mail"),
        ('<mj-text><img src="https://shop.example/x" alt="x" OnError=x ></mj-text>', "may not stand in a mail"),
        ("<mj-text><iframe src='x'></iframe></mj-text>", "<iframe> may not stand in a mail"),
        ("<mj-text><form><input></form></mj-text>", "<form> may not stand in a mail"),
        ("<mj-text><svg><a/></svg></mj-text>", "<svg> may not stand in a mail"),
        ('<mj-raw><meta http-equiv="refresh" content="0;url=x"></mj-raw>', "take http-equiv out"),
        ('<mj-text><b style="color:{{ x }}">x</b></mj-text>', "“{{ x }}” may not stand in “style”"),
        ("<mj-text><b {{ x }}>x</b></mj-text>", "in quoted values of a tag only"),
        ("<mj-text><b>x</mj-text>", "closes nothing that is open here"),
        ("<mj-text>x", "</mj-column> closes nothing"),
        ("<mj-text>a < b</mj-text>", "begins no tag: write &lt;"),
        ("\n\n<mj-text>{% if x %}</mj-text>", "line 3: “if” is never ended"),
    ],
)  # fmt: skip
def test_code_that_runs_loads_or_hides_is_refused_with_its_line(inner: str, said: str) -> None:
    found = refused(code(BODY.format(inner)))
    assert said in found
    assert found.startswith("en, code")


STYLED = "<mjml><mj-head><mj-style>{}</mj-style></mj-head><mj-body></mj-body></mjml>"


@pytest.mark.parametrize(
    ("whole", "said"),
    [
        ("", "there is no MJML yet"),
        ("<p>Hi</p>", "MJML begins with <mjml>"),
        (STYLED.format("@import url(https://x);"), "load nothing"),
        (STYLED.format("a{b:url(javascript:x)}"), "load nothing"),
        (STYLED.format("a{color: {{ x }}}"), "in a style sheet"),
        ("<mjml" * 2_000, "begins no tag"),
        ("<mjml><mj-body>" + "<mj-wrapper>" * 3_000 + "</mj-body></mjml>", "closes nothing that is open"),
    ],
)  # fmt: skip
def test_code_that_is_no_mail_is_refused(whole: str, said: str) -> None:
    assert said in refused(code(whole))


def test_what_stands_in_comments_is_gone() -> None:
    whole = BODY.format("<mj-text>a<!-- <script>{{ person.first_name }}</script> -->b</mj-text>")
    found = mail(code(whole))
    assert "ab" in found.html
    assert "Jane" not in found.html


def test_blocks_can_be_gone_on_with_as_code() -> None:
    """The code view says the same as the blocks it was made of."""
    raw = content(*(block(kind) for kind in EVERY), block("offer"), block("footer"))
    raw["locales"]["en"]["blocks"][3] |= {"src": "https://shop.example/a.jpg", "alt": "A"}
    raw["locales"]["en"]["blocks"][5] |= {"ids": ["p1"]}
    written = mjml_of(parse(raw).best("en"), BRAND)
    values = full_values(picks=("picked_products", "picked_recommendations"))
    values["products"] = values["picked_products"]
    by_blocks, by_code = mail(raw, values).html, mail(code(written), values).html
    squeezed = [re.sub(r"\s+|&#847;|&zwnj;|&nbsp;", "", html) for html in (by_blocks, by_code)]
    assert squeezed[0] == squeezed[1]
    assert "\n      <mj-column>\n        <mj-text " in written
