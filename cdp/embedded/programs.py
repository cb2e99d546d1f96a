"""What the supervisor runs: one long-lived program each, described once, started any number of times."""

import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path


def nothing() -> None:
    """The default of `Program.before`."""


def always() -> bool:
    """The default of `Program.is_ready`."""
    return True


@dataclass(frozen=True, slots=True)
class Program:
    """`before` runs ahead of each start and clears what a killed forerunner left; `is_ready` must return at once."""

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str]
    cwd: Path
    stdin: bytes = b""
    stop_signal: signal.Signals = signal.SIGTERM
    stop_s: float = 6.0
    death_signal: signal.Signals = signal.SIGTERM
    hush: tuple[str, ...] = ()  # lines holding one of these say nothing to anybody
    before: Callable[[], None] = field(default=nothing)
    is_ready: Callable[[], bool] = field(default=always)
