"""Server keys, user-token keys and the audit log."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now


class ServerKey(models.Model):
    """A secret of a server-side client. Only its hash is kept; the key is shown once, when made."""

    name = models.TextField(help_text="Who uses it, e.g. “shop backend”.")
    prefix = models.TextField(help_text="The key's first characters, to recognise it.")
    key_hash = models.BinaryField(max_length=32, unique=True, editable=False)
    scopes = ArrayField(models.TextField(), default=list, help_text="What it may do, e.g. profiles:read.")
    created_at = models.DateTimeField(db_default=Now())
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"


class UserTokenKey(models.Model):
    """A signing key with which the shop's backend vouches for its signed-in customer (HMAC-SHA256)."""

    kid = models.TextField(unique=True)
    secret = models.TextField(editable=False)
    created_at = models.DateTimeField(db_default=Now())
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.kid


class AuditEntry(models.Model):
    """Somebody looked at or changed something that concerns a person."""

    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    action = models.TextField()
    subject = models.TextField(help_text="App, kind and id of what was touched; no personal data.")
    reason = models.TextField(blank=True, default="")
    at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name_plural = "audit entries"
        indexes = [models.Index(fields=["subject", "-at"], name="access_audit_subject")]

    def __str__(self) -> str:
        return f"{self.action} {self.subject}"
