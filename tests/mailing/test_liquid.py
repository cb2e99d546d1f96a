"""Liquid in mails: what it says, and that no template reaches Python, another file, or a day of computing time."""

import time
from typing import Any

import pytest

from mailing.rendering import programs
from mailing.rendering.programs import program
from mailing.rendering.scanning import LiquidProblem

VALUES: dict[str, Any] = {
    "person": {"first_name": "Jane <b>", "traits": {"n": 3, "tier": "gold"}},
    "lines": [{"name": "Hat", "price": None}, {"name": "Mug", "price": "€2"}],
    "none": [],
    "day": "2026-05-03",
}


def said(text: str, *, locale: str = "en", escapes: bool = False) -> str:
    return program(text, locale=locale, escapes=escapes).run(VALUES)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hi {{ person.first_name | default: 'you' }}{{ nobody.name | default: 'you' }}", "Hi Jane <b>you"),
        ("{% for l in lines %}{{ forloop.index }}{{ l.name }}{% unless forloop.last %}, {% endunless %}{% endfor %}",
         "1Hat, 2Mug"),
        ("{% for l in lines reversed %}{{ l.name }}{% if l.price %} {{ l.price }}{% else %}-{% endif %}{% endfor %}",
         "Mug €2Hat-"),
        ("{% for l in lines limit:1 offset:1 %}{{ l.name }}{% endfor %}", "Mug"),
        ("{% for l in none %}x{% else %}nothing{% endfor %}{% if none %}some{% endif %}", "nothing"),
        ("{% for i in (1..9) %}{% if i == 3 %}{% continue %}{% endif %}{% if i > 4 %}{% break %}{% endif %}{{ i }}"
         "{% endfor %}", "124"),
        ("{{ lines.size }}{{ lines[1].name }}{{ lines.first.name }}{{ lines[9].name }}", "2MugHat"),
        ("{% case person.traits.n %}{% when 1, 3 %}odd{% else %}even{% endcase %}", "odd"),
        ("{% assign n = person.traits.n | plus: 2 | times: 10 %}{{ n }}", "50"),
        ("{% capture c %}<b>{{ person.first_name }}{% endcapture %}{{ c }}", "<b>Jane <b>"),
        ("{% if person.traits.tier == 'gold' and lines.size > 1 or x %}yes{% endif %}", "yes"),
        ("{% if person.first_name contains 'Ja' %}yes{% endif %}{% unless x %}no x{% endunless %}", "yesno x"),
        ("{% comment %}{{ person.first_name }}{% endcomment %}{% # short %}.", "."),
        ("{{ 'a,b,c' | split: ',' | join: '-' | upcase }} {{ lines | map: 'name' | join: '/' }}", "A-B-C Hat/Mug"),
        ("{{ 7 | divided_by: 2 }} {{ 5 | divided_by: 0 }}{{ 2.5 | round }} {{ 'x' | plus: 1 }}", "3 2 1"),
        ("{{ day | date: '%d.%m.%Y' }} {{ day | date }} {{ 'soon' | date: '%Y' }}", "03.05.2026 3 May 2026 soon"),
        ("{{ 'a long sentence' | truncate: 8 }} {{ 'one two three' | truncatewords: 2 }}", "a long … one two…"),
        ("a {%- if true -%}  b  {%- endif -%} c", "abc"),
    ],
)  # fmt: skip
def test_liquid_says_what_it_says_elsewhere(text: str, expected: str) -> None:
    assert said(text) == expected


def test_days_are_written_in_the_mails_language() -> None:
    assert said("{{ day | date }}, {{ day | date: '%-d. %B' }}", locale="de") == "3. Mai 2026, 3. Mai"


def test_every_value_is_escaped_in_html_whatever_it_went_through() -> None:
    for text in (
        "{{ person.first_name }}",
        "{{ person.first_name | append: '' }}",
        "{% capture c %}{{ person.first_name }}{% endcapture %}{{ c }}",
        "{% assign a = person.first_name %}{{ a | escape }}",
    ):
        assert said(text, escapes=True) == "Jane &lt;b&gt;"
    assert said("{{ '<script>' }}", escapes=True) == "&lt;script&gt;"


NOWHERE = [
    "{{ person.__class__ }}", "{{ person.__class__.__mro__[1].__subclasses__ }}", "{{ person.first_name.__init__ }}",
    "{{ lines.__len__ }}", "{{ person['__class__'] }}", "{{ self }}{{ config }}{{ settings }}{{ request }}",
    "{{ person.items }}{{ lines.append }}{{ person.keys }}", "{{ __builtins__ }}{{ forloop.parentloop }}",
    "{{ person | map: '__class__' }}", "{{ lines | where: '__class__' | first }}",
]  # fmt: skip


@pytest.mark.parametrize("text", NOWHERE)
def test_no_template_reaches_python(text: str) -> None:
    assert said(text) == ""


REFUSED = {
    "{% include 'mail' %}": "the tag “include” is not available",
    "{% render '/etc/passwd' %}": "the tag “render” is not available",
    "{% extends 'base' %}": "the tag “extends” is not available",
    "{% raw %}{{ x }}{% endraw %}": "the tag “raw” is not available",
    "{% tablerow x in lines %}{% endtablerow %}": "the tag “tablerow” is not available",
    "{% liquid assign x = 1 %}": "the tag “liquid” is not available",
    "{{ 7 | safe }}": "there is no filter “safe”",
    "{{ 'PGI+' | base64_decode }}": "there is no filter “base64_decode”",
    "{{ '%3Cb%3E' | url_decode }}": "there is no filter “url_decode”",
    "{% for a in (1..1000000) %}x{% endfor %}": "has more than 500 numbers",
    "{{ (1..999999999999) | join: ',' }}": "has more than 500 numbers",
    "{% for a in (1..400) %}{% for b in (1..400) %}{% for c in (1..400) %}x{% endfor %}{% endfor %}{% endfor %}":
        "take more than 20,000 steps",
    "{% assign s = 'aaaaaaaaaa' %}" + "{% assign s = s | append: s | append: s | append: s %}" * 20:
        "makes a text of more than 5,000 characters",
    "{{ 'aaaaaaaa' " + "| replace: 'a', 'aaaaaaaaaaaaaaaa' " * 6 + "}}": "makes a text of more than 5,000 characters",
    "{% capture c %}{% for i in (1..500) %}0123456789abcdef{% endfor %}{% endcapture %}":
        "“c” captures more than 5,000 characters",
    "{% for i in (1..499) %}" + "0123456789" * 90 + "{% endfor %}": "grows beyond 400,000 characters",
    "{{ 1 " + "| plus: 1 " * 11 + "}}": "more than 10 filters in a row",
    "{% if true %}" * 30 + "{% endif %}" * 30: "more than 20 tags inside of one another",
    "{{ x }}" * 2_001: "more than 2,000 variables and tags",
    "{{ '" + "x" * 1_000 + "' }}": "longer than 1,000 characters",
    "{{" * 5_000: "is never closed",
    "{{ a" + "[a" * 400 + "]" * 400 + " }}": "longer than 1,000 characters",
    "{{ x | default: 1, 2, 3, 4 }}": "takes at most two values",
    "{{ }}": "names no variable",
    "{{ a b }}": "it is no Liquid",
    "{% if a == %}{% endif %}": "it is no Liquid",
}  # fmt: skip


@pytest.mark.parametrize("text", REFUSED, ids=[said[:30] for said in REFUSED.values()])
def test_what_includes_loops_or_grows_is_stopped_in_words_and_at_once(text: str) -> None:
    began = time.process_time()
    with pytest.raises(LiquidProblem) as refused:
        said(text)
    assert REFUSED[text] in refused.value.message
    assert time.process_time() - began < 2


@pytest.mark.parametrize(
    "text",
    ["{{ 1e99999999 | floor }}", "{{ '1e999999999' | ceil }}", "{{ 'x' | round: 999999999 }}", "{{ 5 | modulo: 0 }}",
     "{{ day | date: '%999999999d' }}", "{{ 'x' | slice: -999999999999, 99999999999 }}", "{{ lines | sort: lines }}",
     "{{ 'x' | truncate: -5 }}", "{{ lines | sort | uniq | reverse | size }}", "{{ none | first | upcase }}"],
)  # fmt: skip
def test_huge_and_odd_arguments_cost_nothing_and_break_nothing(text: str) -> None:
    began = time.process_time()
    assert len(said(text)) < 50
    assert time.process_time() - began < 1


def test_without_the_budget_the_same_loop_would_run_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control: it is the budget that stops it."""
    text = "{% for a in (1..200) %}{% for b in (1..200) %}x{% endfor %}{% endfor %}"
    with pytest.raises(LiquidProblem):
        said(text)
    monkeypatch.setattr(programs, "MAX_STEPS", 10**9)
    assert said(text) == "x" * 40_000


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("one\ntwo {{ name", 2, "“{{ name” is never closed: write }} at its end"),
        ("{% if a %}\n\n{% for b in c %}\n{% endif %}", 4, "“endif” comes before “endfor” of the “for” in line 3"),
        ("\n{% if a %}\n", 2, "“if” is never ended: write {% endif %}"),
        ("\n\n{% endfor %}", 3, "“endfor” ends nothing: no “for” is open here"),
        ("a\n{% else %}", 2, "“else” stands outside of case or for or if or unless"),
        ("\n{{ x | upcse }}", 2, "there is no filter “upcse”"),
    ],
)
def test_what_is_unbalanced_is_named_with_its_line(text: str, line: int, words: str) -> None:
    with pytest.raises(LiquidProblem) as refused:
        program(text, escapes=True)
    assert (refused.value.line, refused.value.message[: len(words)]) == (line, words)


def test_what_a_text_uses_is_told_with_loops_resolved() -> None:
    text = "{{ a.b }}{% for l in cart.lines %}{{ l.name }}{% if l.price %}{{ l.price }}{% endif %}{% endfor %}"
    uses = [(use.path, use.is_shown, use.has_fallback) for use in program(text, escapes=True).uses]
    assert uses == [
        ("a.b", True, False),
        ("cart.lines", False, False),
        ("cart.lines[].name", True, False),
        ("cart.lines[].price", False, False),
        ("cart.lines[].price", True, True),
    ]
