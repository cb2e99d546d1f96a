"""Both worlds through the real door and the real consumers: who is one person, and who got a mail."""

import json
from collections import Counter
from datetime import timedelta
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from pytest_django.live_server_helper import LiveServer

from automation import services as automation
from automation.models import Enrollment, Journey
from cdp.access.models import ServerKey
from cdp.lib.clock import utc_now
from cdp.outbox.services import drain_all
from commerce.models import Product
from events.models import Event, RejectedEvent, Source
from mailing.models import Message
from profiles.models import Identifier

KINDS = ("user_id", "email")
"""By which the owner and the guest of a borrowed tablet are known."""
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]


@pytest.fixture
def journey() -> Journey:
    journey = automation.ensure_default_journeys()
    Journey.objects.filter(pk=journey.pk).update(holdout_share=Decimal(0))
    journey.refresh_from_db()
    automation.sync_holdout(journey)
    automation.activate(journey)
    return journey


def simulate(live_server: LiveServer, folder: Path, **options: Any) -> tuple[dict[str, Any], str]:
    told, path = StringIO(), folder / "truth.json"
    call_command("simulate", url=live_server.url, settle=0, truth=str(path), stdout=told, **options)
    return json.loads(path.read_text()), told.getvalue()


def test_both_worlds_come_out_as_they_are(live_server: LiveServer, tmp_path: Path, journey: Journey) -> None:
    truth, told = simulate(live_server, tmp_path, seed=5, people=200, days=10, world="identity,shop,cart")
    assert "synthetic" in told
    drain_all()
    _events_are_complete(truth)
    _people_are_one(truth)
    _a_guest_on_a_borrowed_tablet_is_somebody_else(truth)
    # Carts that were idle on arrival are given a little while for the rest of their story: it is over.
    soon = utc_now() + timedelta(minutes=20)
    Enrollment.objects.filter(state__in=("armed", "waiting"), due_at__lte=soon).update(due_at=utc_now())
    drain_all()
    _mails_are_due(truth)


def _events_are_complete(truth: dict[str, Any]) -> None:
    assert Event.objects.count() == truth["events"]["unique"]
    assert Counter(Event.objects.values_list("name", flat=True)) == truth["events"]["by_name"]
    assert RejectedEvent.objects.count() == truth["events"]["to_quarantine"]
    assert Product.objects.count() == truth["products"]


def _people_are_one(truth: dict[str, Any]) -> None:
    found = {
        (kind, value): profile for kind, value, profile in Identifier.objects.values_list("kind", "value", "profile_id")
    }
    people = [
        [(each["kind"], each["value"]) for each in person["identifiers"]] for person in truth["identity"]["people"]
    ]
    owner = {key: number for number, keys in enumerate(people) for key in keys}
    by_profile: dict[Any, set[int]] = {}
    for key, number in owner.items():
        by_profile.setdefault(found[key], set()).add(number)
    assert [owners for owners in by_profile.values() if len(owners) > 1] == []
    apart = [
        (person["person"], cluster)
        for person, keys in zip(truth["identity"]["people"], people, strict=True)
        for cluster in person["clusters"]
        if len({found[keys[index]] for index in cluster}) > 1
    ]
    assert apart == []
    shared = {(each["kind"], each["value"]) for each in truth["identity"]["shared"]}
    assert set(found) == set(owner) | shared


def _a_guest_on_a_borrowed_tablet_is_somebody_else(truth: dict[str, Any]) -> None:
    """The tablet is whose it was first; the guest's address never follows it to the one who logs in there."""
    people = {person["person"]: person["identifiers"] for person in truth["identity"]["people"]}
    borrowed = [shared for shared in truth["identity"]["shared"] if shared["what"] == "borrowed tablet"]
    assert borrowed
    for shared in borrowed:
        owner, guest = (_profile_of(people[name], kind) for name, kind in zip(shared["people"], KINDS, strict=True))
        tablet = Identifier.objects.get(kind="anonymous_id", value=shared["value"])
        assert owner != guest
        assert tablet.profile_id in {owner, guest}
        assert not tablet.is_shared


def _profile_of(identifiers: list[dict[str, str]], kind: str) -> Any:
    (value,) = (each["value"] for each in identifiers if each["kind"] == kind)
    return Identifier.objects.get(kind=kind, value=value).profile_id


def _mails_are_due(truth: dict[str, Any]) -> None:
    # Letters that ask whether a browser spoke for its owner are no marketing: they have no way to unsubscribe.
    marketing = [message for message in mail.outbox if "List-Unsubscribe" in message.extra_headers]
    got = Counter(address for message in marketing for address in message.to)
    wrong = {
        cart["case"]: (cart["reason"], got[cart["address"]])
        for cart in truth["carts"]
        if cart["address"] and got[cart["address"]] != cart["must_mail"]
    }
    assert wrong == {}
    assert got == Counter(truth["must_mail"])
    assert Message.objects.exclude(state="sent").count() == 0


def test_a_second_run_repeats_nothing_and_leaves_no_key(live_server: LiveServer, tmp_path: Path) -> None:
    simulate(live_server, tmp_path, seed=3, people=20, days=3, now="2026-03-01T12:00:00Z")
    drain_all(only={"events.process"})
    count = Event.objects.count()
    simulate(live_server, tmp_path, seed=3, people=20, days=3, now="2026-03-01T12:00:00Z")
    drain_all(only={"events.process"})
    assert Event.objects.count() == count
    assert Source.objects.count() == 2
    assert not ServerKey.objects.filter(revoked_at=None).exists()


def test_a_wrong_write_key_is_named_and_nothing_is_written(live_server: LiveServer, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"/v1/batch of the service at .* answered: 401"):
        simulate(live_server, tmp_path, people=20, days=3, write_key="wk_unknown")
    assert not (tmp_path / "truth.json").exists()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"world": "moon"}, "worlds are among identity, cart"),
        ({"people": 0}, "at least 1"),
        ({"idle_minutes": 0}, "idle time"),
        ({"batch": 0}, "--batch takes 1 to 2000"),
        ({"url": "localhost:8000"}, "takes http://host:port"),
    ],
)
def test_bad_options_are_refused(options: dict[str, Any], says: str) -> None:
    with pytest.raises(CommandError, match=says):
        call_command("simulate", **{"people": 20, "days": 2, "url": "http://127.0.0.1:1"} | options)
    assert not Source.objects.filter(enabled=True, name="x").exists()
