"""Registers the outbox app with Django."""

from django.apps import AppConfig


class OutboxConfig(AppConfig):
    name = "cdp.outbox"
    label = "outbox"
    verbose_name = "Outbox"
