"""Registers the access app with Django."""

from django.apps import AppConfig


class AccessConfig(AppConfig):
    name = "cdp.access"
    label = "access"
    verbose_name = "Access"
