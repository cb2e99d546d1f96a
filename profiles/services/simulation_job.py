"""The job that tries rules out: runs the simulation and keeps of it what a page shows, as ids and counts.

No values and no names are stored: the page reads them for its reader, masked where they may not see them.
"""

import time
from collections.abc import Mapping
from typing import Any

import numpy as np

from cdp.jobs.contracts import JobRun
from cdp.lib.clock import utc_now
from profiles.drafting import text_of
from profiles.models import RuleSet
from profiles.rules_in_force import from_json
from profiles.services.columns import Flags, Ints
from profiles.services.simulating import MOST_EXAMPLES, Outcome, simulate

KIND = "identity.simulate"
MOST_PARTS = 6
"""People named of one merge or split; of more, only how many."""


def simulate_job(job: JobRun) -> Mapping[str, Any]:
    """Try out the rules in `rules` (as stored). The result is what `report` makes."""
    base = RuleSet.objects.filter(is_current=True).values_list("number", flat=True).first() or 0
    at, began = utc_now(), time.monotonic()
    total = 0

    def heard(done: int, note: str) -> None:
        job.progress(done, total or None, note)

    heard(0, "reading identifiers and links")
    outcome = simulate(from_json(dict(job.params["rules"])), heard)
    seconds = time.monotonic() - began
    return {"base": base, "at": at.isoformat(), "seconds": round(seconds, 3), **report(outcome)}


def report(outcome: Outcome) -> dict[str, Any]:
    """Counts, and of each list the largest MOST_EXAMPLES, all of it JSON."""
    world, is_shared = outcome.world, outcome.is_shared
    is_person = ~(world.is_shared | is_shared)
    newly, no_longer = is_shared & ~world.is_shared, world.is_shared & ~is_shared
    return {
        "identifiers": len(world.ids),
        "links": len(world.a),
        "before": len(np.unique(world.person[~world.is_shared])),
        "after": len(np.unique(outcome.after[~is_shared])),
        "merges": _merges(outcome, is_person),
        "splits": _splits(outcome, is_person),
        "refused": dict(sorted(outcome.refused.items(), key=lambda item: -item[1])),
        "refusals": [[one.edge.a, one.edge.b, one.why] for one in outcome.refusals],
        "shared": _most_used(outcome, newly),
        "unshared": _most_used(outcome, no_longer),
        "oversized": [[int(world.ids[place]), size] for place, size in outcome.oversized.items()],
        "hits": [[text_of([one]), count] for one, count in outcome.hits.items()],
    }


def _merges(outcome: Outcome, is_person: Flags) -> dict[str, Any]:
    """{"count", "rows": [[people joined, identifiers, [profile ids of some]]]}, largest first."""
    found = []
    for places, first in _across(outcome.after, outcome.world.person, is_person):
        found.append((len(first), len(places), [str(outcome.world.profile_of(int(place))) for place in first]))
    found.sort(key=lambda row: (-row[0], -row[1], row[2]))
    return {"count": len(found), "rows": [[n, size, ids[:MOST_PARTS]] for n, size, ids in found[:MOST_EXAMPLES]]}


def _splits(outcome: Outcome, is_person: Flags) -> dict[str, Any]:
    """{"count", "rows": [[people it becomes, identifiers, profile id, [an identifier id of some]]]}, largest first."""
    found = []
    for places, first in _across(outcome.world.person, outcome.after, is_person):
        ids = [int(outcome.world.ids[place]) for place in first]
        found.append((len(first), len(places), str(outcome.world.profile_of(int(first[0]))), ids))
    found.sort(key=lambda row: (-row[0], -row[1], row[2]))
    return {"count": len(found), "rows": [[*row[:3], row[3][:MOST_PARTS]] for row in found[:MOST_EXAMPLES]]}


def _across(whole: Ints, part: Ints, among: Flags) -> list[tuple[Ints, Ints]]:
    """(places, the first place of each part) of every group of equal `whole` that holds several `part`s."""
    places = np.flatnonzero(among)
    order = places[np.lexsort((places, part[places], whole[places]))]
    if not len(order):
        return []
    begins = np.ones(len(order), dtype=np.bool_)
    begins[1:] = whole[order][1:] != whole[order][:-1]
    parts = begins.copy()
    parts[1:] |= part[order][1:] != part[order][:-1]
    starts = np.flatnonzero(begins)
    several = np.add.reduceat(parts.astype(np.int64), starts) > 1
    ends = np.append(starts[1:], len(order))
    return [
        (order[start:end], order[start:end][parts[start:end]])
        for start, end in zip(starts[several], ends[several], strict=True)
    ]


def _most_used(outcome: Outcome, chosen: Flags) -> dict[str, Any]:
    """{"count", "ids"}: those seen with most people first."""
    places = np.flatnonzero(chosen)
    largest = places[np.lexsort((places, -outcome.world.degree[places]))][:MOST_EXAMPLES]
    return {"count": len(places), "ids": outcome.world.ids[largest].tolist()}
