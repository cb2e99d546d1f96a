"""`./run bench journeys`: steps a second with a million people waiting in the table, and how long the claim takes.

Everybody who is due has waited, is split, takes an offer or a mail, and waits again; a goal is asked of each. The
whole decision about a mail is asked (consent, caps, holdout) and it is queued; the hand-over is `bench mail`.
"""

import argparse
import cProfile
import pstats
import time
from datetime import timedelta
from typing import Any
from uuid import uuid4

from bench.ground import fresh_database, surroundings
from bench.mail import prepare
from bench.report import report

GOAL = 2_000
OTHERS = 1_000_000_000
GRAPH: dict[str, Any] = {
    "trigger": {"on": "api"},
    "audience": None,
    "goal": {"event": "Order Completed", "where": [], "within_days": 30},
    "exits": [],
    "steps": [
        {"id": "w1", "do": "wait", "for": {"minutes": 1}},
        {
            "id": "half",
            "do": "split",
            "arms": [
                {"name": "A", "share": 0.5, "steps": [{"id": "offer", "do": "give_offer", "title": "10 %", "days": 7}]},
                {"name": "B", "share": 0.5, "steps": []},
            ],
        },
        {
            "id": "ask",
            "do": "split",
            "arms": [
                {"name": "mail", "share": 0.2, "steps": [{"id": "mail_1", "do": "send", "template": "bench-cart"}]},
                {"name": "none", "share": 0.8, "steps": [{"id": "w2", "do": "wait", "for": {"days": 9}}]},
            ],
        },
        {"id": "w3", "do": "wait", "for": {"days": 1}},
    ],
}
WAITING = """
INSERT INTO automation_enrollment (journey_id, version_id, occasion, cart_key, node, node_at, awaits, facts, held_out,
  attempts, entered_at, identifier_id, state, reason, armed_at, due_at)
SELECT %s, %s, 'bench:' || %s || ':' || n, '', 'w1', now() - interval '1 hour', '', '{}', FALSE, 0,
  now() - interval '1 day', coalesce((%s::bigint[])[n], %s + n), 'waiting', '', now() - interval '1 day',
  now() + (%s + random() * %s) * interval '1 second'
FROM generate_series(1, %s) AS n
"""


def main() -> None:
    """A million that wait, and some thousands that are due among them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--waiting", type=int, default=1_000_000)
    parser.add_argument("--due", type=int, default=15_000)
    parser.add_argument("--profile", action="store_true")
    options = parser.parse_args()
    with fresh_database():
        import django

        django.setup()
        from django.test.utils import override_settings

        note = surroundings()
        with override_settings(OUTBOX_WAKES=False):
            fill(options)
            step(options, note)
            claims(options, note)
        from django.db import connection

        connection.close()


def fill(options: argparse.Namespace) -> None:
    """The journey, and everybody in it: once, as nobody is in a journey twice. Of those who only wait nothing is known
    but that they do."""
    from django.db import connection

    from automation import services
    from automation.models import Journey

    ids = [identifier_id for _, identifier_id in prepare(options.due)]
    journey = Journey.objects.create(slug="bench", name="Bench", draft=GRAPH, holdout_share=0)
    services.activate(journey)
    journey.refresh_from_db()
    month, hour = 30 * 86_400, 3_600
    with connection.cursor() as cursor:
        for name, known, first, spread, count in (
            ("waits", [], hour, month, options.waiting),
            ("due", ids, -hour, hour - 60, options.due),
        ):
            cursor.execute(WAITING, [journey.pk, journey.version_id, name, known, OTHERS, first, spread, count])
        cursor.execute("VACUUM ANALYZE automation_enrollment")
        cursor.execute("ANALYZE")


def step(options: argparse.Namespace, note: str) -> None:
    """All that is due, by one worker."""
    from automation import services
    from automation.models import Enrollment, Passing
    from mailing.models import Message

    profile = cProfile.Profile()
    if options.profile:
        profile.enable()
    started, busy, worked = time.perf_counter(), time.process_time(), 0
    while found := services.step_slice():
        worked += found
    took, busy = time.perf_counter() - started, time.process_time() - busy
    profile.disable()
    passed, queued = Passing.objects.count(), Message.objects.count()
    standing = Enrollment.objects.filter(occasion__startswith="bench:due:").exclude(node="w1").count()
    if not worked == standing == options.due:
        raise SystemExit(f"bench: {options.due} were due, {worked} worked, {standing} moved on")
    said = (
        f"{worked:,} due of {options.waiting + options.due:,} waiting; {passed:,} steps passed, {queued:,} messages "
        f"decided and queued; {note}; worker busy {busy:.1f} s"
    )
    report("journeys", "steps_per_second", (passed + queued) / took, "steps/s", goal=GOAL, note=said)
    report("journeys", "people_per_second", worked / took, "people/s", note=said)
    if options.profile:
        pstats.Stats(profile).sort_stats("tottime").print_stats(35)


def claims(options: argparse.Namespace, note: str) -> None:
    """How long it takes to pick what is due among a million that is not."""
    from automation.models import Enrollment
    from automation.services.claiming import claim
    from cdp.lib.clock import utc_now

    rows = list(Enrollment.objects.filter(occasion__startswith="bench:waits:").values_list("pk", flat=True)[:50_000])
    Enrollment.objects.filter(pk__in=rows).update(due_at=utc_now() - timedelta(minutes=1))
    took = []
    for _ in range(100):
        started = time.perf_counter()
        claim(uuid4(), utc_now())
        took.append((time.perf_counter() - started) * 1_000)
    took.sort()
    said = f"100 claims of 300 out of 50,000 due among {options.waiting:,}; {note}"
    report("journeys", "claim_p99", took[98], "ms", note=said)


if __name__ == "__main__":
    main()
