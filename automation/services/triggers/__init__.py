"""Triggers at work: consumers of what happens, and row queues over many people. All are idempotent.

Only what came in live and happened within a day lets anybody in: imports and replays come by the bulk lane.
"""

from automation.services.triggers.browsing import browse_slice
from automation.services.triggers.confirmed import consume as consume_confirmed
from automation.services.triggers.hearing import consume
from automation.services.triggers.turns import turn_slice

__all__ = ["browse_slice", "consume", "consume_confirmed", "turn_slice"]
