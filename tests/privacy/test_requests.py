"""A request is verified by its address's owner or attested, keeps the law's clock, and is carried out step by step."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from cdp.access.models import AuditEntry
from cdp.alarms.models import Alarm
from cdp.lib.clock import utc_now
from cdp.lib.hashing import address_hash
from cdp.lib.problems import Problem
from cdp.outbox.services import drain_all
from consent import queries as consent
from consent.contracts import GRANTED, Subject
from consent.models import Entry
from events.models import Inbox
from events.services.rerunning import run_again
from privacy import clocks, services
from privacy.models import Letter, Request
from privacy.services import stating, working
from profiles import queries as profiles
from tests.automation.sink import Sink
from tests.privacy.world import (
    JANE,
    body_of,
    carried_out,
    deliver,
    happened,
    identify,
    later,
    link_in,
    say,
    seen,
    steps_of,
    work,
)

pytestmark = pytest.mark.django_db(transaction=True)
NEW = "jane@new.example"


@pytest.fixture
def officer() -> User:
    return User.objects.create_superuser("officer")


def asked(kind: str, **more: object) -> Request:
    return services.ask(kind, JANE, came_by="page", now=utc_now(), **more)  # type: ignore[arg-type]


def verified(kind: str, **more: object) -> Request:
    return services.verify(asked(kind, **more).pk, now=utc_now())


@pytest.mark.parametrize(
    ("regime", "due", "extended"),
    [
        ("gdpr", datetime(2026, 2, 28, 9, tzinfo=UTC), datetime(2026, 4, 30, 9, tzinfo=UTC)),
        ("ccpa", datetime(2026, 3, 17, 9, tzinfo=UTC), datetime(2026, 5, 1, 9, tzinfo=UTC)),
        ("can_spam", datetime(2026, 3, 2, 9, tzinfo=UTC), datetime(2026, 4, 1, 9, tzinfo=UTC)),
        ("other", datetime(2026, 3, 2, 9, tzinfo=UTC), datetime(2026, 4, 1, 9, tzinfo=UTC)),
    ],
)
def test_each_law_has_its_clock(regime: str, due: datetime, extended: datetime) -> None:
    received = datetime(2026, 1, 31, 9, tzinfo=UTC)
    assert clocks.due_at(received, regime) == due
    assert clocks.due_at(received, regime, extended=True) == extended


def test_the_clock_says_in_words_how_long_is_left() -> None:
    due = datetime(2026, 3, 10, tzinfo=UTC)
    said = [clocks.left(due, due - timedelta(hours=hours)) for hours in (24 * 12, 25, 3, -1, -73)]
    assert said == ["12 days left", "1 day left", "due today", "1 day overdue", "3 days overdue"]


def test_the_law_is_that_of_the_person_found_when_the_link_was_used() -> None:
    request = asked("access")
    assert request.regime == "other"
    identify("jane", email=JANE, country="DE")
    request = services.verify(request.pk, now=utc_now())
    assert request.regime == "gdpr"
    assert request.due_at == clocks.add_months(request.received_at, 1)


def test_asking_twice_is_one_request_with_a_letter_a_minute() -> None:
    now = utc_now()
    ids = {services.ask("access", "Jane@Example.com ", came_by="page", now=now).pk for _ in range(3)}
    assert len(ids) == 1
    assert Letter.objects.count() == 1
    services.ask("access", JANE, came_by="api", now=now + timedelta(minutes=2))
    assert (Request.objects.count(), Letter.objects.count()) == (1, 2)
    assert asked("erase").pk not in ids


@pytest.mark.parametrize(
    ("kind", "address", "wishes", "field"),
    [
        ("forget", JANE, {}, "kind"),
        ("access", "jane", {}, "email"),
        ("access", JANE, {"x": 1}, "wishes"),
        ("rectify", JANE, {}, "fields"),
        ("rectify", JANE, {"fields": [{"new": "Ann"}]}, "fields[0]"),
        ("rectify", JANE, {"fields": [{"field": "name", "new": {"$gt": ""}}]}, "fields[0]"),
        ("rectify", JANE, {"fields": [{"field": "email", "new": None}]}, "fields[0]"),
        ("rectify", JANE, {"fields": [{"field": "email", "new": "not an address"}]}, "fields[0]"),
        ("rectify", JANE, {"fields": [{"field": "name", "new": "J"}, {"field": "phone", "new": 7}]}, "fields[1]"),
        ("object", JANE, {"purposes": "analytics"}, "purposes"),
        ("object", JANE, {"purposes": ["analytics", "analitics"]}, "purposes"),
    ],
)
def test_what_cannot_be_asked_is_named(kind: str, address: str, wishes: dict[str, object], field: str) -> None:
    with pytest.raises(Problem) as refused:
        services.ask(kind, address, came_by="api", now=utc_now(), wishes=wishes)
    assert (refused.value.status, refused.value.errors[0]["field"]) == (422, field)
    assert not Request.objects.exists()


def test_a_link_verifies_by_post_and_says_so_afterwards(client: Client, sink: Sink) -> None:
    request = asked("restrict", locale="de")
    deliver()
    path = link_in(sink.mails[0])
    page = client.get(path)
    assert page.status_code == 200
    assert "j•••@e•••.com" in page.content.decode()
    assert JANE not in page.content.decode()
    assert page["Referrer-Policy"] == "no-referrer"
    assert page["Cache-Control"] == "no-store"
    assert client.post(path).status_code == 200
    request.refresh_from_db()
    assert request.state == Request.State.WORKING
    assert client.post(path).status_code == 410
    assert client.get(path).status_code == 410
    assert request.steps.get(name="verify").evidence == {"by": "link"}


def test_an_expired_link_sends_another_to_the_address_and_never_here(client: Client, sink: Sink) -> None:
    request = asked("access")
    deliver()
    path = link_in(sink.mails[0])
    request.links.update(expires_at=utc_now())
    Letter.objects.update(key="earlier")
    page = client.post(path)
    assert page.status_code == 410
    assert "Send me another link" in page.content.decode()
    answer = client.post(path, {"action": "again"})
    deliver()
    fresh = link_in(sink.mails[1])
    assert fresh != path
    assert fresh.rpartition("/")[2] not in answer.content.decode()
    assert client.post(fresh).status_code == 200


def test_a_link_of_another_use_is_not_valid(client: Client, sink: Sink) -> None:
    asked("access")
    deliver()
    token = link_in(sink.mails[0]).rpartition("/")[2]
    for other in ("delete", "download", "confirm"):
        assert client.get(f"/privacy/{other}/{token}").status_code == 404
        assert client.post(f"/privacy/{other}/{token}").status_code == 404


def test_nobody_verified_it_for_a_week_so_it_ends_and_keeps_no_address() -> None:
    request = asked("erase")
    Request.objects.update(received_at=utc_now() - timedelta(days=8))
    working.work_slice()
    request.refresh_from_db()
    assert (request.state, request.address, request.address_hash) == ("expired", "", None)
    assert not Letter.objects.filter(state="waiting").exists()
    assert not Letter.objects.exclude(address="").exists()


def test_staff_attest_with_a_reason_that_stays(officer: User) -> None:
    request = asked("restrict")
    with pytest.raises(Problem, match="invalid_request"):
        services.verify(request.pk, now=utc_now(), actor=officer)
    services.verify(request.pk, now=utc_now(), actor=officer, reason="Showed a passport at the counter")
    evidence = request.steps.get(name="verify").evidence
    assert evidence == {"by": f"staff:{officer.pk}", "reason": "Showed a passport at the counter"}
    assert AuditEntry.objects.filter(subject=f"privacy_request:{request.pk}", action="attested who they are").exists()


def test_restriction_holds_for_every_identifier_and_address_until_it_ends(sink: Sink) -> None:
    ids = seen(("user_id", "jane"), ("email", JANE), ("anonymous_id", "a1"))
    say("email_marketing", GRANTED, email=JANE, at=utc_now() - timedelta(days=1))
    request = carried_out(verified("restrict"))
    assert request.state == Request.State.DONE
    whom = Subject(address_hash(JANE), tuple(ids.values()))
    for purpose in ("email_marketing", "personalization", "analytics"):
        decision = consent.allows(whom, purpose, utc_now())
        assert not decision.allowed
        assert not consent.allows(Subject(address_hash(JANE)), purpose, utc_now()).allowed
    carried_out(verified("unrestrict"))
    assert consent.allows(whom, "email_marketing", utc_now()).allowed
    assert consent.allows(whom, "personalization", utc_now()).allowed
    deliver()
    assert [mail["Subject"] for mail in sink.mails][-1] == "Done: your privacy request to Our shop"


def test_objecting_withdraws_what_was_named_and_no_more() -> None:
    ids = seen(("user_id", "jane"), ("email", JANE))
    carried_out(verified("object", wishes={"purposes": ["personalization"]}))
    whom = Subject(identifier_ids=tuple(ids.values()))
    assert consent.allows(whom, "personalization", utc_now()).reason == "withdrawn"
    assert consent.allows(whom, "analytics", utc_now()).allowed


def test_objecting_to_nothing_in_particular_is_objecting_to_all_of_legitimate_interest() -> None:
    ids = seen(("user_id", "jane"), ("email", JANE))
    carried_out(verified("object"))
    whom = Subject(identifier_ids=tuple(ids.values()))
    basis = [purpose.code for purpose in stating.objectionable("other")]
    assert "personalization" in basis
    assert [consent.allows(whom, code, utc_now()).allowed for code in basis] == [False] * len(basis)


def test_opting_out_denies_sharing() -> None:
    ids = seen(("user_id", "jane"), ("email", JANE))
    carried_out(verified("opt_out"))
    assert not consent.allows(Subject(identifier_ids=tuple(ids.values())), "third_party_sharing", utc_now()).allowed
    assert set(Entry.objects.filter(method="privacy_request").values_list("identifier_id", flat=True)) == set(
        ids.values()
    )


def test_a_correction_waits_for_staff_and_wins_over_older_events_told_again(officer: User, sink: Sink) -> None:
    identify("jane", at=utc_now() - timedelta(days=9), email=JANE, first_name="Jnae", city="Bern")
    wishes = {"fields": [{"field": "first_name", "new": "Jane"}, {"field": "city", "new": None}]}
    request = verified("rectify", wishes=wishes)
    work()
    request.refresh_from_db()
    assert request.state == Request.State.OPEN
    services.approve(request.pk, actor=officer, now=utc_now())
    request = carried_out(request)
    assert request.state == Request.State.DONE
    happened({
        "type": "identify", "userId": "jane", "traits": {"first_name": "Jnae", "city": "Bern"},
        "timestamp": (utc_now() - timedelta(days=9)).isoformat(),
    })  # fmt: skip
    found = profiles.find("user_id", "jane")
    assert found is not None
    traits = profiles.profile_states([found.profile_id])[found.profile_id].traits
    assert (traits["first_name"], "city" in traits) == ("Jane", False)
    assert (request.address, request.wishes, request.person) == ("", {}, None)


def test_a_corrected_address_is_the_persons_from_then_on(officer: User) -> None:
    identify("jane", at=utc_now() - timedelta(days=9), email=JANE)
    request = verified("rectify", wishes={"fields": [{"field": "email", "new": NEW}]})
    services.approve(request.pk, actor=officer, now=utc_now())
    carried_out(request)
    found = profiles.find("email", NEW)
    assert found is not None
    assert found.profile_id == profiles.find("user_id", "jane").profile_id  # type: ignore[union-attr]
    assert profiles.email_of(found.profile_id) == NEW


def test_a_person_known_by_their_address_alone_is_corrected_too(officer: User) -> None:
    happened({"type": "identify", "traits": {"email": JANE, "name": "J"}, "anonymousId": "a1"})
    seen(("email", "solo@example.com"))
    request = services.ask(
        "rectify",
        "solo@example.com",
        came_by="page",
        now=utc_now(),
        wishes={"fields": [{"field": "name", "new": "Solo"}]},
    )
    services.verify(request.pk, now=utc_now())
    services.approve(request.pk, actor=officer, now=utc_now())
    carried_out(request)
    found = profiles.find("email", "solo@example.com")
    assert found is not None
    assert profiles.profile_states([found.profile_id])[found.profile_id].traits["name"] == "Solo"


def test_a_correction_for_somebody_nobody_ever_saw_ends_and_makes_nobody_up(officer: User) -> None:
    request = verified("rectify", wishes={"fields": [{"field": "name", "new": "Zoe"}]})
    services.approve(request.pk, actor=officer, now=utc_now())
    request = carried_out(request)
    assert request.state == Request.State.DONE
    assert request.steps.get(name="rectify").evidence == {"fields": 0, "why": "nobody is known by this address"}
    assert profiles.find("email", JANE) is None


def test_a_correction_never_joins_somebody_else(officer: User) -> None:
    identify("jane", at=utc_now() - timedelta(days=9), email=JANE, first_name="Jnae")
    seen(("email", NEW))
    wishes = {"fields": [{"field": "email", "new": NEW}, {"field": "first_name", "new": "Jane"}]}
    request = verified("rectify", wishes=wishes)
    with pytest.raises(Problem, match="request_state") as refused:
        services.approve(request.pk, actor=officer, now=utc_now())
    assert refused.value.status == 409
    assert "The new email is known as somebody else's." in refused.value.detail
    assert NEW not in refused.value.detail
    Request.objects.update(state=Request.State.WORKING)  # where staff do not decide, it is left out
    request.steps.filter(name="decide").delete()
    request = carried_out(request)
    assert request.state == Request.State.DONE
    evidence = request.steps.get(name="rectify").evidence
    assert (evidence["fields"], evidence["left out: somebody else's"]) == (1, ["email"])
    mine, other = profiles.find("user_id", "jane"), profiles.find("email", NEW)
    assert mine is not None
    assert other is not None
    assert mine.profile_id != other.profile_id


def test_a_correction_survives_a_replay_that_rebuilds_everything(officer: User) -> None:
    identify("jane", at=utc_now() - timedelta(days=9), email=JANE, first_name="Jnae", city="Bern")
    fields = [{"field": "first_name", "new": "Jane"}, {"field": "city", "new": None}, {"field": "email", "new": NEW}]
    request = verified("rectify", wishes={"fields": fields})
    services.approve(request.pk, actor=officer, now=utc_now())
    assert carried_out(request).state == Request.State.DONE

    def told() -> tuple[object, object, str | None]:
        found = profiles.find("user_id", "jane")
        assert found is not None
        traits = profiles.profile_states([found.profile_id])[found.profile_id].traits
        return traits.get("first_name"), traits.get("city"), profiles.email_of(found.profile_id)

    assert told() == ("Jane", None, NEW)
    raw = list(Inbox.objects.order_by("-pk").values_list("pk", flat=True))
    corrected, first = raw[:1], raw[1:]
    # Newest first, so that what was wrong is what is told last; and of the wrong ones alone.
    for ids in (raw, corrected, first):
        run_again(ids, rebuild=True)
        drain_all(only={"events.process"})
        assert told() == ("Jane", None, NEW)


def test_refusing_sends_the_reason_and_ends_the_request(officer: User, sink: Sink) -> None:
    request = verified("rectify", wishes={"fields": [{"field": "name", "new": "Zoe"}]})
    with pytest.raises(Problem):
        services.refuse(request.pk, actor=officer, reason=" ", now=utc_now())
    services.refuse(request.pk, actor=officer, reason="Art. 12(6): we cannot tell <who> you are.", now=utc_now())
    deliver()
    assert "Art. 12(6): we cannot tell <who> you are." in body_of(sink.mails[-1])
    assert "&lt;who&gt;" in body_of(sink.mails[-1], "html")
    request.refresh_from_db()
    assert (request.state, request.address) == ("refused", "")


def test_extending_moves_the_clock_once_and_tells_the_person(officer: User, sink: Sink) -> None:
    request = verified("rectify", wishes={"fields": [{"field": "name", "new": "Zoe"}]})
    extended = services.extend(request.pk, actor=officer, reason="Many requests", now=utc_now())
    assert extended.due_at == request.received_at + timedelta(days=60)
    with pytest.raises(Problem):
        services.extend(request.pk, actor=officer, reason="Again", now=utc_now())
    deliver()
    assert "Many requests" in body_of(sink.mails[-1])


def test_a_failing_step_is_tried_again_and_rings_until_it_works(monkeypatch: pytest.MonkeyPatch) -> None:
    seen(("user_id", "jane"), ("email", JANE))
    request = verified("restrict")
    real = stating._said
    monkeypatch.setattr(stating, "_said", lambda request: 1 / 0)
    work()
    request.refresh_from_db()
    step = request.steps.get(name="ledger")
    assert (request.state, step.state, step.attempts) == ("failed", "failed", 1)
    assert step.error.startswith("ZeroDivisionError")
    assert Alarm.objects.filter(code="privacy.failed", key=str(request.pk), cleared_at=None).exists()
    work()  # a minute has not passed
    step.refresh_from_db()
    assert step.attempts == 1
    monkeypatch.setattr(stating, "_said", real)
    later(request)
    work()
    request.refresh_from_db()
    assert request.state == Request.State.DONE
    assert not Alarm.objects.filter(code="privacy.failed", cleared_at=None).exists()


def test_a_step_that_waits_rings_after_five_minutes_and_is_then_tried_again_within_one(officer: User) -> None:
    identify("jane", email=JANE)
    request = verified("rectify", wishes={"fields": [{"field": "city", "new": "Rome"}]})
    services.approve(request.pk, actor=officer, now=utc_now())
    start = utc_now()
    for seconds in range(0, 290, 6):  # while the event is not worked
        working.carry_out(request.pk, start + timedelta(seconds=seconds))
        request.steps.filter(name="applied").update(ended_at=start + timedelta(seconds=seconds))
    step = request.steps.get(name="applied")
    request.refresh_from_db()
    assert (request.state, step.state, step.attempts) == ("working", "waiting", 0)
    working.carry_out(request.pk, start + timedelta(minutes=6))
    step.refresh_from_db()
    request.refresh_from_db()
    assert (request.state, step.state, step.attempts) == ("failed", "failed", 1)
    assert step.ended_at is not None
    assert request.pk not in working.due_requests(step.ended_at + timedelta(seconds=59))
    assert request.pk in working.due_requests(step.ended_at + timedelta(seconds=61))
    services.run_again(request.pk, actor=officer, now=utc_now())
    request.steps.filter(name="applied", started_at=None).get()
    assert carried_out(request).state == Request.State.DONE


def test_staff_run_a_failed_step_again_at_once(monkeypatch: pytest.MonkeyPatch, officer: User) -> None:
    seen(("user_id", "jane"), ("email", JANE))
    request = verified("restrict")
    with monkeypatch.context() as patch:
        patch.setattr(stating, "_said", lambda request: 1 / 0)
        work()
    services.run_again(request.pk, actor=officer, now=utc_now())
    work()
    request.refresh_from_db()
    assert request.state == Request.State.DONE


def test_a_step_whose_worker_died_is_begun_again_and_writes_once() -> None:
    seen(("user_id", "jane"), ("email", JANE))
    request = verified("restrict")
    request.steps.filter(name="ledger").update(state="working", attempts=1)
    work()
    request.refresh_from_db()
    assert request.state == Request.State.DONE
    request.steps.filter(name="ledger").update(state="working")
    Request.objects.update(state="working", closed_at=None)
    before = Entry.objects.count()
    work()
    assert Entry.objects.count() == before


def test_requests_near_their_last_day_ring(officer: User) -> None:
    request = verified("rectify", wishes={"fields": [{"field": "name", "new": "Zoe"}]})
    Request.objects.update(due_at=utc_now() + timedelta(days=2))
    working.work_slice()
    alarm = Alarm.objects.get(code="privacy.due")
    assert (alarm.level, "2 days left" in alarm.message, JANE in alarm.message) == ("warning", True, False)
    Request.objects.update(due_at=utc_now() - timedelta(days=2))
    working.work_slice()
    alarm.refresh_from_db()
    assert (alarm.level, "2 days overdue" in alarm.message) == ("error", True)
    services.refuse(request.pk, actor=officer, reason="No", now=utc_now())
    working.work_slice()
    alarm.refresh_from_db()
    assert alarm.cleared_at is not None


def test_which_kinds_staff_decide_is_a_setting(settings: Settings) -> None:
    settings.PRIVACY_STAFF_DECIDE = ("opt_out",)
    assert verified("opt_out").state == Request.State.OPEN
    settings.PRIVACY_STAFF_DECIDE = ()
    assert verified("rectify", wishes={"fields": [{"field": "a", "new": 1}]}).state == Request.State.WORKING


def test_a_done_request_keeps_its_story_and_nobodys_data() -> None:
    ids = seen(("user_id", "jane"), ("email", JANE))
    request = carried_out(verified("opt_out"))
    deliver()
    kept = repr(Request.objects.filter(pk=request.pk).values()) + repr(list(request.steps.values()))
    assert JANE not in kept
    assert address_hash(JANE).hex() not in kept
    assert [state for _, state in steps_of(request)] == ["done"] * 6
    assert request.steps.get(name="ledger").evidence["entries written"] == len(ids)
    assert not request.links.exists()
