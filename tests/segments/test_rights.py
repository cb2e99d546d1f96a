"""Memberships of a person: exported, and gone after erasing with everything that would write them again."""

import pytest

from cdp.lib.clock import utc_now
from cdp.lib.rights import Held, Person
from profiles.contracts import IdentifierKey
from profiles.models import Identifier
from segments import rights, services
from segments.models import DirtyProfile, Membership
from segments.services import ListDraft
from tests.segments.world import World

pytestmark = pytest.mark.django_db


def test_memberships_are_exported_and_erased_with_what_waits() -> None:
    world = World()
    world.segment({"did": "Order Completed"}, slug="buyers")
    world.send(world.track("jane", "Order Completed"), world.track("john", "Order Completed"))
    found = Identifier.objects.get(kind="user_id", value="jane")
    jane = Person((Held(found.pk, found.kind, found.value),), (found.profile_id,))
    DirtyProfile.objects.create(profile_id=found.profile_id)
    fair = services.make_list(ListDraft("fair", "Fair"))
    services.put_entries(fair, [IdentifierKey("user_id", "jane")], origin="hand", now=utc_now())
    told = {part.name: list(part.rows) for part in rights.export(jane)}
    assert [(row["segment"], row["left_at"]) for row in told["segments"]] == [("buyers", None)]
    assert [row["list"] for row in told["lists"]] == ["Fair"]
    assert told["computed"] == []
    assert rights.remains(jane) == 3
    assert rights.erase(jane, utc_now()).counts == {
        "memberships deleted": 1,
        "questions to be asked again deleted": 1,
        "entries on lists deleted": 1,
        "computed values deleted": 0,
    }
    assert (rights.remains(jane), Membership.objects.count()) == (0, 1)
