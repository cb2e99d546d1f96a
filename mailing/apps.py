"""Registers the mailing app with Django."""

from django.apps import AppConfig


class MailingConfig(AppConfig):
    name = "mailing"
    label = "mailing"
    verbose_name = "Mail"
