"""placeholder."""

from django.contrib import admin
from unfold.admin import ModelAdmin

from imports.models import Import


@admin.register(Import)
class ImportAdmin(ModelAdmin):  # type: ignore[misc]
    """Imports."""
