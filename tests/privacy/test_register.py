"""The processing register is what runs: nothing has to be written into it by hand, and it can be taken along."""

import csv
import io
import json

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from pytest_django import Settings

from cdp.lib.clock import utc_now
from cdp.lib.subjects import Subject
from consent.models import Purpose
from consent.purposes_in_force import forget_purposes
from privacy.data_classes import classes
from privacy.queries import register as registering
from privacy.queries.register import register
from privacy.register import to_csv, to_json, to_markdown
from tests.architecture.test_subjects import described
from tests.recipients.world import recipient

pytestmark = pytest.mark.django_db


def test_every_described_table_purpose_and_retention_class_stands_in_it() -> None:
    made = register(utc_now())
    assert {one.table for one in made.categories} >= set(described())
    assert {one.code for one in made.activities} == set(Purpose.objects.values_list("code", flat=True))
    assert {one.name for one in made.limits} == {one.title for one in classes()}
    assert all(one.bases for one in made.activities)


def test_a_new_purpose_and_a_new_table_appear_by_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    Purpose.objects.create(code="surveys", label="Surveys", legal_basis="consent")
    forget_purposes()
    new = Subject("jobs.Job", ("params",), "id", "everything", "deleted", "for a week")
    monkeypatch.setattr(registering, "subjects", lambda: (new,))
    text = to_markdown(register(utc_now()))
    assert "### Surveys (`surveys`)" in text
    assert "for a week" in text


def test_a_recipient_stands_with_its_role_country_and_safeguard_and_never_with_its_secret() -> None:
    recipient(name="Adnet", country="US", safeguard="SCC", fields=["identifier:email"], secret="whsec_hidden")
    recipient(name="Nowhere", country="")
    recipient(name="Far", country="BR")
    made = register(utc_now())
    found = {one.name: one for one in made.recipients}["Adnet"]
    assert (found.country, found.safeguard, found.given) == ("United States", "SCC", ("profile id", "email"))
    assert "Adnet" in next(one for one in made.activities if one.code == "third_party_sharing").recipients
    assert "whsec_hidden" not in to_json(made)
    gaps = " ".join(made.gaps)
    assert "Nowhere" in gaps
    assert "Far processes outside the EEA" in gaps
    assert "Adnet" not in gaps


def test_the_controller_comes_from_the_settings(settings: Settings) -> None:
    settings.COMPANY_NAME, settings.DPO_CONTACT = "Shop & Co", "Dr. Example, dpo@shop.example"
    made = register(utc_now())
    assert (made.controller.name, made.controller.dpo) == ("Shop & Co", "Dr. Example, dpo@shop.example")
    assert not any("DPO_CONTACT" in gap for gap in made.gaps)


def test_its_files_say_the_same_and_start_no_formula(client: Client) -> None:
    recipient(name="=cmd|' /C calc'!A0")
    client.force_login(User.objects.create_superuser("root"))
    for form in ("html", "md", "json", "csv"):
        answer = client.get(f"/admin/privacy/register/{form}/")
        assert answer.status_code == 200
        assert "attachment" in answer["Content-Disposition"]
        assert "Sharing with third parties" in answer.content.decode() or form == "csv"
    rows = list(csv.reader(io.StringIO(to_csv(register(utc_now())))))
    assert all(not cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row)
    assert client.get("/admin/privacy/register/pdf/").status_code == 404
    assert "Data protection impact assessment" in client.get("/admin/privacy/register/dpia/").content.decode()


def test_the_page_and_the_command(client: Client) -> None:
    client.force_login(User.objects.create_superuser("root"))
    page = client.get("/admin/privacy/register/")
    assert page.status_code == 200
    out = io.StringIO()
    call_command("register", "--format", "json", stdout=out)
    assert json.loads(out.getvalue())["controller"]["name"]
    client.force_login(User.objects.create_user("guest", is_staff=True))
    assert client.get("/admin/privacy/register/").status_code == 403
    assert client.get("/admin/privacy/register/json/").status_code == 403
