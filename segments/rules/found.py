"""What the reference finds for a measure. Pure."""

from typing import Any, NamedTuple


class Found(NamedTuple):
    """A number, a value, or an instant (µs); None = unknown. Of an average the sum of so many numbers (`of`)."""

    value: Any
    of: int = 1
