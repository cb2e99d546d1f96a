"""The sending policy and the brand in the admin, and the switch that stops all marketing, by rights and in words."""

from datetime import date
from typing import Any

import pytest

from cdp.access.models import AuditEntry
from cdp.admin_mail.brand_form import contrast
from cdp.admin_mail.policy_form import allowances, in_words
from mailing.models import Brand, DomainPace, Policy
from tests.admin_mail.pages import LOOKER, MARKETER, OFFICER, made
from tests.mailing.world import queue
from tests.segments.pages import staff, words

pytestmark = pytest.mark.django_db
POLICY, BRAND = "/admin/mail/policy/", "/admin/mail/brand/"
TYPED = {
    "cap_per_day": "1", "cap_per_week": "3", "quiet_from_hour": "21", "quiet_to_hour": "8",
    "time_zone": "Europe/Berlin", "per_minute": "500",
    "warm_up_from": "2026-05-01", "warm_up_first_day": "100", "warm_up_growth_percent": "50",
    "warm_up_days": "3", "approval_above": "1000", "domain": ["gmail.com", ""], "domain_pace": ["60", ""],
}  # fmt: skip
LOOKS = {
    "from_name": "Fells", "from_address": "hello@fells.example", "reply_to": "", "company": "Fells & Sons",
    "postal_address": "1 Road", "logo_url": "", "website": "", "accent": "#b91c1c", "background": "#f4f4f2",
    "surface": "#ffffff", "ink": "#1c1c1a", "font": "serif", "default_locale": "de", "utm_source": "cdp",
    "utm_medium": "email", "footer_locale": ["de", ""], "footer_line": ["HRB 1", ""],
}  # fmt: skip


def test_the_policy_is_stored_as_typed_and_said_in_words() -> None:
    client = staff(*OFFICER)

    answer = client.post(POLICY, TYPED)

    assert answer.status_code == 302
    row = Policy.objects.get()
    assert (row.cap_per_day, row.quiet_from_hour, row.time_zone) == (1, 21, "Europe/Berlin")
    assert dict(DomainPace.objects.values_list("domain", "per_minute")) == {"gmail.com": 60}
    assert in_words(row, {"gmail.com": 60}, date(2026, 5, 2)) == (
        "Nobody gets more than 1 marketing mail a day and 3 marketing mails a week, none from 21:00 to 8:00 where the "
        "person is, at most 500 a minute in all, today at most 150, since the sender warms up, slower to gmail.com."
    )
    assert [(one.day.day, one.most) for one in allowances(row, date(2026, 5, 2))] == [(1, 100), (2, 150), (3, 225)]
    assert AuditEntry.objects.filter(subject="mail_policy").count() == 2
    client.post(POLICY, TYPED | {"domain": ["", ""], "domain_pace": ["", ""]})
    assert not DomainPace.objects.exists()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"cap_per_week": "-1"}, "A whole number from 0 to 200."),
        ({"per_minute": "٣"}, "A whole number from 1 to 1,000,000."),
        ({"quiet_to_hour": ""}, "Quiet hours need a beginning and an end, or neither."),
        ({"time_zone": "Berlin"}, "There is no time zone “Berlin”"),
        ({"warm_up_from": "soon"}, "A day, like 2026-05-03."),
        ({"warm_up_days": ""}, "A number is needed here."),
        ({"domain": ["mail @ gmail"]}, "is no domain: write it like gmail.com."),
        ({"domain": ["gmail.com"], "domain_pace": ["0"]}, "How many mails a minute to gmail.com?"),
        ({"domain": ["a.de", "A.de"], "domain_pace": ["1", "2"]}, "a.de is named twice"),
    ],
)
def test_a_fault_is_said_beside_its_field_and_nothing_is_stored(change: dict[str, Any], says: str) -> None:
    answer = staff(*OFFICER).post(POLICY, TYPED | change)

    assert answer.status_code == 200
    assert says in words(answer)
    assert (Policy.objects.count(), DomainPace.objects.count()) == (0, 0)


def test_stopping_needs_a_reason_and_every_page_of_automation_tells_of_it(sender: object) -> None:
    client = staff(*OFFICER, "view_enrollment", name="olga")
    queue("jane@example.com", "ada@example.com")

    client.post(f"{POLICY}stop/", {"why": " "})
    assert not Policy.objects.filter(stopped_at__isnull=False).exists()
    client.post(f"{POLICY}stop/", {"why": "Wrong prices"})

    row = Policy.objects.get()
    assert (row.stopped_why, row.stopped_by.username if row.stopped_by else "") == ("Wrong prices", "olga")
    page = words(client.get(POLICY))
    assert "2 mails wait to go out" in page
    assert "Test “A test”: 2" in page
    for address in ("/admin/mail/templates/", "/admin/automation/enrollment/"):
        assert "All marketing is stopped since" in words(client.get(address))
        assert "by olga: Wrong prices" in words(client.get(address))
    assert "All marketing is stopped" not in words(client.get("/admin/"))
    client.post(f"{POLICY}resume/")
    assert Policy.objects.get().stopped_at is None
    actions = list(AuditEntry.objects.filter(subject="mail_policy").order_by("pk").values_list("action", flat=True))
    assert actions == ["stopped all marketing", "resumed all marketing"]


def test_who_may_not_change_the_policy_changes_nothing_of_it() -> None:
    looker = staff(*LOOKER, "view_policy", "view_brand")

    page = looker.get(POLICY)
    posts = [(POLICY, TYPED), (f"{POLICY}stop/", {"why": "x"}), (f"{POLICY}resume/", {}), (BRAND, LOOKS)]
    answers = [looker.post(address, typed).status_code for address, typed in posts]

    assert (page.status_code, answers) == (200, [403] * 4)
    assert "Save policy" not in page.text
    assert "Stop all marketing</button>" not in page.text
    assert (Policy.objects.count(), Brand.objects.count(), AuditEntry.objects.count()) == (0, 0, 0)
    assert staff(*LOOKER, name="ann").get(POLICY).status_code == 403


def test_who_makes_journeys_stops_and_resumes_but_changes_no_number(sender: object) -> None:
    marketer = staff(*MARKETER, "view_policy", "view_journey", "change_journey")

    page = marketer.get(POLICY).text
    assert "Stop all marketing</button>" in page
    assert page.index("You may look at the numbers below") < page.index("<fieldset disabled>")
    assert marketer.post(POLICY, TYPED).status_code == 403
    marketer.post(f"{POLICY}stop/", {"why": "Wrong prices"})
    assert Policy.objects.get().stopped_why == "Wrong prices"
    marketer.post(f"{POLICY}resume/")
    assert Policy.objects.get().stopped_at is None


def test_the_brand_is_shown_as_typed_and_stored_when_saved() -> None:
    client = staff(*OFFICER)

    shown = client.post(f"{BRAND}frame/", LOOKS)
    assert ("Fells &amp; Sons" in shown.text, "#b91c1c" in shown.text, Brand.objects.count()) == (True, True, 0)
    client.post(BRAND, LOOKS)

    row = Brand.objects.get()
    assert (row.company, row.font, row.default_locale, row.footer) == ("Fells & Sons", "serif", "de", {"de": "HRB 1"})
    assert "Fells &amp; Sons" in client.get(f"/admin/mail/templates/{made().pk}/frame/").text


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"accent": "red;}"}, "A color like #1f5a4c."),
        ({"logo_url": "https://evil.example/pixel.gif"}, "Mails show pictures of"),
        ({"from_address": "hello"}, "An e-mail address"),
        ({"from_name": "A <b@c.de>"}, "A name without"),
        ({"font": "x;} body{"}, "names of fonts"),
        ({"website": "javascript:alert(1)"}, "begins with https://"),
        ({"footer_locale": ["?"]}, "is no language"),
    ],
)
def test_a_brand_that_cannot_be_used_is_refused(change: dict[str, Any], says: str) -> None:
    answer = staff(*OFFICER).post(BRAND, LOOKS | change)

    assert answer.status_code == 200
    assert says in words(answer)
    assert Brand.objects.count() == 0


def test_contrast_is_that_of_wcag() -> None:
    assert round(contrast("#000000", "#ffffff"), 2) == 21.0
    assert round(contrast("#777777", "#ffffff"), 2) == 4.48
