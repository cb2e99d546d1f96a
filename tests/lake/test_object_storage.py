"""The lake on object storage by URL: everything that a folder's lake does, on a real S3 server on loopback (moto)."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from pytest_django import Settings

from cdp.lib.clock import utc_now
from events.models import Event
from lake import services
from lake.contracts import Ask, Facet, LakeFile, LakeNotReadyError, Value
from lake.engines import Spark
from lake.models import LakeTable
from lake.places import filesystem
from lake.queries import snapshot, status
from lake.queries.engine import engine
from lake.registry import projection, projections
from lake.services import compacting, verify
from lake.store import LostTableError, generations
from tests.lake import s3, sail
from tests.lake.test_engine import select
from tests.lake.test_projecting import flush, in_files, rebuild, table_of
from tests.lake.world import Shop

pytestmark = pytest.mark.django_db(transaction=True)
BY_NAME = "SELECT name, COUNT(*) AS n, SUM(v0_number) AS total FROM events GROUP BY name ORDER BY name"


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with s3.serving() as found:
        yield found


@pytest.fixture(autouse=True)
def _the_lake_is_there(settings: Settings, address: str) -> None:
    settings.LAKE_URL = f"s3://{s3.BUCKET}/lakes/{uuid4().hex}"
    settings.AWS_ENDPOINT_URL, settings.AWS_REGION = address, "us-east-1"
    settings.AWS_ACCESS_KEY_ID = settings.AWS_SECRET_ACCESS_KEY = s3.KEY


def by_name() -> list[tuple[str, int, float | None]]:
    """Events of each name as the configured engine counts them, with the sum of a value that is not promoted."""
    ask = Ask("events", ("id", "name"), (Value("weight", frozenset({Facet.NUMBER})),))
    with snapshot(["events"]) as snap:
        found = engine().query(select(BY_NAME), {"events": snap.relation(ask)}).to_pylist()
    return [(row["name"], row["n"], None if row["total"] is None else float(row["total"])) for row in found]


def keys() -> list[str]:
    """What stands below the lake's URL."""
    import pyarrow.fs as pafs

    from lake.store import root_uri

    files, root = filesystem(root_uri())
    found = files.get_file_info(pafs.FileSelector(root, recursive=True, allow_not_found=True))
    return sorted(info.path.removeprefix(f"{root}/") for info in found if info.type == pafs.FileType.File)


def test_what_happened_is_projected_changed_erased_and_asked_for_exactly() -> None:
    shop = Shop()
    shop.send(
        shop.track("ann", "Seen", weight=2.5), shop.track("ben", "Seen", weight=4), shop.identify("ann", plan="a")
    )
    flush()
    assert all(file.path.startswith("s3://") for file in _files("events"))
    shop.send(shop.track("ann", "Seen", weight=1), shop.order("ann", "o1", "p1"), shop.identify("ann", plan="b"))
    Event.objects.filter(properties__weight=4).delete()
    before = [("Order Completed", 1, None), ("Seen", 2, 3.5), ("identify", 2, None)]
    assert by_name() == before
    flush()
    assert by_name() == before
    assert [verify(one).is_clean for one in projections()] == [True] * len(projections())
    assert {one.state for one in status()} <= {"ready", "empty"}


def test_small_files_are_joined_and_what_nobody_needs_is_deleted() -> None:
    shop = Shop()
    for _ in range(3):
        shop.send(shop.track("ann", "Seen", weight=1))
        flush()
    before = by_name()
    assert services.compact(projection("events"), now=shop.now) == 3
    assert (by_name(), len(table_of("events").version().files)) == (before, 1)
    parquet = [key for key in keys() if key.startswith("events/") and key.endswith(".parquet")]
    assert len(parquet) == 4
    assert compacting.vacuum(table_of("events"), hours=0) == 3
    assert by_name() == before


def test_an_erased_persons_file_is_gone_once_no_reader_can_need_it() -> None:
    shop = Shop()
    shop.send(shop.track("ann", "Seen"), shop.track("ben", "Seen"))
    flush()
    old = {key for key in keys() if key.startswith("events/") and key.endswith(".parquet")}
    Event.objects.order_by("id")[0].delete()
    flush()
    assert table_of("events").rid(utc_now() + timedelta(seconds=2)) == 1
    assert not old & set(keys())
    assert in_files("events", "id") == [(Event.objects.get().pk,)]


def test_a_rebuild_leaves_the_older_generation_to_readers_and_then_drops_it() -> None:
    shop = Shop()
    shop.send(shop.track("ann", "Seen", weight=3))
    flush()
    old = table_of("events").generation
    assert rebuild("events") == 1
    assert (by_name(), len(generations("events"))) == ([("Seen", 1, 3.0)], 2)
    LakeTable.objects.update(rebuilt_at=shop.now - timedelta(hours=2), compacted_at=shop.now)
    compacting.clean(projection("events"), shop.now)
    assert generations("events") == [table_of("events").generation]
    assert not [key for key in keys() if old in key]


def test_a_lake_that_was_deleted_is_built_again() -> None:
    shop = Shop()
    shop.send(shop.track("ann", "Seen", weight=3))
    flush()
    table_of("events").drop()
    with pytest.raises(LostTableError):
        table_of("events").version()
    assert by_name() == [("Seen", 1, 3.0)]
    shop.send(shop.track("ann", "Seen", weight=4))
    flush()
    assert by_name() == [("Seen", 2, 7.0)]
    assert len(in_files("events", "id")) == 2


def test_of_two_writers_that_began_from_the_same_version_one_is_refused() -> None:
    """By the server: `If-None-Match` on the log's next entry is what makes a commit one."""
    shop = Shop()
    shop.send(shop.track("ann", "Seen"))
    flush()
    table, results = table_of("events"), []
    seen = table.version()
    barrier = threading.Barrier(4)

    def commit(number: int) -> None:
        barrier.wait()
        try:
            table.commit([], (seen.watermark or 0) + number, seen=seen.watermark, number=seen.number)
            results.append("committed")
        except LostTableError:
            results.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=commit, args=[number]) for number in range(1, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["committed", "refused", "refused", "refused"]
    assert table.version().number == seen.number + 1


def test_storage_that_does_not_answer_is_said_and_nothing_is_taken_for_lost(settings: Settings) -> None:
    shop = Shop()
    shop.send(shop.track("ann", "Seen"))
    flush()
    there, generation = settings.AWS_ENDPOINT_URL, table_of("events").generation
    settings.AWS_ENDPOINT_URL = "http://127.0.0.1:1"
    with pytest.raises(LakeNotReadyError, match="storage cannot be reached"):
        by_name()
    settings.AWS_ENDPOINT_URL = there
    assert by_name() == [("Seen", 1, None)]
    assert table_of("events").generation == generation


def test_a_spark_connect_server_reads_the_same_objects(settings: Settings, address: str) -> None:
    shop = Shop()
    shop.send(shop.track("ann", "Seen", weight=2.5), shop.order("ann", "o1", "p1"))
    flush()
    shop.send(shop.track("ann", "Seen", weight=1))
    expected = by_name()
    environment = {"AWS_ENDPOINT_URL": address, "AWS_REGION": "us-east-1", "AWS_ALLOW_HTTP": "true"}
    keys = {"AWS_ACCESS_KEY_ID": s3.KEY, "AWS_SECRET_ACCESS_KEY": s3.KEY}
    with sail.serving(**environment, **keys) as server:
        settings.LAKE_ENGINE = server
        found = engine()
        assert isinstance(found, Spark)
        assert by_name() == expected
        found.close()


def _files(name: str) -> tuple[LakeFile, ...]:
    with snapshot([name]) as snap:
        return snap.relation(Ask(name, ("id",))).files
