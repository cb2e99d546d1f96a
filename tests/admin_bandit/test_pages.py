"""Bandits in the admin: the answer first, candidates with a switch, resets that can be taken back; who may do what."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from cdp.access.models import AuditEntry
from cdp.jobs.models import Job
from cdp.jobs.services import run_slice
from cdp.lib.clock import utc_now
from decisions.models import BanditReset, BanditState, DecisionPlacement
from decisions.queries.bandit_log import running_bandits
from decisions.services.bandits import fold
from tests.decisions.bandit_world import log, placement
from tests.segments.pages import staff, words

pytestmark = pytest.mark.django_db
LOOKER, MARKETER = ("view_decisionplacement",), ("view_decisionplacement", "change_decisionplacement")
RATES = {"a": 0.05, "b": 0.30, "c": 0.10}


def learned(key: str = "home-hero") -> DecisionPlacement:
    """A bandit that ran for a day, with content to show."""
    arms = [{"id": name, "outcome": {"data": {"banner": name}}} for name in ("a", "b", "c")]
    row = placement(key, arms=arms)
    log(row, RATES, 1000, since=utc_now() - timedelta(hours=14))
    for one in running_bandits(row.pk):
        fold(one, utc_now())
    return row


def version() -> int:
    row = DecisionPlacement.objects.get()
    return row.version.number if row.version is not None else 0


def test_without_any_the_list_teaches_and_pages_of_others_are_refused() -> None:
    page = staff(*LOOKER).get("/admin/bandits/")
    assert "No place learns by itself yet" in words(page)
    assert staff("view_profile", name="ben").get("/admin/bandits/").status_code == 403
    table = placement("table", by="table")
    assert staff(*LOOKER, name="eva").get(f"/admin/bandits/{table.pk}/").status_code == 404


def test_the_list_says_what_each_found_in_a_few_statements() -> None:
    learned()
    placement("new-place")
    client = staff(*LOOKER)
    client.get("/admin/bandits/")
    with CaptureQueriesContext(
        connection,
    ) as asked:
        said = words(client.get("/admin/bandits/"))
    assert "2 places learn by themselves" in said
    assert "“b” is best: 2" in said or "“b” is best: 3" in said
    assert "Nothing is known yet, so every arm is shown alike" in said
    assert len(asked) < 22


def test_a_page_judges_candidates_and_switches_one_on_as_a_new_version_after_asking() -> None:
    row = learned()
    client, address = staff(*MARKETER), f"/admin/bandits/{row.pk}/"
    assert "its value can be estimated from what was logged" in words(client.get(address))
    client.post(f"{address}judge/")
    assert "The judging of candidates waits for a worker" in words(client.get(address))
    run_slice()
    assert Job.objects.get().state == Job.State.DONE
    said = words(client.get(address))
    assert "Always “b”" in said
    assert "better than what ran" in said
    assert "worse than what ran" in said
    assert "As it plays by now" in said
    asked = client.get(f"{address}switch/only:b/")
    assert "It is a fixed choice: the bandit ends" in words(asked)
    assert version() == 1
    assert client.get(f"{address}switch/now/").status_code == 404
    client.post(f"{address}switch/only:b/")
    row = DecisionPlacement.objects.get()
    assert row.version is not None
    assert (row.version.number, row.version.definition["by"]) == (2, "table")
    assert row.version.definition["rows"][0]["outcome"] == {"data": {"banner": "b"}}
    assert AuditEntry.objects.filter(action="published decided place").count() == 1


def test_all_alike_stays_a_bandit_and_keeps_what_was_learned() -> None:
    row = learned()
    client, address = staff(*MARKETER), f"/admin/bandits/{row.pk}/"
    before = BanditState.objects.get().posterior["arms"]
    client.post(f"{address}switch/even/")
    (one,) = running_bandits(row.pk)
    assert one.bandit.floor == pytest.approx(1 / 3)
    fold(one, utc_now())
    assert BanditState.objects.get(version_id=one.version_id).posterior["arms"] == before


def test_a_reset_is_shown_audited_and_taken_back() -> None:
    row = learned()
    client, address = staff(*MARKETER), f"/admin/bandits/{row.pk}/"
    before = BanditState.objects.get().posterior["arms"]
    client.post(f"{address}reset/", {"arm": "b", "note": "new picture"})
    assert "reset by mia: new picture" in words(client.get(address))
    assert BanditState.objects.get().posterior["arms"]["b"]["shown"] == 0
    one = BanditReset.objects.get()
    client.post(f"{address}take-back/{one.pk}/")
    assert not BanditReset.objects.exists()
    assert BanditState.objects.get().posterior["arms"] == before
    actions = set(AuditEntry.objects.values_list("action", flat=True))
    assert actions == {"reset bandit", "took back reset of bandit"}
    client.post(f"{address}reset/", {"arm": "z"})
    assert not BanditReset.objects.exists()


@pytest.mark.parametrize("what", ["judge/", "reset/", "take-back/1/", "switch/even/"])
def test_who_may_only_look_changes_nothing(what: str) -> None:
    row = placement()
    client: Client = staff(*LOOKER)
    assert client.get(f"/admin/bandits/{row.pk}/").status_code == 200
    assert client.post(f"/admin/bandits/{row.pk}/{what}", {"arm": "b"}).status_code == 403
    assert not BanditReset.objects.exists()
    assert not Job.objects.exists()
    assert version() == 1
