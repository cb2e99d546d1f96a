"""Mails rendered: Liquid fills the template, MJML becomes HTML. No database, no network, only the shipped files.

What marketers write (subjects) is Liquid with limits and without a loader: it cannot include, loop for ever or grow
without end. Values are escaped in HTML.
"""

import dataclasses
import re
from functools import cache
from pathlib import Path
from typing import Any

from liquid import BoundTemplate, Environment
from liquid.exceptions import LiquidError
from mjml import mjml2html

from automation.contracts import MailContent, RenderedMail

TEMPLATES = Path(__file__).parent / "templates_mail"
SLUG = re.compile(r"[a-z0-9_]{1,50}")
MAX_SUBJECT_LENGTH = 150


class RenderError(ValueError):
    """A template cannot be rendered. The message says which and why; trying again does not help."""


class MailEnvironment(Environment):
    """Liquid with limits; a template beyond them is refused."""

    context_depth_limit = 20
    loop_iteration_limit = 2_000
    local_namespace_limit = 20_000
    output_stream_limit = 500_000


HTML = MailEnvironment(autoescape=True)
TEXT = MailEnvironment(autoescape=False)


def template_names() -> list[str]:
    """The shipped templates."""
    return sorted(path.name for path in TEMPLATES.iterdir() if (path / "mail.mjml.liquid").exists())


def render(template: str, subject: str, content: MailContent) -> RenderedMail:
    """The mail; raises RenderError."""
    values = _nil_for_empty(dataclasses.asdict(content))
    mjml, text = _shipped(template)
    try:
        written_subject = render_subject(subject, values)
        html = mjml2html(mjml.render(**values, subject=written_subject))
        return RenderedMail(written_subject, html, tidy(text.render(**values, subject=written_subject)))
    except (LiquidError, ValueError, RecursionError) as error:
        raise RenderError(f"template {template} could not be rendered: {error}") from error


def render_subject(subject: str, values: dict[str, Any]) -> str:
    """A subject line: one line of at most 150 characters; raises RenderError."""
    try:
        line = " ".join(TEXT.from_string(subject).render(**values).split())
    except (LiquidError, RecursionError) as error:
        raise RenderError(f"the subject is not usable Liquid: {error}") from error
    if not line:
        raise RenderError("the subject is empty")
    return line[:MAX_SUBJECT_LENGTH]


def _nil_for_empty(value: Any) -> Any:
    """In Liquid an empty text is true: what is not there must be nil for `if`."""
    if isinstance(value, dict):
        return {key: _nil_for_empty(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_nil_for_empty(item) for item in value]
    return None if value == "" else value


def tidy(text: str) -> str:
    """Plain text without trailing blanks and with at most one empty line between paragraphs."""
    lines = "\n".join(line.rstrip() for line in text.splitlines())
    return re.sub(r"\n{3,}", "\n\n", lines).strip() + "\n"


@cache
def _shipped(template: str) -> tuple[BoundTemplate, BoundTemplate]:
    folder = TEMPLATES / template
    if not SLUG.fullmatch(template) or not (folder / "mail.mjml.liquid").exists():
        raise RenderError(f"there is no template {template!r}: use one of {', '.join(template_names())}")
    mjml = HTML.from_string((folder / "mail.mjml.liquid").read_text())
    return mjml, TEXT.from_string((folder / "text.liquid").read_text())
