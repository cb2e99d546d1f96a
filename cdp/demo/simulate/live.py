"""The live mode: visits that unfold with real pauses, sent as they happen, until told to stop.

What a visit does is drawn ahead, each event leaves at its own time. A start, and a machine that slept, skip what is
past: nobody's hour arrives at once. Visits that were under way at a restart go on where they were.
"""

import heapq
import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field

from cdp.demo.simulate.batching import Batch
from cdp.demo.simulate.clocks import SECOND
from cdp.demo.simulate.live_clicks import Audience, asker
from cdp.demo.simulate.live_visits import LONGEST_VISIT, SLOT, Crowd, Due
from cdp.demo.simulate.sending import Link, Progress, Target, post_batch
from cdp.demo.simulate.wire import Phase

STALE = 120 * SECOND  # events older than this when their turn comes are not sent any more
TICK_S = 0.5


@dataclass(slots=True)
class Live:
    """One live run. `progress` counts what was sent. With `sees` visitors are shown recommendations, and click."""

    crowd: Crowd
    target: Target
    stop: threading.Event
    sees: bool = False
    progress: Progress = field(default_factory=Progress)
    _waiting: list[Due] = field(default_factory=list)
    _next_slot: int = 0
    _began: int = 0

    def run(self, seconds: float, tell: Callable[[Progress], None], *, every_s: float = 60.0) -> None:
        """Send for so many seconds (0: for ever) or until `stop` is set; NotSentError when the service is gone."""
        self.begin(_now())
        told = ends = time.monotonic()
        with closing(Link(self.target.url)) as link:
            audience = Audience(asker(link, self.target.browser_key)) if self.sees else None
            while not self.stop.is_set() and (seconds <= 0 or time.monotonic() < ends + seconds):
                self._send_due(link, audience)
                if time.monotonic() - told >= every_s:
                    tell(self.progress)
                    told = time.monotonic()
                self.stop.wait(TICK_S)

    def begin(self, now: int) -> None:
        """From now on; visits that began before and are not over go on."""
        self._began, self._next_slot, self._waiting = now, (now - LONGEST_VISIT) // SLOT, []

    def due(self, now: int) -> list[Due]:
        """What happens up to `now` and was not due before; what is stale or was due before the start is left out."""
        self._next_slot = max(self._next_slot, (now - LONGEST_VISIT) // SLOT)
        while self._next_slot * SLOT <= now:
            for event in self.crowd.events(self._next_slot):
                if event.at >= self._began:
                    heapq.heappush(self._waiting, event)
            self._next_slot += 1
        found: list[Due] = []
        while self._waiting and self._waiting[0].at <= now:
            event = heapq.heappop(self._waiting)
            if event.at > now - STALE:
                found.append(event)
        return found

    def _send_due(self, link: Link, audience: Audience | None) -> None:
        events = self.due(_now())
        for server_side in (True, False):
            items = [event.item for event in events if event.server_side is server_side]
            if audience is not None and not server_side:
                items += audience.follow(items)
            if items:
                self.progress.rejected += post_batch(link, self.target, Batch(Phase.HISTORY, server_side, items))
                self.progress.sent += len(items)
                self.progress.requests += 1


def _now() -> int:
    return time.time_ns() // 1_000_000
