"""The events tests' sources and doors serve here too; staff with and without rights."""

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.test import Client

from cdp.admin_home.groups import apply_rights
from tests.events.conftest import browser, send, server, work

__all__ = ["browser", "send", "server", "work"]


@pytest.fixture
def boss(db: None) -> Client:
    apply_rights()
    user = User.objects.create_user("boss@example.com", is_staff=True)
    user.groups.add(Group.objects.get(name="admin"))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def clerk(db: None) -> Client:
    user = User.objects.create_user("clerk", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(content_type__app_label="events", codename__startswith="view_"))
    client = Client()
    client.force_login(user)
    return client
