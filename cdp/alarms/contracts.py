"""What crosses the alarms' border: how bad it is, and one alarm as a page shows it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Level = Literal["warning", "error"]


@dataclass(frozen=True, slots=True)
class OpenAlarm:
    """Something staff must know of. `message` says what is wrong and how to mend it; `link` is a path or empty."""

    id: int
    code: str
    key: str
    level: str
    message: str
    link: str
    count: int
    first_at: datetime
    last_at: datetime
    is_acknowledged: bool
