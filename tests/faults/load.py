"""A client that writes down, fsynced, what became of every message, and retries under the same id."""

import base64
import http.client
import json
import os
import random
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

Item = dict[str, Any]


def make_items(count: int, *, seed: int, people: int) -> list[Item]:
    """`count` events of `people` shoppers on two devices each: views, carts, identifies and orders."""
    dice = random.Random(seed)
    items: list[Item] = []
    start = time.time() - 86_400
    for number in range(count):
        person = dice.randrange(people)
        item: Item = {"messageId": f"m-{seed}-{number}", "anonymousId": f"a-{seed}-{person}-{dice.randrange(2)}"}
        item["timestamp"] = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(start + number)) + ".000Z"
        if dice.random() < 0.5:
            item["userId"] = f"u-{seed}-{person}"
        item |= _content(dice, number)
        items.append(item)
    return items


def _content(dice: random.Random, number: int) -> Item:
    product = {"product_id": f"p{dice.randrange(50)}", "price": 9.5, "quantity": 1}
    roll = dice.random()
    if roll < 0.1:
        return {"type": "identify", "traits": {"color": dice.choice(["red", "blue", "green"])}}
    if roll < 0.2:
        return {"type": "track", "event": "Product Added", "properties": product}
    if roll < 0.25:
        properties = {"order_id": f"o-{number}", "revenue": 19.25, "currency": "EUR", "products": [product]}
        return {"type": "track", "event": "Order Completed", "properties": properties}
    return {"type": "track", "event": "Product Viewed", "properties": product}


class Ledger:
    """One JSON line an attempt, on disk before the next attempt begins."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a")
        self._lock = threading.Lock()

    def __enter__(self) -> "Ledger":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def write(self, ids: list[str], outcome: str) -> None:
        with self._lock:
            self._file.write(json.dumps({"ids": ids, "outcome": outcome}) + "\n")
            self._file.flush()
            os.fsync(self._file.fileno())


def _attempt(port: int, key: str, batch: list[Item]) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=15)
    try:
        token = base64.b64encode(f"{key}:".encode()).decode()
        connection.request("POST", "/v1/batch", json.dumps({"batch": batch}), {"Authorization": f"Basic {token}"})
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return "unknown"
    finally:
        connection.close()
    return "ack" if status == 200 else "unknown" if status >= 500 or status == 429 else "refused"


def send(port: int, key: str, batch: list[Item], ledger: Ledger, *, tries: int = 60) -> None:
    """Send one batch until it is acknowledged or refused, at most `tries` times."""
    ids = [item["messageId"] for item in batch]
    for _ in range(tries):
        outcome = _attempt(port, key, batch)
        ledger.write(ids, outcome)
        if outcome != "unknown":
            return
        time.sleep(0.25)
    raise AssertionError("the service stayed away for longer than the client waits")


def batches(items: list[Item], size: int) -> Iterator[list[Item]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]


def send_all(
    port: int, key: str, work: list[list[Item]], ledger: Ledger, *, threads: int = 4, pause: float = 0.0
) -> None:
    """All batches, `threads` at a time, each thread pausing `pause` seconds after each."""

    def one(batch: list[Item]) -> None:
        send(port, key, batch, ledger)
        time.sleep(pause)

    with ThreadPoolExecutor(threads) as pool:
        for future in [pool.submit(one, batch) for batch in work]:
            future.result()
