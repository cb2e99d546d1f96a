"""Imports in the admin: upload, mapping, check, import, result."""

from imports.admin.pages import ImportAdmin

__all__ = ["ImportAdmin"]
