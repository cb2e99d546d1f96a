"""Who gets which variant: by chance, for good, through sign-in, merge and split; who refuses takes no part."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal

import pytest
from django.db import connection, transaction

from cdp.jobs.services import run_slice
from cdp.lib.clock import utc_now
from cdp.lib.hashing import identifier_hash, keyed_hash
from consent.contracts import DENIED, PERSONALIZATION, NewEntry
from consent.services import record_entries
from experiments.contracts import SeenAnswer
from experiments.deciding import LayerRange, Running, drawn, split
from experiments.models import Experiment, Exposure
from experiments.queries import forget_experiments
from experiments.services.assigning import held_out_now
from experiments.services.exposing import note_seen
from experiments.services.life import change_traffic, set_global_holdout
from experiments.services.recognizing import recognize
from people.queries.callers import BROWSER
from profiles.models import Identifier
from profiles.services import separate
from segments.queries.standing import forget_standing
from tests.experiments.world import asker, browser, given, seen, started
from tests.segments.world import World

HALF = (("b", Decimal("0.5")), ("control", Decimal("0.5")))
UNITS = [identifier_hash("anonymous_id", f"a{n}") for n in range(100_000)]


def one(**changes: object) -> Running:
    running = Running(1, "hero", 1, "running", salt="s", variants=HALF, control="control")
    return replace(running, **changes)  # type: ignore[arg-type]


def taking_part(running: Running) -> dict[bytes, str]:
    free = [u for u in UNITS if split(running, u, met="", met_of=(), is_held_out=False) is None]
    return {unit: drawn(running, unit) for unit in free}


def test_of_100_000_units_each_variant_gets_its_share_at_every_traffic_and_more_traffic_moves_nobody() -> None:
    third, whole = taking_part(one(traffic=0.3)), taking_part(one(traffic=1.0))
    assert len(whole) == 100_000
    assert abs(len(third) - 30_000) < 600  # four standard deviations
    for split_ in (third, whole):
        spread = 4 * (len(split_) * 0.25) ** 0.5
        assert abs(Counter(split_.values())["b"] - len(split_) / 2) < spread
    assert {unit: whole[unit] for unit in third} == third


def test_experiments_of_one_layer_never_share_a_unit_and_cover_it() -> None:
    layer = [LayerRange("l", 0, 0.4, frozenset()), LayerRange("l", 0.4, 1, frozenset())]
    a, b = (set(taking_part(one(id=n, salt=f"s{n}", layer=part))) for n, part in enumerate(layer))
    assert not a & b
    assert a | b == set(UNITS)
    assert abs(len(a) - 40_000) < 620


@pytest.mark.django_db
def test_a_variant_stays_from_the_first_anonymous_visit_through_sign_in_merge_and_split() -> None:
    started()
    world = World()
    phone, laptop = browser("b"), browser("control")
    assert seen(("anonymous_id", phone), by=BROWSER).variant == "b"
    world.send(world.identify("ada", anonymous=phone))
    assert given(("user_id", "ada")).variant == "b"
    assert given(("anonymous_id", phone), by=BROWSER).reason == "met"
    # Another browser, seen on its own, then hers: the earliest wins for the person, each browser keeps its own.
    assert seen(("anonymous_id", laptop), by=BROWSER).variant == "control"
    world.send(world.identify("ada", anonymous=laptop))
    assert seen(("user_id", "ada")).variant == given(("anonymous_id", laptop)).variant == "b"
    assert given(("anonymous_id", laptop), by=BROWSER).variant == "control"
    assert Exposure.objects.count() == 2  # a person who met it is not counted once more under another identifier
    row = Experiment.objects.get()
    assert recognize(row.pk, utc_now(), lambda *_: None) == 2  # both browsers were unknown when they met it
    separate({identifier("user_id", "ada")}, {identifier("anonymous_id", phone)}, reason="lent", actor=None)
    assert given(("user_id", "ada")).variant == "control"
    assert given(("anonymous_id", phone)).variant == "b"


def identifier(kind: str, value: str) -> int:
    return Identifier.objects.get(kind=kind, value=value).pk


@pytest.mark.django_db
def test_who_refuses_takes_part_in_nothing_on_every_device_and_is_told_what_nobody_is() -> None:
    started()
    name = browser("b")
    world = World()
    world.send(world.identify("ada", anonymous=name))
    assert given(("anonymous_id", name), by=BROWSER).variant == "b"
    ada = identifier("user_id", "ada")
    entry = NewEntry(keyed_hash("test"), PERSONALIZATION, DENIED, "api", utc_now(), identifier_id=ada)
    with transaction.atomic():
        record_entries([entry])
    nobody = given(None)
    assert (nobody.variant, nobody.reason, nobody.unit_hash) == ("control", "nobody", b"")
    assert given(("anonymous_id", name), by=BROWSER) == seen(("user_id", "ada")) == nobody
    assert not Exposure.objects.exists()


@pytest.mark.django_db
def test_a_browser_with_a_public_key_learns_nothing_of_the_person_it_links_itself_to() -> None:
    started(audience={"did": "Order Completed"})
    world = World()
    world.send(world.identify("victim", anonymous="home"), world.track("victim", "Order Completed", order_id="1"))
    while run_slice():
        pass
    world.send(world.track("victim", "Order Completed", order_id="2"))
    forget_experiments()
    forget_standing()
    assert seen(("user_id", "victim")).takes_part
    thief = [given(("anonymous_id", "thief"), by=BROWSER)]
    world.send(world.identify("victim", anonymous="thief"))
    thief.append(given(("anonymous_id", "thief"), by=BROWSER))
    assert [(one.variant, one.reason) for one in thief] == [("control", "not_targeted")] * 2


@pytest.mark.django_db
def test_a_person_of_one_experiment_is_in_no_other_of_its_layer_whichever_browser_asks() -> None:
    started("first", layer="Home page", layer_share=0.5)
    started("second", layer="Home page", layer_share=0.5)
    world = World()
    old, new = browser("b", "first"), browser("b", "second")
    assert given(("anonymous_id", old), "second", by=BROWSER).reason == "in_another_of_its_layer"
    seen(("anonymous_id", old), "first", by=BROWSER)
    world.send(world.identify("ada", anonymous=old), world.identify("ada", anonymous=new))
    assert given(("anonymous_id", new), "second").reason == "in_another_of_its_layer"
    assert given(("anonymous_id", new), "first").reason == "met"


@pytest.mark.django_db
def test_the_global_holdout_gets_every_control_and_is_measured_by_who_could_have_been_treated() -> None:
    started()
    set_global_holdout(0.5, utc_now())
    forget_experiments()
    people = [("anonymous_id", f"a{n}") for n in range(60)]
    found = [seen(one, by=BROWSER) for one in people]
    held = [held_out_now(asker(one, by=BROWSER), utc_now()) for one in people]
    assert 10 < sum(held) < 50
    assert [one.reason == "global_holdout" for one in found] == held
    assert all(one.variant == "control" and not one.takes_part for one, out in zip(found, held, strict=True) if out)
    sides = Counter(Exposure.objects.filter(experiment__key="global-holdout").values_list("variant", flat=True))
    assert sides == {"holdout": sum(held), "treated": 60 - sum(held)}
    assert Exposure.objects.filter(experiment__key="hero").count() == 60 - sum(held)
    assert not held_out_now(asker(None), utc_now())
    set_global_holdout(0, utc_now())
    forget_experiments()
    assert not any(held_out_now(asker(one, by=BROWSER), utc_now()) for one in people)


@pytest.mark.django_db
def test_more_traffic_keeps_variants_and_less_keeps_whoever_met_it() -> None:
    row = started(traffic=0.5)
    people = [("anonymous_id", f"a{n}") for n in range(100)]
    before = {one: seen(one, by=BROWSER) for one in people}
    inside = {one for one, got in before.items() if got.takes_part}
    assert 30 < len(inside) < 70
    for share in (1.0, 0.0):
        change_traffic(row.pk, share)
        forget_experiments()
        after = {one: given(one, by=BROWSER) for one in people}
        assert all(after[one].variant == before[one].variant and after[one].reason == "met" for one in inside)
        assert {one for one, got in after.items() if got.takes_part} == (set(people) if share else inside)


@pytest.mark.django_db(transaction=True)
def test_answers_seen_at_once_in_many_threads_are_one_exposure_a_unit() -> None:
    started()
    unit, now = b"u" * 16, utc_now()

    def see(number: int) -> int:
        try:
            return note_seen([SeenAnswer("hero", "b" if number % 2 else "control", "assigned", unit, now)])
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(see, range(32))) == 1
    assert Exposure.objects.count() == 1
