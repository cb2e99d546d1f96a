"""The supervisor's lines: each says when and who; colors only on a terminal."""

import sys
from datetime import datetime

COLORS = {
    "postgres": 36,
    "valkey": 35,
    "web": 32,
    "worker": 33,
    "worker-ml": 93,
    "beat": 34,
    "demo": 92,
    "mail-sink": 95,
}
WIDTH = 9


def say(name: str, text: str) -> None:
    """Prints `text` with the time and `name` before each of its lines."""
    head = f"{datetime.now().astimezone():%H:%M:%S} {name:<{WIDTH}} │"
    if sys.stdout.isatty():
        head = f"\x1b[{COLORS.get(name, 37)}m{head}\x1b[0m"
    for line in text.splitlines():
        sys.stdout.write(f"{head} {line}\n")
    sys.stdout.flush()
