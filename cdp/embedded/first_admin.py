"""The first admin account of a new deployment."""

import secrets

from django.contrib.auth.models import User
from django.db import transaction

from cdp.lib import env


def make_first_admin(base_url: str) -> str:
    """Makes an admin where no staff account exists and returns what to tell; "" where there is one already.

    ADMIN_EMAIL and ADMIN_PASSWORD are used where set; a random password is in the returned text and nowhere else.
    """
    if User.objects.filter(is_staff=True).exists():
        return ""
    email = env.text("ADMIN_EMAIL", "admin@example.com")
    given = env.text("ADMIN_PASSWORD")
    password = given or secrets.token_urlsafe(12)
    with transaction.atomic():
        User.objects.create_superuser(email, email, password)
    shown = "the password in ADMIN_PASSWORD" if given else f"password {password} (shown only now)"
    return (
        f"First admin account: {email}, {shown}.\n"
        f"Next: sign in at {base_url}/admin/, add a source, and send events with its write key."
    )
