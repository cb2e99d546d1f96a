"""An answer about a person costs the same number of statements, however much they did."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client

from cdp.admin_person.page import TABS
from cdp.lib.clock import utc_now
from people import services
from profiles import queries as profiles
from tests.people.conftest import PROFILES, Ask, Say
from tests.statements import sent

pytestmark = pytest.mark.django_db(transaction=True)
ADA = f"{PROFILES}user_id:ada"
OWN = "/v1/profiles/user_id:ada"


def do_things(say: Say, first: int, last: int) -> None:
    now = utc_now()
    for n in range(first, last):
        at = (now - timedelta(hours=n)).isoformat()
        seen = {"product_id": f"p{n}", "category": "Shoes", "name": "Shoe", "price": 9.5 + n}
        bought = {"order_id": f"o{n}", "total": 10 + n, "currency": "EUR", "products": [seen]}
        who = {"userId": "ada", "anonymousId": f"device-{n % 7}", "timestamp": at}
        say(
            {"event": "Product Viewed", "properties": seen, **who},
            {"event": "Order Completed", "properties": bought, **who},
            {"type": "identify", "traits": {f"trait{n}": n}, **who},
        )


@pytest.mark.parametrize(
    ("address", "statements"),
    [
        (f"{ADA}/traits", 3),
        (f"{ADA}/traits?class=computed_trait", 7),
        (f"{ADA}/external_ids", 4),
        (f"{ADA}/events?limit=100", 4),
        (f"{ADA}/metadata", 6),
        (f"{OWN}/timeline", 5),
        (f"{OWN}/timeline?q=shoe&name=Product+Viewed", 5),
    ],
)
def test_a_call_sends_so_many_statements(
    say: Say, ask: Ask, monkeypatch: pytest.MonkeyPatch, address: str, statements: int
) -> None:
    services.ship()
    do_things(say, 0, 12)
    assert ask(address).status_code == 200  # the key is known from here on
    with sent(monkeypatch) as found:
        assert ask(address).status_code == 200
    assert len(found) == statements, [statement for statement, _ in found]


def test_the_whole_person_and_every_tab_send_no_more_for_many_events_than_for_few(
    say: Say, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    services.ship()
    do_things(say, 0, 8)
    staff = Client()
    staff.force_login(User.objects.create_superuser("root@staff.example"))

    def counted(answer: Callable[[], object]) -> int:
        with sent(monkeypatch) as statements:
            answer()
        return len(statements)

    def counts() -> dict[str, int]:
        told = profiles.find("user_id", "ada")
        assert told is not None
        page = f"/admin/profiles/profile/{told.profile_id}/change/"
        answers = {"whole": lambda: ask(OWN)} | {tab: lambda tab=tab: staff.get(page, {"tab": tab}) for tab, _ in TABS}
        found: dict[str, int] = {}
        for name, answer in answers.items():
            assert answer().status_code == 200
            found[name] = min(counted(answer), counted(answer))  # what is kept for seconds may just grow old
        return found

    few = counts()
    do_things(say, 8, 16)
    assert counts() == few
    assert max(few.values()) <= 30
