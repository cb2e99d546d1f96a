"""Registers the plans app with Django."""

from django.apps import AppConfig


class PlansConfig(AppConfig):
    name = "plans"
    label = "plans"
    verbose_name = "Tracking plan"
