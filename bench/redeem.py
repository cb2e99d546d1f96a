"""`./run bench redeem`: 10,000 redemptions by many processes and threads at once, each a call and a commit of its own.

A budget in count, a budget in money, a code for many uses, codes for one use and a cap a person, every one of them
asked for more than it gives. Prints how many uses were more than allowed (must be 0), how many were fewer (must be 0
too), and the rate. Then the same without the constraints: a control that must exceed every one of them.
"""

import argparse
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from bench.ground import ROOT, fresh_database, surroundings
from bench.report import report

KINDS = ("count", "money", "shared", "pool", "cap")
AMOUNT = Decimal("0.33")
COUNT, MONEY, USES, CODES, PEOPLE = 900, Decimal(250), 700, 600, 400
ALLOWED = {"count": COUNT, "money": int(MONEY / AMOUNT), "shared": USES, "pool": CODES, "cap": PEOPLE}
GUARDS = {
    "offers_budget_count": "offers_budget",
    "offers_budget_money": "offers_budget",
    "offers_code_uses": "offers_code",
    "offers_cap_per_person": "offers_personuse",
}
FOUND = """
SELECT 'count', count(*) FROM offers_redemption r JOIN offers_offer o ON o.id = r.offer_id
  WHERE o.key = 'count' AND r.state = 'redeemed'
UNION ALL SELECT 'money', count(*) FROM offers_redemption r JOIN offers_offer o ON o.id = r.offer_id
  WHERE o.key = 'money' AND r.state = 'redeemed'
UNION ALL SELECT 'shared', count(*) FROM offers_redemption r JOIN offers_code c ON c.id = r.code_id
  WHERE c.code = 'SHARED' AND r.state = 'redeemed'
UNION ALL SELECT 'pool', count(*) FROM offers_redemption r JOIN offers_code c ON c.id = r.code_id
  WHERE c.code LIKE 'POOL%%' AND r.state = 'redeemed'
UNION ALL SELECT 'cap', count(*) FROM offers_redemption r JOIN offers_offer o ON o.id = r.offer_id
  WHERE o.key = 'cap' AND r.state = 'redeemed'
"""


def main() -> None:
    """Redeem, count, and do it again without what guards it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--redemptions", type=int, default=10_000)
    parser.add_argument("--processes", type=int, default=4)
    parser.add_argument("--threads", type=int, default=8, help="of each process")
    parser.add_argument("--worker", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker is not None:
        work(options)
        return
    with fresh_database():
        note = f"{options.processes} processes × {options.threads} threads; {surroundings()}"
        import django

        django.setup()
        from offers.queries.redemptions import differences

        prepare()
        seconds = play(options)
        found = counted()
        over, under = exceeded(found), sum(max(0, ALLOWED[kind] - found[kind]) for kind in KINDS)
        report("redeem", "exceeded", over, "uses", goal=0, note=f"of {options.redemptions:,} calls; {note}")
        report("redeem", "given too few", under, "uses", goal=0, note=f"allowed {ALLOWED}")
        report("redeem", "counters that differ", len(differences()), "rows", goal=0, note="budgets, codes and people")
        report("redeem", "rate", options.redemptions / seconds, "redemptions/s", note=note)
        drop_guards()
        play(options)
        control = exceeded(counted())
        report("redeem", "exceeded without the guards", control, "uses", note="the control: must not be 0")
        from django.db import connection

        connection.close()
    if over or under or not control:
        raise SystemExit("redeem: a limit was exceeded, or not used, or the control was not caught")


def exceeded(found: dict[str, int]) -> int:
    """How many uses are more than allowed."""
    return sum(max(0, found[kind] - ALLOWED[kind]) for kind in KINDS)


def counted() -> dict[str, int]:
    """{kind: uses that were stored}."""
    from cdp.lib import bulk_sql

    return dict(bulk_sql.fetch(FOUND))


def prepare() -> None:
    """An offer of each kind, its codes, and people with two identifiers each."""
    from offers.services.codes import NewPool, share_code, upload_codes
    from tests.offers.ledgers import live, person

    live("count", count=COUNT)
    live("money", money=str(MONEY))
    share_code(NewPool(live("shared").pk, "shared"), "SHARED", most_uses=USES)
    pool = live("pool")
    upload_codes(NewPool(pool.pk, "pool"), "\n".join(f"POOL{n:05}" for n in range(CODES)))
    live("cap", cap_per_person=1)
    for n in range(PEOPLE):
        person(("user_id", f"u{n}"), ("anonymous_id", f"a{n}"))


def drop_guards() -> None:
    """Nothing used, and nothing that refuses."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE offers_redemption, offers_personuse")
        cursor.execute("UPDATE offers_budget SET count_used = 0, money_used = 0")
        cursor.execute("UPDATE offers_code SET uses = 0")
        for name, table in GUARDS.items():
            cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")


def play(options: argparse.Namespace) -> float:
    """Seconds from the moment all processes stand ready."""
    command = [sys.executable, "-m", "bench.redeem", "--redemptions", str(options.redemptions)]
    command += ["--processes", str(options.processes), "--threads", str(options.threads)]
    pipe = subprocess.PIPE
    workers = [
        subprocess.Popen([*command, "--worker", str(n)], cwd=ROOT, stdin=pipe, stdout=pipe, env=os.environ, text=True)
        for n in range(options.processes)
    ]
    for one in workers:
        assert one.stdout is not None
        one.stdout.readline()
    start = time.perf_counter()
    for one in workers:
        assert one.stdin is not None
        one.stdin.write("go\n")
        one.stdin.flush()
    codes = [one.wait() for one in workers]
    if any(codes):
        raise SystemExit("redeem: a worker failed")
    return time.perf_counter() - start


def work(options: argparse.Namespace) -> None:
    """One process: its part of the redemptions, by its threads, once it is told to go."""
    import django

    django.setup()
    from django.db import connection

    ids = identifiers()
    turns = iter(range(options.worker, options.redemptions, options.processes))
    failures: list[BaseException] = []

    def run() -> None:
        try:
            redeem_each(turns, ids)
        except BaseException as failure:
            failures.append(failure)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(options.threads)]
    print("ready", flush=True)
    sys.stdin.readline()
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    connection.close()
    if failures:
        raise failures[0]


def identifiers() -> list[int]:
    """Those of the people, both of each."""
    from cdp.lib import bulk_sql

    rows = bulk_sql.fetch("SELECT id FROM profiles_identifier WHERE kind IN ('user_id', 'anonymous_id') ORDER BY id")
    return [pk for (pk,) in rows]


def redeem_each(turns: Iterator[int], ids: list[int]) -> None:
    """A call each, of every kind in turn; the one-use codes and the people are asked for several times over."""
    from cdp.lib.clock import utc_now
    from offers.redeeming import NewReservation, Redeeming
    from offers.services import ledger

    for n in turns:
        kind, place = KINDS[n % len(KINDS)], n // len(KINDS)
        asks: dict[str, dict[str, Any]] = {
            "count": {"offer": "count"},
            "money": {"offer": "money", "amount": AMOUNT, "currency": "EUR"},
            "shared": {"code": "SHARED"},
            "pool": {"code": f"POOL{place % CODES:05}"},
            "cap": {"offer": "cap", "identifier_id": ids[place % len(ids)]},
        }
        ledger.redeem([Redeeming(new=NewReservation(f"bench-{n}", **asks[kind]))], utc_now())


if __name__ == "__main__":
    main()
