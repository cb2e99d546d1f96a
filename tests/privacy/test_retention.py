"""What is past its time is counted, then deleted in slices, class by class; what is not stays."""

import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from pytest_django import Settings

from cdp.access.models import AuditEntry
from cdp.jobs.models import Job
from cdp.jobs.services import cancel, run_slice
from cdp.lib.clock import utc_now
from commerce.models import Cart, Order
from consent.models import Entry, Proof, Refusal, Tombstone
from events.models import Event, Source
from lake.registry import projections
from lake.services import project_slice
from lake.services.erasing import old_files_gone
from lake.services.projecting import project
from mailing.models import Message
from privacy.data_classes import classes, in_force
from privacy.models import RetentionRule, RetentionRun
from privacy.services import retaining, unnamed_people
from profiles.models import Identifier, Profile
from recipients.models import Delivery
from tests.mailing.rows import message
from tests.recipients.world import recipient
from tests.segments.world import World

CODES = {
    "raw_requests",
    "quarantine",
    "events",
    "never_identified_profiles",
    "carts",
    "campaign_recipients",
    "message_bodies",
    "consent_proofs",
    "consent_refusals",
    "deliveries",
    "memberships",
    "audit",
    "import_files",
    "links",
    "letters",
    "exports",
}


def ago(days: float) -> datetime:
    return utc_now() - timedelta(days=days)


def work(*, dry: bool = False) -> RetentionRun:
    """A run, to its end."""
    job = retaining.start(dry=dry)
    while run_slice():
        pass
    job.refresh_from_db()
    assert job.state == Job.State.DONE, job.error
    return RetentionRun.objects.latest("pk")


def cart(key: str, *, days: float) -> None:
    at = ago(days)
    Cart.objects.create(
        key=key, identifier_id=1, state="open", lines=[], value=0, currency="EUR", opened_at=at, last_activity_at=at,
        digest=b"",
    )  # fmt: skip


def test_every_class_says_why_it_is_kept_and_what_happens_then() -> None:
    assert {one.code for one in classes()} >= CODES
    for one in classes():
        assert len(one.kept_for) > 10, one.code
        assert len(one.what) > 10, one.code
        assert (one.delete is None) == bool(one.setting), one.code


@pytest.mark.django_db(transaction=True)
def test_a_dry_run_counts_and_deletes_nothing() -> None:
    cart("old", days=400)
    cart("new", days=390)
    run = work(dry=True)
    entry = run.report["carts"]
    assert (entry["due"], entry["deleted"], entry["sample"]) == (1, 0, [f"{ago(400):%Y-%m-%d}, open"])
    assert Cart.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_run_deletes_what_is_due_and_nothing_else() -> None:
    for number in range(5):
        cart(f"old{number}", days=400 + number)
    cart("new", days=390)
    AuditEntry.objects.create(action="view", subject="x", at=ago(740))
    AuditEntry.objects.create(action="view", subject="y", at=ago(720))
    run = work()
    assert (run.report["carts"]["deleted"], run.report["audit"]["deleted"]) == (5, 1)
    assert [row.key for row in Cart.objects.all()] == ["new"]
    assert AuditEntry.objects.count() == 1
    assert work().report["carts"]["due"] == 0


@pytest.mark.django_db(transaction=True)
def test_a_rule_of_staff_counts_instead_and_one_that_is_off_keeps_all() -> None:
    cart("a", days=40)
    retaining.save_rule("carts", keep_days=30, enabled=False)
    assert work().report["carts"]["due"] == 1
    assert Cart.objects.count() == 1
    retaining.save_rule("carts", keep_days=30, enabled=True)
    work()
    assert Cart.objects.count() == 0
    with pytest.raises(LookupError):
        retaining.save_rule("raw_requests", keep_days=1, enabled=True)
    assert RetentionRule.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_mails_lose_their_text_and_keep_the_proof_of_being_sent() -> None:
    for number, days in enumerate((400, 300)):
        message(
            occasion=f"o{number}", subject="Hello", html="<p>x", text="x", finished_at=ago(days), state="sent",
            consent_entry_id=7,
        )  # fmt: skip
    assert work().report["message_bodies"]["deleted"] == 1
    old, new = Message.objects.order_by("occasion")
    assert (old.subject, old.html, old.text, old.address, old.state, old.consent_entry_id) == (
        *("", "", "", ""),
        "sent",
        7,
    )
    assert new.html == "<p>x"


@pytest.mark.django_db(transaction=True)
def test_a_proof_of_a_yes_in_force_stays_and_one_that_was_taken_back_goes() -> None:
    kept, gone = (
        Proof.objects.create(kind="form", content={}, identifier_id=number, made_at=ago(2000)) for number in (1, 2)
    )
    values: dict[str, Any] = {"purpose_id": "analytics", "method": "page", "occurred_at": ago(2000)}
    Entry.objects.create(entry_key=b"1" * 16, identifier_id=1, state="granted", proof_id=kept.pk, **values)
    Entry.objects.create(entry_key=b"2" * 16, identifier_id=2, state="granted", proof_id=gone.pk, **values)
    Entry.objects.create(entry_key=b"3" * 16, identifier_id=2, state="withdrawn", **values)
    work()
    assert list(Proof.objects.values_list("pk", flat=True)) == [kept.pk]


@pytest.mark.django_db(transaction=True)
def test_a_yes_in_force_is_told_by_what_was_said_last_and_not_by_what_was_heard_last() -> None:
    """1: an older refusal came in by an import. 2: a device sends the yes along. 3: the yes is older than a refusal."""
    values: dict[str, Any] = {"purpose_id": "analytics"}
    proofs = [
        Proof.objects.create(kind="form", content={}, identifier_id=one, made_at=ago(2000)).pk for one in (1, 2, 3)
    ]

    def entry(identifier: int, state: str, days: float, method: str = "page", proof: int | None = None) -> None:
        key = f"{identifier}{state}{days}".encode().ljust(16)
        Entry.objects.create(
            entry_key=key, identifier_id=identifier, state=state, method=method, occurred_at=ago(days), proof_id=proof,
            **values,
        )  # fmt: skip

    entry(1, "granted", 2000, proof=proofs[0])
    entry(1, "denied", 3000, "import")
    entry(2, "granted", 2000, proof=proofs[1])
    entry(2, "granted", 10, "context")
    entry(3, "withdrawn", 1900)
    entry(3, "granted", 2000, "import", proofs[2])
    work()
    assert list(Proof.objects.order_by("pk").values_list("pk", flat=True)) == proofs[:2]


@pytest.mark.django_db(transaction=True)
def test_what_waits_for_a_recipient_that_is_disabled_or_never_answers_ends_too_but_no_duty() -> None:
    for row in (recipient(enabled=False), recipient()):
        for topic, days in (("order.changed", 200), ("order.changed", 100), ("privacy.erased", 200)):
            Delivery.objects.create(recipient=row, key=f"{topic} {days}", topic=topic, made_at=ago(days))
    work()
    left = Delivery.objects.order_by("recipient_id", "key").values_list("key", flat=True)
    assert list(left) == ["order.changed 100", "privacy.erased 200"] * 2


@pytest.mark.django_db(transaction=True)
def test_the_lake_is_rewritten_with_the_last_people_also_where_they_fill_a_slice() -> None:
    world = World()
    for name in ("old-1", "old-2"):
        world.send({"type": "track", "event": "Product Viewed", "anonymousId": name, "timestamp": world.at(400)})
    for one in projections():
        project(one, at_once=True)
    assert unnamed_people.delete(ago(395), 2, utc_now()) == 2
    assert not old_files_gone(utc_now()), "files from before are to go soon"


@pytest.mark.django_db(transaction=True)
def test_refusals_and_deliveries_end() -> None:
    Refusal.objects.create(
        identifier_id=1, use="sharing", purpose_id="analytics", reason="denied", first_at=ago(500), last_at=ago(400)
    )
    row = recipient()
    for state, at in (("sent", ago(200)), ("sent", ago(100)), ("waiting", None)):
        Delivery.objects.create(
            recipient=row, key=f"{state}{at}", topic="x", state=state, finished_at=at, made_at=at or utc_now()
        )
    work()
    assert (Refusal.objects.count(), Delivery.objects.count()) == (0, 2)


@pytest.mark.django_db(transaction=True)
def test_events_are_kept_for_ever_until_staff_say_otherwise() -> None:
    world = World()
    world.send(world.track("jane", "Product Viewed", days_ago=800), world.track("jane", "Product Viewed"))
    work()
    assert Event.objects.count() == 2
    retaining.save_rule("events", keep_days=700, enabled=True)
    work()
    assert Event.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_people_nobody_can_name_are_erased_everywhere_without_tombstones() -> None:
    world = World()

    def visit(anonymous: str, days_ago: float, **more: Any) -> dict[str, Any]:
        return {
            "type": "track",
            "event": "Product Viewed",
            "anonymousId": anonymous,
            "timestamp": world.at(days_ago),
            **more,
        }

    world.send(visit("old-1", 400), visit("old-2", 500), visit("new", 300), visit("named", 400, userId="jane"))
    buyer = {"order_id": "o1", "revenue": 5, "currency": "EUR"}
    world.send(visit("buyer", 400) | {"event": "Order Completed", "properties": buyer})
    identifier = Identifier.objects.get(value="buyer")
    Order.objects.update_or_create(order_id="o1", defaults={"identifier_id": identifier.pk, "digest": b""})
    project_slice()
    assert unnamed_people.measure(ago(395)).count == 2
    assert work().report["never_identified_profiles"]["deleted"] == 2
    left = set(Identifier.objects.filter(kind="anonymous_id").values_list("value", flat=True))
    assert left == {"new", "named", "buyer"}
    assert not Event.objects.exclude(identifier_id__in=Identifier.objects.values("pk")).exists()
    assert not Tombstone.objects.exists()
    world.send(visit("old-1", 0))
    assert Profile.objects.filter(pk=world.profile("old-1", "anonymous_id")).exists()


@pytest.mark.django_db(transaction=True)
def test_a_run_may_be_cancelled_and_what_it_deleted_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(4):
        cart(f"old{number}", days=400)
    monkeypatch.setattr(retaining, "SLICE", 1)
    monkeypatch.setattr("cdp.jobs.services.WRITE_EVERY_S", 0)
    job = retaining.start(dry=False)
    real = retaining._note

    def note(run: Any, rule: Any, entry: Any) -> None:
        real(run, rule, entry)
        if entry["deleted"] == 2:
            cancel([job.pk])

    monkeypatch.setattr(retaining, "_note", note)
    run_slice()
    job.refresh_from_db()
    run = RetentionRun.objects.get()
    assert (job.state, run.report["carts"]["deleted"], run.report["cancelled"]) == ("cancelled", 2, True)
    assert Cart.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_class_that_fails_keeps_no_other_from_being_worked_and_the_run_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(cutoff: datetime, limit: int, now: datetime) -> int:
        raise ValueError("broken")

    cart("old", days=400)
    AuditEntry.objects.create(action="view", subject="x", at=ago(740))
    rules = [
        replace(one, data=replace(one.data, delete=broken)) if one.data.code == "audit" else one for one in in_force()
    ]
    monkeypatch.setattr(retaining, "in_force", lambda: rules)
    job = retaining.start(dry=False)
    while run_slice():
        pass
    job.refresh_from_db()
    run = RetentionRun.objects.get()
    assert (job.state, Cart.objects.count(), run.report["carts"]["deleted"]) == ("failed", 0, 1)
    assert (run.report["audit"]["due"], "error" in run.report["audit"], run.ended_at is not None) == (1, True, True)


@pytest.mark.django_db(transaction=True)
def test_a_long_run_goes_on_where_its_slice_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        cart(f"old{number}", days=400)
    monkeypatch.setattr(retaining, "SLICE", 1)
    monkeypatch.setattr("cdp.jobs.services.SLICE_S", 0.0)
    assert work().report["carts"]["deleted"] == 3
    assert (RetentionRun.objects.count(), Cart.objects.count()) == (1, 0)


@pytest.mark.django_db(transaction=True)
def test_the_night_comes_once_in_its_hour_and_not_to_a_service_of_today(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.RETENTION_HOUR, settings.COMPANY_TIME_ZONE = 3, "Europe/Berlin"
    night = datetime(2026, 1, 10, 2, 30, tzinfo=UTC)  # 03:30 in Berlin
    monkeypatch.setattr(retaining, "utc_now", lambda: night)
    assert retaining.nightly_slice() == 0
    source = Source.objects.create(name="s", kind="server")
    Source.objects.filter(pk=source.pk).update(created_at=night - timedelta(days=2))
    monkeypatch.setattr(retaining, "utc_now", lambda: night + timedelta(hours=1))
    assert retaining.nightly_slice() == 0
    monkeypatch.setattr(retaining, "utc_now", lambda: night)
    assert (retaining.nightly_slice(), retaining.nightly_slice()) == (1, 0)
    settings.RETENTION_HOUR = -1
    assert retaining.nightly_slice() == 0


@pytest.mark.django_db(transaction=True)
def test_the_command_counts_and_deletes() -> None:
    cart("old", days=400)
    out = io.StringIO()
    call_command("retention", "--dry", stdout=out)
    assert "Carts: 1 due, 0 deleted" in out.getvalue()
    call_command("retention", stdout=io.StringIO())
    assert Cart.objects.count() == 0


@pytest.mark.django_db
def test_a_setting_is_shown_and_not_overruled(settings: Settings) -> None:
    settings.INBOX_KEEP_DAYS = 12
    found = {one.data.code: one for one in in_force()}["raw_requests"]
    assert (found.days, found.deletes, found.words) == (12, False, "12 days")


@pytest.mark.django_db
def test_staff_change_a_rule_with_an_audit_line_and_others_cannot(client: Client) -> None:
    client.force_login(User.objects.create_superuser("root"))
    page = client.get("/admin/privacy/retention/").content.decode()
    assert "for ever" in page
    assert 'href="/admin/privacy/retention/carts/"' in page
    assert 'href="/admin/privacy/retention/raw_requests/"' not in page
    assert client.get("/admin/privacy/retention/carts/").status_code == 200
    assert client.get("/admin/privacy/retention/raw_requests/").status_code == 404
    bad = client.post("/admin/privacy/retention/carts/", {"keep_days": "0", "enabled": "on"})
    assert bad.status_code == 200
    assert not RetentionRule.objects.exists()
    client.post("/admin/privacy/retention/carts/", {"keep_days": "90", "enabled": "on"})
    rule = RetentionRule.objects.get()
    assert (rule.data_class, rule.keep_days, rule.enabled) == ("carts", 90, True)
    assert AuditEntry.objects.get().subject == "privacy.retentionrule:carts"
    client.force_login(User.objects.create_user("guest", is_staff=True))
    assert client.post("/admin/privacy/retention/carts/", {"keep_days": "1"}).status_code == 403
    assert client.get("/admin/privacy/retention/").status_code == 403


@pytest.mark.django_db(transaction=True)
def test_the_page_asks_before_it_deletes_and_reports_afterwards(client: Client) -> None:
    client.force_login(User.objects.create_superuser("root"))
    cart("old", days=400)
    assert client.get("/admin/privacy/retention/run/now/").status_code == 200
    assert not Job.objects.exists()
    client.post("/admin/privacy/retention/run/dry/")
    while run_slice():
        pass
    page = client.get("/admin/privacy/retention/").content.decode()
    assert "1 records are past their time" in page
    run = RetentionRun.objects.get()
    assert client.get(f"/admin/privacy/retention/runs/{run.pk}/").status_code == 200
    text = client.get(f"/admin/privacy/retention/runs/{run.pk}/csv/").content.decode()
    assert "carts,Carts,395,1,0," in text
