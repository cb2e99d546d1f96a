"""`manage.py first_admin`: makes the first admin account where no staff account exists, and says its password once."""

import secrets
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management.base import BaseCommand
from django.db import transaction

from cdp.lib import env


class Command(BaseCommand):
    """Idempotent: does nothing once a staff account exists."""

    help = "Make the first admin account (ADMIN_EMAIL, ADMIN_PASSWORD; a random password is printed once)."

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.DEMO or User.objects.filter(is_staff=True).exists():
            return
        email = env.text("ADMIN_EMAIL", "admin@example.com")
        given = env.text("ADMIN_PASSWORD")
        password = given or secrets.token_urlsafe(12)
        with transaction.atomic():
            User.objects.create_superuser(email, email, password)
        shown = "the password in ADMIN_PASSWORD" if given else f"password {password} (shown only now)"
        self.stdout.write(f"First admin account: {email}, {shown}.")
        self.stdout.write(
            f"Next: sign in at {settings.BASE_URL}/admin/, add a source, and send events with its write key."
        )
