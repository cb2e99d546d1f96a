"""Alarms: raised once, counted while they last, cleared when over; on the home page until somebody looks after it."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.db import IntegrityError, transaction
from django.test import Client

from cdp.admin_home.groups import apply_rights
from cdp.alarms import queries, services
from cdp.alarms.models import Alarm
from cdp.lib.clock import utc_now

pytestmark = pytest.mark.django_db


def staff(group: str) -> Client:
    apply_rights()
    user = User.objects.create_user(f"{group}@example.com", is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    client = Client()
    client.force_login(user)
    return client


def age(**columns: object) -> None:
    """Let the alarm have been raised a minute ago."""
    then = utc_now() - timedelta(minutes=1)
    Alarm.objects.update(first_at=then, last_at=then, **columns)


def test_a_storm_of_raises_is_one_row_that_nobody_writes_to() -> None:
    for _ in range(50):
        services.raise_alarm("tests.storm", "1", "Too many of them.", link="/admin/")
    alarm = Alarm.objects.get()
    assert (alarm.code, alarm.key, alarm.level, alarm.message, alarm.link) == (
        *("tests.storm", "1", "warning", "Too many of them."),
        "/admin/",
    )
    assert (alarm.count, alarm.cleared_at) == (1, None)


def test_an_alarm_that_lasts_is_counted_and_says_the_latest() -> None:
    services.raise_alarm("tests.lasting", "1", "It is bad.")
    age()
    services.raise_alarm("tests.lasting", "1", "It is still bad.")
    alarm = Alarm.objects.get()
    assert (alarm.count, alarm.message) == (2, "It is still bad.")
    assert alarm.first_at < alarm.last_at


def test_what_gets_worse_is_said_at_once() -> None:
    services.raise_alarm("tests.worse", "", "It is bad.")
    services.raise_alarm("tests.worse", "", "It is very bad.", level="error")
    services.raise_alarm("tests.worse", "", "It is bad.")
    alarm = Alarm.objects.get()
    assert (alarm.count, alarm.level, alarm.message) == (2, "error", "It is very bad.")


def test_an_alarm_that_comes_back_begins_anew() -> None:
    user = User.objects.create_user("mia")
    services.raise_alarm("tests.back", "1", "It is bad.")
    age(count=7)
    services.acknowledge([Alarm.objects.get().pk], user.pk)
    services.clear_alarm("tests.back", "1")
    assert queries.open_alarms() == []
    services.raise_alarm("tests.back", "1", "It is bad again.")
    alarm = Alarm.objects.get()
    assert (alarm.count, alarm.cleared_at, alarm.acknowledged_at, alarm.acknowledged_by) == (1, None, None, None)
    assert alarm.first_at == alarm.last_at


def test_clearing_touches_only_its_own_and_may_be_repeated() -> None:
    for key in "abc":
        services.raise_alarm("tests.many", key, "It is bad.")
    services.raise_alarm("tests.other", "a", "It is bad.")
    services.clear_alarm("tests.many", "a")
    services.clear_alarm("tests.many", "a")
    services.clear_others("tests.many", {"c"})
    assert {(alarm.code, alarm.key) for alarm in queries.open_alarms()} == {("tests.many", "c"), ("tests.other", "a")}
    services.clear_others("tests.many", ())
    assert [alarm.code for alarm in queries.open_alarms()] == ["tests.other"]


def test_who_rolls_back_has_raised_nothing() -> None:
    with transaction.atomic():
        services.raise_alarm("tests.rolled_back", "", "It is bad.")
        transaction.set_rollback(True)
    assert queries.open_counts() == {"warning": 0, "error": 0}


@pytest.mark.parametrize(
    ("columns", "constraint"),
    [
        ({"level": "loud"}, "alarms_alarm_level"),
        ({"last_at": "2020-01-01T00:00Z"}, "alarms_alarm_in_time"),
        ({"code": "tests.twice"}, "alarms_alarm_once"),
    ],
)
def test_the_database_refuses(columns: dict[str, str], constraint: str) -> None:
    Alarm.objects.create(code="tests.twice", message="It is bad.")
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Alarm.objects.create(**{"code": "tests.refused", "message": "It is bad.", **columns})


def test_the_home_page_shows_what_nobody_looks_after_and_the_list_the_rest() -> None:
    services.raise_alarm("tests.one", "", "The fan is loud: oil it.", link="/admin/fan/")
    services.raise_alarm("tests.two", "", "The roof is gone: call somebody.", level="error")
    client = staff("admin")
    home = client.get("/admin/")
    assert [alarm.code for alarm in home.context["alarms"]] == ["tests.two", "tests.one"]
    assert 'href="/admin/fan/"' in home.text
    listed = Alarm.objects.get(code="tests.two")
    answer = client.post(
        "/admin/alarms/alarm/", {"action": "acknowledge", "_selected_action": [listed.pk]}, follow=True
    )
    assert "You look after 1 of the chosen alarms." in answer.text
    home = client.get("/admin/")
    assert [alarm.code for alarm in home.context["alarms"]] == ["tests.one"]
    assert "1 looked after" in home.text
    services.clear_alarm("tests.one", "")
    services.clear_alarm("tests.two", "")
    assert "Needs a look" not in client.get("/admin/").text
    page = client.get(f"/admin/alarms/alarm/{listed.pk}/change/")
    assert "The roof is gone: call somebody." in page.text


def test_who_may_not_open_alarms_is_not_shown_them() -> None:
    services.raise_alarm("tests.one", "", "The fan is loud: oil it.")
    client = staff("analyst")
    assert "The fan is loud" not in client.get("/admin/").text
    assert client.get("/admin/alarms/alarm/").status_code == 403


def test_ready_counts_what_is_open_and_stays_ok() -> None:
    services.raise_alarm("tests.one", "", "The fan is loud: oil it.")
    body = Client().get("/health/ready").json()
    assert (body["status"], body["alarms_open"]) == ("ok", {"warning": 1, "error": 0})
    assert "fan" not in str(body)
