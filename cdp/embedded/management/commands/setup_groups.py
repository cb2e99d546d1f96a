"""`manage.py setup_groups`: gives the four staff groups exactly the rights written in cdp/admin_home/groups.py."""

from typing import Any

from django.core.management.base import BaseCommand

from cdp.admin_home.groups import apply_rights


class Command(BaseCommand):
    """Run at every start, so that a new version's tables are covered."""

    help = "Create or update the groups admin, marketer, analyst, privacy officer and support."

    def handle(self, *args: Any, **options: Any) -> None:
        apply_rights()
