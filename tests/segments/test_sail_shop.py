"""A shop whose lake is asked through Spark Connect (Sail on loopback): previews, recomputation, what is compared."""

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from cdp.lib.clock import utc_now
from lake.engines import Spark
from lake.queries.engine import engine
from segments import services
from segments.contracts import Preview, SegmentDraft
from segments.queries import preview
from segments.queries.comparing_rules import two_rules
from segments.queries.everybody import differing
from segments.rules import parse_rule
from tests.lake.sail import serving
from tests.segments.test_recomputing import (
    RULE,
    flush,
    test_only_those_who_differ_are_evaluated,
    test_somebody_erased_is_gone_at_once,
    test_the_files_and_what_has_changed_since_make_one_exact_answer,
    world,
)
from tests.segments.world import World, recomputed, streamed

__all__ = [  # collected here once more, to run with this module's engine
    "test_only_those_who_differ_are_evaluated",
    "test_somebody_erased_is_gone_at_once",
    "test_the_files_and_what_has_changed_since_make_one_exact_answer",
    "world",
]
pytestmark = pytest.mark.django_db(transaction=True)
GERMANS = {"trait": "country", "is": "eq", "value": "DE"}


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serving() as found:
        yield found


@pytest.fixture(autouse=True)
def _asked_through_sail(settings: Settings, address: str) -> Iterator[None]:
    settings.LAKE_ENGINE = address
    found = engine()
    assert isinstance(found, Spark)
    yield
    found.close()


def test_a_preview_says_how_many_and_who_enters_and_leaves(world: World) -> None:
    saved = services.save_segment(SegmentDraft(slug="s", name="S", definition=RULE))
    services.recompute(saved.segment_id)
    world.send(world.identify("ada", country="AT"), world.identify("eva", country="DE"))
    found = preview(parse_rule(GERMANS), segment_id=saved.segment_id, now=utc_now())
    assert found == Preview(1, 5, (world.profile("eva"),), entering=1, leaving=1, as_of=None)


def test_memberships_that_streamed_in_equal_a_recomputation_on_the_server(world: World) -> None:
    first = world.segment(RULE, slug="lookers")
    rules = ({"any": [{"in_segment": "lookers"}, GERMANS]}, {"not": {"did": "Product Viewed"}})
    ids = [first, *(world.segment(rule) for rule in rules)]
    world.send(world.track("dot", "Product Viewed", category="Shoes"), world.identify("cid", country="DE"))
    world.send(world.identify("gus", country="DE"))
    flush()
    for segment_id in ids:
        services.recompute(segment_id)
    assert streamed() == recomputed(utc_now())
    assert differing(first, parse_rule(RULE), utc_now()).num_rows == 0


def test_two_rules_are_compared_on_the_server(world: World) -> None:
    found = two_rules(parse_rule(RULE), parse_rule({"did": "Product Viewed"}), utc_now())
    assert (found.both, found.only_old, found.only_new) == (2, 0, 3)
