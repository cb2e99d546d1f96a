"""What automation gives out of a person, and what is left after erasing: nothing that waits."""

from datetime import timedelta

import pytest

from automation import rights
from automation.models import Enrollment, Journey, Passing
from cdp.lib.clock import utc_now
from cdp.lib.rights import Held, Person
from profiles.models import Identifier
from tests.automation import world
from tests.automation.sink import Sink

pytestmark = pytest.mark.django_db


def everything_of(user: str) -> Person:
    profile = Identifier.objects.get(kind="user_id", value=user).profile_id
    rows = Identifier.objects.filter(profile_id=profile).order_by("pk")
    return Person(tuple(Held(row.pk, row.kind, row.value) for row in rows), (profile,))


@pytest.fixture
def jane(journey: Journey, sink: Sink) -> Person:
    """One cart was mailed about, one waits; John has the same."""
    for user, email in (("jane", world.JANE), ("john", "john@example.com")):
        owner = world.person(user, email)
        world.cart(owner, key=f"cart:{user}-mailed")
        world.changed(f"cart:{user}-mailed")
        world.run()
        world.cart(owner, key=f"cart:{user}-waiting", idle=timedelta(minutes=1))
        world.changed(f"cart:{user}-waiting")
    return everything_of("jane")


def test_every_way_is_exported_with_its_steps_and_nothing_of_anybody_else(jane: Person) -> None:
    mailed, waiting = [dict(row) for part in rights.export(jane) for row in part.rows]
    assert (mailed["cart"], mailed["state"], mailed["reason"]) == ("cart:jane-mailed", "done", "Mailed")
    assert mailed["steps"] == [{"step": "mail_1", "outcome": "done", "reason": "Mailed"}]
    assert (waiting["cart"], waiting["state"], waiting["steps"]) == ("cart:jane-waiting", "armed", [])


def test_nobody_erased_is_under_way_any_more_and_erasing_again_does_nothing(jane: Person, sink: Sink) -> None:
    assert rights.remains(jane) == 2
    assert rights.erase(jane, utc_now()).counts == {"enrollments deleted": 2}
    assert (rights.remains(jane), Passing.objects.count()) == (0, 1)
    assert Enrollment.objects.filter(cart_key__contains="john").count() == 2
    assert rights.erase(jane, utc_now()).counts == {"enrollments deleted": 0}
    Enrollment.objects.filter(state="armed").update(due_at=utc_now())
    world.run()
    assert sink.recipients == [world.JANE, "john@example.com"]
