"""A variant compiled, and the compiled filled. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from mailing.content import Content
from mailing.contracts import Links, Rendered

Follow = Callable[[str, int], str]
"""From an address in the mail and its number (from 0) to the one that stands in its place, which counts the click."""


@dataclass(frozen=True, slots=True)
class Brand:
    """How mails look and who sends them, with nothing empty but `logo_url`, and colors as `#rrggbb`.

    `footer`: a line of its own for each locale that has one.
    """

    company: str
    postal_address: str
    website: str
    logo_url: str = ""
    accent: str = "#1f5a4c"
    background: str = "#f4f4f2"
    surface: str = "#ffffff"
    ink: str = "#1c1c1a"
    font: str = "system"
    footer: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pick:
    """Products that a block shows beside what the sender gives: chosen ones (`ids`), else recommended ones."""

    block: str
    ids: tuple[str, ...] = ()
    placement: str = ""
    strategy: str = "for_you"
    n: int = 3


@dataclass(frozen=True, slots=True)
class Compiled:
    """One variant, ready to be filled. `needs`: the groups of variables it uses (`person`, `cart`, …)."""

    locale: str
    needs: frozenset[str]
    picks: tuple[Pick, ...] = ()

    def render(self, values: Mapping[str, Any], links: Links, follow: Follow | None = None) -> Rendered:
        """The mail. `values`: by the names in `mailing/variables.py`, as `fill` gives them: texts, numbers, lists,
        mappings, `ProductShown`, and `Money`, which is written as the locale writes it. `follow` is asked for each http
        address in a link of the HTML but the ways out. Raises ContentError: what could not be filled, and why."""
        raise NotImplementedError


def compile_content(content: Content | Mapping[str, Any], locale: str, brand: Brand) -> Compiled:
    """The variant that is best for somebody who reads `locale`; raises ContentError (what, where, how to mend it)."""
    raise NotImplementedError
