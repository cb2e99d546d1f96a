"""Connectors: translators between outside formats and events. No rules live here."""
