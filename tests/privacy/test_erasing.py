"""Erasing as such: who is found, what gets a tombstone, what takes turns with events, what a restored dump knows."""

import json
import threading
from collections.abc import Callable
from contextlib import nullcontext
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from pytest_django import Settings

from cdp.lib.clock import utc_now
from cdp.lib.rights import Held, Person
from consent.models import Suppression, Tombstone
from consent.queries import erased
from consent.services.tombstones import no_event_meanwhile, silence_erased, tombstones_stand
from events.models import Event, Inbox
from events.services import accept, processing, storing
from privacy import journal
from privacy.services import erase_person, find_person, find_person_by_address, from_json, to_json
from profiles.models import Identifier, Profile
from profiles.queries import find
from tests.privacy.world import happened, identify, say, seen, server

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _folder(settings: Settings, tmp_path: Path) -> None:
    settings.VAR_DIR = tmp_path


def person_of(value: str, kind: str = "user_id") -> Person:
    found = find_person(kind, value)
    assert found is not None
    return found


def erase(person: Person) -> None:
    for _ in erase_person(person, utc_now()):
        pass


def kinds(person: Person) -> set[str]:
    return {one.kind for one in person.identifiers}


def test_a_person_is_found_by_any_spelling_and_by_the_hash_of_their_address() -> None:
    identify("jane", email="Jane@Example.com")
    person = person_of("JANE@example.com", "email")
    assert {(one.kind, one.value) for one in person.identifiers} == {("user_id", "jane"), ("email", "jane@example.com")}
    assert find_person_by_address(person.address_hashes[0]) == person
    assert from_json(to_json(person)) == person


def test_an_address_nobody_saw_is_a_person_of_that_address_alone() -> None:
    assert find_person("email", "nobody@example.com") == Person((Held(0, "email", "nobody@example.com"),))
    assert find_person("user_id", "nobody") is None
    assert find_person("email", "not an address") is None


def test_who_went_by_another_profile_is_found_with_it_and_a_shared_device_stays_apart() -> None:
    for number in range(7):
        seen(("user_id", f"guest-{number}"), ("device_id", "kiosk"))
    seen(("user_id", "guest-0"), ("anonymous_id", "phone"))
    person = person_of("guest-0")
    assert kinds(person) == {"user_id", "anonymous_id"}
    assert [one.value for one in person.shared] == ["kiosk"]
    assert set(person.profile_ids) == set(
        Identifier.objects.filter(pk__in=person.ids).values_list("minted_id", flat=True)
    )


def test_only_devices_that_nobody_else_used_get_a_tombstone() -> None:
    identify("jane", email="jane@example.com")
    seen(("user_id", "jane"), ("anonymous_id", "her-own"))
    seen(("user_id", "jane"), ("anonymous_id", "both"))
    seen(("user_id", "john"), ("anonymous_id", "both"))
    erase(person_of("jane"))
    asked = [("user_id", "jane"), ("email", "jane@example.com"), ("anonymous_id", "her-own"), ("anonymous_id", "both")]
    assert set(erased(asked)) == set(asked[:3])
    assert find("user_id", "john") is not None


def test_erasing_one_leaves_everybody_elses_profile_as_it_is() -> None:
    for user in ("jane", "john"):
        identify(user, email=f"{user}@example.com")
        happened({"type": "track", "event": "Product Viewed", "userId": user, "properties": {"product_id": "p1"}})
    john = person_of("john")
    before = Profile.objects.filter(pk__in=john.profile_ids).values().get()
    erase(person_of("jane"))
    assert Profile.objects.filter(pk__in=john.profile_ids).values().get() == before
    assert Event.objects.count() == 2
    assert Identifier.objects.count() == 2


def test_a_hundred_requests_of_several_people_lose_only_hers() -> None:
    for number in range(3):
        track = {"type": "track", "event": "Seen", "properties": {"number": number}}
        happened(*({**track, "userId": user} for user in "abc" * 2))
    person = person_of("a")
    assert Event.objects.filter(identifier_id__in=person.ids).count() == 6
    erase(person)
    assert Event.objects.count() == 12
    bodies = [bytes(row.body) for row in Inbox.objects.all()]
    assert [body.count(b'"blanked":true') for body in bodies] == [2, 2, 2]
    assert [body.count(b'"userId":"b"') for body in bodies] == [2, 2, 2]


@pytest.mark.parametrize(
    ("traits", "trace"),
    [({"phone": "+49 (0)151 1234-5678"}, b"1234"), ({"email": "J\u00d6RG@example.com"}, b"@")],
)
def test_what_came_twice_is_blanked_however_it_was_spelled(traits: dict[str, str], trace: bytes) -> None:
    """No event points to the second copy, and its one identifier is not written in its canonical way."""
    for _ in range(2):
        item = {"type": "identify", "messageId": "twice", "traits": traits}
        accept(server(), json.dumps(item).encode(), path_type="identify")
        processing.process_slice()
    assert [trace in bytes(row.body) for row in Inbox.objects.all()] == [True, True]
    kind, value = next(iter(traits.items()))
    erase(person_of(value, kind))
    assert [trace in bytes(row.body) for row in Inbox.objects.all()] == [False, False]


def test_whoever_lays_tombstones_waits_for_events_in_hand_and_the_next_events_wait_for_it() -> None:
    """No event that was judged by the old tombstones is stored after the new ones."""
    order: list[str] = []
    holding, release = threading.Event(), threading.Event()

    def store() -> None:
        with tombstones_stand():
            holding.set()
            release.wait(10)
            order.append("stored")
        connection.close()

    def lay() -> None:
        with no_event_meanwhile():
            order.append("laid")
        connection.close()

    threads = [threading.Thread(target=store)]
    threads[0].start()
    assert holding.wait(10)
    threads.append(threading.Thread(target=lay))
    threads[1].start()
    threads[1].join(0.3)
    assert order == []
    release.set()
    for thread in threads:
        thread.join(20)
    assert order == ["stored", "laid"]


def test_an_erased_address_is_silent_until_its_owner_signs_up_again() -> None:
    identify("jane", email="jane@example.com")
    person = person_of("jane")
    say("email_marketing", "granted", email="jane@example.com", at=utc_now() - timedelta(days=1))
    erase(person)
    assert Suppression.objects.get().reason == "erasure"
    say("email_marketing", "granted", email="jane@example.com", at=utc_now() - timedelta(hours=1))
    assert Suppression.objects.get().reason == "erasure"  # said before the erasure
    say("email_marketing", "granted", email="jane@example.com", at=utc_now())
    assert not Suppression.objects.exists()


def test_a_complaint_outlives_an_erasure() -> None:
    person = Person((Held(0, "email", "jane@example.com"),))
    Suppression.objects.create(address_hash=person.address_hashes[0], scope="marketing", reason="complaint")
    with transaction.atomic():
        silence_erased(person.address_hashes, utc_now())
    assert Suppression.objects.get().reason == "complaint"


def forget_the_erasure() -> None:
    """As an older dump does: the tombstones are not in it, and the person is."""
    Tombstone.objects.all().delete()
    Suppression.objects.all().delete()
    identify("jane", email="jane@example.com", at=utc_now() - timedelta(days=3))


def test_a_restored_dump_is_told_of_the_erasures_it_does_not_know() -> None:
    identify("jane", email="jane@example.com")
    identify("john", email="john@example.com")
    erase(person_of("jane"))
    forget_the_erasure()
    assert find("user_id", "jane") is not None
    with pytest.raises(CommandError, match="1 erasures are not known here"):
        call_command("erasures", "verify")
    said = StringIO()
    call_command("erasures", "apply", stdout=said)
    assert "2 found" in said.getvalue()
    assert find("user_id", "jane") is None
    assert find("user_id", "john") is not None
    assert len(erased([("user_id", "jane"), ("email", "jane@example.com")])) == 2
    call_command("erasures", "verify")
    call_command("erasures", "apply", stdout=said)
    assert "nothing to do" in said.getvalue()


def test_who_was_separated_after_the_dump_is_not_erased_with_the_other(settings: Settings) -> None:
    """The dump knows jane and john as one; when jane was erased, staff had separated them, and both used a device."""
    identify("jane", email="jane@example.com")
    seen(("user_id", "jane"), ("anonymous_id", "both"))
    identify("john", email="john@example.com")
    seen(("user_id", "john"), ("anonymous_id", "both"))
    erase(person_of("jane"))
    Tombstone.objects.all().delete()
    joined = utc_now() - timedelta(days=3)
    happened(
        {"type": "identify", "userId": "jane", "traits": {"email": "john@example.com"}, "timestamp": joined.isoformat()}
    )
    assert kinds(person_of("jane")) >= {"user_id", "email"}
    call_command("erasures", "apply", stdout=StringIO())
    assert find("user_id", "jane") is None
    assert find("email", "john@example.com") is not None
    assert find("user_id", "john") is not None


def test_a_device_of_both_does_not_take_the_other_along_after_a_restore() -> None:
    identify("jane", email="jane@example.com")
    seen(("user_id", "jane"), ("anonymous_id", "both"))
    seen(("user_id", "john"), ("anonymous_id", "both"))
    erase(person_of("jane"))
    Tombstone.objects.all().delete()
    seen(("user_id", "john"), ("anonymous_id", "both"))  # in the dump jane is not known yet
    call_command("erasures", "apply", stdout=StringIO())
    assert find("user_id", "john") is not None
    assert len(erased([("user_id", "jane"), ("email", "jane@example.com")])) == 2


def test_a_line_of_the_journal_that_was_cut_off_does_not_swallow_the_next() -> None:
    identify("jane", email="jane@example.com")
    journal.path().write_text('{"erased_at": "2026-')
    erase(person_of("jane"))
    assert [len(one.held) for one in journal.noted()] == [2]


def test_what_joins_in_the_last_moment_goes_along(monkeypatch: pytest.MonkeyPatch) -> None:
    identify("jane", email="jane@example.com")
    person, real = person_of("jane"), journal.note

    def join(noted: journal.Noted) -> None:
        seen(("user_id", "jane"), ("anonymous_id", "late"))
        real(noted)

    monkeypatch.setattr(journal, "note", join)
    erase(person)
    assert find("anonymous_id", "late") is None


def test_a_device_that_lost_its_name_in_a_run_that_died_is_erased_by_the_next() -> None:
    """It joined after the person was found, so only the run that died knew of it."""
    identify("jane", email="jane@example.com")
    person, now = person_of("jane"), utc_now()
    seen(("user_id", "jane"), ("anonymous_id", "late"))
    next(erase_person(person, now))
    list(erase_person(person, now))
    assert not Identifier.objects.exists()


def test_an_address_that_is_seen_between_its_request_and_its_erasure_is_erased() -> None:
    person, now = person_of("jane@example.com", "email"), utc_now()
    identify("jane", email="jane@example.com", at=now - timedelta(minutes=1))
    list(erase_person(person, now))
    assert find("email", "jane@example.com") is None
    identify("jane", email="jane@example.com", at=now + timedelta(seconds=1))
    list(erase_person(person, now))
    assert find("email", "jane@example.com") is not None


def test_a_restored_dump_without_the_journal_keeps_the_erased() -> None:
    """Negative control: it is the journal that knows."""
    identify("jane", email="jane@example.com")
    erase(person_of("jane"))
    journal.path().unlink()
    forget_the_erasure()
    call_command("erasures", "apply", stdout=StringIO())
    assert find("user_id", "jane") is not None


def test_the_journal_holds_nothing_but_hashes_and_is_written_once() -> None:
    identify("jane", email="jane@example.com")
    person, now = person_of("jane"), utc_now()
    for _ in range(2):
        list(erase_person(person, now))
    lines = journal.path().read_text().splitlines()
    assert len(lines) == 1
    assert "jane" not in lines[0]
    assert journal.path().stat().st_mode & 0o777 == 0o600


def test_events_of_before_are_refused_for_ever_and_later_ones_begin_anew(drain: Any) -> None:
    identify("jane", email="jane@example.com")
    old = person_of("jane")
    erase(old)
    identify("jane", at=utc_now() - timedelta(minutes=1), city="Berlin")
    assert find("user_id", "jane") is None
    identify("jane", at=utc_now() + timedelta(seconds=1), city="Berlin")
    back = person_of("jane")
    assert not set(back.ids) & set(old.ids)
    assert not set(back.profile_ids) & set(old.profile_ids)
    assert kinds(back) == {"user_id"}


@pytest.mark.parametrize("is_sabotaged", [False, True])
def test_a_slice_that_was_judged_before_the_erasure_leaves_nothing_behind(
    is_sabotaged: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It looks at the tombstones, somebody erases, then it stores. Negative control: without the lock it stays."""
    identify("jane", email="jane@example.com")
    person, now = person_of("jane"), utc_now()
    if is_sabotaged:
        monkeypatch.setattr(processing, "tombstones_stand", nullcontext)
    judged, go_on, real = threading.Event(), threading.Event(), storing.store

    def late(*args: Any, **more: Any) -> int:
        judged.set()
        assert go_on.wait(30)
        return real(*args, **more)

    monkeypatch.setattr(storing, "store", late)
    accept(
        server(),
        json.dumps({"type": "track", "userId": "jane", "event": "Seen", "properties": {"note": "canary"}}).encode(),
        path_type="track",
        received_at=now - timedelta(minutes=1),
    )
    threads = [threading.Thread(target=closing(processing.process_slice))]
    threads[0].start()
    assert judged.wait(30)
    threads.append(threading.Thread(target=closing(lambda: list(erase_person(person, now)))))
    threads[1].start()
    threads[1].join(10 if is_sabotaged else 0.3)
    go_on.set()
    for thread in threads:
        thread.join(40)
    assert Event.objects.exists() == is_sabotaged
    assert (find("user_id", "jane") is not None) == is_sabotaged


def closing(work: Callable[[], object]) -> Callable[[], None]:
    """`work` in a thread, whose connection is closed at its end."""

    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    return run
