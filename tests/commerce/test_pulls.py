"""Feeds pulled from a real server: by schedule, once a change, held when they shrink, never from a private network."""

import gzip
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from pytest_django import Settings

from cdp.alarms.models import Alarm
from cdp.jobs import services as jobs
from cdp.jobs.models import Job
from cdp.lib import downloading
from cdp.lib.clock import utc_now
from cdp.lib.outbound import AddressRefused, Unreachable
from commerce.contracts import ProductRow
from commerce.models import CatalogFeed, FeedRun, FeedSeen, Product, ProductChange
from commerce.services import upsert_products
from commerce.services.feeds import (
    AlreadyRunning,
    cancel_run,
    confirm_missing,
    leave_missing,
    preview_of_feed,
    pull_due_slice,
    running,
    start_pull,
    start_upload,
)
from tests.commerce.feed_server import Shop, serving

pytestmark = pytest.mark.django_db(transaction=True)
State = FeedRun.State


@pytest.fixture(autouse=True)
def _place(settings: Settings, tmp_path: Path) -> None:
    settings.VAR_DIR = tmp_path
    settings.FEEDS_ALLOW_PRIVATE = True


@pytest.fixture
def shop() -> Iterator[Shop]:
    with serving() as running_shop:
        yield running_shop


def listed(ids: Sequence[str], **more: Any) -> bytes:
    return json.dumps([{"id": one, "title": f"Mug {one}", "price": "9.90 EUR", **more} for one in ids]).encode()


def feed_of(shop: Shop, **more: Any) -> CatalogFeed:
    return CatalogFeed.objects.create(name="Shop", url=shop.url, **more)


def pull(feed: CatalogFeed) -> FeedRun:
    """One pull, worked to its end."""
    feed.refresh_from_db()
    run = start_pull(feed, utc_now())
    return worked(run)


def worked(run: FeedRun) -> FeedRun:
    assert run.job_id
    while jobs.run_slice():
        pass
    run.refresh_from_db()
    return run


def counts(run: FeedRun) -> tuple[int, ...]:
    return run.created, run.changed, run.same, run.repeated, run.rejected


def test_a_pull_takes_good_products_names_bad_ones_and_leaves_no_file(shop: Shop, tmp_path: Path) -> None:
    shop.body = b"sku;titel;preis;farbe\na;Tasse;9,90;rot\nb;Teller;viel;\na;Becher;8,90;blau\n;x;1;\n"
    run = pull(feed_of(shop, currency="EUR"))
    assert (run.state, run.error, counts(run)) == (State.DONE, "", (1, 0, 0, 1, 2))
    assert [(one["line"], one["product_id"], one["reason"]) for one in run.samples] == [
        (3, "b", "price"),
        (5, "", "product_id"),
    ]
    product = Product.objects.get()
    assert (product.name, product.price, product.currency, product.attributes) == (
        "Becher", Decimal("8.9"), "EUR", {"farbe": "blau"},
    )  # fmt: skip
    assert product.feed_id == run.feed_id
    assert not list((tmp_path / "feeds").iterdir())
    assert not FeedSeen.objects.exists()


def test_what_did_not_change_is_neither_read_nor_written_again(shop: Shop) -> None:
    shop.body, shop.etag = listed("ab"), '"1"'
    feed = feed_of(shop)
    assert counts(pull(feed)) == (2, 0, 0, 0, 0)
    not_asked = pull(feed)
    assert (not_asked.state, not_asked.status, shop.asked[-1]["If-None-Match"]) == (State.UNCHANGED, 304, '"1"')
    shop.etag = ""  # a server that cannot tell sends all of it: the file itself says that it is the same
    assert (pull(feed).state, "If-None-Match" in shop.asked[-1]) == (State.UNCHANGED, True)
    shop.body = listed("abc")
    assert counts(pull(feed)) == (1, 0, 2, 0, 0)
    feed.mapping = {"title": "ignore"}
    feed.save()
    assert pull(feed).state == State.DONE  # read otherwise, it is another file


def test_the_same_file_is_read_again_a_day_later(shop: Shop) -> None:
    shop.body, shop.etag = listed("ab"), '"1"'
    feed = feed_of(shop)
    pull(feed)
    FeedRun.objects.update(finished_at=utc_now() - timedelta(hours=25))
    Product.objects.filter(product_id="a").update(name="Changed by hand")
    assert counts(pull(feed)) == (0, 1, 1, 0, 0)


def test_a_packed_feed_is_unpacked_and_a_bomb_is_not(shop: Shop, settings: Settings) -> None:
    shop.body = gzip.compress(listed("ab"))
    feed = feed_of(shop)
    assert counts(pull(feed)) == (2, 0, 0, 0, 0)
    settings.FEED_MAX_BYTES = 100_000
    shop.body = gzip.compress(b" " * 10_000_000)
    run = pull(feed)
    assert (run.state, run.error) == (State.FAILED, "Unpacked the file has more than 100,000 bytes.")


def test_a_secret_header_is_sent_to_its_host_and_is_asked_for(shop: Shop) -> None:
    shop.body, shop.secret = listed("a"), "s3cret"
    feed = feed_of(shop)
    run = pull(feed)
    assert (run.state, run.status) == (State.FAILED, 401)
    assert run.error == "The address answered 401: it asks for a sign-in: set the header it wants."
    feed.header_name, feed.header_value = "X-Token", "s3cret"
    feed.save()
    assert pull(feed).state == State.DONE


def test_a_redirect_is_followed_without_the_secret_of_another_host(shop: Shop) -> None:
    with serving() as other:
        other.body = listed("a")
        shop.location = other.url
        feed = feed_of(shop, header_name="X-Token", header_value="s3cret")
        feed.url = shop.url.replace("/feed", "/moved")
        feed.save()
        assert pull(feed).state == State.DONE
        assert (shop.asked[0]["X-Token"], "X-Token" in other.asked[0]) == ("s3cret", False)
        shop.location = "/moved"
        assert pull(feed).error == "The address leads in circles."


@pytest.mark.parametrize("way", ["pull", "redirect", "preview"])
def test_an_address_in_a_private_network_is_never_asked(shop: Shop, settings: Settings, way: str) -> None:
    shop.body = listed("a")
    feed = feed_of(shop)
    settings.FEEDS_ALLOW_PRIVATE = False
    if way == "redirect":
        settings.FEEDS_ALLOW_PRIVATE = True
        shop.location = "http://169.254.169.254/latest"
        feed.url = shop.url.replace("/feed", "/moved")
        feed.save()
    why = preview_of_feed(feed, utc_now()).problem if way == "preview" else pull(feed).error
    expected = "is no server's of yours" if way == "redirect" else "set FEEDS_ALLOW_PRIVATE=1"
    assert expected in why
    assert len(shop.asked) == (1 if way == "redirect" else 0)
    assert not Product.objects.exists()


def test_without_the_check_it_would_be_asked(shop: Shop, tmp_path: Path) -> None:
    """The negative control: what refuses above is the check, not something else on the way."""
    shop.body = listed("a")
    limits = downloading.Limits(most_bytes=1000, timeout_s=5)
    with pytest.raises(AddressRefused):
        downloading.fetch(shop.url, tmp_path / "x", {}, limits)
    allowed = downloading.Limits(most_bytes=1000, timeout_s=5, allow_private=True)
    assert downloading.fetch(shop.url, tmp_path / "x", {}, allowed).status == 200


def test_a_file_that_is_too_large_or_cut_off_is_no_feed(shop: Shop, tmp_path: Path) -> None:
    shop.body = b"x" * 2000
    limits = downloading.Limits(most_bytes=1999, timeout_s=5, allow_private=True)
    with pytest.raises(downloading.DownloadTooLarge):
        downloading.fetch(shop.url, tmp_path / "x", {}, limits)
    shop.told_length = 2001
    with pytest.raises(Unreachable):
        downloading.fetch(
            shop.url, tmp_path / "x", {}, downloading.Limits(most_bytes=9999, timeout_s=5, allow_private=True)
        )


def test_a_feed_that_shrinks_is_held_until_staff_say_so(shop: Shop) -> None:
    shop.body = listed("abcdefghij")
    feed = feed_of(shop, missing="out_of_stock")
    pull(feed)
    shop.body = listed("abcdef")
    run = pull(feed)
    assert (run.state, run.missing) == (State.HELD, 4)
    assert "4 of 10 products" in run.error
    assert Product.objects.filter(in_stock=True).count() == 10
    alarm = Alarm.objects.get(code="catalog.shrunk")
    assert (alarm.key, alarm.cleared_at) == (str(feed.pk), None)
    assert pull(feed).state == State.UNCHANGED  # the question stands
    assert confirm_missing(run, utc_now()) == 4
    assert confirm_missing(run, utc_now()) == 0
    gone = Product.objects.filter(in_stock=False).order_by("product_id").values_list("product_id", flat=True)
    assert "".join(gone) == "ghij"
    alarm.refresh_from_db()
    assert alarm.cleared_at is not None
    assert ProductChange.objects.filter(what="stock", new=0).count() == 4
    shop.body = listed("abcdefgh")
    pull(feed)
    assert Product.objects.filter(in_stock=True).count() == 8


def test_an_empty_or_broken_feed_takes_nothing_away(shop: Shop) -> None:
    feed = feed_of(shop, missing="inactive")
    shop.body = listed("abcd")
    pull(feed)
    for body in (b"[]", b"", b"id,title\n", b"<html>Sign in</html>", b'[{"id": "a"}, {"id"'):
        shop.body = body
        run = pull(feed)
        assert (run.state, run.missing) == (State.FAILED, 0), body
        assert run.error
    assert Product.objects.filter(active=True).count() == 4


def test_a_product_that_is_told_of_badly_is_not_missing(shop: Shop) -> None:
    feed = feed_of(shop, missing="out_of_stock")
    shop.body = listed("abcd")
    pull(feed)
    shop.body = shop.body.replace(b'"9.90 EUR"', b'"cheap"', 1)
    run = pull(feed)
    assert (run.rejected, run.missing, Product.objects.filter(in_stock=True).count()) == (1, 0, 4)


def test_few_missing_products_are_taken_away_and_come_back_when_told_of_again(shop: Shop) -> None:
    feed = feed_of(shop, missing="inactive")
    shop.body = listed("abcd")
    pull(feed)
    upsert_products([ProductRow("z", name="of the API")], utc_now())
    shop.body = listed("abc")
    assert (pull(feed).missing, Product.objects.get(product_id="d").active) == (1, False)
    assert Product.objects.get(product_id="z").active  # not this feed's
    shop.body = listed("abcd")
    run = pull(feed)
    assert (counts(run), Product.objects.get(product_id="d").active) == ((0, 1, 3, 0, 0), True)


def test_a_held_run_is_left_or_settled_by_the_next_whole_one(shop: Shop) -> None:
    feed = feed_of(shop, missing="out_of_stock")
    shop.body = listed("abcd")
    pull(feed)
    shop.body = listed("a")
    held = pull(feed)
    assert leave_missing(held, utc_now())
    assert not leave_missing(held, utc_now())
    shop.body = listed("b")
    held = pull(feed)
    shop.body = listed("abcd")
    pull(feed)
    held.refresh_from_db()
    assert (held.state, Product.objects.filter(in_stock=True).count()) == (State.DONE, 4)
    assert Alarm.objects.get(code="catalog.shrunk").cleared_at is not None
    assert not FeedSeen.objects.exists()


def test_an_alarm_is_raised_when_a_feed_fails_twice_and_cleared_when_it_works(shop: Shop) -> None:
    shop.status = 503
    feed = feed_of(shop)
    assert pull(feed).error == "The address answered 503: try again later."
    assert not Alarm.objects.exists()
    pull(feed)
    assert "failed 2 times in a row" in Alarm.objects.get(code="catalog.feed", cleared_at=None).message
    shop.status, shop.body = 200, listed("a")
    pull(feed)
    assert not Alarm.objects.filter(cleared_at=None).exists()
    feed.refresh_from_db()
    assert feed.failures == 0


def test_what_is_due_is_queued_once(shop: Shop) -> None:
    shop.body = listed("a")
    now = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
    feed = feed_of(shop, every_minutes=60)
    CatalogFeed.objects.create(name="off", url=shop.url, every_minutes=60, enabled=False)
    CatalogFeed.objects.create(name="by hand", url=shop.url)
    CatalogFeed.objects.create(name="uploads", every_minutes=60)
    assert (pull_due_slice(now=now), pull_due_slice(now=now)) == (1, 0)
    with pytest.raises(AlreadyRunning):
        start_pull(feed, now)
    worked(FeedRun.objects.get())
    assert pull_due_slice(now=now + timedelta(minutes=59)) == 0
    assert pull_due_slice(now=now + timedelta(minutes=60)) == 1


def test_the_database_keeps_one_open_run_and_one_schedule_a_feed(shop: Shop) -> None:
    feed = feed_of(shop)
    FeedRun.objects.create(feed=feed)
    for broken in (
        lambda: FeedRun.objects.create(feed=feed),
        lambda: CatalogFeed.objects.create(name="both", every_minutes=60, at_time=time(3)),
        lambda: CatalogFeed.objects.create(name="often", every_minutes=4),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            broken()


def test_an_uploaded_file_goes_the_same_way(shop: Shop) -> None:
    feed = CatalogFeed.objects.create(name="Uploads")
    run = worked(start_upload(feed, [b"id,title\n", b"a,Mug\n"], utc_now()))
    assert (run.state, run.is_upload, counts(run)) == (State.DONE, True, (1, 0, 0, 0, 0))


def test_a_cancelled_run_leaves_what_it_took_and_no_file(shop: Shop, tmp_path: Path) -> None:
    feed = CatalogFeed.objects.create(name="Uploads")
    run = start_upload(feed, [b"id\na\n"], utc_now())
    assert cancel_run(run, utc_now())
    assert not cancel_run(run, utc_now())
    assert worked(run).state == State.CANCELLED
    assert not Product.objects.exists()


def test_a_run_that_lost_its_worker_goes_on_from_its_place(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "BATCH", 2)
    shop.body = listed("abcde")
    feed = feed_of(shop)
    run = start_pull(feed, utc_now())
    real = running._Reading._put
    left = [1]

    def dies(self: Any, piece: Any) -> None:
        if not left:
            raise KeyboardInterrupt
        left.pop()
        real(self, piece)

    with monkeypatch.context() as patch:
        patch.setattr(running._Reading, "_put", dies)
        with pytest.raises(KeyboardInterrupt):
            jobs.run_slice()
    run.refresh_from_db()
    assert (run.state, run.place, counts(run)) == (State.RUNNING, 2, (2, 0, 0, 0, 0))
    Job.objects.update(heartbeat_at=utc_now() - timedelta(minutes=5))
    assert counts(worked(run)) == (5, 0, 0, 0, 0)
    assert (run.state, len(shop.asked)) == (State.DONE, 1)  # the file was still there


@pytest.mark.parametrize("how", ["given up", "cancelled beside it", "gone"])
def test_a_run_whose_job_ended_without_it_does_not_keep_its_feed_from_being_pulled(shop: Shop, how: str) -> None:
    shop.body = listed("a")
    feed = feed_of(shop, every_minutes=5)
    run = start_pull(feed, utc_now())
    if how == "gone":
        Job.objects.all().delete()
    elif how == "given up":
        Job.objects.update(state="failed", finished_at=utc_now(), error="its worker was lost too often")
    else:
        assert run.job_id
        jobs.cancel([run.job_id])
    assert pull_due_slice() == 0
    run.refresh_from_db()
    why = "its worker was lost too often" if how == "given up" else "it was stopped"
    assert (run.state, run.error) == (State.FAILED, f"Its job ended without it: {why}. Pull it again.")
    assert pull(feed).state == State.DONE


def test_a_run_whose_file_is_gone_does_not_go_on_in_another_one(shop: Shop) -> None:
    shop.body = listed("ab")
    run = start_pull(feed_of(shop), utc_now())
    FeedRun.objects.update(state="running", path="file", place=1, started_at=utc_now())
    run = worked(run)
    assert (run.state, run.error.partition(":")[0], len(shop.asked)) == (State.FAILED, "The file is gone", 0)
    assert not Product.objects.exists()
