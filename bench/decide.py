"""`./run bench decide`: decisions over HTTP on the product's own web server: 100 offers, half with audiences, 20 places
(tables, rules, an experiment, a bandit, recommendations in two), 200 segments.

Asked in turn: a browser's page (write key), a signed-in customer (user token), the shop's server for a customer, and a
browser never seen before; each for one to four places, with a cart every other time. At 300 requests/s in an open loop,
then as fast as answers come.
"""

import argparse
import json
import os
import random
from datetime import timedelta
from typing import Any

import psycopg

from bench import recommend
from bench.ground import fresh_database, surroundings
from bench.ingest import web
from bench.recommend import LAW, WRITE_KEY, Client, fill, train
from bench.report import report

SEGMENTS, OFFERS, PLACES, EACH = 200, 100, 20, 30
MEMBERS = """
INSERT INTO segments_membership (segment_id, profile_id, version, entered_at, left_reason)
SELECT s.id, i.profile_id, 1, now(), '' FROM profiles_identifier AS i, segments_segment AS s
WHERE i.kind = 'user_id' AND (i.id * 31 + s.id * 17) %% %s < %s
"""
COUNTRIES = ("DE", "AT", "FR", "CH", "NL")


def prepare(url: str) -> tuple[str, list[str]]:
    """Segments with members, offers, content, an experiment and places; a server key, and tokens of some customers."""
    from django.db import connection

    from cdp.access.services import make_server_key, make_user_token, make_user_token_key
    from decisions.models import ContentBlock, ContentVersion
    from decisions.services import publishing
    from experiments.models import Experiment
    from offers.models import Offer, OfferVersion
    from recommendations.models import Placement
    from segments.models import Segment

    rules: list[dict[str, Any]] = [
        {"did": "Product Viewed", "count": {"gte": 1 + n % 5}, "within": {"days": 30}}
        if n % 3 == 0
        else {"trait": f"t{n}", "is": "eq", "value": "x"}
        for n in range(SEGMENTS)
    ]
    Segment.objects.bulk_create(
        [Segment(slug=f"s{n}", name=f"Segment {n}", definition=rule) for n, rule in enumerate(rules)]
    )
    with psycopg.connect(url, autocommit=True) as database:
        database.execute(MEMBERS, [SEGMENTS, EACH])
        database.execute("ANALYZE segments_membership")
    for n in range(OFFERS):
        terms = {
            "kind": "percent",
            "value": "10",
            "currency": "EUR",
            "titles": {"en": f"Offer {n}", "de": f"Angebot {n}"},
            "conditions": {"subtotal_min": str(20 + n)},
            "audience": {"in_segment": f"s{n}"} if n % 2 else None,
            "cap_per_person": 1 if n % 4 == 0 else None,
        }
        offer = Offer.objects.create(key=f"offer-{n}", name=f"Offer {n}")
        slug = f"s{n}" if n % 2 else ""
        offer.version = OfferVersion.objects.create(offer=offer, number=1, terms=terms, audience_slug=slug)
        offer.state = Offer.State.LIVE
        offer.save()
    for n in range(10):
        block = ContentBlock.objects.create(key=f"block-{n}", name=f"Block {n}")
        usual = {"title": f"Block {n}", "text": "Text", "href": "/sale", "button": "Go"}
        german = {"id": "de", "locale": "de", "body": {"title": f"Block {n} auf Deutsch"}}
        stored = {"kind": "banner", "fallback": usual, "variants": [german]}
        block.version = ContentVersion.objects.create(block=block, number=1, content=stored)
        block.state = ContentBlock.State.LIVE
        block.save()
    Placement.objects.create(key="for-you", name="For you", strategies=[{"strategy": "for_you"}], n=8)
    variants_of = {"control": 0.5, "b": 0.5}
    Experiment.objects.create(key="hero", name="Hero", salt="s", variants=variants_of, control="control")
    for n in range(PLACES):
        row = publishing.save_draft(f"place-{n}", f"Place {n}", definition(n, random.Random(n)))
        publishing.publish(row.pk)
    make_user_token_key("bench")
    tokens = [make_user_token("bench", f"user_id{n}", timedelta(hours=2)) for n in range(1, 501)]
    key = make_server_key("bench-decide", ["decisions:read"])[1]
    connection.close()
    return key, tokens


def definition(n: int, draw: random.Random) -> dict[str, Any]:
    """Of one place: an experiment, a bandit, three rules, two recommendations, else tables of ten rows."""
    fallback = {"content": f"block-{n % 10}"}
    arms = [{"id": f"a{k}", "outcome": {"content": f"block-{k}"}} for k in range(3)]
    if n == 0:
        outcomes = {"control": {"content": "block-1"}, "b": {"offer": "offer-2"}}
        return {"by": "experiment", "experiment": "hero", "outcomes": outcomes, "fallback": fallback}
    if n == 1:
        reward = {"kind": "click", "within_hours": 24}
        return {"by": "bandit", "policy": "thompson", "arms": arms, "reward": reward, "fallback": fallback}
    if n in (2, 3):
        german = {"on": "context.country", "is": "eq", "value": "DE"}
        rule = {"any": [{"segment": f"s{draw.randrange(SEGMENTS)}"}, german]}
        shown = [{"id": "r", "if": rule, "outcome": {"recommendations": "for-you", "n": 4}}]
        return {"by": "rule", "arms": shown, "fallback": fallback}
    if n in (4, 5, 6):
        rich = {"on": "cart.subtotal", "is": "gte", "value": 30}
        found = [
            {
                "id": f"r{k}",
                "if": {"all": [{"segment": f"s{draw.randrange(SEGMENTS)}"}, rich]},
                "outcome": {"offer": f"offer-{draw.randrange(OFFERS)}"},
            }
            for k in range(5)
        ]
        return {"by": "rule", "arms": found, "fallback": fallback}
    columns = {"c": "context.country", "s": "person.segment", "t": "cart.subtotal"}
    inputs = [{"id": pk, "on": on} for pk, on in columns.items()]
    rows = []
    for k in range(10):
        outcome = {"offer": f"offer-{draw.randrange(OFFERS)}"} if k % 2 else {"content": f"block-{draw.randrange(10)}"}
        when: dict[str, Any] = {"c": {"is": "in", "value": draw.sample(COUNTRIES, 2)}}
        if k % 3:
            when["s"] = {"is": "member", "value": f"s{draw.randrange(SEGMENTS)}"}
        if k % 4 == 1:
            when["t"] = {"is": "gte", "value": draw.randrange(20, 200)}
        rows.append({"id": f"r{k}", "when": when, "outcome": outcome, "priority": draw.randrange(9)})
    hit = ("first", "priority", "collect")[n % 3]
    return {"by": "table", "hit": hit, "most": 3, "inputs": inputs, "rows": rows, "fallback": fallback}


def requests(key: str, tokens: list[str], count: int = 4_000) -> list[bytes]:
    """Four kinds of asker in turn."""
    draw = random.Random(4)
    made = []
    for turn in range(count // 4):
        who = draw.randint(1, recommend.PEOPLE)
        made += [
            post(draw, {"anonymous_id": f"anonymous_id{who}"}, f"X-Write-Key: {WRITE_KEY}"),
            post(draw, {}, f"X-User-Token: {draw.choice(tokens)}"),
            post(draw, {"user_id": f"user_id{who}"}, f"Authorization: Bearer {key}"),
            post(draw, {"anonymous_id": f"new-{turn}"}, f"X-Write-Key: {WRITE_KEY}"),
        ]
    return made


def post(draw: random.Random, person: dict[str, str], head: str) -> bytes:
    """The bytes of one request."""
    where = {"channel": "web", "locale": "de-DE", "country": draw.choice(COUNTRIES), "device": "phone", "page": "/"}
    places = [f"place-{n}" for n in draw.sample(range(PLACES), draw.randint(1, 4))]
    asked: dict[str, Any] = {**person, "placements": places, "context": where}
    if draw.random() < 0.5:
        lines = [{"product_id": f"p{draw.randrange(1000)}", "quantity": 1, "price": "39.90"} for _ in range(3)]
        asked["cart"] = {"currency": "EUR", "lines": lines}
    body = json.dumps(asked)
    top = f"POST /v1/decide HTTP/1.1\r\nHost: 127.0.0.1\r\n{head}\r\nContent-Type: application/json\r\n"
    return f"{top}Content-Length: {len(body)}\r\n\r\n{body}".encode()


def main() -> None:
    """Fill, publish, serve, measure, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--products", type=int, default=20_000)
    parser.add_argument("--people", type=int, default=20_000, help="Customers, and as many browsers.")
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 2)
    parser.add_argument("--threads", type=int, default=4)
    options = parser.parse_args()
    recommend.PEOPLE = options.people
    os.environ["CONSENT_DEFAULT_REGIME"] = LAW  # under the others all would be answered as nobody is
    with fresh_database() as url:
        around = surroundings()
        fill(url, options.products)
        train()
        key, tokens = prepare(url)
        asked = requests(key, tokens)
        with web("cdp.wsgi:application", workers=options.workers, threads=options.threads) as port:
            client = Client(port, 16)
            client.run(asked, seconds=6, rate=100)  # models, segments and places are loaded
            paced = client.run(asked, seconds=options.seconds, rate=300)
            full = client.run(asked, seconds=options.seconds, rate=None)
        with psycopg.connect(url) as database:
            found = database.execute("SELECT count(*) FROM decisions_decision").fetchone()
    logged = found[0] if found else 0
    note = (
        f"{OFFERS} offers, {PLACES} places, {SEGMENTS} segments, {options.products:,} products, {options.people:,} "
        f"customers and as many browsers; 1 to 4 places a request; {logged:,} decisions logged; law “{LAW}”; {around}"
    )
    p50, p99 = (paced[int(len(paced) * part)] * 1000 for part in (0.5, 0.99))
    report("decide", "p50_ms_at_300", p50, "ms", note=note)
    report("decide", "p99_ms_at_300", p99, "ms", goal=20, note=note)
    p99 = full[int(len(full) * 0.99)] * 1000
    report("decide", "max_per_s", len(full) / options.seconds, "requests/s", note=f"p99 {p99:.0f} ms; {note}")


if __name__ == "__main__":
    main()
