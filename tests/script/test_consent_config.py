"""What the banner reads before anybody is known: which law, what to ask, in which words."""

import hashlib
from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from consent.models import Notice, Purpose, PurposeRule, Wording
from consent.purposes_in_force import forget_purposes
from consent.words_in_force import forget_words
from events.models import Source

pytestmark = pytest.mark.django_db


@pytest.fixture
def source() -> Source:
    return Source.objects.create(name="shop", kind="browser")


def ask(source: Source, **query: str) -> dict[str, Any]:
    answer = Client().get("/v1/consent/config", {"write_key": source.write_key, **query})
    assert answer.status_code == 200, answer.content
    found: dict[str, Any] = answer.json()
    return found


@pytest.mark.parametrize(
    ("query", "regime", "by", "asks"),
    [
        ({"tz": "Europe/Berlin"}, "gdpr", "time_zone", True),
        ({"tz": "Europe/Zurich"}, "gdpr", "time_zone", True),
        ({"tz": "America/New_York"}, "ccpa", "time_zone", False),
        ({"tz": "Europe/Berlin", "country": "us"}, "ccpa", "country", False),
        ({"country": "US", "region": "TX"}, "ccpa", "country", False),
        ({"country": "US", "region": "AL"}, "can_spam", "country", False),
        ({"country": "BR"}, "other", "country", False),
        ({"tz": "UTC"}, "gdpr", "default", True),
        ({"tz": "<script>", "country": "Atlantis"}, "gdpr", "default", True),
        ({}, "gdpr", "default", True),
    ],
)
def test_the_law_follows_from_country_then_time_zone_then_the_setting(
    query: dict[str, str], regime: str, by: str, asks: bool, source: Source, settings: Settings
) -> None:
    settings.CONSENT_DEFAULT_REGIME = "gdpr"
    told = ask(source, **query)
    assert (told["regime"], told["by"], told["ask"]) == (regime, by, asks)


def test_it_lists_what_a_browser_may_answer_with_what_holds_and_what_gpc_denies(source: Source) -> None:
    told = ask(source, country="DE")
    held = {each["code"]: each["allowed_by_default"] for each in told["purposes"]}
    assert held == {"analytics": False, "personalization": False, "ml_training": True, "third_party_sharing": False}
    assert told["gpc"] == {"honored": True, "purposes": ["third_party_sharing"]}
    assert told["expires_after_days"] == 395
    assert ask(source, country="US")["expires_after_days"] is None


def test_words_are_of_the_pages_language_with_ids_an_answer_can_name(source: Source) -> None:
    words = Wording.objects.create(
        purpose_id="analytics",
        version=7,
        locale="en",
        title="Count visits",
        text="We count.",
        sha256=_sha("Count visits", "We count."),
    )
    german = Wording.objects.create(
        purpose_id="analytics",
        version=7,
        locale="de",
        title="Besuche zählen",
        text="Wir zählen.",
        sha256=_sha("Besuche zählen", "Wir zählen."),
    )
    forget_words()
    told = ask(source, country="DE", lang="en-GB")
    (analytics,) = (each for each in told["purposes"] if each["code"] == "analytics")
    assert (analytics["title"], analytics["text"], analytics["wording"]) == ("Count visits", "We count.", words.pk)
    assert told["words"]["refuse"] == "Refuse all"
    told = ask(source, country="DE", lang="de-AT")
    (analytics,) = (each for each in told["purposes"] if each["code"] == "analytics")
    assert (analytics["title"], analytics["wording"], analytics["locale"]) == ("Besuche zählen", german.pk, "de")
    assert (told["locale"], told["words"]["refuse"], told["words"]["accept"]) == (
        "de",
        "Alle ablehnen",
        "Alle annehmen",
    )
    assert ask(source, country="US", lang="de")["words"]["settings"] == "Ihre Datenschutz-Entscheidungen"
    assert ask(source, country="DE", lang="tlh")["locale"] == "en"


def test_a_notice_says_since_when_everybody_is_asked_again(source: Source) -> None:
    for version, again in ((101, True), (102, False)):
        Notice.objects.create(
            version=version, ask_again=again, url="/privacy", summary={"en": f"Change {version}", "de": "Neu"}
        )
    forget_words()
    assert ask(source)["notice"] == {
        "version": 102,
        "url": "/privacy",
        "summary": "Change 102",
        "ask_again_since": 101,
    }
    assert ask(source, lang="de")["notice"]["summary"] == "Neu"


def test_what_staff_change_is_asked_at_once(source: Source) -> None:
    Purpose.objects.filter(code="ml_training").update(shown=False)
    PurposeRule.objects.filter(purpose_id__in=("analytics", "personalization"), regime="gdpr").update(
        allowed_by_default=True
    )
    forget_purposes()
    told = ask(source, country="DE")
    assert [each["code"] for each in told["purposes"]] == ["analytics", "personalization", "third_party_sharing"]
    assert not told["ask"]


def test_every_origin_may_read_and_keep_it_and_it_sets_nothing(source: Source) -> None:
    answer = Client().get("/v1/consent/config/", {"write_key": source.write_key})
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert answer["Cache-Control"] == "public, max-age=300"
    assert not answer.cookies
    assert Client().options("/v1/consent/config").status_code == 204
    assert Client().post("/v1/consent/config").status_code == 405


def test_an_unknown_key_and_a_disabled_source_are_refused_readably(source: Source) -> None:
    for key, status in (("", 401), ("wk_unknown", 401), ("\x00", 401)):
        answer = Client().get("/v1/consent/config", {"write_key": key})
        assert (answer.status_code, answer.json()["code"]) == (status, "unknown_write_key")
        assert answer["Access-Control-Allow-Origin"] == "*"
    Source.objects.filter(pk=source.pk).update(enabled=False)
    assert Client().get("/v1/consent/config", {"write_key": source.write_key}).status_code == 403


def _sha(title: str, text: str) -> bytes:
    return hashlib.sha256(f"{title}\n{text}".encode()).digest()
