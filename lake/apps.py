"""Registers the lake app with Django."""

from django.apps import AppConfig


class LakeConfig(AppConfig):
    name = "lake"
    label = "lake"
    verbose_name = "Lake"
