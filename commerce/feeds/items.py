"""What readers of feed files hand on: one item at a time with its line, or why it cannot be read. Pure."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Item:
    """One product as its file tells it. `place` counts items from 1, `line` is the file's line where it begins.

    `fields`: its values by the file's own names, a list where a name stands there more than once; None with `fault`,
    a sentence that says what is wrong.
    """

    place: int
    line: int
    fields: dict[str, Any] | None
    fault: str = ""


class UnreadableFeed(Exception):
    """The file as a whole, or from some line on, cannot be read. The message says why and how to mend it."""
