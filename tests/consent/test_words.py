"""Words and notices: versions that are only added, shipped in two languages, never over staff's."""

import hashlib
from datetime import UTC, datetime

import pytest
from django.db import DatabaseError, connection, transaction

from consent import queries, services
from consent.contracts import ANALYTICS, EMAIL_NEWS
from consent.models import Notice, Purpose, PurposeRule, Wording
from consent.purposes import SHIPPED
from consent.shipped_words import WORDS

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 1, tzinfo=UTC)


def versions(purpose: str) -> list[tuple[int, str, str]]:
    rows = Wording.objects.filter(purpose_id=purpose).order_by("version", "locale")
    return list(rows.values_list("version", "locale", "title"))


def test_every_shipped_purpose_has_its_first_words_in_english_and_german() -> None:
    assert set(WORDS) == {one.code for one in SHIPPED}
    for code, texts in WORDS.items():
        assert set(texts) == {"en", "de"}
        for locale, (title, text) in texts.items():
            found = queries.wording(code, locale)
            assert found is not None
            assert (found.version, found.locale, found.title, found.text) == (1, locale, title, text)
            assert found.sha256 == hashlib.sha256(f"{title}\n{text}".encode()).digest()
            assert 40 < len(text) < 300


def test_words_are_found_in_the_language_and_else_in_english() -> None:
    found = {tag: queries.wording(ANALYTICS, tag) for tag in ("de-AT", "de_CH", "fr", "")}
    assert {tag: one.locale for tag, one in found.items() if one} == {
        "de-AT": "de",
        "de_CH": "de",
        "fr": "en",
        "": "en",
    }
    assert queries.wording("carrier_pigeon", "en") is None
    Purpose.objects.create(code="only_french", label="x", legal_basis="consent")
    services.publish_wording("only_french", {"fr": ("Titre", "Texte")}, now=NOW)
    assert [getattr(queries.wording("only_french", tag), "locale", "") for tag in ("fr-CA", "en")] == ["fr", "fr"]


def test_other_words_are_a_new_version_and_the_same_words_are_none() -> None:
    title, text = WORDS[EMAIL_NEWS]["en"]
    same = services.publish_wording(EMAIL_NEWS, {"en": (title, text)}, now=NOW)
    assert (same["en"].version, len(versions(EMAIL_NEWS))) == (1, 2)
    new = services.publish_wording(EMAIL_NEWS, {"en": (title, "Other words."), "de": WORDS[EMAIL_NEWS]["de"]}, now=NOW)
    assert {locale: one.version for locale, one in new.items()} == {"en": 2, "de": 1}
    found = queries.wording(EMAIL_NEWS, "en")
    assert found is not None
    assert (found.id, found.version, found.text) == (new["en"].id, 2, "Other words.")
    assert [version for version, *_ in versions(EMAIL_NEWS)] == [1, 1, 2]
    # Back to the first words is a version of its own: what people saw when stays to be seen.
    back = services.publish_wording(EMAIL_NEWS, {"en": (title, text)}, now=NOW, made_by_id=7)
    assert back["en"].version == 3
    assert Wording.objects.get(pk=back["en"].id).made_by_id == 7


@pytest.mark.parametrize("statement", ["UPDATE consent_wording SET text = 'x'", "DELETE FROM consent_wording"])
def test_words_are_never_changed(statement: str) -> None:
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_a_notice_is_published_as_the_next_version() -> None:
    first = queries.notice_now()
    assert first is not None
    assert (first.version, first.url, first.ask_again) == (1, "", True)
    made = services.publish_notice(url="https://shop.example/privacy", summary={"en": "New"}, ask_again=False, now=NOW)
    assert queries.notice_now() == made
    assert (made.version, made.summary, made.ask_again, made.published_at) == (2, {"en": "New"}, False, NOW)


def test_preparing_installs_what_is_missing_and_leaves_what_staff_changed() -> None:
    Purpose.objects.filter(pk=ANALYTICS).update(label="Our figures")
    PurposeRule.objects.filter(purpose_id=ANALYTICS).delete()
    services.publish_wording(ANALYTICS, {"en": ("Figures", "We count.")}, now=NOW)
    before = list(Wording.objects.order_by("pk").values_list("pk", flat=True))
    assert services.ensure_purposes(now=NOW) == 0
    assert Purpose.objects.get(pk=ANALYTICS).label == "Our figures"
    assert not PurposeRule.objects.filter(purpose_id=ANALYTICS).exists()
    assert list(Wording.objects.order_by("pk").values_list("pk", flat=True)) == before
    Notice.objects.all().delete()
    PurposeRule.objects.filter(purpose_id="third_party_sharing").delete()
    assert services.ensure_purposes(now=NOW) == 0
    assert list(Notice.objects.values_list("version", flat=True)) == [1]
