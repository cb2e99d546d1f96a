"""MJML that staff write by hand: what may stand in it, and Liquid wherever MJML knows no text. Pure.

Nothing in it may reach another file, run, or look different from what was approved: no includes, scripts, event
handlers, frames, forms or style sheets from elsewhere. It is refused with the line, never silently changed.
"""

import re
from collections.abc import Iterator

from mjml import mjml2html

from mailing.content import ContentError, Fault, Variant
from mailing.rendering.holding import MARK, Held
from mailing.rendering.scanning import LiquidProblem

IN_HEAD = frozenset(
    {"mj-head", "mj-title", "mj-preview", "mj-style", "mj-attributes", "mj-all", "mj-class", "mj-breakpoint"}
)
LAYOUT = frozenset({"mjml", "mj-body", "mj-wrapper", "mj-section", "mj-column", "mj-group", "mj-hero"})
LEAVES = frozenset(
    {
        "mj-text",
        "mj-image",
        "mj-button",
        "mj-divider",
        "mj-spacer",
        "mj-table",
        "mj-raw",
        "mj-social",
        "mj-social-element",
    }
)
_TEXT = ("a", "b", "blockquote", "br", "center", "code", "em", "font", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i")
_MORE = ("p", "pre", "s", "small", "span", "strike", "strong", "sub", "sup", "u")
_LISTS = ("dd", "div", "dl", "dt", "img", "li", "meta", "ol", "ul")
_TABLES = ("table", "tbody", "td", "tfoot", "th", "thead", "tr")
PLAIN = frozenset((*_TEXT, *_MORE, *_LISTS, *_TABLES))
ALLOWED = IN_HEAD | LAYOUT | LEAVES | PLAIN
VOID = frozenset({"br", "hr", "img", "meta"})
REASONS = {
    "mj-include": "MJML may include no other file: paste its text here",
    "script": "a mail may run no script: take it out",
    "mj-font": "a mail may load no font from elsewhere: name one that mail programs have",
    "link": "a mail may load no style sheet from elsewhere: write the styles into mj-style",
    "style": "write styles into mj-style",
    "mj-html-attributes": "mj-html-attributes is not available here",
}
IMPORT = re.compile(r"@import|expression\s*\(|url\s*\(\s*['\"]?\s*(?!https?://)", re.IGNORECASE)
TAG = re.compile(r"<(/?)([a-zA-Z][\w:-]*)((?:[^<>\"']|\"[^\"]*\"|'[^']*')*)>")
EVENT = re.compile(
    r"(?:^|[\s/])(on\w+|srcdoc|formaction|style\s*=\s*[\"'][^\"']*(?:expression|javascript))\b", re.IGNORECASE
)


def html_of_code(variant: Variant, held: Held) -> str:
    """The HTML of a variant's MJML, with marks in the place of its Liquid. Raises ContentError with the line."""
    code = variant.code.strip()
    if not code:
        raise ContentError(Fault("there is no MJML yet: begin with <mjml><mj-body>", variant.locale, field="code"))
    try:
        marked = held.hold(code)
    except LiquidProblem as problem:
        raise _error(variant, problem.message, problem.line) from problem
    wrapped = "".join(_wrapped(variant, _without_comments(marked)))
    try:
        return mjml2html(_with_head(wrapped, variant, held), fonts={}, disable_comments=False)
    except ValueError as error:
        raise _error(variant, f"this is no MJML: {error}", 0) from error


def _without_comments(code: str) -> str:
    """Comments out, their lines kept, so that errors name the right one."""
    return re.sub(r"<!--.*?(?:-->|$)", lambda found: "\n" * found[0].count("\n"), code, flags=re.DOTALL)


def _wrapped(variant: Variant, code: str) -> Iterator[str]:
    """The code with every tag checked; Liquid that stands between layout tags is wrapped in mj-raw."""
    opened: list[str] = []
    at = 0
    for found in TAG.finditer(code):
        yield _between(variant, code[at : found.start()], opened, code, at)
        line = code.count("\n", 0, found.start()) + 1
        _check(variant, found, line)
        name = found[2].lower()
        if found[1]:
            if not opened or opened.pop() != name:
                raise _error(variant, f"</{name}> closes nothing that is open here", line)
        elif not found[3].rstrip().endswith("/") and name not in VOID:
            opened.append(name)
        is_void = name in VOID and not found[1] and not found[3].rstrip().endswith("/")
        yield f"<{name}{found[3]} />" if is_void else found[0]
        at = found.end()
    yield _between(variant, code[at:], opened, code, at)
    if opened:
        raise _error(variant, f"<{opened[-1]}> is never closed", 0)


def _between(variant: Variant, text: str, opened: list[str], code: str, at: int) -> str:
    line = code.count("\n", 0, at) + 1
    if "<" in text:
        raise _error(variant, "a “<” that begins no tag: write &lt;", line)
    inside = opened[-1] if opened else ""
    if inside == "mj-style" and IMPORT.search(text):
        raise _error(variant, "a style sheet may load nothing from elsewhere and run nothing", line)
    if inside in LAYOUT and MARK.search(text):
        return MARK.sub(lambda mark: f"<mj-raw>{mark[0]}</mj-raw>", text)
    return text


def _check(variant: Variant, found: re.Match[str], line: int) -> None:
    name = found[2].lower()
    if name not in ALLOWED:
        raise _error(variant, REASONS.get(name, f"<{name}> may not stand in a mail"), line)
    event = EVENT.search(MARK.sub("", found[3]))
    if event:
        raise _error(variant, f"“{event[1][:20]}” may not stand in a mail: take it out", line)
    if name == "meta" and "http-equiv" in found[3].lower():
        raise _error(variant, "a mail may send its reader nowhere: take http-equiv out", line)


def _with_head(code: str, variant: Variant, held: Held) -> str:
    """With the language, and the subject and the preheader where the code says none itself."""
    extra = "" if "<mj-title" in code else f"<mj-title>{_held(variant, variant.subject, held)}</mj-title>"
    if variant.preheader.strip() and "<mj-preview" not in code:
        extra += f"<mj-preview>{_held(variant, variant.preheader, held)}</mj-preview>"
    if not re.match(r"<mjml[\s>]", code):
        raise _error(variant, "MJML begins with <mjml> and holds <mj-body>", 1)
    if not re.match(r"<mjml[^>]*\slang=", code):
        code = code.replace("<mjml", f'<mjml lang="{variant.locale}"', 1)
    if "<mj-head>" in code:
        return code.replace("<mj-head>", f"<mj-head>{extra}", 1)
    return re.sub(r"(<mjml[^>]*>)", lambda found: f"{found[1]}<mj-head>{extra}</mj-head>", code, count=1)


def _held(variant: Variant, text: str, held: Held) -> str:
    try:
        return held.hold(text.replace("&", "&amp;").replace("<", "&lt;"))
    except LiquidProblem as problem:
        raise _error(variant, problem.message, problem.line) from problem


def _error(variant: Variant, message: str, line: int) -> ContentError:
    return ContentError(Fault(message, variant.locale, field="code", line=line))
