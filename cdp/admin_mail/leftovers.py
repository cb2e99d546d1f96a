"""Words that a new block came with and nobody wrote over: they would go out as they are. Pure."""

from collections.abc import Iterator

from mailing.blocks import BLOCKS
from mailing.content import Content, Fault

PLACEHOLDERS = (("heading", "text"), ("text", "html"))


def leftovers(content: Content) -> Iterator[Fault]:
    """One for each block that still says what it said when it was added."""
    for locale, variant in content.locales.items():
        for block in variant.every_block() if variant.mode == "blocks" else ():
            for kind, name in PLACEHOLDERS:
                if block.type == kind and block.values[name] == BLOCKS[kind].field(name).default:
                    yield Fault("it still says what a new block says: write your own words", locale, block.id, name)
