"""A deadlock is tried again as a whole; what is nobody's conflict is raised at once, and told without personal data."""

import threading

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction

from cdp.access.models import UserTokenKey
from cdp.lib.conflicts import is_conflict, retrying
from cdp.lib.failures import describe


@pytest.mark.django_db(transaction=True)
def test_two_workers_that_lock_each_other_out_both_finish() -> None:
    for kid in ("a", "b"):
        UserTokenKey.objects.create(kid=kid, secret="")
    both_hold_one = threading.Barrier(2)
    attempts: list[str] = []

    def work(first: str, second: str) -> None:
        @transaction.atomic
        def slice_of_work() -> None:
            attempts.append(first)
            UserTokenKey.objects.select_for_update().get(kid=first)
            if len(attempts) <= 2:
                both_hold_one.wait(timeout=20)
            for kid in (first, second):
                key = UserTokenKey.objects.select_for_update().get(kid=kid)
                key.secret += first
                key.save()

        try:
            retrying(slice_of_work)
        finally:
            connection.close()

    workers = [threading.Thread(target=work, args=order) for order in (("a", "b"), ("b", "a"))]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(attempts) == 3
    assert {key.kid: sorted(key.secret) for key in UserTokenKey.objects.all()} == {"a": ["a", "b"], "b": ["a", "b"]}


def test_another_failure_is_raised_at_once() -> None:
    tried = []

    def work() -> None:
        tried.append(1)
        raise OperationalError("disk full")

    with pytest.raises(OperationalError, match="disk full"):
        retrying(work)
    assert len(tried) == 1


@pytest.mark.django_db
def test_a_failure_names_its_constraint_and_place_not_its_values() -> None:
    UserTokenKey.objects.create(kid="customer@example.com", secret="")
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        UserTokenKey.objects.create(kid="customer@example.com", secret="")
    told = describe(refused.value)
    assert told.startswith("IntegrityError (access_usertokenkey_kid")
    assert "example.com" not in told
    assert not is_conflict(refused.value)
