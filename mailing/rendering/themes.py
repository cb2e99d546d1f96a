"""The colors, fonts and style sheet of mails, made of a brand's few choices, by light and in the dark. Pure."""

import re
from dataclasses import dataclass

from mailing.content import ContentError, Fault

COLOR = re.compile(r"#[0-9a-fA-F]{6}")
FONT = re.compile(r"[A-Za-z0-9 -]{1,40}")
FONTS = {
    "system": "-apple-system, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif",
    "serif": "Georgia, 'Times New Roman', serif",
}
DARK_PAGE, DARK_CARD, DARK_INK, DARK_QUIET, DARK_RULE = "#111113", "#1f1f23", "#f4f4f5", "#a8a8b0", "#3f3f46"
READABLE = 4.5  # WCAG AA


@dataclass(frozen=True, slots=True)
class Theme:
    """What every block is colored with."""

    page: str
    card: str
    ink: str
    quiet: str
    rule: str
    soft: str
    edge: str
    accent: str
    on_accent: str
    link: str
    dark_accent: str
    dark_on_accent: str
    font: str


def theme_of(*, accent: str, background: str, surface: str, ink: str, font: str) -> Theme:
    """Raises ContentError for what is no color or no font's name."""
    for name, color in (("accent", accent), ("background", background), ("surface", surface), ("ink", ink)):
        if not COLOR.fullmatch(color):
            raise ContentError(Fault(f"{color!r} is no color: write it as #1f5a4c", field=f"brand {name}"))
    if font not in FONTS and not FONT.fullmatch(font):
        raise ContentError(
            Fault(f"{font!r} is no font's name: write system, serif or e.g. Verdana", field="brand font")
        )
    dark_accent = _until_readable(accent, DARK_CARD, "#ffffff")
    return Theme(
        page=background,
        card=surface,
        ink=ink,
        quiet=_quiet(ink, surface, background),
        rule=_mixed(ink, surface, 0.88),
        soft=_mixed(ink, surface, 0.955),
        edge=_mixed(ink, surface, 0.72),
        accent=accent,
        on_accent=_on(accent),
        link=_until_readable(accent, surface, ink),
        dark_accent=dark_accent,
        dark_on_accent=_on(dark_accent),
        font=FONTS.get(font) or f"'{font}', {FONTS['system']}",
    )


def style_sheet(theme: Theme) -> str:
    """What mail programs that read style sheets add: phones, and the dark."""
    return f"""
a {{ color: {theme.link}; }}
.quiet a {{ color: {theme.quiet}; }}
.rich p {{ margin: 0 0 14px; }} .rich p:last-child, .rich ul:last-child, .rich ol:last-child {{ margin-bottom: 0; }}
.rich ul, .rich ol {{ margin: 0 0 14px; padding-left: 22px; }} .rich li {{ margin: 0 0 6px; }}
.rich blockquote {{ margin: 0 0 14px; padding-left: 14px; border-left: 3px solid {theme.rule}; }}
@media only screen and (max-width: 479px) {{
  .go, .go table, .go td {{ width: 100% !important; }}
  .go a {{ display: block !important; text-align: center !important; padding-left: 10px !important;
    padding-right: 10px !important; }}
  .title div {{ font-size: 25px !important; line-height: 31px !important; }}
  .card > table > tbody > tr > td, .foot > table > tbody > tr > td {{ padding-left: 22px !important;
    padding-right: 22px !important; }}
  .tiles > table > tbody > tr > td {{ padding-left: 16px !important; padding-right: 16px !important; }}
  .tiles td.flush {{ padding-left: 6px !important; padding-right: 6px !important; }}
  .side > table > tbody > tr > td {{ padding-left: 0 !important; padding-right: 0 !important; }}
  .thumb {{ width: 84px !important; padding-right: 14px !important; }}
  .thumb img {{ width: 84px !important; height: 84px !important; }}
  .tile {{ padding-left: 6px !important; padding-right: 6px !important; }}
}}
@media (prefers-color-scheme: dark) {{
  body, .page {{ background: {DARK_PAGE} !important; background-color: {DARK_PAGE} !important; }}
  .card, .card > table {{ background: {DARK_CARD} !important; background-color: {DARK_CARD} !important; }}
  .foot, .foot > table {{ background: {DARK_PAGE} !important; background-color: {DARK_PAGE} !important; }}
  .card div, .card td, .card th, .card p, .card li, .card strong, .card a, .foot div, .foot a {{
    color: {DARK_INK} !important; }}
  .card .rich a {{ color: {theme.dark_accent} !important; }}
  .card .rule, .card .rule td, .card .rule p {{ border-color: {DARK_RULE} !important; }}
  .card .quiet, .card .quiet div, .card .quiet td, .card .quiet p, .card .quiet a, .foot .quiet div, .foot .quiet a {{
    color: {DARK_QUIET} !important; }}
  .card .was {{ color: {DARK_QUIET} !important; }}
  .card .soft {{ background: #2a2a2f !important; border-color: {DARK_RULE} !important; }}
  .go td, .go a {{ background: {theme.dark_accent} !important; color: {theme.dark_on_accent} !important; }}
  .bare td, .bare a {{ background: transparent !important; color: {theme.dark_accent} !important; }}
  .bare td {{ border-color: {theme.dark_accent} !important; }}
}}
"""


def _quiet(ink: str, surface: str, background: str) -> str:
    """As faint as may be while small print can be read on both grounds."""
    for part in (0.42, 0.36, 0.3, 0.24, 0.18, 0.1):
        found = _mixed(ink, surface, part)
        if min(_contrast(found, surface), _contrast(found, background)) >= READABLE:
            return found
    return ink


def _until_readable(color: str, ground: str, toward: str) -> str:
    """`color`, moved toward another until it can be read on `ground`."""
    for tenth in range(11):
        found = _mixed(color, toward, tenth / 10)
        if _contrast(found, ground) >= READABLE:
            return found
    return toward


def _on(color: str) -> str:
    return "#ffffff" if _contrast("#ffffff", color) >= _contrast("#111113", color) else "#111113"


def _mixed(color: str, other: str, part: float) -> str:
    """`part` of the way from one color to the other."""
    pairs = zip(_rgb(color), _rgb(other), strict=True)
    return "#" + "".join(f"{round(one + (two - one) * part):02x}" for one, two in pairs)


def _contrast(one: str, two: str) -> float:
    high, low = sorted((_luminance(one), _luminance(two)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _luminance(color: str) -> float:
    red, green, blue = (_linear(part / 255) for part in _rgb(color))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.03928 else float(((part + 0.055) / 1.055) ** 2.4)


def _rgb(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)
