"""`./run bench recommend`: recommendations over HTTP with 50,000 products, trained and served by the product itself.

A synthetic shop: 20,000 customers with 8 orders of 3 products each and 20,000 browsers with 5 views, tastes in groups.
Asked in turn: a browser's page (write key), a customer (server key), a product page, a cart. The gate is asked about
people it allows to be personalized, so that their past is read and ranked.
"""

import argparse
import json
import os
import random
import selectors
import socket
import subprocess
import sys
import time
from collections.abc import Sequence

import psycopg

from bench.ground import ROOT, fresh_database, surroundings
from bench.ingest import web
from bench.report import report

PEOPLE, ORDERS, LINES, VIEWS, GROUP = 20_000, 8, 3, 5, 50
WRITE_KEY = "wk_bench"
LAW = "other"

# A product of a group of 50: customers buy mostly within two groups of their own.
PICK = (
    "(({who} * 7919 + ({what} % 2) * 104729) % ({products} / {group})) * {group}"
    " + floor(power(random(), 2) * {group})::int"
)
ROWS = """
INSERT INTO events_source (name, kind, write_key, enabled, asserts) VALUES ('bench', 'browser', '{key}', TRUE, '{{}}');
INSERT INTO commerce_product (product_id, name, category, brand, price, currency, url, image_url, in_stock, active,
    attributes, from_feed, stamps, seen_at, updated_at)
  SELECT 'p' || n, 'Product ' || n, 'c' || n / {group}, '', 1 + n % 90, 'EUR', 'https://shop.example/p/' || n, '',
    n % 20 <> 0, TRUE, '{{}}', TRUE, '{{}}', now(), now() FROM generate_series(0, {products} - 1) AS n;
INSERT INTO profiles_identifier (kind, value, first_seen_at, minted_id, profile_id, degree, is_shared)
  SELECT kind, kind || n, now(), id, id, 0, FALSE
  FROM (SELECT kind, n, gen_random_uuid() AS id FROM unnest(ARRAY['user_id', 'anonymous_id']) AS kind,
        generate_series(1, {people}) AS n) AS made;
INSERT INTO commerce_order (order_id, identifier_id, status, is_guest, currency, country, revenue, refunded, placed_at,
    digest)
  SELECT 'o' || i.id || '-' || k, i.id, 'placed', FALSE, 'EUR', 'DE', 1, 0, now() - random() * interval '300 days', ''
  FROM profiles_identifier AS i, generate_series(1, {orders}) AS k WHERE i.kind = 'user_id';
INSERT INTO commerce_orderline (order_id, position, kind, product_id, name, quantity, price, amount, occurred_at)
  SELECT o.id, k, 'goods', 'p' || {pick_line}, '', 1, 1, 1, o.placed_at
  FROM commerce_order AS o, generate_series(1, {lines}) AS k;
INSERT INTO events_event (id, source_id, inbox_id, index, message_hash, type, name, identifier_id, server_side,
    occurred_at, received_at, flags, properties, context)
  SELECT i.id * 100 + k, 1, 1, 1, decode(md5(i.id || '-' || k), 'hex'), 'track', 'Product Viewed', i.id, FALSE,
    now() - random() * interval '20 days', now(), '{{}}', jsonb_build_object('product_id', 'p' || {pick_view}), '{{}}'
  FROM profiles_identifier AS i, generate_series(1, {views}) AS k WHERE i.kind = 'anonymous_id';
ANALYZE;
"""


def fill(url: str, products: int) -> None:
    """The shop's rows."""
    sizes = {"products": products, "group": GROUP}
    text = ROWS.format(
        key=WRITE_KEY,
        people=PEOPLE,
        orders=ORDERS,
        lines=LINES,
        views=VIEWS,
        pick_line=PICK.format(who="o.identifier_id", what="k", **sizes),
        pick_view=PICK.format(who="i.id", what="k", **sizes),
        **sizes,
    )
    with psycopg.connect(url, autocommit=True) as database:
        database.execute("SELECT setseed(0.5)")
        for statement in text.split(";\n"):
            if statement.strip():
                database.execute(statement.encode())


def train() -> tuple[str, str]:
    """A live model and a server key; answers the key and what was trained."""
    import django

    django.setup()
    from django.db import connection

    from cdp.access.services import make_server_key
    from cdp.lib.clock import utc_now
    from recommendations import services
    from recommendations.training import Params

    started = time.perf_counter()
    run = services.train(Params(), now=utc_now(), job_id=None, report=lambda step, note: None)
    key = make_server_key("bench", ["recommendations:read"])[1]
    connection.close()
    taste = run.metrics.get("method", "")
    return key, f"{taste} of {run.interactions:,} interactions in {time.perf_counter() - started:.0f} s"


HELD = """
import gc, json, sys, time
import django
django.setup()
from recommendations.contracts import RecommendationRequest
from recommendations.model import size_bytes
from recommendations.queries import answer, catalog, live, live_model, live_run, model_path
from cdp.lib.clock import utc_now
def mb(name):
    found = {line.split(":")[0]: int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("Rss")}
    return found[name] / 1024
gc.collect()
before = mb("RssAnon")
started = time.perf_counter()
live_model()
model_s, model_mb = time.perf_counter() - started, mb("RssAnon") - before
started = time.perf_counter()
catalog.catalog()
catalog_s, catalog_mb = time.perf_counter() - started, mb("RssAnon") - before - model_mb
started = time.perf_counter()
answer(RecommendationRequest(now=utc_now()))
print(json.dumps({
    "model_s": model_s, "model_mb": model_mb, "files_mb": size_bytes(model_path(live_run().artifact)) / 1e6,
    "catalog_s": catalog_s, "catalog_mb": catalog_mb, "first_s": time.perf_counter() - started,
    "rss_mb": mb("RssAnon") + mb("RssFile"), "own_mb": mb("RssAnon"),
}))
"""


def held() -> dict[str, float]:
    """What one fresh process needs to answer: seconds and MB of its own; files are mapped and shared."""
    done = subprocess.run([sys.executable, "-c", HELD], cwd=ROOT, check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def requests(server_key: str, products: int, count: int = 4000) -> list[bytes]:
    """Four kinds of question in turn."""
    rng = random.Random(4)
    made = []
    for _ in range(count // 4):
        who, what = rng.randint(1, PEOPLE), [f"p{rng.randrange(products)}" for _ in range(3)]
        made += [
            get(f"writeKey={WRITE_KEY}&anonymous_id=anonymous_id{who}"),
            get(f"user_id=user_id{who}", key=server_key),
            get(f"writeKey={WRITE_KEY}&product_id={what[0]}"),
            get(f"writeKey={WRITE_KEY}&cart={','.join(what)}"),
        ]
    return made


def get(query: str, *, key: str = "") -> bytes:
    """The bytes of one request."""
    authorization = f"Authorization: Bearer {key}\r\n" if key else ""
    return f"GET /v1/recommendations?{query} HTTP/1.1\r\nHost: 127.0.0.1\r\n{authorization}\r\n".encode()


class Client:
    """Keep-alive connections with one request in flight on each; `rate` per second, or as fast as answers come."""

    def __init__(self, port: int, connections: int) -> None:
        self.idle: list[socket.socket] = []
        self.selector = selectors.DefaultSelector()
        for _ in range(connections):
            plug = socket.create_connection(("127.0.0.1", port))
            plug.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.selector.register(plug, selectors.EVENT_READ)
            self.idle.append(plug)

    def run(self, asked: Sequence[bytes], *, seconds: float, rate: float | None) -> list[float]:
        """Latencies in seconds, sorted. With a rate they count from when a request was due."""
        due_at: dict[socket.socket, float] = {}
        latencies: list[float] = []
        start, turn = time.perf_counter(), 0
        while (now := time.perf_counter()) < start + seconds or due_at:
            while self.idle and now < start + seconds and (rate is None or start + turn / rate <= now):
                plug = self.idle.pop()
                due_at[plug] = now if rate is None else start + turn / rate
                plug.sendall(asked[turn % len(asked)])
                turn += 1
            wait = 0.2 if rate is None else max(0.0, min(0.2, start + turn / rate - now))
            for key, _ in self.selector.select(wait):
                plug = key.fileobj  # type: ignore[assignment]
                _read_answer(plug)
                latencies.append(time.perf_counter() - due_at.pop(plug))
                self.idle.append(plug)
        return sorted(latencies)


def _read_answer(plug: socket.socket) -> None:
    data = plug.recv(65536)
    if not data.startswith(b"HTTP/1.1 200"):
        raise AssertionError(data[:500])
    head, _, body = data.partition(b"\r\n\r\n")
    length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
    while len(body) < length:
        body += plug.recv(65536)


def main() -> None:
    """Fill, train, serve, measure, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--products", type=int, default=50_000)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 2)
    parser.add_argument("--threads", type=int, default=4)
    options = parser.parse_args()
    # The law under which personal answers need no yes: under the others all would be what everybody gets.
    os.environ["CONSENT_DEFAULT_REGIME"] = LAW
    with fresh_database() as url:
        around = surroundings()
        fill(url, options.products)
        key, trained = train()
        needs = held()
        asked = requests(key, options.products)
        with web("cdp.wsgi:application", workers=options.workers, threads=options.threads) as port:
            client = Client(port, 16)
            client.run(asked, seconds=6, rate=100)  # models and catalogs are loaded
            paced = client.run(asked, seconds=options.seconds, rate=300)
            full = client.run(asked, seconds=options.seconds, rate=None)
    note = f"{options.products:,} products, {trained}; people under the law “{LAW}”: personal answers; {around}"
    p50, p99 = (paced[int(len(paced) * part)] * 1000 for part in (0.5, 0.99))
    report("recommend", "p99_ms_at_300", p99, "ms", goal=15, note=f"p50 {p50:.1f} ms; {note}")
    p99 = full[int(len(full) * 0.99)] * 1000
    report(
        "recommend", "max_per_s", len(full) / options.seconds, "requests/s", goal=1500, note=f"p99 {p99:.0f} ms; {note}"
    )
    a_process = f"a process then has {needs['own_mb']:.0f} MB of its own, {needs['rss_mb']:.0f} MB with mapped files"
    model = f"beside {needs['files_mb']:.0f} MB of files, mapped and shared by all processes; {a_process}"
    report("recommend", "model_mb", needs["model_mb"], "MB", note=model)
    report("recommend", "model_load_s", needs["model_s"], "s", note="files hashed and mapped; requests go on meanwhile")
    loaded = f"read in {needs['catalog_s']:.1f} s, {options.products:,} products; first answer {needs['first_s']:.2f} s"
    report("recommend", "catalog_mb", needs["catalog_mb"], "MB", note=loaded)


if __name__ == "__main__":
    main()
