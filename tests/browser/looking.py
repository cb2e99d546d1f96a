"""Looks at a page as people do: accessibility (axe), nothing wider than the screen, and a picture of it.

What is found is told as lines, so that one run tells of every page. Exceptions stand here, each with its reason.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Page

AXE = Path(__file__).resolve().parent / "vendor" / "axe-core" / "axe.min.js"
GRAVE = ("serious", "critical")
RUN_AXE = """async () => (await axe.run(document, { resultTypes: ["violations"] })).violations.map((found) =>
  [found.id, found.impact, found.nodes.map((node) => [node.target.join(" "), node.html.slice(0, 160)])])"""
TOO_WIDE = """() => {
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= width) return [];
  const scrolls = (element) => {
    for (let above = element.parentElement; above && above !== document.body; above = above.parentElement)
      if (getComputedStyle(above).overflowX !== "visible") return true;
    return false;
  };
  const wide = [...document.body.querySelectorAll("*")]
    .filter((element) => element.getBoundingClientRect().right > width + 1 && !scrolls(element))
    .map((element) => `${element.tagName.toLowerCase()}.${[...element.classList].join(".")}`);
  return [`${document.documentElement.scrollWidth} px on a screen of ${width}: ${wide.slice(0, 4).join(", ")}`];
}"""


@dataclass(frozen=True)
class Known:
    """What axe says of elements whose selector contains `target`, on every page or that of `path`, and why."""

    rule: str
    target: str
    reason: str
    path: str = ""


EXCEPTIONS = (
    Known(
        "aria-prohibited-attr",
        ".help-tooltip.search-label-icon",
        "Django's SelectFilter2.js gives this label to a span it makes itself; the input beside it is labelled too.",
    ),
    Known("color-contrast", "", "Swagger UI's own colors.", path="/docs/"),
    Known("nested-interactive", "opblock-summary", "Swagger UI's rows: a button inside a button.", path="/docs/"),
)


@cache
def _axe() -> str:
    return AXE.read_text(encoding="utf-8")


def violations(page: Page) -> list[str]:
    """Serious and critical findings of axe, but for the exceptions: a line a rule, with its first element."""
    page.evaluate(_axe())
    return [
        f"{rule} ({impact}), {len(nodes)} times, first at {nodes[0][0]}: {' '.join(nodes[0][1].split())}"
        for rule, impact, every in page.evaluate(RUN_AXE)
        if impact in GRAVE and (nodes := [node for node in every if not _is_known(page.url, rule, node[0])])
    ]


def _is_known(url: str, rule: str, target: str) -> bool:
    path = urlsplit(url).path
    return any(known.rule == rule and known.target in target and known.path in ("", path) for known in EXCEPTIONS)


def too_wide(page: Page) -> list[str]:
    """What makes the page scroll sideways; empty where nothing does."""
    found: list[str] = page.evaluate(TOO_WIDE)
    return found


def problems(page: Page, name: str) -> list[str]:
    """Everything wrong with the page as it stands, each line beginning with its name."""
    return [f"{name}: {line}" for line in (*violations(page), *too_wide(page))]
