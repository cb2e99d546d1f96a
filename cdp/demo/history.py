"""The demo's past: weeks of the simulator's shop world written in bulk, then its carts through the API as they happen.

The past goes through the inbox like every import, each day received on its day; what may be mailed about goes over
HTTP, live, so that the mails are really sent.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path

from cdp.demo.simulate.batching import batches
from cdp.demo.simulate.sending import Sender, Target
from cdp.demo.simulate.truth_files import TruthFolder
from cdp.demo.simulate.wire import Parcel, Phase
from cdp.demo.simulate.worlds import Plan, Simulation
from events.models import Inbox, Source
from events.services import accept

MOST_EVENTS, MOST_BYTES = 1_000, 3_000_000


@dataclass(frozen=True, slots=True)
class Sources:
    """The demo's two sources."""

    browser: Source
    server: Source

    def of(self, *, server_side: bool) -> Source:
        """The one an event comes from."""
        return self.server if server_side else self.browser


@dataclass(slots=True)
class _Day:
    """Events of one day and source, on their way into one request."""

    items: list[bytes] = field(default_factory=list)
    size: int = 0


def write_past(plan: Plan, sources: Sources, target: Target, folder: Path) -> int:
    """Write the plan's worlds and their truth; returns how many events there are. The worker processes them."""
    with TruthFolder(folder) as truth:
        simulation = Simulation(plan, keeps_people=False, listener=truth.add)
        sender = Sender(target, settle_s=1.0)
        sender.send_products([product.as_row(target.url.rstrip("/")) for product in simulation.catalog.products])
        told = list(simulation.parcels())
        past = sorted((parcel for parcel in told if parcel.phase == Phase.HISTORY), key=lambda parcel: parcel.at)
        for body, server_side, received_at in _bodies(past, plan.now):
            accept(
                sources.of(server_side=server_side),
                body,
                path_type="record",
                lane=Inbox.Lane.BULK,
                received_at=received_at,
            )
        sender.send(batches((parcel for parcel in told if parcel.phase != Phase.HISTORY), 250))
        truth.close(simulation)
    return simulation.truth.unique + simulation.truth.repeated


def _bodies(past: Iterable[Parcel], now: datetime) -> Iterator[tuple[bytes, bool, datetime]]:
    """(body, from a server, when received): requests of one day and source, received as that day ends."""
    open_ones = {False: _Day(), True: _Day()}
    today = None
    for parcel in past:
        day = parcel.at.date()
        if today is not None and day != today:
            yield from _closed(open_ones, today, now)
            open_ones = {False: _Day(), True: _Day()}
        today = day
        mine = open_ones[parcel.server_side]
        if len(mine.items) >= MOST_EVENTS or mine.size >= MOST_BYTES:
            yield from _closed({parcel.server_side: mine}, day, now)
            mine = open_ones[parcel.server_side] = _Day()
        mine.items.extend(parcel.items)
        mine.size += sum(map(len, parcel.items))
    if today is not None:
        yield from _closed(open_ones, today, now)


def _closed(days: dict[bool, _Day], day: date, now: datetime) -> Iterator[tuple[bytes, bool, datetime]]:
    midnight = datetime.combine(day, time(), now.tzinfo) + timedelta(days=1)
    for server_side, found in days.items():
        if found.items:
            yield b'{"batch":[' + b",".join(found.items) + b"]}", server_side, min(now, midnight)
