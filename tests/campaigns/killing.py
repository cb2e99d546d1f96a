"""A campaign whose workers are killed (−9) at random points, and the audit of what came of it.

The mail server is real and remembers every address it took a mail for; workers are real processes on the database that
Django is connected to. `audit` names everything that is wrong.
"""

import logging
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from django.db import connection

from campaigns.models import Campaign, Recipient
from campaigns.services import run_slice
from cdp.lib.clock import utc_now
from mailing.models import Message
from mailing.services.concluding import DEAD_AFTER, give_up_dead
from profiles.models import Identifier
from tests.automation.sink import Sink, serve
from tests.paths import REPO


class Counting(Sink):
    """Counts what it took by address, before it says so; keeps no mail."""

    def __init__(self) -> None:
        super().__init__()
        self.taken: Counter[str] = Counter()
        logging.getLogger("mail.log").setLevel(logging.WARNING)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """Taken."""
        self.taken.update(envelope.rcpt_tos)
        return "250 OK"


@dataclass(frozen=True, slots=True)
class Outcome:
    """`problems` is empty where everything held."""

    recipients: int
    taken: int
    states: dict[str, int]
    kills: int
    seconds: float
    problems: tuple[str, ...]


class Workers:
    """Some workers on the database that Django is connected to; they live until they are killed."""

    def __init__(self) -> None:
        parts = urlsplit(os.environ["DATABASE_URL"])
        database = urlunsplit(parts._replace(path=f"/{connection.settings_dict['NAME']}"))
        env = os.environ | {
            "DATABASE_URL": database,
            "DJANGO_SETTINGS_MODULE": "cdp.settings",
            "EMAIL_HOST": "127.0.0.1",
            "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        }
        command = [sys.executable, "-W", "ignore", "-m", "tests.campaigns.worker"]
        pipe = subprocess.PIPE
        self.parent = subprocess.Popen(
            command, cwd=REPO, env=env, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True
        )
        self.pids: list[int] = []

    def start(self, how: str) -> None:
        """One more; `how`: a line for `tests/campaigns/worker.py`."""
        assert self.parent.stdin
        assert self.parent.stdout
        self.parent.stdin.write(f"{how}\n")
        self.parent.stdin.flush()
        self.pids.append(int(self.parent.stdout.readline()))

    def kill(self, pid: int) -> None:
        """As nobody can prepare for."""
        self.pids.remove(pid)
        os.kill(pid, signal.SIGKILL)
        with suppress(ProcessLookupError):
            while True:
                os.kill(pid, 0)
                time.sleep(0.001)

    def end(self) -> None:
        """All of them."""
        for pid in list(self.pids):
            self.kill(pid)

    def close(self) -> None:
        """And the one they came from."""
        self.end()
        assert self.parent.stdin
        assert self.parent.stdout
        self.parent.stdin.close()
        self.parent.wait(10)
        self.parent.stdout.close()


@contextmanager
def workers() -> Iterator[Workers]:
    """Ended in any case."""
    found = Workers()
    try:
        yield found
    finally:
        found.close()


def run_and_kill(
    crew: Workers,
    campaign_id: int,
    *,
    kills: int,
    seed: int,
    slices: int = 100,
    more: str = "",
    patience_s: float = 60.0,
) -> Outcome:
    """Two workers run a campaign that is scheduled; one of them is killed `kills` times, then the rest is worked.

    `slices`: mails handed over together, of which a kill leaves up to all unknown. `more`: a worker's sabotage.
    """
    dice, sink, began = random.Random(seed), Counting(), time.monotonic()
    until = began + patience_s
    with serve(sink) as port:
        how = f"{port} {slices} {more}"
        crew.start(how)
        crew.start(how)
        killed = _kill(crew, how, sink, campaign_id, dice, kills, until)
        while _is_open(campaign_id) and time.monotonic() < until:
            time.sleep(0.05)
        crew.end()
    later = utc_now() + DEAD_AFTER + timedelta(seconds=1)
    give_up_dead(later)
    while run_slice(now=later):
        pass
    return _outcome(campaign_id, sink, killed, time.monotonic() - began)


def _kill(
    crew: Workers, how: str, sink: Counting, campaign_id: int, dice: random.Random, kills: int, until: float
) -> int:
    """A fifth of the kills fall while it is frozen and queued, the others right after a mail was taken."""
    early = max(1, kills // 5)
    for n in range(kills):
        if n < early:
            time.sleep(dice.uniform(0.005, 0.15))
        else:
            size = Recipient.objects.filter(campaign=campaign_id).count() or 100
            target = sink.taken.total() + dice.randint(1, max(1, size // kills))
            while sink.taken.total() < target and time.monotonic() < until and _is_going(campaign_id, sink, target):
                time.sleep(0.001)
            if sink.taken.total() < target:
                return n
        crew.kill(dice.choice(crew.pids))
        crew.start(how)
    return kills


def _is_going(campaign_id: int, sink: Counting, target: int) -> bool:
    """Asked of the database rarely: whether mails still come."""
    if random.random() < 0.98:
        return True
    return sink.taken.total() >= target or _is_open(campaign_id)


def _is_open(campaign_id: int) -> bool:
    """Whether somebody waits or is queued, or it has not begun."""
    if Campaign.objects.filter(pk=campaign_id, state="scheduled").exists():
        return True
    if Recipient.objects.filter(campaign=campaign_id, state="waiting").exists():
        return True
    return Message.objects.filter(sender="campaign", sender_id=campaign_id, state="queued").exists()


def _outcome(campaign_id: int, sink: Counting, kills: int, seconds: float) -> Outcome:
    rows = Recipient.objects.filter(campaign=campaign_id).values_list("identifier_id", "state")
    known = dict(Identifier.objects.filter(kind="email").values_list("pk", "value"))
    by_address = {known[pk]: state for pk, state in rows}
    problems = tuple(audit(by_address, sink.taken, Campaign.objects.get(pk=campaign_id).state))
    states = dict(Counter(by_address.values()))
    return Outcome(len(by_address), sink.taken.total(), states, kills, seconds, problems)


def audit(by_address: dict[str, str], taken: Counter[str], state: str) -> Iterator[str]:
    """What is wrong, from what the mail server took and how each recipient ended."""
    if twice := [one for one, count in taken.items() if count > 1]:
        yield f"{len(twice)} addresses were mailed more than once"
    if strangers := taken.keys() - by_address.keys():
        yield f"{len(strangers)} were mailed who are no recipients"
    if still := [one for one, end in by_address.items() if end in Recipient.OPEN]:
        yield f"{len(still)} recipients are unaccounted for"
    if silent := [one for one in taken if by_address.get(one) not in ("sent", "unknown")]:
        yield f"{len(silent)} were mailed and do not count as sent or unknown"
    if missed := [one for one, end in by_address.items() if end == "sent" and not taken[one]]:
        yield f"{len(missed)} count as sent and got nothing"
    if state != "done":
        yield f"the campaign is {state}, not done"
