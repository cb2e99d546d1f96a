"""Registers the embedded app with Django."""

from django.apps import AppConfig


class EmbeddedConfig(AppConfig):
    name = "cdp.embedded"
    label = "embedded"
    verbose_name = "Embedded"
