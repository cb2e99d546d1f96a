"""The truth's files, and holding the real platform against them; each comparison has a sabotage that turns it red."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django.live_server_helper import LiveServer

from cdp.access.services import make_server_key
from cdp.demo.history import Sources, write_past
from cdp.demo.simulate import checking, sense, truth_files
from cdp.demo.simulate.market import make_market
from cdp.demo.simulate.sending import Target
from cdp.demo.simulate.sense import Asker, check_sense
from cdp.demo.simulate.worlds import Plan
from cdp.jobs.models import Job
from cdp.lib.clock import utc_now
from cdp.outbox.services import drain_all
from consent.models import Entry
from events.models import Event, RejectedEvent, Source
from profiles.models import Identifier
from recommendations import services as recommendations

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]
FILES = {f"{name}.ndjson" for name in truth_files.NAMES} | {"effects.json", "manifest.json"}


def read(folder: Path, name: str) -> list[dict[str, Any]]:
    return list(truth_files.read(folder, name))


def sources() -> Sources:
    return Sources(
        Source.objects.create(name="pages", kind=Source.Kind.BROWSER),
        Source.objects.create(name="backend", kind=Source.Kind.SERVER),
    )


def test_a_past_written_in_bulk_is_as_in_truth(live_server: LiveServer, tmp_path: Path) -> None:
    kept, plan = sources(), Plan(7, 150, 30, utc_now(), worlds=("shop", "cart"))
    _, secret = make_server_key("tests", ["catalog:write", "recommendations:read"])
    target = Target(live_server.url, kept.browser.write_key, kept.server.write_key, secret)
    made = write_past(plan, kept, target, tmp_path)
    drain_all()
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    assert {path.name for path in tmp_path.iterdir()} == FILES
    assert manifest["synthetic"] is True
    assert manifest["events"]["unique"] + manifest["events"]["repeated"] == made
    assert Counter(Event.objects.values_list("name", flat=True)) == manifest["events"]["by_name"]
    assert RejectedEvent.objects.count() == 0
    assert not Event.objects.filter(received_at__lt=utc_now() - timedelta(days=31)).exists()
    assert Event.objects.filter(received_at__lt=utc_now() - timedelta(days=20)).exists()
    _identity_is_as_in_truth(tmp_path)
    _consent_is_as_in_truth(tmp_path)
    _recommendations_make_sense(tmp_path, Asker(live_server.url, secret))


def _identity_is_as_in_truth(folder: Path) -> None:
    verdict = checking.check_identity(folder)
    assert verdict.is_good, verdict.sentence
    assert "precision 1.0000, recall 1.0000" in verdict.sentence
    one, other = read(folder, "people")[:2]
    joined = Identifier.objects.get(kind="user_id", value=one["user_id"])
    Identifier.objects.filter(kind="user_id", value=other["user_id"]).update(profile_id=joined.profile_id)
    assert not checking.check_identity(folder).is_good


def _consent_is_as_in_truth(folder: Path) -> None:
    verdict = checking.check_consent(folder, utc_now())
    assert verdict.is_good, verdict.sentence
    for what in (b'"may_mail":', b'"may_personalize":'):
        with _spoiled(folder / "consent.ndjson", what + b"true", what + b"false"):
            assert not checking.check_consent(folder, utc_now()).is_good
    assert Entry.objects.exists()


def _recommendations_make_sense(folder: Path, asker: Asker) -> None:
    assert "not compared, as no model is live" in check_sense(folder, 7, asker).sentence
    job = recommendations.train_later()
    drain_all()
    assert Job.objects.get(pk=job.pk).state == Job.State.DONE
    verdict = check_sense(folder, 7, asker)
    assert verdict.is_good, verdict.sentence


class _spoiled:  # noqa: N801 - used like a function
    """A file with its first `old` replaced by `new` while the block runs."""

    def __init__(self, path: Path, old: bytes, new: bytes) -> None:
        self.path, self.whole, self.changed = path, path.read_bytes(), path.read_bytes().replace(old, new, 1)
        assert self.whole != self.changed

    def __enter__(self) -> None:
        self.path.write_bytes(self.changed)

    def __exit__(self, *args: object) -> None:
        self.path.write_bytes(self.whole)


def test_the_files_say_each_person_once_and_what_was_planted(tmp_path: Path) -> None:
    told = StringIO()
    options: dict[str, Any] = {"people": 200, "days": 40, "now": "2026-03-01T12:00:00Z", "seed": 4}
    call_command("simulate", dry_run=True, truth_dir=str(tmp_path), stdout=told, **options)
    people, effects = read(tmp_path, "people"), json.loads((tmp_path / "effects.json").read_text())
    shop = [person for person in people if person["person"].startswith("shop-")]
    assert len(shop) == len({person["person"] for person in shop}) == 170
    assert [person["person"] for person in shop] == [row["person"] for row in read(tmp_path, "tastes")]
    assert [person["person"] for person in shop] == [row["person"] for row in read(tmp_path, "consent")]
    assert Counter(each for home in read(tmp_path, "households") for each in home["people"]) == Counter(
        person["person"] for person in shop
    )
    assert len(people) > len(shop)  # those of the cart world
    assert {cart["reason"] for cart in read(tmp_path, "carts")} > {"due", "ordered", "withdrawn", "out_of_stock"}
    products = set(make_market(4).column)
    assert all(set(bundle) <= products for bundle in effects["bundles"])
    assert effects["campaigns"]["orders_by_stratum"]["persuadable"][0] < 0.1
    assert effects["frictions"].keys() == {"payment", "slow_list"}
    assert {row["campaign"] for row in read(tmp_path, "campaigns")} == {"welcome-back-voucher", "free-shipping"}
    assert "synthetic" in told.getvalue()


def test_a_check_that_finds_a_difference_fails_and_names_it(live_server: LiveServer, tmp_path: Path) -> None:
    options: dict[str, Any] = {"people": 20, "days": 5, "seed": 4, "url": live_server.url, "world": "shop"}
    call_command("simulate", dry_run=True, truth_dir=str(tmp_path), stdout=StringIO(), **options)
    told = StringIO()
    with pytest.raises(CommandError, match="The platform and the truth disagree"):
        call_command("simulate", against=str(tmp_path), stdout=told, **options)
    assert "NOT AS IN TRUTH: identity" in told.getvalue()


def test_a_folder_without_truth_is_named(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="holds no truth: name the folder that --truth-dir wrote"):
        call_command("simulate", against=str(tmp_path / "nothing"), stdout=StringIO())


def test_liking_is_the_utility_the_choices_were_made_by(tmp_path: Path) -> None:
    call_command(
        "simulate", dry_run=True, truth_dir=str(tmp_path), people=40, days=5, seed=4, world="shop", stdout=StringIO()
    )
    market = make_market(4)
    for row in _some(truth_files.read(tmp_path, "tastes")):
        liking = sense._liking(row, market)
        best = sorted(range(market.size), key=lambda place: -liking[place] if not market.sold_out[place] else 99)
        assert len({market.products[place].product_id for place in best[:20]} & set(row["top_products"])) >= 19


def _some(rows: Iterator[dict[str, Any]]) -> list[dict[str, Any]]:
    return list(rows)[:10]
