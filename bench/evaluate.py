"""`./run bench evaluate`: promotions of carts with 100 offers in force: the engine alone, then over HTTP on the
product's own web server, a cart a request and a hundred carts a request.

Offers: percentages and amounts off the cart, categories, brands and products, bundles, free shipping, gifts and points;
thresholds, groups, some that stand alone, some for a channel, a date or a country; two fifths take a code, and a fifth
is for members of a segment. Carts: one to eight lines.
"""

import argparse
import json
import os
import random
import time
from typing import Any

import psycopg

from bench.ground import fresh_database, surroundings
from bench.ingest import web
from bench.recommend import Client
from bench.report import report

WRITE_KEY = "wk_bench"
CATEGORIES, BRANDS, PRODUCTS = 30, 40, 2_000


def terms(number: int, draw: random.Random) -> dict[str, Any]:
    """The terms of one offer of a hundred."""
    category = {"categories": [f"category {draw.randrange(CATEGORIES)}"]}
    kinds: list[dict[str, Any]] = [
        {"kind": "percent", "value": str(draw.choice([5, 10, 15])), "stacking": {"group": f"g{number % 5}"}},
        {"kind": "percent", "value": "20", "scope": category},
        {"kind": "percent", "value": "10", "scope": {"brands": [f"brand {draw.randrange(BRANDS)}"]}},
        {"kind": "amount", "value": "5", "scope": {"product_ids": [f"p{draw.randrange(PRODUCTS)}" for _ in range(20)]}},
        {"kind": "amount", "value": "15", "stacking": {"with": "none"}},
        {"kind": "bundle", "bundle": {"buy": {"scope": category, "quantity": 2}, "get": {"quantity": 1}}},
        {"kind": "bundle", "bundle": {"buy": {"scope": category, "quantity": 3}, "price": "20"}},
        {"kind": "free_shipping"},
        {"kind": "gift", "gift": {"product_id": "p1"}},
        {"kind": "points", "points": {"per": "1", "points": 2}},
    ]
    found = {"currency": "EUR", **kinds[number % 10], "priority": draw.randrange(100)}
    conditions: dict[str, Any] = {"subtotal_min": str(draw.choice([20, 50, 100, 200, 400]))}
    if number % 3 == 0:
        conditions["channels"] = [draw.choice(["web", "app", "store"])]
    if number % 7 == 0:
        conditions["countries"] = [draw.choice(["DE", "AT", "FR"])]
    if number % 9 == 0:
        found["starts_at"] = "2090-01-01T00:00:00+01:00"
    for_some = number // 10 % 5  # of ten of each kind four take a code and two are for members of a segment
    if for_some in (0, 1):
        found["needs_code"] = True
    if for_some == 2:
        found["audience"] = {"in_segment": "vip"}
    return {**found, "conditions": conditions}


def carts(count: int) -> list[dict[str, Any]]:
    """Carts as a shop sends them."""
    draw = random.Random(7)
    return [
        {
            "currency": "EUR",
            "channel": "web",
            "country": "DE",
            "shipping": {"amount": "4.90", "tax_rate": 19},
            "lines": [
                {
                    "product_id": f"p{(product := draw.randrange(PRODUCTS))}",
                    "quantity": draw.choice([1, 1, 1, 2, 3]),
                    "price": f"{draw.randrange(300, 8000) / 100:.2f}",
                    "categories": [f"category {product % CATEGORIES}"],
                    "brand": f"brand {product % BRANDS}",
                    "tax_rate": 19,
                }
                for _ in range(draw.randint(1, 8))
            ],
        }
        for _ in range(count)
    ]


def fill(url: str, offers: int) -> None:
    """Live offers and a source with a write key."""
    draw = random.Random(3)
    with psycopg.connect(url, autocommit=True) as database:
        database.execute(
            "INSERT INTO events_source (name, kind, write_key, enabled, asserts)"
            " VALUES ('b', 'browser', %s, TRUE, '{}')",
            [WRITE_KEY],
        )
        for number in range(offers):
            said = terms(number, draw)
            row = database.execute(
                "INSERT INTO offers_offer (key, name, state, draft, notes, updated_at)"
                " VALUES (%s, %s, 'draft', '{}', '', now()) RETURNING id",
                [f"offer-{number}", f"Offer {number}"],
            ).fetchone()
            assert row is not None
            version = database.execute(
                "INSERT INTO offers_offerversion (offer_id, number, terms, audience_slug) VALUES (%s, 1, %s, %s)"
                " RETURNING id",
                [row[0], json.dumps(said), "vip" if "audience" in said else ""],
            ).fetchone()
            assert version is not None
            database.execute(
                "UPDATE offers_offer SET state = 'live', version_id = %s WHERE id = %s", [version[0], row[0]]
            )


def engine(offers: int, asked: list[dict[str, Any]], seconds: float) -> tuple[float, float, float]:
    """(carts a second on one core, p99 in ms, offers a cart may have on average) of the pure engine."""
    from cdp.lib.clock import utc_now
    from offers.cart_reading import read_cart
    from offers.promotions import Asked, LiveOffer, compile_offer, evaluate_cart
    from offers.terms import parse_terms

    draw, now = random.Random(3), utc_now()
    live = []
    for number in range(offers):
        said = parse_terms(terms(number, draw))
        slug, key = "vip" if said.audience else "", f"offer-{number}"
        one = LiveOffer(id=number, key=key, name="", version=1, version_id=1, terms=said, slug=slug)
        live.append(compile_offer(one))
    read = [read_cart(one, "cart", []) for one in asked]
    took, eligible, start = list[float](), 0, time.perf_counter()
    while (began := time.perf_counter()) < start + seconds:
        found = evaluate_cart(live, Asked(read[len(took) % len(read)], now))
        took.append(time.perf_counter() - began)
        eligible += len(found.eligible)
    took_s = time.perf_counter() - start
    return len(took) / took_s, sorted(took)[int(len(took) * 0.99)] * 1000, eligible / len(took)


def request(body: dict[str, Any]) -> bytes:
    """The bytes of one request."""
    sent = json.dumps(body).encode()
    head = f"POST /v1/offers/evaluate?writeKey={WRITE_KEY} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    return f"{head}Content-Type: application/json\r\nContent-Length: {len(sent)}\r\n\r\n".encode() + sent


def main() -> None:
    """Fill, serve, measure, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--offers", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 2)
    parser.add_argument("--threads", type=int, default=4)
    options = parser.parse_args()
    asked = carts(1_000)
    with fresh_database() as url:
        around = surroundings()
        fill(url, options.offers)
        import django

        django.setup()
        per_s, p99, eligible = engine(options.offers, asked, options.seconds)
        note = f"{options.offers} offers, {eligible:.1f} of them eligible a cart, 1 to 8 lines; {around}"
        report("evaluate", "engine_per_s", per_s, "carts/s", goal=1000, note=f"one core, p99 {p99:.1f} ms; {note}")
        single = [request({"cart": cart}) for cart in asked]
        batched = [request({"carts": [{"cart": cart} for cart in asked[at : at + 100]]}) for at in range(0, 1000, 100)]
        with web("cdp.wsgi:application", workers=options.workers, threads=options.threads) as port:
            client = Client(port, 8)
            client.run(single, seconds=3, rate=50)
            paced = client.run(single, seconds=options.seconds, rate=300)
            full = client.run(single, seconds=options.seconds, rate=None)
            many = client.run(batched, seconds=options.seconds, rate=None)
    p50, p99 = (paced[int(len(paced) * part)] * 1000 for part in (0.5, 0.99))
    report("evaluate", "p99_ms_at_300", p99, "ms", note=f"a cart a request; p50 {p50:.1f} ms; {note}")
    report(
        "evaluate", "http_per_s", len(full) / options.seconds, "carts/s", goal=1000, note=f"a cart a request; {note}"
    )
    in_batches = 100 * len(many) / options.seconds
    report("evaluate", "batched_per_s", in_batches, "carts/s", goal=1000, note=f"100 carts a request; {note}")


if __name__ == "__main__":
    main()
