"""The readable half of an export: one HTML page that loads nothing, and a README. Every value is escaped. Pure.

Rows are cards of name and value, since stores have rows of any shape; nested values are shown as indented JSON.
"""

import html
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from privacy.held import HEADINGS
from privacy.words import Words

MOST_ROWS = 500
STYLE = """:root{color-scheme:light dark;--ink:#1d1b18;--soft:#5d5952;--line:#dedad2;--ground:#f6f5f2;--card:#fff;
--link:#14694a}
@media(prefers-color-scheme:dark){:root{--ink:#f2efe9;--soft:#b5afa4;--line:#3a3732;--ground:#161513;--card:#211f1c;
--link:#6fd0a3}}
*{box-sizing:border-box}body{margin:0;background:var(--ground);color:var(--ink);font:1rem/1.5 system-ui,sans-serif;
overflow-wrap:anywhere}main{max-width:54rem;margin:0 auto;padding:2rem 1.25rem}h1{font-size:1.75rem;line-height:1.2;
margin:0 0 .5rem}h2{font-size:1.25rem;margin:2.5rem 0 .25rem}p{margin:0 0 .75rem}.soft{color:var(--soft)}
a{color:var(--link)}nav ul{columns:2 16rem;padding-left:1.2rem}details,.row{background:var(--card);
border:1px solid var(--line);border-radius:10px;padding:.75rem 1rem;margin:.5rem 0}
dl{display:grid;grid-template-columns:minmax(7rem,14rem) 1fr;gap:.15rem 1rem;margin:0}dt{color:var(--soft)}dd{margin:0}
pre{margin:0;white-space:pre-wrap;font-size:.85rem}@media(max-width:36rem){dl{grid-template-columns:1fr}
dd{margin-bottom:.4rem}}@media print{.row{break-inside:avoid}}"""
FOOT = "</main></body></html>\n"


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the export and how many rows it has."""

    name: str
    about: str
    rows: int


def head(say: Words, company: str, now: datetime, sections: Sequence[Section]) -> str:
    """The page up to its first part: whose data, when, and a list of what there is."""
    title = html.escape(say("Your data at {company}", company=company))
    listed = "".join(
        f'<li><a href="#{html.escape(one.name)}">{html.escape(heading(say, one.name))}</a>'
        f" ({say.number(one.rows)})</li>"
        for one in sections
    )
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    return (
        f'<!doctype html><html lang="{say.locale}"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="referrer" content="no-referrer">'
        f"<title>{title}</title><style>{STYLE}</style></head><body><main><h1>{title}</h1>"
        f'<p class="soft">{html.escape(say("As of {day}.", day=say.moment(now)))} '
        f"{html.escape(say('The same, complete and for programs, is in the folder “data”.'))}</p>"
        f"<nav><ul>{listed}</ul></nav>"
    )


def section(say: Words, name: str, about: str, rows: int, cards: str) -> str:
    """One part: what it is, and its first rows."""
    note = ""
    if rows == 0:
        note = f'<p class="soft">{html.escape(say("Nothing."))}</p>'
    elif rows > MOST_ROWS:
        text = say(
            "The first {shown} of {all}; all are in data/{name}.json.",
            shown=say.number(MOST_ROWS), all=say.number(rows), name=name,
        )  # fmt: skip
        note = f'<p class="soft">{html.escape(text)}</p>'
    title = html.escape(heading(say, name))
    return f'<h2 id="{html.escape(name)}">{title}</h2><p class="soft">{html.escape(say(about))}</p>{note}{cards}'


def row(say: Words, values: Mapping[str, Any]) -> str:
    """One row as a card; what is empty is left out."""
    pairs = "".join(
        f"<dt>{html.escape(name.replace('_', ' '))}</dt><dd>{_value(say, value)}</dd>"
        for name, value in values.items()
        if value not in (None, "", [], {})
    )
    return f'<div class="row"><dl>{pairs}</dl></div>'


def readme(say: Words, company: str, now: datetime, sections: Sequence[Section]) -> str:
    """What each file is."""
    lines = [
        say("Your data at {company}", company=company),
        say("As of {day}.", day=say.moment(now)),
        "",
        say("index.html: the same to be read in a browser; it loads nothing from anywhere."),
        say("data/*.json: everything, one list of records a file (UTF-8, JSON, RFC 8259)."),
        "",
    ]
    lines += [f"data/{one.name}.json ({one.rows}): {say(one.about)}" for one in sections]
    return "\n".join([*lines, ""])


def heading(say: Words, name: str) -> str:
    """A part's name as a heading, in the reader's language where it is known."""
    known = HEADINGS.get(name)
    return say(known) if known else name.replace("_", " ").replace("-", " ").capitalize()


def place(name: str) -> tuple[int, str]:
    """Where a part stands: the most telling first."""
    told = list(HEADINGS)
    return (told.index(name) if name in HEADINGS else len(told), name)


def _value(say: Words, value: Any) -> str:
    if isinstance(value, bool):
        return html.escape(say("yes") if value else say("no"))
    if isinstance(value, Mapping) or (
        isinstance(value, list) and any(isinstance(one, Mapping | list) for one in value)
    ):
        return f"<pre>{html.escape(json.dumps(value, ensure_ascii=False, indent=1, default=str))}</pre>"
    if isinstance(value, list):
        return html.escape(", ".join(str(one) for one in value))
    return html.escape(str(value))
