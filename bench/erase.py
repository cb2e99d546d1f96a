"""`./run bench erase`: how long erasing a person with many events takes, within a log of many others'.

Seconds until nobody finds the person any more, until the log and the raw requests are done, until the lake's files are
written without them, and until every store was searched for remains.
"""

import argparse
import json
import time
from tempfile import TemporaryDirectory
from typing import Any

from bench.ground import fresh_database, surroundings
from bench.report import report

REQUEST = 500
PEOPLE = 2_000
GOALS = {"hidden": 1.0, "lake files written": 3600.0}


def main() -> None:
    """Fill, erase, time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=200_000, help="of everybody")
    parser.add_argument("--own", type=int, default=10_000, help="of the person who is erased")
    options = parser.parse_args()
    with fresh_database() as _:
        note = surroundings()
        import django

        django.setup()
        from django.db import connection
        from django.test.utils import override_settings

        with (
            TemporaryDirectory() as folder,
            override_settings(
                OUTBOX_WAKES=False, VAR_DIR=folder, LAKE_URL=f"{folder}/lake", IMPORTS_DIR=f"{folder}/imports"
            ),
        ):
            fill(options.events, options.own)
            figures = erase(options.own)
        note = f"a person with {options.own:,} events in a log of {options.events:,}; {note}"
        for metric, seconds in figures.items():
            report("erase", metric, seconds, "s", goal=GOALS.get(metric), note=note, digits=2)
        connection.close()


def fill(events: int, own: int) -> None:
    """Raw requests of several people each, processed and projected."""
    from cdp.outbox.services import drain_all
    from events.models import Source
    from events.queries.sources import source_by_write_key
    from events.services import accept
    from lake.registry import projections
    from lake.services.projecting import project

    source = source_by_write_key(Source.objects.create(name="bench", kind="server").write_key)
    assert source is not None
    every = max(1, events // own)
    for start in range(0, events, REQUEST):
        batch = [item(n, "jane" if n % every == 0 else f"user-{n % PEOPLE}") for n in range(start, start + REQUEST)]
        accept(source, json.dumps({"batch": batch}).encode(), path_type="batch")
    drain_all(only={"events.process"})
    for projection in projections():
        project(projection, at_once=True)


def item(number: int, user: str) -> dict[str, Any]:
    """One event, with the address that names the person in every raw request."""
    properties = {"product_id": f"p{number % 500}", "name": f"Thing {number % 500}", "number": number}
    traits = {"email": f"{user}@example.com"}
    return {
        "type": "track",
        "event": "Product Viewed",
        "messageId": f"m{number}",
        "userId": user,
        "properties": properties,
        "context": {"traits": traits},
    }


def erase(own: int) -> dict[str, float]:
    """Seconds from the start to each end."""
    from cdp.lib.clock import utc_now
    from events.models import Event
    from privacy.services import erase_person, find_person
    from profiles.queries import find

    person = find_person("user_id", "jane")
    assert person is not None
    assert Event.objects.filter(identifier_id__in=person.ids).count() >= own
    ends: dict[str, float] = {}
    began = time.monotonic()
    for store, _ in erase_person(person, utc_now()):
        ends[store.name] = round(time.monotonic() - began, 2)
    whole = round(time.monotonic() - began, 2)
    assert find("user_id", "jane") is None
    return {
        "hidden": ends["tombstones"],
        "raw requests done": ends["raw requests"],
        "events done": ends["events"],
        "lake files written": ends["lake"],
        "second pass done": ends["under way"],
        "searched for remains": whole,
    }


if __name__ == "__main__":
    main()
