"""Compacting beside other writers: it undoes nothing, loses nothing, and comes to an end."""

from datetime import timedelta

import pytest

from events.models import Event
from lake import services
from lake.models import LakeTable
from lake.queries.watermarks import horizon
from lake.registry import projection
from lake.services import compacting, projecting, verify
from lake.store import LostTableError, StoredFile, Version
from tests.lake.looking import visible
from tests.lake.test_projecting import flush, in_files, table_of, wait_until_over
from tests.lake.world import Shop

pytestmark = pytest.mark.django_db(transaction=True)


def test_who_lost_the_lock_does_not_undo_what_the_next_writer_did() -> None:
    shop = Shop()
    for _ in range(2):
        shop.send(shop.track("ann", "Seen"))
        flush()
    table, seen = table_of("events"), table_of("events").version()
    Event.objects.all()[0].delete()
    wait_until_over()
    assert services.compact(projection("events"), now=shop.now) == 2
    with pytest.raises(LostTableError, match="somebody else"):
        projecting.flush(table, seen, horizon().xmin)
    flush()
    assert in_files("events", "id") == visible("events")
    assert verify(projection("events")).is_clean


def test_a_rebuild_while_small_files_are_joined_keeps_its_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    shop = Shop()
    shop.send(shop.track("ann", "Seen"))
    flush()
    LakeTable.objects.update(rebuilt_at=shop.now - timedelta(hours=2), compacted_at=shop.now)
    monkeypatch.setattr(compacting, "_join", lambda one, fewest: services.rebuild(one))
    compacting.clean(projection("events"), shop.now)
    assert in_files("events", "id") == visible("events")


def test_files_as_large_as_a_writer_makes_them_are_not_joined_again_and_again() -> None:
    whole = [StoredFile(f"{n}.parquet", 5_000_000, 135_000, (), 0, 9) for n in range(20)]  # 750 bytes a row in memory
    small = [StoredFile(f"{n}.small", 200_000, 4_000, (), 0, 9) for n in range(16)]
    assert compacting._groups(Version(1, 1, (*whole, *small)), compacting.MANY) == [small]
