"""Which variant somebody sees, worked out by hand; what may be published; HTML that cannot hurt."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from decisions.cleaning import cleaned
from decisions.content import Content, Variant, faults, locale_distance, pick, read_content, stored_content
from decisions.models import ContentBlock, ContentVersion
from decisions.queries.content import forget_content, shown_content
from decisions.services.content import ContentDraft, ContentRefusedError, publish, restore, save_draft, switch

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def variant(key: str, **more: Any) -> Variant:
    return Variant(key, {"title": key}, **more)


WHOLE = Content(
    "banner",
    {"title": "everybody"},
    (
        variant("de", locale="de"),
        variant("de-AT", locale="de-AT"),
        variant("vip", segment="vip"),
        variant("vip-de", segment="vip", locale="de"),
        variant("loyal-de", segment="loyal", locale="de-AT"),
        variant("xmas", segment="loyal", starts_at=NOW + DAY, ends_at=NOW + 2 * DAY),
    ),
)


@pytest.mark.parametrize(
    ("locale", "slugs", "at", "expected", "reason"),
    [
        ("", set(), NOW, "fallback", "fallback"),
        ("fr", set(), NOW, "fallback", "fallback"),
        ("de", set(), NOW, "de", "locale"),
        ("de-AT", set(), NOW, "de-AT", "locale"),
        ("de_at", set(), NOW, "de-AT", "locale"),
        ("de-CH", set(), NOW, "de", "locale"),
        # The segment goes before the language, the upper segment before the lower, then the nearer language.
        ("en", {"vip"}, NOW, "vip", "segment"),
        ("de-AT", {"vip", "loyal"}, NOW, "vip-de", "segment"),
        ("de-AT", {"loyal"}, NOW, "loyal-de", "segment"),
        ("en", {"loyal"}, NOW, "fallback", "fallback"),
        # From its start on, until just before its end.
        ("en", {"loyal"}, NOW + DAY, "xmas", "segment"),
        ("en", {"loyal"}, NOW + 2 * DAY, "fallback", "fallback"),
    ],
)
def test_the_variant_is_the_one_worked_out_by_hand(
    locale: str, slugs: set[str], at: datetime, expected: str, reason: str
) -> None:
    found = pick(WHOLE, locale=locale, slugs=slugs, now=at)
    assert found is not None
    assert (found.variant, found.reason) == (expected, reason)
    assert found.body == {"title": "everybody" if expected == "fallback" else expected}


def test_outside_its_dates_a_block_shows_nothing() -> None:
    content = Content("data", {"data": {}}, starts_at=NOW, ends_at=NOW + DAY)
    seen = [pick(content, locale="", slugs=(), now=NOW + n * DAY / 2) is not None for n in range(-1, 3)]
    assert seen == [False, True, True, False]


def test_a_language_is_near_its_own_kinds_only() -> None:
    assert [locale_distance(*pair) for pair in (("", "de"), ("de", "de"), ("de", "de-AT"), ("de-AT", "de"))] == [
        99,
        0,
        1,
        None,
    ]
    assert locale_distance("de", "den") is None


def test_every_fault_is_told_by_its_field() -> None:
    content = Content(
        "banner",
        {
            "text": "x" * 1_001,
            "image": "javascript:alert(1)",
            "href": "//evil.example",
            "button": "Go",
            "colour": "red",
        },
        (
            variant("a", segment="gone", locale="Deutsch"),
            variant("a", locale="de", starts_at=NOW, ends_at=NOW),
            Variant("c", {"button": "Go"}, locale="DE", starts_at=NOW, ends_at=NOW),
        ),
        starts_at=NOW,
        ends_at=NOW - DAY,
    )
    assert [where for where, _ in faults(content, {"vip"})] == [
        "ends_at", "fallback.text", "fallback.image", "fallback.href", "fallback.colour",
        "variants.0.locale", "variants.0.segment", "variants.1.ends_at",
        "variants.2.locale", "variants.2.ends_at", "variants.2.title", "variants.2.href", "variants.2", "variants",
    ]  # fmt: skip
    assert faults(WHOLE, {"vip", "loyal"}) == []
    assert read_content(stored_content(WHOLE)) == WHOLE


def test_html_loses_what_could_run_and_stays_when_cleaned_again() -> None:
    dirty = (
        '<p class="note" onclick="x()" style="color:red">Hi <a href="javascript:x()">a</a><a href="/sale">b</a></p>'
        '<script>x()</script><iframe src="//e"></iframe><img src="https://shop.example/a.png" onerror="x()">'
    )
    clean = cleaned(dirty)
    assert clean == (
        '<p class="note">Hi <a rel="noopener">a</a><a href="/sale" rel="noopener">b</a></p>'
        '<img src="https://shop.example/a.png">'
    )
    assert cleaned(clean) == clean


@pytest.mark.django_db
def test_a_draft_is_seen_by_nobody_until_it_is_published_and_any_version_can_be_shown_again() -> None:
    def shown() -> object:
        forget_content()
        found = shown_content("note", locale="", slugs=(), now=NOW)
        return None if found is None else (found.version, found.body["html"])

    def draft(html: str) -> ContentDraft:
        return ContentDraft("note", "Note", Content("html", {"html": html}))

    row = save_draft(draft("<b>one</b><script>x</script>"))
    assert shown() is None
    assert publish(row.pk).number == 1
    assert publish(row.pk).number == 1  # nothing new
    save_draft(draft("<b>two</b>"), block_id=row.pk)
    assert shown() == (1, "<b>one</b>")
    publish(row.pk)
    assert shown() == (2, "<b>two</b>")
    assert restore(row.pk, 1).number == 3
    assert shown() == (3, "<b>one</b>")
    switch(row.pk, on=False)
    assert shown() is None
    switch(row.pk, on=True)
    save_draft(draft(""), block_id=row.pk)  # a draft may be unfinished
    with pytest.raises(ContentRefusedError) as refused:
        publish(row.pk)
    assert refused.value.faults == (("fallback.html", "Write what is shown."),)
    assert shown() == (3, "<b>one</b>")
    for other, field in (
        (ContentDraft("note", "", draft("x").content), "name"),
        (ContentDraft("b d", "B", WHOLE), "key"),
    ):
        with pytest.raises(ContentRefusedError) as refused:
            save_draft(other)
        assert refused.value.faults[0][0] == field
    with pytest.raises(ContentRefusedError) as refused:
        save_draft(ContentDraft("note", "Note", WHOLE), block_id=row.pk)
    assert [field for field, _ in refused.value.faults] == ["kind"]
    assert ContentVersion.objects.count() == 3


@pytest.mark.django_db
def test_a_block_that_cannot_be_read_takes_no_answers_from_the_others() -> None:
    for key, stored in (("bad", {"kind": "film"}), ("good", stored_content(WHOLE))):
        row = ContentBlock.objects.create(key=key, name=key)
        row.version = ContentVersion.objects.create(block=row, number=1, content=stored)
        row.state = "live"
        row.save()
    assert shown_content("bad", locale="", slugs=(), now=NOW) is None
    good = shown_content("good", locale="de", slugs=(), now=NOW)
    assert good is not None
    assert (good.version, good.kind, good.variant, good.body) == (1, "banner", "de", {"title": "de"})
