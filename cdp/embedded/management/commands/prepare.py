"""`manage.py prepare`: everything a database and VAR_DIR need before the service may run. Harmless to repeat."""

import io
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand

from automation import services as automation
from cdp.admin_home.groups import apply_rights
from cdp.embedded.first_admin import make_first_admin
from cdp.lib.clock import utc_now
from consent import services as consent
from mailing import services as mailing
from notices import services as notices
from people import services as people
from plans import services as plans
from privacy.services.restoring import apply_journal, finish_nameless


class Command(BaseCommand):
    """Tables, static files, staff groups, purposes, shipped mails, the default journey (a draft), tracking plan and
    computed traits, the first admin account.
    """

    help = (
        "Migrate, collect static files, set up groups, purposes, default journey and plan, and the first admin account."
    )
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        log = io.StringIO()
        call_command("migrate", interactive=False, verbosity=1, stdout=log)
        applied = log.getvalue().count("... OK")
        if applied:
            self.stdout.write(f"{applied} migrations applied")
        call_command("collectstatic", interactive=False, verbosity=0)
        apply_rights()
        consent.ensure_purposes(now=utc_now())
        mailing.ensure_shipped()
        mailing.ensure_policy(quiet=not settings.DEMO)
        automation.ensure_default_journeys()
        notices.ensure_notices()
        plans.ensure_default_plan()
        people.ship()
        if again := len(list(apply_journal())):
            self.stdout.write(f"{again} erasures carried out again: the database did not know them (a restored dump)")
        finish_nameless(utc_now())
        if not settings.DEMO and (said := make_first_admin(settings.BASE_URL)):
            self.stdout.write(said)
