"""Registers the audiences app with Django."""

from django.apps import AppConfig


class AudiencesConfig(AppConfig):
    name = "audiences"
    label = "audiences"
    verbose_name = "Audiences"
