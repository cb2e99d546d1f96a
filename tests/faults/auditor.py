"""The auditor: reads the client's ledger, the raw requests and the tables, and lists everything lost or doubled.

It shares no code with the service: it parses the raw requests itself, counts distinct messages itself, and compares. An
empty list means that nothing acknowledged was lost and nothing was counted twice.
"""

import hashlib
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg

Row = tuple[Any, ...]


def read_ledger(path: Path) -> dict[str, str]:
    """Message id → its best outcome: ack beats refused beats unknown."""
    rank = {"unknown": 0, "refused": 1, "ack": 2}
    best: dict[str, str] = {}
    for line in path.read_text().splitlines():
        entry = json.loads(line)
        for message_id in entry["ids"]:
            if rank[entry["outcome"]] >= rank[best.get(message_id, "unknown")]:
                best[message_id] = entry["outcome"]
    return best


def hashed(message_id: str) -> bytes:
    return hashlib.blake2b(message_id.encode(), digest_size=16).digest()


def raw_items(connection: psycopg.Connection[Row]) -> Iterable[tuple[int, dict[str, Any]]]:
    """(source id, item) of every raw request kept."""
    for source_id, body in connection.execute("SELECT source_id, body FROM events_inbox ORDER BY id"):
        document = json.loads(bytes(body))
        for item in document.get("batch", [document]):
            yield source_id, item


def repeated(rows: Iterable[Row], what: str) -> list[str]:
    return [f"doubled: {what} {row}" for row, count in Counter(rows).items() if count > 1]


def compare(name: str, expected: dict[Any, Any], found: dict[Any, Any]) -> list[str]:
    keys = [key for key in expected.keys() | found.keys() if expected.get(key) != found.get(key)]
    return [f"{name} {key}: expected {expected.get(key)}, found {found.get(key)}" for key in sorted(keys, key=str)[:20]]


def audit(database_url: str, ledger: dict[str, str]) -> list[str]:
    """Every difference found, as sentences; the tables must be quiet (nothing left to process)."""
    faults: list[str] = []
    with psycopg.connect(database_url) as connection:
        ask = connection.execute
        stored = [(row[0], bytes(row[1])) for row in ask("SELECT source_id, message_hash FROM events_event")]
        faults += repeated(stored, "event")
        known = {message for _, message in stored}
        open_rows = ask("SELECT count(*) FROM events_inbox WHERE done_at IS NULL").fetchone()
        faults += [f"not quiet: {open_rows[0]} requests left"] if open_rows and open_rows[0] else []
        quarantined = {
            hashed(str(json.loads(bytes(raw)).get("messageId")))
            for (raw,) in ask("SELECT raw FROM events_rejectedevent")
        }
        faults += [
            f"lost: {message_id} was acknowledged and is nowhere"
            for message_id, outcome in ledger.items()
            if outcome == "ack" and hashed(message_id) not in known | quarantined
        ]

        first: dict[tuple[int, str], dict[str, Any]] = {}
        items = 0
        for source_id, item in raw_items(connection):
            items += 1
            first.setdefault((source_id, item["messageId"]), item)
        faults += compare("messages stored", {"n": len(first)}, {"n": len(known) + len(quarantined)})

        counts: dict[tuple[str, str], int] = defaultdict(int)
        revenue: dict[str, Decimal] = {}
        for item in first.values():
            if hashed(item["messageId"]) in quarantined:
                continue
            kind, person = ("user_id", item["userId"]) if item.get("userId") else ("anonymous_id", item["anonymousId"])
            counts[f"{kind}:{person}", item["event"] if item["type"] == "track" else "$" + item["type"]] += 1
            if item.get("event") == "Order Completed":
                revenue[item["properties"]["order_id"]] = Decimal(str(item["properties"]["revenue"]))
        found_counts = {
            (f"{kind}:{value}", name): numbers[0]
            for kind, value, counters in ask(
                "SELECT i.kind, i.value, s.counters FROM profiles_identifierstate s"
                " JOIN profiles_identifier i ON i.id = s.identifier_id"
            )
            for name, numbers in counters.items()
        }
        faults += compare("counter", dict(counts), found_counts)
        faults += compare(
            "revenue of order", revenue, dict(ask("SELECT order_id, revenue FROM commerce_order").fetchall())
        )

        profile_counts: Counter[str] = Counter()
        for (counters,) in ask("SELECT counters FROM profiles_profile"):
            profile_counts.update({name: numbers[0] for name, numbers in counters.items()})
        by_name: Counter[str] = Counter()
        for (_, name), count in counts.items():
            by_name[name] += count
        faults += compare("events of all profiles", dict(by_name), dict(profile_counts))

        days = ask(
            "SELECT sum(received), sum(accepted), sum(duplicates), sum(rejected), sum(refused) FROM events_sourceday"
        ).fetchone()
        received, accepted, duplicates, rejected, refused = (int(number or 0) for number in days or (0,) * 5)
        expected = {"received": items, "accepted": len(known), "sum": received}
        faults += compare(
            "source counters",
            expected,
            {"received": received, "accepted": accepted, "sum": accepted + duplicates + rejected + refused},
        )
        mails = ask(
            "SELECT sender, sender_id, step, address_hash, occasion FROM mailing_message"
            " WHERE state IN ('sent', 'unknown')"
        )
        faults += repeated(mails, "mail")
    return faults


def main() -> int:
    faults = audit(sys.argv[1], read_ledger(Path(sys.argv[2])))
    print("\n".join(faults) or "nothing lost, nothing doubled")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
