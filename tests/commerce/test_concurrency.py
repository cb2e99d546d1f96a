"""Several refolds at once: of two that touch one cart the later sees everything, and none waits in a circle."""

import threading
from collections.abc import Callable

import pytest
from django.db import connection, transaction

from cdp.lib.clock import utc_now
from cdp.lib.conflicts import retrying
from commerce.models import Cart, Order
from commerce.services import refold
from events.models import Event
from tests.commerce.world import Drain, identify, make_source, send, send_and_work, track

PEOPLE = 12
WORKERS = 4


@pytest.mark.django_db(transaction=True)
def test_refolds_of_overlapping_people_at_once_end_as_one_after_the_other(drain: Drain) -> None:
    shop = make_source()
    for person in range(PEOPLE):
        browser, user = f"b{person}", f"u{person}"
        send(
            shop,
            track("Product Added", 0, anonymous=browser, product_id="a", cart_id=f"c{person}"),
            track("Product Added", 1, anonymous=f"b{(person + 1) % PEOPLE}", product_id="b", cart_id=f"c{person}"),
            track("Product Added", 2, anonymous=browser, product_id="c"),
            identify(user, browser, 3),
            track("Order Completed", 4, user=user, order_id=f"o{person}", products=[{"product_id": "a", "price": 1}]),
        )
    send_and_work(drain, shop, [[track("Product Viewed", user="nobody", product_id="a")]])
    expected = _stored()
    assert {state for _, state, _ in expected[0]} == {"ordered"}
    identifiers = sorted(set(Event.objects.values_list("identifier_id", flat=True)))
    orders = [f"o{person}" for person in range(PEOPLE)]
    Cart.objects.all().delete()
    Order.objects.all().delete()
    _at_once(lambda worker: _refold_some(identifiers[worker % 2 :: 2], orders[worker % 3 :]))
    assert _stored() == expected


def _stored() -> tuple[list[tuple[str, str, str | None]], list[tuple[str, str]]]:
    return (
        sorted(Cart.objects.values_list("key", "state", "order_id")),
        sorted(Order.objects.values_list("order_id", "status")),
    )


def _refold_some(identifier_ids: list[int], order_ids: list[str]) -> None:
    for start in range(0, len(identifier_ids), 3):
        retrying(lambda start=start: _refold(identifier_ids[start : start + 3], order_ids))  # type: ignore[misc]


@transaction.atomic
def _refold(identifier_ids: list[int], order_ids: list[str]) -> None:
    refold(identifier_ids=identifier_ids, order_ids=order_ids, now=utc_now())


def _at_once(work: Callable[[int], None]) -> None:
    failures: list[BaseException] = []

    def run(worker: int) -> None:
        try:
            work(worker)
        except BaseException as failure:
            failures.append(failure)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(worker,)) for worker in range(WORKERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
