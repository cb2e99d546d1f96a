"""The mails that ship: whole, clean, in two languages, and made templates once."""

import json
import re
from pathlib import Path

import pytest

from mailing.content import parse
from mailing.linting import LintContext, lint
from mailing.models import MailTemplate, TemplateVersion
from mailing.rendering import Brand, compile_content
from mailing.samples import LINKS, SERVICE_LINKS, bare_values, full_values
from mailing.services import ensure_shipped
from mailing.shipped import ShippedMail, shipped_mails
from tests.paths import REPO

BRAND = Brand("Larkfell", "1 Example Street, 10115 Berlin", "https://shop.example")
SNAPSHOTS = Path(__file__).parent / "snapshots"
GIVEN = {
    "abandoned-cart-1": {"cart"},
    "abandoned-cart-2": {"cart"},
    "abandoned-cart-3": {"cart", "offer"},
    "browse-abandoned": {"product", "products"},
    "back-in-stock": {"product"},
    "price-drop": {"product"},
    "review-request": {"order"},
    "win-back-2": {"offer"},
    "birthday": {"offer"},
}
each = pytest.mark.parametrize("mail", shipped_mails(), ids=[one.code for one in shipped_mails()])


@each
def test_every_shipped_mail_lints_clean(mail: ShippedMail) -> None:
    given = {"order"} if mail.kind == "transactional" else GIVEN.get(mail.code, set())
    context = LintContext(mail.kind, BRAND, groups=frozenset(given), locales=frozenset({"en-GB", "de"}))
    assert [str(finding) for finding in lint(parse(mail.content), context)] == []


@each
@pytest.mark.parametrize("locale", ["en", "de"])
def test_every_shipped_mail_stands_with_everything_and_with_nearly_nothing(mail: ShippedMail, locale: str) -> None:
    links = LINKS if mail.kind == "marketing" else SERVICE_LINKS
    compiled = compile_content(mail.content, locale, BRAND)
    picks = tuple(pick.name for pick in compiled.picks)
    for values in (full_values(locale, picks=picks), bare_values(locale)):
        found = compiled.render(values, links)
        assert found.locale == locale
        for part in (found.subject, found.preheader, found.html, found.text):
            assert re.findall(r"\{\{|\{%|None|href=\"#?\"|src=\"#?\"", part.partition("<body")[2] or part) == []
        assert re.findall(r" [,.:!?]|  \S", found.subject + found.preheader + found.text.replace("\n  http", "")) == []
        assert ("nsubscribe" in found.text or "Abmelden" in found.text) is (mail.kind == "marketing")
        assert found.warnings == ()
        assert len(found.html) < 60_000


@pytest.mark.parametrize(("code", "locale"), [("abandoned-cart-3", "en"), ("order-shipped", "de")])
def test_a_shipped_mails_text_is_as_it_was_read_and_approved(code: str, locale: str) -> None:
    mail = next(one for one in shipped_mails() if one.code == code)
    compiled = compile_content(mail.content, locale, BRAND)
    found = compiled.render(full_values(locale), LINKS if mail.kind == "marketing" else SERVICE_LINKS)
    said = f"{found.subject}\n{found.preheader}\n\n{found.text}"
    assert said == (SNAPSHOTS / f"{code}.{locale}.txt").read_text("utf-8")


def test_every_template_that_a_shipped_journey_names_ships() -> None:
    named = set()
    for path in (REPO / "automation" / "shipped").glob("*.json"):
        named |= set(re.findall(r'"template": "([^"]+)"', json.dumps(json.loads(path.read_text("utf-8")))))
    assert named <= {one.code for one in shipped_mails()}
    assert {"abandoned-cart-1", "welcome-1", "birthday"} <= named


@pytest.mark.django_db
def test_what_is_missing_is_made_and_published_once_and_what_staff_changed_stays() -> None:
    MailTemplate.objects.all().delete()
    MailTemplate.objects.create(slug="newsletter", name="Ours", draft={"x": 1})
    made = ensure_shipped()
    assert sorted([*made, "newsletter"]) == sorted(one.code for one in shipped_mails())
    assert ensure_shipped() == []
    assert MailTemplate.objects.get(slug="newsletter").draft == {"x": 1}
    confirmed = MailTemplate.objects.get(slug="order-confirmed")
    assert (confirmed.kind, confirmed.shipped) == ("transactional", "order-confirmed")
    assert confirmed.versions.get().content == confirmed.draft
    assert TemplateVersion.objects.count() == len(made)
