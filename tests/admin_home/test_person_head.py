"""The head of a person's page: what somebody is worth is what they kept."""

from decimal import Decimal

import pytest

from cdp.admin_person.header import header
from commerce.models import Order
from profiles.models import Profile
from tests.recommendations import world


@pytest.mark.django_db
def test_the_value_is_what_was_bought_less_refunds() -> None:
    person = world.identifier("user_id", "u1")
    profile = Profile.objects.create(id=person.profile_id)
    told = [("placed", 20, 0), ("partly_refunded", 30, 12), ("refunded", 7, 7), ("cancelled", 99, 0)]
    for status, revenue, refunded in told:
        placed = Order.objects.filter(pk=world.order(person, "cup").pk)
        placed.update(status=status, revenue=Decimal(revenue), refunded=Decimal(refunded), currency="EUR")
    found = header(profile, [person.pk], world.NOW)
    assert (found.value, found.orders) == ("€38.00", 3)
