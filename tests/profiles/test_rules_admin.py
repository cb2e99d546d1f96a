"""The page of identity rules: change, try out, put in force, restore; for administrators, by their reasons."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from cdp.jobs import services as jobs
from cdp.jobs.models import Job
from profiles.identity import BlockedValue, IdentityRules, KindRule
from profiles.models import Identifier, RuleSet
from profiles.rules_in_force import from_json
from profiles.services.ruling import activate
from tests.profiles.worlds import arrive, event, stored_people

pytestmark = pytest.mark.django_db(transaction=True)
URL = "/admin/profiles/ruleset/"


@pytest.fixture
def root(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("root"))
    return client


def typed(**changes: Any) -> dict[str, Any]:
    """The form as it stands, with changes."""
    usual = IdentityRules()
    form: dict[str, Any] = {
        name: getattr(usual, name)
        for name in ("shared_after", "user_ids", "emails", "emails_without_user_id", "anonymous_ids", "device_ids",
                     "others")
    }  # fmt: skip
    form |= {"kind": ["crm_id", ""], "limit": ["", ""], "limit_alone": ["", ""], "kind_shared_after": ["", ""]}
    form |= {"priority": list(usual.priority), "blocked": "", "reason": "", "action": "activate", "instead_of": "0"}
    return form | changes


def run_jobs() -> None:
    while jobs.run_slice():
        pass


def test_a_change_becomes_a_version_with_who_and_why(root: Client) -> None:
    arrive([event("user_id:u", "crm_id:c", at=1)], fold=False)
    page = root.get(URL).content.decode()
    assert "The shipped rules are in force" in page
    form = typed(limit=["2", ""], blocked="email: *@shop.example\n", reason="one card each")
    assert root.post(URL, form).status_code == 302
    version = RuleSet.objects.get()
    assert from_json(version.rules) == IdentityRules(
        kinds=(KindRule("crm_id", 2),), blocked=(BlockedValue("*@shop.example", "email"),)
    )
    assert (str(version.made_by), version.reason) == ("root", "one card each")
    page = root.get(URL).content.decode()
    for said in ("Version 1 is in force", "crm_id: as for all → at most 2", "email: *@shop.example", "one card each"):
        assert said in page
    run_jobs()
    assert "Everybody is being recomputed" not in root.get(URL).content.decode()


def test_what_is_wrong_is_said_by_field_and_nothing_is_kept(root: Client) -> None:
    form = typed(emails="many", kind=["crm_id", "Bad Kind"], limit=["0", "3"], blocked="nonsense", reason="x")
    answer = root.post(URL, form)
    assert answer.status_code == 400
    page = answer.content.decode()
    for said in ("is no whole number", "is no kind", "crm_id: give whole numbers", "Line 1: write kind: value"):
        assert said in page
    assert 'name="blocked" rows="6"' in page
    assert 'aria-invalid="true"' in page
    assert not RuleSet.objects.exists()


def test_trying_out_shows_who_would_split_and_can_then_be_put_in_force(root: Client) -> None:
    arrive([event("user_id:u", "email:e1@x.example", at=1), event("user_id:u", "email:e2@x.example", at=2)], fold=False)
    started = root.post(URL, typed(emails=1, action="try"))
    assert not RuleSet.objects.exists()
    url = started["Location"]
    assert "Trying it out" in root.get(url).content.decode()
    run_jobs()
    page = root.get(url).content.decode()
    for said in ("0 merges and 1 split", "e2@x.example", "more email than one person may have"):
        assert said in page
    assert root.post(f"{url}activate/", {"reason": ""}, follow=True).status_code == 200
    assert not RuleSet.objects.exists()
    root.post(f"{url}activate/", {"reason": "one address each"})
    run_jobs()
    assert len(stored_people()) == 2


def test_a_simulation_of_other_rules_than_now_in_force_cannot_be_put_in_force(root: Client) -> None:
    url = root.post(URL, typed(emails=1, action="try"))["Location"]
    run_jobs()
    activate(IdentityRules(emails=3), "meanwhile", None)
    assert "Other rules were put in force since" in root.get(url).content.decode()
    answer = root.post(f"{url}activate/", {"reason": "x"}, follow=True)
    assert "put version 1 in force meanwhile" in answer.content.decode()
    assert RuleSet.objects.count() == 1


def test_a_simulation_can_be_cancelled_and_is_found_again(root: Client) -> None:
    url = root.post(URL, typed(emails=1, action="try"))["Location"]
    assert url in root.get(URL).content.decode()
    root.post(f"{url}cancel/")
    assert Job.objects.get().state == "cancelled"
    assert "Cancelled" in root.get(url).content.decode()


def test_a_former_version_is_restored_as_a_new_one_after_asking(root: Client) -> None:
    activate(IdentityRules(emails=3), "first", None)
    activate(IdentityRules(emails=4), "second", None)
    assert "Restore version 1" in root.get(f"{URL}restore/1/").content.decode()
    assert RuleSet.objects.count() == 2
    root.post(f"{URL}restore/1/")
    assert from_json(RuleSet.objects.get(is_current=True).rules).emails == 3
    root.post(f"{URL}restore/0/")
    assert from_json(RuleSet.objects.get(is_current=True).rules) == IdentityRules()
    assert root.get(f"{URL}restore/99/").status_code == 404


def test_shared_identifiers_lead_to_blocking_their_value(root: Client) -> None:
    arrive([event(f"user_id:u{i}", "device_id:kiosk-7", at=i) for i in range(7)], fold=False)
    kiosk = Identifier.objects.get(value="kiosk-7")
    page = root.get(f"{URL}shared/").content.decode()
    assert "kiosk-7" in page
    assert f"?block={kiosk.pk}" in page
    page = root.get(f"{URL}?block={kiosk.pk}").content.decode()
    assert "device_id: kiosk-7" in page
    assert "1 stored identifier<" in page
    assert not RuleSet.objects.exists()


def test_the_page_is_for_administrators(client: Client) -> None:
    client.force_login(User.objects.create_user("poor", is_staff=True))
    assert client.get(URL).status_code == 403
    assert client.post(URL, typed(emails=1, reason="x")).status_code == 403
    assert not RuleSet.objects.exists()
