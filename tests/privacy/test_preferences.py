"""What a form of the preference center means: tables of the pure module."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from privacy.preferences import Center, Mailing, Switch, Wish, flipped, pause_until, refused, resolve, undoing

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
NEWS = Switch("email_news", "News", "", "email", False, "as_parent")
OFFERS = Switch("email_offers", "Offers", "", "email", False, "as_parent")
MAILS = Switch("email_marketing", "E-mails", "", "email", False, "default_off", topics=(NEWS, OFFERS))
ANALYTICS = Switch("analytics", "Analytics", "", "", True, "default_on")
OFF = Center("j•••", "gdpr", "default", switches=(MAILS, ANALYTICS), mailing=Mailing())
MAILS_ON = replace(MAILS, on=True, topics=(replace(NEWS, on=True), replace(OFFERS, on=True)))
ON = replace(OFF, switches=(MAILS_ON, ANALYTICS))


def test_only_what_was_moved_is_a_choice() -> None:
    assert flipped(["a", "b", "c"], was=["a"], on=["a", "b"]) == {"b": True}
    assert flipped(["a"], was=["a", "hidden"], on=["other"]) == {"a": False}


@pytest.mark.parametrize(
    ("center", "moved", "written"),
    [
        (OFF, {"analytics": False}, {"analytics": False}),
        (OFF, {"analytics": True}, {}),
        (OFF, {"email_marketing": True}, {"email_marketing": True}),
        # A topic alone: nothing else comes with it.
        (OFF, {"email_news": True}, {"email_marketing": True, "email_news": True, "email_offers": False}),
        (
            OFF,
            {"email_marketing": True, "email_news": True},
            {"email_marketing": True, "email_news": True, "email_offers": False},
        ),
        (ON, {"email_marketing": False}, {"email_marketing": False}),
        (ON, {"email_marketing": False, "email_news": True}, {"email_marketing": False}),
        (ON, {"email_marketing": False, "email_news": False}, {"email_marketing": False, "email_news": False}),
        (ON, {"email_news": False}, {"email_news": False}),
        (OFF, {"email_marketing": False, "email_news": True}, {}),
        (OFF, {"unknown": True}, {}),
    ],
)
def test_what_is_written_of_a_wish(center: Center, moved: dict[str, bool], written: dict[str, bool]) -> None:
    assert resolve(center, Wish(moved)) == written


def test_parents_are_written_before_their_topics() -> None:
    assert next(iter(resolve(OFF, Wish({"email_offers": True})))) == "email_marketing"


def test_stopping_ends_what_has_a_channel_and_is_on() -> None:
    assert resolve(ON, Wish(stops_all=True)) == {"email_marketing": False}
    assert resolve(OFF, Wish(stops_all=True)) == {}


def test_what_is_locked_is_neither_written_nor_forgotten() -> None:
    locked = replace(OFF, switches=(replace(MAILS, lock="complaint"), ANALYTICS))
    wish = Wish({"email_marketing": True, "email_news": True, "analytics": False})
    assert resolve(locked, wish) == {"analytics": False}
    assert refused(locked, wish) == ("email_marketing",)
    assert refused(OFF, Wish({"unknown": True, "analytics": False})) == ("unknown",)


def test_a_pause_lasts_30_days_and_is_restored_as_it_was() -> None:
    assert pause_until(Wish(pause=True), now=NOW) == NOW + timedelta(days=30)
    assert pause_until(Wish(pause=False), now=NOW) is None
    old = NOW + timedelta(days=3)
    assert pause_until(Wish(pause=True, pause_until=old), now=NOW) == old
    assert pause_until(Wish(pause=True, pause_until=NOW + timedelta(days=999)), now=NOW) == NOW + timedelta(days=31)


def test_undoing_names_exactly_what_differs() -> None:
    assert undoing(ON, ON).is_empty
    paused = replace(ON, switches=(MAILS, ANALYTICS), mailing=Mailing("weekly", NOW), locale="de")
    undo = undoing(ON, paused, spoken="en")
    assert undo.switches == {"email_marketing": True, "email_news": True, "email_offers": True}
    assert (undo.frequency, undo.pause, undo.pause_until, undo.locale) == ("all", False, None, "en")
    assert undoing(paused, ON).pause_until == NOW
