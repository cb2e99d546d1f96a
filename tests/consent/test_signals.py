"""What events of the known formats say about consent, and what a browser may not say."""

from datetime import UTC, datetime
from typing import Any

import pytest

from consent import signals
from consent.contracts import DENIED, GRANTED, WITHDRAWN, SignalEvent


def event(*, name: str = "Product Viewed", type_: str = "track", server_side: bool = True, **rest: Any) -> SignalEvent:
    return SignalEvent(
        source_id=1,
        server_side=server_side,
        message_hash=b"m" * 16,
        type=type_,
        name=name,
        occurred_at=datetime(2026, 3, 1, tzinfo=UTC),
        identifier_id=5,
        **rest,
    )


def said(subject: SignalEvent) -> set[tuple[str, str, str]]:
    return {(s.purpose, s.state, s.method) for s in signals.read(subject)}


def test_segment_category_preferences_become_purposes_and_unknown_categories_nothing() -> None:
    context = {"consent": {"categoryPreferences": {"Analytics": True, "Advertising": False, "Weather": True}}}
    assert said(event(context=context)) == {
        ("analytics", GRANTED, "context"),
        ("third_party_sharing", DENIED, "context"),
    }


def test_a_preference_update_is_something_the_person_did() -> None:
    context = {"consent": {"categoryPreferences": {"Functional": False}}}
    found = signals.read(event(name="Segment Consent Preference Updated", context=context))
    assert [(s.purpose, s.state, s.explicit) for s in found] == [("personalization", DENIED, True)]


def test_rudderstack_consent_management_is_read_and_a_category_on_both_sides_is_denied() -> None:
    context = {"consentManagement": {"allowedConsentIds": ["C0002", "C0003"], "deniedConsentIds": ["C0003", "C0004"]}}
    assert said(event(context=context)) == {
        ("analytics", GRANTED, "context"),
        ("personalization", DENIED, "context"),
        ("third_party_sharing", DENIED, "context"),
    }


def test_global_privacy_control_refuses_sharing() -> None:
    assert said(event(gpc=True)) == {("third_party_sharing", DENIED, "gpc")}


@pytest.mark.parametrize("name", ["Unsubscribed", "Email Unsubscribed", "email unsubscribed"])
def test_an_unsubscription_withdraws_even_from_a_browser(name: str) -> None:
    for server_side in (True, False):
        found = signals.read(event(name=name, server_side=server_side))
        assert [(s.purpose, s.state, s.suppress) for s in found] == [("email_marketing", WITHDRAWN, "unsubscribe")]


def test_a_browser_s_sign_up_waits_and_a_server_s_does_not() -> None:
    for name, purpose in (("Email Subscribed", "email_marketing"), ("SMS Subscribed", "sms_marketing")):
        for server_side in (True, False):
            (found,) = signals.read(event(name=name, server_side=server_side))
            assert (found.purpose, found.state, found.waits) == (purpose, GRANTED, not server_side)


def test_a_browser_can_neither_open_a_mailbox_by_its_context_nor_report_bounces_and_complaints() -> None:
    context = {"consent": {"categoryPreferences": {"email_marketing": True}}}
    bounce = {"bounce_type": "hard"}
    hostile: list[dict[str, Any]] = [
        {"context": context},
        {"name": "Email Marked as Spam"},
        {"name": "Email Bounced", "properties": bounce},
    ]
    for part in hostile:
        assert signals.read(event(server_side=False, **part)) == ()
        assert len(signals.read(event(server_side=True, **part))) == 1


def test_only_a_permanent_bounce_silences_an_address() -> None:
    assert signals.read(event(name="Email Bounced", properties={"bounce_type": "soft"})) == ()
    assert signals.read(event(name="Email Bounced")) == ()


def test_names_mean_something_on_track_events_only() -> None:
    assert signals.read(event(name="Unsubscribed", type_="page")) == ()


@pytest.mark.parametrize(
    "context",
    [
        {"consent": None},
        {"consent": {"categoryPreferences": [1]}},
        {"consent": {"categoryPreferences": {"Analytics": "yes", "": None}}},
        {"consentManagement": {"allowedConsentIds": {"a": 1}, "deniedConsentIds": [None, 3]}},
        {"consentManagement": "all"},
    ],
)
def test_wrong_types_say_nothing(context: dict[str, Any]) -> None:
    assert signals.read(event(context=context)) == ()


def test_the_hot_path_test_never_misses_what_read_would_find() -> None:
    parts: list[dict[str, Any]] = [{"context": {"consent": {}}}, {"gpc": True}, {"name": "UNSUBSCRIBED"}]
    for part in parts:
        spoken = event(**part)
        assert signals.may_speak(name=spoken.name, context=spoken.context, gpc=spoken.gpc)
    assert not signals.may_speak(name="Product Viewed", context={"ip": "1.2.3.4"})


def test_the_address_is_taken_from_traits_before_context_before_properties() -> None:
    properties, context, traits = {"email": "p@x.org"}, {"traits": {"email": "c@x.org"}}, {"email": "t@x.org"}
    assert signals.address_of(event(properties=properties, context=context, traits=traits)) == "t@x.org"
    assert signals.address_of(event(properties=properties, context=context)) == "c@x.org"
    assert signals.address_of(event(properties=properties)) == "p@x.org"
    assert signals.address_of(event(properties={"email": 3})) is None


ALL, NONE = "CQgYw8AQgcD4AAfADBENAwFgAP_gAAAAAAYgFeQAwABAAIAV4AAAAAAA", "CQgYw8AQgcD4AAfADBENAwFgAAAAAAAAAAYgAAAAAAAA"


@pytest.mark.parametrize(
    "context",
    [
        {"consent": {"tcf": NONE}},
        {"consent": {"tcf": {"tcString": NONE}}},
        {"consent": {"tcString": NONE}},
        {"tcString": NONE},
        {"IABTCF_TCString": NONE},
    ],
)
def test_a_tc_string_is_found_wherever_consent_tools_put_it(context: dict[str, Any]) -> None:
    assert signals.may_speak(name="Product Viewed", context=context)
    assert said(event(context=context)) == {
        (purpose, DENIED, "tcf") for purpose in ("analytics", "personalization", "ml_training", "third_party_sharing")
    }


def test_a_tc_string_in_properties_counts_on_the_consent_event_only() -> None:
    properties = {"IABTCF_TCString": ALL}
    assert said(event(properties=properties)) == set()
    found = signals.read(event(name="Segment Consent Preference Updated", properties=properties))
    assert {(one.state, one.method, one.tc_string) for one in found} == {(GRANTED, "tcf", ALL)}


def test_an_unreadable_tc_string_says_nothing_and_is_told() -> None:
    broken = event(context={"tcString": "!!!"})
    assert (signals.read(broken), signals.is_malformed(broken)) == ((), True)
    assert not signals.is_malformed(event(context={"tcString": NONE}))
    assert not signals.is_malformed(event(context={"tcString": 3}))


def test_staff_s_categories_come_before_the_shipped_ones_and_unknown_ones_are_told_of() -> None:
    unknown: list[str] = []
    meaning = signals.Meaning(
        of_category={"Marketing": "analytics"}.get, gpc=("analytics", "ml_training"), unmapped=unknown.append
    )
    context = {"consent": {"categoryPreferences": {"Marketing": False, "Weather": True}}}
    found = signals.read(event(context=context, gpc=True), meaning)
    assert {(one.purpose, one.method) for one in found} == {("analytics", "gpc"), ("ml_training", "gpc")}
    assert unknown == ["Weather"]
