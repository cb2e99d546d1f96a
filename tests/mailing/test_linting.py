"""What the lint finds, each with its place and how to mend it; and what it leaves alone."""

from typing import Any

import pytest
from pytest_django import Settings

from mailing.blocks import BLOCKS
from mailing.content import new_block, parse
from mailing.linting import LintContext, lint
from mailing.queries.linting import lint_context
from mailing.rendering import Brand
from mailing.variables import VARIABLES
from profiles.models import Identifier, Profile
from tests.mailing import world
from tests.paths import REPO

BRAND = Brand("Nord", "Hafenstraße 1", "https://shop.example")
FOOTER = new_block("footer", "footer")
CLEAN = {"subject": "Hi", "preheader": "There is news", "mode": "blocks", "code": "", "text": ""}
CODE = (
    "<mjml><mj-body><mj-section><mj-column>{}<mj-text><a href='{{{{ links.unsubscribe }}}}'>Out</a>"
    "{{{{ shop.postal_address }}}}</mj-text></mj-column></mj-section></mj-body></mjml>"
)


def found(*blocks: dict[str, Any], kind: str = "marketing", **variant: Any) -> list[tuple[str, str, str, str]]:
    """(level, code, block, field) of the findings of a mail of these blocks."""
    return [(one.level, one.code, one.problem.block, one.problem.field) for one in run(*blocks, kind=kind, **variant)]


def run(*blocks: dict[str, Any], kind: str = "marketing", context: dict[str, Any] | None = None, **variant: Any) -> Any:
    whole = {"default": "en", "locales": {"en": CLEAN | {"blocks": [*blocks, FOOTER]} | variant}}
    return lint(parse(whole), LintContext(kind, BRAND, ("img.example",), **(context or {})))


def text(html: str, **values: Any) -> dict[str, Any]:
    return new_block("text", "t") | {"html": f"<p>{html}</p>"} | values


def test_a_clean_mail_has_no_findings() -> None:
    button = new_block("button", "b") | {"href": "https://shop.example/sale"}
    picture = new_block("image", "i") | {"src": "https://cdn.img.example/a.jpg", "alt": "A hat"}
    assert run(text("Hi {{ person.first_name | default: 'you' }}"), button, picture) == ()


@pytest.mark.parametrize(
    ("html", "expected", "said"),
    [
        ("{{ person.frist_name }}", ("error", "unknown_variable"), "did you mean person.first_name?"),
        ("{{ first_name }}", ("error", "unknown_variable"), "did you mean person.first_name?"),
        ("{{ zzz.qqq }}", ("error", "unknown_variable"), "look it up in the list"),
        ("{% for l in cart.lines %}{{ l.nmae }}{% endfor %}", ("error", "unknown_variable"), "cart.lines[].nmae"),
        ("{{ person.first_name }}", ("warning", "no_fallback"), "write {{ person.first_name | default: \"…\" }}"),
        ("{{ person.traits.size }}", ("warning", "no_fallback"), "person.traits.size may be empty"),
        ("{{ a", ("error", "liquid"), "“{{ a</p>” is never closed"),
        ("{% if x %}", ("error", "liquid"), "“if” is never ended"),
        ('<a href="https://else.example/x">x</a>', ("warning", "foreign_link"), "else.example, which is not the shop"),
        ('<a href="http://shop.example/x">x</a>', ("warning", "plain_http"), "write https://"),
    ],
)  # fmt: skip
def test_each_mistake_in_a_text_is_named_with_what_mends_it(html: str, expected: tuple[str, str], said: str) -> None:
    (finding,) = run(text(html))
    assert (finding.level, finding.code, finding.problem.block, finding.problem.field) == (*expected, "t", "html")
    assert said in finding.problem.message


@pytest.mark.parametrize(
    "html",
    ["{% if person.first_name %}Hi {{ person.first_name }}{% endif %}", "{{ shop.name }} {{ person.email }}",
     "{% for l in cart.lines %}{{ l.name }}{% if l.price %}{{ l.price }}{% endif %}{{ forloop.index }}{% endfor %}",
     "{% assign name = person.first_name | default: 'you' %}{{ name }}", "{{ cart.lines.size }} {{ cart.count }}",
     '<a href="{{ links.preferences }}">x</a>', '<a href="/sale">x</a>', "{{ products[0].name }}",
     "{{ products.first.name }} {{ cart.lines.last.product_id }}", "{% if event.tier == 'gold' %}x{% endif %}"],
)  # fmt: skip
def test_what_is_right_is_left_alone(html: str) -> None:
    assert run(text(html)) == ()


def test_what_its_block_asks_for_needs_no_fallback() -> None:
    assert run(text("{{ person.first_name }}", show_if="person.first_name")) == ()
    assert found(text("x", show_if="person.frist_name")) == [("error", "unknown_variable", "t", "show_if")]


def test_a_line_is_told_where_there_are_several() -> None:
    (finding,) = run(text("one<br>\ntwo {{ nobody.here }}"))
    assert finding.problem.line == 2


@pytest.mark.parametrize(
    ("block", "values", "expected"),
    [
        ("image", {"src": "https://shop.example/a.jpg", "alt": " "}, ("warning", "no_alt", "alt")),
        ("image", {"src": "https://else.example/a.jpg", "alt": "A"}, ("error", "picture_host", "src")),
        ("image", {"src": "", "alt": "A"}, ("error", "empty_field", "src")),
        ("button", {"label": ""}, ("error", "empty_field", "label")),
        ("button", {"href": "https://else.example"}, ("warning", "foreign_link", "href")),
        ("header", {"logo": "https://else.example/l.png"}, ("error", "picture_host", "logo")),
        ("products", {}, ("error", "no_products", "ids")),
    ],
)  # fmt: skip
def test_each_mistake_in_a_block_is_named_with_its_field(
    block: str, values: Any, expected: tuple[str, str, str]
) -> None:
    level, code, field = expected
    assert (level, code, "x", field) in found(new_block(block, "x") | values)


def test_a_marketing_mail_without_a_way_out_is_an_error_and_an_order_mail_is_not() -> None:
    bare = [text("Hi")]
    assert found(blocks=bare) == [("error", "no_footer", "", "blocks")]
    assert found(blocks=[*bare, FOOTER | {"show_if": "person.first_name"}]) == [("error", "no_footer", "", "blocks")]
    assert found(blocks=bare, kind="transactional") == []
    assert found(text("Hi"), text="My own words") == [
        ("error", "no_unsubscribe", "", "text"), ("error", "no_address", "", "text"),
    ]  # fmt: skip


def test_subjects_are_short_there_and_readable() -> None:
    assert found(subject=" ")[0] == ("error", "no_subject", "", "subject")
    assert found(subject="Hi {{ person.nmae }}") == [("error", "unknown_variable", "", "subject")]
    (finding,) = run(subject="{{ person.email }} " + "word " * 12)
    assert (finding.code, finding.problem.message[:36]) == ("long_subject", "with usual values it has 77 characte")
    assert found(preheader="") == [("hint", "no_preheader", "", "preheader")]


def test_what_the_sender_does_not_give_is_named() -> None:
    context = {"groups": frozenset({"cart"}), "traits": frozenset({"tier"})}
    assert [one.code for one in run(new_block("order", "o"), context=context)] == ["not_given"]
    assert [one.code for one in run(new_block("cart", "c"), context=context)] == []
    shown = text("{{ person.traits.size | default: 'M' }} {{ person.traits.tier | default: 'x' }}")
    assert [one.problem.message for one in run(shown, context=context)] == ["nobody has a trait size: it will be empty"]


def test_languages_that_say_the_same_or_that_nobody_reads_are_named() -> None:
    variant = CLEAN | {"blocks": [FOOTER]}
    whole = parse({"default": "en", "locales": {"en": variant, "de": variant, "fr": variant | {"subject": "Salut"}}})
    context = LintContext("marketing", BRAND, locales=frozenset({"en-US", "de_AT"}))
    assert [(one.code, one.problem.locale) for one in lint(whole, context)] == [
        ("same_as_default", "de"),
        ("unused_locale", "fr"),
    ]


@pytest.mark.django_db
def test_an_installation_knows_its_brand_and_which_languages_people_read(settings: Settings) -> None:
    settings.MAIL_IMAGE_HOSTS, settings.SHOP_URL = ["img.example"], "https://shop.example"
    assert lint_context("marketing").locales is None
    number = world.person()
    profile = Identifier.objects.get(pk=number).profile_id
    Profile.objects.filter(pk=profile).update(traits={"locale": ["de-AT", 1, "00"], "language": [" fr ", 1, "00"]})
    found = lint_context("marketing")
    assert (found.locales, found.image_hosts) == (frozenset({"de-AT", "fr"}), ("img.example",))
    assert found.brand.website == "https://shop.example"


def test_code_is_looked_at_as_blocks_are() -> None:
    inner = (
        '\n<mj-image src="https://else.example/a.jpg" />\n<mj-button href="https://else.example">x</mj-button>'
        "<mj-text>{{ person.nmae }}{{ person.first_name }}</mj-text>"
    )
    codes = {(one.code, one.problem.line) for one in run(mode="code", code=CODE.format(inner))}
    assert codes == {
        ("picture_host", 2),
        ("no_alt", 2),
        ("foreign_link", 3),
        ("unknown_variable", 3),
        ("no_fallback", 3),
    }
    without = [one.code for one in run(mode="code", code="<mjml><mj-body></mj-body></mjml>")]
    assert without == ["no_unsubscribe", "no_address"]
    assert "cannot_be_sent" in [one.code for one in run(mode="code", code=CODE.format("<script>"))]


def test_a_mail_that_mail_programs_cut_is_told() -> None:
    many = [text("word " * 3_900, id=f"t{n}") for n in range(6)]
    assert [one.code for one in run(*many)] == ["too_long"]


def test_the_document_names_every_block_field_and_variable() -> None:
    document = (REPO / "docs" / "mail-templates.md").read_text("utf-8")
    fields = {f"`{one.name}`" for kind in BLOCKS.values() for one in kind.fields}
    kinds = {f"| `{kind.code}`: {kind.help}" for kind in BLOCKS.values()}
    variables = {f"`{one.path}`{'?' if one.may_be_empty else ''}" for one in VARIABLES}
    assert {one for one in fields | kinds | variables if one not in document} == set()
