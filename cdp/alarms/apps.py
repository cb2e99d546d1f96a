"""Registers the alarms app with Django."""

from django.apps import AppConfig


class AlarmsConfig(AppConfig):
    name = "cdp.alarms"
    label = "alarms"
    verbose_name = "Alarms"
