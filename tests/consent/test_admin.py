"""Consent in the admin: purposes and their words, notices, and the ledger with what shows it to be true."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db import transaction
from django.test import Client
from django.urls import reverse

from cdp.access.models import AuditEntry
from cdp.admin_home.groups import apply_rights
from cdp.lib.hashing import address_hash, keyed_hash
from consent import queries, services
from consent.contracts import ANALYTICS, EMAIL_MARKETING, EMAIL_NEWS, GDPR, GRANTED, PERSONALIZATION, NewEntry
from consent.models import Entry, Notice, Proof, Purpose, PurposeRule, Wording
from consent.purposes_in_force import purposes_now
from consent.shipped_words import WORDS
from tests.statements import sent

pytestmark = pytest.mark.django_db
T0 = datetime(2026, 3, 1, tzinfo=UTC)
PURPOSES, NOTICES, LEDGER = (f"/admin/consent/{name}/" for name in ("purpose", "notice", "entry"))


def signed_in(client: Client, group: str) -> Client:
    apply_rights()
    user = User.objects.create_user(group.replace(" ", "."), is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    client.force_login(user)
    return client


@pytest.fixture
def officer(client: Client) -> Client:
    return signed_in(client, "privacy officer")


def typed(purpose: str, **other: Any) -> dict[str, Any]:
    """The purpose's page as it stands, with some fields typed anew."""
    row = Purpose.objects.get(pk=purpose)
    rules = list(PurposeRule.objects.filter(purpose=row).order_by("pk"))
    fields: dict[str, Any] = {
        "label": row.label, "parent": row.parent_id or "", "position": row.position, "shown": "on",
        "legal_basis": row.legal_basis, "double_opt_in": row.double_opt_in, "denied_event": row.denied_event,
        "categories": ",".join(row.categories), "rules-TOTAL_FORMS": len(rules), "rules-INITIAL_FORMS": len(rules),
    }  # fmt: skip
    if row.allowed_by_default:
        fields["allowed_by_default"] = "on"
    for n, rule in enumerate(rules):
        fields |= {
            f"rules-{n}-id": rule.pk, f"rules-{n}-purpose": purpose, f"rules-{n}-regime": rule.regime,
            f"rules-{n}-legal_basis": rule.legal_basis, f"rules-{n}-expires_after_days": rule.expires_after_days or "",
            **({f"rules-{n}-allowed_by_default": "on"} if rule.allowed_by_default else {}),
            **({f"rules-{n}-gpc_denies": "on"} if rule.gpc_denies else {}),
        }  # fmt: skip
    for locale, (title, text) in WORDS[purpose].items():
        fields |= {f"title_{locale}": title, f"text_{locale}": text}
    return fields | other


def page_of(purpose: str) -> str:
    return reverse("admin:consent_purpose_change", args=[purpose])


def test_the_list_says_what_each_law_asks_and_leaves_the_root_out(officer: Client) -> None:
    page = officer.get(PURPOSES).content.decode()
    for words in (
        "— News and ideas",
        "as E-mail marketing",
        "asks first",
        "until they object",
        "en\N{NO-BREAK SPACE}v1",
        "a number",
    ):
        assert words in page
    assert "Use of your data at all" not in page
    assert officer.get(page_of("processing")).status_code == 302


def test_the_length_of_the_lists_costs_no_statement(officer: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def statements(path: str) -> int:
        officer.get(path)
        with sent(monkeypatch) as found:
            assert officer.get(path).status_code == 200
        return len(found)

    say(1)
    before = statements(LEDGER), statements(f"{PURPOSES}?q=analytics")
    say(2)
    say(3)
    assert (statements(LEDGER), statements(PURPOSES)) == before


def test_saving_other_words_makes_a_new_version_and_says_what_that_means(officer: Client) -> None:
    page = officer.get(page_of(EMAIL_NEWS)).content.decode()
    assert WORDS[EMAIL_NEWS]["de"][1] in page
    assert "as shipped" in page
    answer = officer.post(page_of(EMAIL_NEWS), typed(EMAIL_NEWS, text_en="Other words."), follow=True)
    told = answer.content.decode()
    assert "New words: version 2 in English." in told
    assert "publish a new version of the privacy notice" in told
    found = queries.wording(EMAIL_NEWS, "en")
    assert found is not None
    assert (found.version, found.title, found.text) == (2, "News and ideas", "Other words.")
    assert getattr(queries.wording(EMAIL_NEWS, "de"), "version", 0) == 1
    assert Wording.objects.get(pk=found.id).made_by_id == User.objects.get(username="privacy.officer").pk
    assert AuditEntry.objects.filter(subject=f"purpose:{EMAIL_NEWS}", action="published words").count() == 1


def test_saving_the_same_words_makes_no_version(officer: Client) -> None:
    answer = officer.post(page_of(EMAIL_NEWS), typed(EMAIL_NEWS, label="News"), follow=True)
    assert "New words" not in answer.content.decode()
    assert (Purpose.objects.get(pk=EMAIL_NEWS).label, Wording.objects.filter(purpose_id=EMAIL_NEWS).count()) == (
        "News",
        2,
    )


def test_one_more_language_can_be_added(officer: Client) -> None:
    more = {"locale_added": "fr", "title_added": "Nouveautés", "text_added": "Des courriels sur les nouveautés."}
    assert officer.post(page_of(EMAIL_NEWS), typed(EMAIL_NEWS, **more)).status_code == 302
    found = queries.wording(EMAIL_NEWS, "fr-BE")
    assert found is not None
    assert (found.locale, found.version, found.title) == ("fr", 2, "Nouveautés")
    assert 'name="title_fr"' in officer.get(page_of(EMAIL_NEWS)).content.decode()


@pytest.mark.parametrize(
    ("other", "told"),
    [
        ({"text_en": ""}, "Words have a title and a text, or neither."),
        ({"title_en": "", "text_en": ""}, "cannot be taken back"),
        ({"title_added": "Titre", "text_added": "Texte"}, "Choose the language"),
        ({"parent": PERSONALIZATION}, "It must have the channel of what it belongs to."),
        ({"parent": EMAIL_NEWS}, "Select a valid choice"),
        ({"categories": "C0002"}, "C0002 means analytics already"),
    ],
)
def test_what_contradicts_itself_is_refused_and_nothing_is_written(
    other: dict[str, str], told: str, officer: Client
) -> None:
    Purpose.objects.filter(pk=ANALYTICS).update(categories=["C0002"])
    answer = officer.post(page_of(EMAIL_NEWS), typed(EMAIL_NEWS, label="Changed", **other))
    assert answer.status_code == 200
    assert told in answer.content.decode()
    assert Purpose.objects.get(pk=EMAIL_NEWS).label == "News and ideas"
    assert Wording.objects.filter(purpose_id=EMAIL_NEWS).count() == 2


def test_a_purpose_never_belongs_to_what_belongs_to_it(officer: Client) -> None:
    answer = officer.post(page_of(EMAIL_MARKETING), typed(EMAIL_MARKETING, parent=EMAIL_NEWS))
    assert "Select a valid choice" in answer.content.decode()
    assert Purpose.objects.get(pk=EMAIL_MARKETING).parent_id is None


@pytest.mark.django_db(transaction=True)
def test_what_is_saved_holds_at_once(officer: Client) -> None:
    facts = purposes_now().get(ANALYTICS)
    assert facts is not None
    assert facts.rules[GDPR].expires_after is not None
    saved = typed(ANALYTICS, **{"rules-0-expires_after_days": "", "rules-0-allowed_by_default": "on"})
    try:
        assert officer.post(page_of(ANALYTICS), saved).status_code == 302
        facts = purposes_now().get(ANALYTICS)
        assert facts is not None
        assert (facts.rules[GDPR].expires_after, facts.rules[GDPR].allowed_by_default) == (None, True)
    finally:
        PurposeRule.objects.filter(purpose_id=ANALYTICS).update(allowed_by_default=False, expires_after_days=395)


def test_a_purpose_of_staffs_own_is_made_with_its_words(officer: Client) -> None:
    given = {
        "label": "Birthday mail", "code": "email_birthday", "parent": EMAIL_MARKETING, "channel": "email",
        "position": "34", "shown": "on", "legal_basis": "consent", "double_opt_in": "never", "denied_event": "store",
        "categories": "Birthday, B01", "rules-TOTAL_FORMS": 0, "rules-INITIAL_FORMS": 0,
        "title_en": "Birthday mail", "text_en": "A mail on your birthday.",
    }  # fmt: skip
    assert officer.post(f"{PURPOSES}add/", given).status_code == 302
    assert Purpose.objects.get(pk="email_birthday").categories == ["Birthday", "B01"]
    assert getattr(queries.wording("email_birthday", "de"), "text", "") == "A mail on your birthday."


def test_a_notice_is_published_once_and_says_whether_it_asks_again(officer: Client) -> None:
    assert "This becomes version 2." in officer.get(f"{NOTICES}add/").content.decode()
    given = {"url": "https://shop.example/privacy", "summary_en": "We share less.", "summary_de": "", "ask_again": "on"}
    answer = officer.post(f"{NOTICES}add/", given, follow=True)
    assert "Version 2 of the privacy notice holds now. Whoever answered under an older version is asked again." in (
        answer.content.decode()
    )
    row = Notice.objects.get(version=2)
    assert (row.url, row.summary, row.ask_again) == ("https://shop.example/privacy", {"en": "We share less."}, True)
    assert "Version 2, in force" in officer.get(NOTICES).content.decode()
    assert officer.post(reverse("admin:consent_notice_change", args=[2]), given).status_code == 403
    assert Notice.objects.count() == 2


def say(n: int) -> Entry:
    words = queries.wording(EMAIL_MARKETING, "de")
    assert words is not None
    proof = Proof.objects.create(kind="form", content={"box": f"checked {n}"})
    entry = NewEntry(
        keyed_hash("t", str(n)), EMAIL_MARKETING, GRANTED, "double_opt_in", T0, channel="email", notice_version=1,
        address_hash=address_hash(f"p{n}@larkfell.example"), wording_id=words.id, wording_sha256=words.sha256,
        actor=f"staff:{User.objects.get().pk}", ip="192.0.2.0", proof_id=proof.pk, reason="on the telephone",
    )  # fmt: skip
    with transaction.atomic():
        services.record_entries([entry], now=T0)
    return Entry.objects.get(entry_key=entry.entry_key)


def test_a_line_of_the_ledger_shows_words_notice_actor_and_proof(officer: Client) -> None:
    entry = say(1)
    row = officer.get(LEDGER).content.decode()
    for told in ("Granted", "by the link in a confirmation mail", "staff privacy.officer", "v1 de", "email"):
        assert told in row
    page = officer.get(reverse("admin:consent_entry_change", args=[entry.pk])).content.decode()
    for told in (WORDS[EMAIL_MARKETING]["de"][1], "as kept in this line", "checked 1", "on the telephone", "192.0.2.0"):
        assert told in page
    assert AuditEntry.objects.filter(subject=f"consent entry:{entry.pk}", action="viewed").count() == 1
    Proof.objects.all().delete()
    assert (
        "the person was erased" in officer.get(reverse("admin:consent_entry_change", args=[entry.pk])).content.decode()
    )


def test_the_ledger_is_filtered_and_searched(officer: Client) -> None:
    say(1)
    for query, count in (
        ("?method=double_opt_in", 1), ("?method=gpc", 0), ("?by=staff", 1), ("?by=person", 0),
        ("?q=p1@larkfell.example", 1), ("?q=p2@larkfell.example", 0), ("?channel=email", 1), ("?channel=sms", 0),
    ):  # fmt: skip
        answer = officer.get(f"{LEDGER}{query}")
        assert (answer.status_code, len(answer.context["cl"].result_list)) == (200, count), query


def test_who_may_not_see_persons_sees_no_proof(client: Client) -> None:
    user = User.objects.create_user("m", is_staff=True)
    entry = say(1)
    apply_rights()
    user.groups.add(Group.objects.get(name="marketer"))
    client.force_login(user)
    assert client.get(LEDGER).status_code == 403
    assert client.get(PURPOSES).status_code == 200
    page = client.get(page_of(EMAIL_NEWS)).content.decode()
    assert "News and ideas" in page
    assert 'name="title_en"' not in page
    assert client.post(page_of(EMAIL_NEWS), typed(EMAIL_NEWS, label="Mine")).status_code == 403
    assert client.get(reverse("admin:consent_entry_change", args=[entry.pk])).status_code == 403
