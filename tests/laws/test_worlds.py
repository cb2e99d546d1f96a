"""The simulated worlds through the real service: who is one person, who got which mail, and controls that go red.

`HELD_OUT_SHARE` is what the journey ships with. Sent as the demo sends it: over HTTP, by `manage.py simulate`.
"""

import copy
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from tests.faults.rig import fresh_database
from tests.laws import judging
from tests.laws.worlds import Played, play, unit_of

HELD_OUT_SHARE = 0.1
RECALL = 0.98


@pytest.mark.service
@pytest.mark.nightly
@pytest.mark.timeout(300)
def test_the_worlds_come_out_as_they_are(tmp_path: Path) -> None:
    with fresh_database(os.environ["DATABASE_URL"]) as url:
        options = ("--seed", "11", "--people", "300", "--days", "10", "--world", "identity,shop,cart")
        played = play(tmp_path, url, settings.REDIS_URL, *options)
    assert faults(played) == [], figures(played)
    assert "kiosk flagged" in figures(played)
    assert "borrowed tablet with one owner" in figures(played)
    assert len(played.mails) > 10
    for name, sabotage in SABOTAGES.items():
        spoiled = copy.deepcopy(played)
        sabotage(spoiled)
        assert faults(spoiled) != [], f"nobody noticed: {name}"


@pytest.mark.parametrize(("held_out", "plausible"), [(0, True), (3, True), (14, False), (26, False)])
def test_a_holdout_far_from_its_share_is_not_believed(held_out: int, plausible: bool) -> None:
    assert judging.holdout_is_plausible(held_out, 26, HELD_OUT_SHARE) is plausible
    assert not judging.holdout_is_plausible(0, 140, HELD_OUT_SHARE)


def faults(played: Played) -> list[str]:
    """Everything in which the truth and the service disagree."""
    truth, found, mails = played.truth, played.found, played.mails
    identity = judging.judge_identity(truth, found)
    said = [] if identity.wrong == 0 and identity.recall >= RECALL else [str(identity)]
    said += judging.judge_shared(truth, found)[0]
    said += judging.judge_mails(truth, found, mails)
    said += judging.judge_carts(truth, found)
    said += judging.judge_contents(found, mails)
    held_out, due = heads(played)
    if not judging.holdout_is_plausible(held_out, due, HELD_OUT_SHARE):
        said.append(f"{held_out} of {due} held out")
    counts = truth["events"]
    if (found.events, found.quarantined) != (counts["by_name"], counts["to_quarantine"]):
        said.append(f"stored {found.events} and {found.quarantined} rejected; sent were {counts}")
    return said


def heads(played: Played) -> tuple[int, int]:
    """(held out, due) addresses."""
    due = {cart["address"] for cart in played.truth["carts"] if cart["must_mail"]}
    return sum(played.found.variants.get(unit_of(address)) == judging.HELD_OUT for address in due), len(due)


def figures(played: Played) -> str:
    """What was measured, in words."""
    held_out, due = heads(played)
    counts = played.truth["events"]
    ends = ", ".join(f"{count} {what}" for what, count in judging.judge_shared(played.truth, played.found)[1].items())
    return (
        f"{counts['unique'] + counts['repeated']} events sent in {played.sent_s:.1f} s, quiet after"
        f" {played.drained_s:.1f} s; {judging.judge_identity(played.truth, played.found)}; shared: {ends};"
        f" {len(played.truth['carts'])} carts, {due} due, {held_out} held out, {len(played.mails)} mails"
    )


# Controls: each spoils one thing of a run that was found right, and the judges must say so.


def _join_two_people(played: Played) -> None:
    (_, one, _), (_, other, _) = list(judging.owned(played.truth))[:2]
    played.found.profiles[other[0]] = played.found.profiles[one[0]]


def _scatter_people(played: Played) -> None:
    for number, key in enumerate(played.found.profiles):
        if key[0] == "anonymous_id" and number % 4 == 0:
            played.found.profiles[key] = (f"apart {number}", False)


def _give_a_shared_device_to_two(played: Played) -> None:
    shared = next(s for s in played.truth["identity"]["shared"] if s["what"] == "family tablet")
    owners = {person: keys[0] for person, keys, _ in judging.owned(played.truth)}
    for person in shared["people"]:
        played.found.profiles[owners[person]] = played.found.profiles[shared["kind"], shared["value"]]


def _give_a_guest_to_the_tablets_owner(played: Played) -> None:
    shared = next(s for s in played.truth["identity"]["shared"] if s["what"] == "borrowed tablet")
    people = {person: keys for person, keys, _ in judging.owned(played.truth)}
    owner, guest = (people[name] for name in shared["people"])
    address = next(key for key in guest if key[0] == "email")
    played.found.profiles[address] = played.found.profiles[owner[0]]


def _forget_a_flag(played: Played) -> None:
    key = next(key for key, (_, is_shared) in played.found.profiles.items() if is_shared)
    played.found.profiles[key] = (played.found.profiles[key][0], False)


def _lose_a_mail(played: Played) -> None:
    played.mails.pop()


def _send_a_mail_twice(played: Played) -> None:
    played.mails.append(played.mails[0])


def _mail_somebody_else(played: Played) -> None:
    never = next(cart["address"] for cart in played.truth["carts"] if not cart["must_mail"] and cart["address"])
    played.mails.append(replace(played.mails[0], recipients=(never,)))


def _treat_the_held_out(played: Played) -> None:
    played.found.variants = dict.fromkeys(played.found.variants, "treated")
    played.found.variants[unit_of(played.mails[0].recipients[0])] = judging.HELD_OUT


def _hold_everybody_out(played: Played) -> None:
    played.mails.clear()
    played.found.messages.clear()
    played.found.variants = dict.fromkeys(played.found.variants, judging.HELD_OUT)


def _give_another_reason(played: Played) -> None:
    sold_out = next(c for c in played.truth["carts"] if c["reason"] == "out_of_stock")
    key = f"cart:{sold_out['cart_id']}"
    played.found.enrollments[key] = [replace(each, reason="capped") for each in played.found.enrollments[key]]


def _tell_of_another_cart(played: Played) -> None:
    named = {each.message_id for each in played.found.messages if each.cart_key.startswith("cart:")}
    numbers = [number for number, mail in enumerate(played.mails) if str(mail.message["Message-ID"]) in named]
    one, *_, other = numbers
    swapped = _with_id(played.mails[other].message, played.mails[one].message)
    played.mails[one] = replace(played.mails[one], message=swapped)


def _with_id(body: Any, head: Any) -> Any:
    mixed = copy.deepcopy(body)
    for name in ("Message-ID", "To"):
        mixed.replace_header(name, str(head[name]))
    return mixed


def _lose_an_event(played: Played) -> None:
    played.found.events["Product Added"] -= 1


SABOTAGES: dict[str, Callable[[Played], None]] = {
    "two people joined": _join_two_people,
    "people scattered": _scatter_people,
    "a shared device joins its users": _give_a_shared_device_to_two,
    "a guest is whose tablet it was": _give_a_guest_to_the_tablets_owner,
    "a kiosk is somebody's": _forget_a_flag,
    "a mail lost": _lose_a_mail,
    "a mail sent twice": _send_a_mail_twice,
    "somebody mailed who must not be": _mail_somebody_else,
    "the holdout mailed": _treat_the_held_out,
    "everybody held out": _hold_everybody_out,
    "another reason": _give_another_reason,
    "mails about each other's carts": _tell_of_another_cart,
    "an event lost": _lose_an_event,
}
