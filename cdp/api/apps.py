"""Registers the API's roof with Django, and the project's system checks."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "cdp.api"
    label = "api"
    verbose_name = "API"

    def ready(self) -> None:
        """Importing the checks registers them; the admin's JSON loses its inline styles."""
        from cdp import checks  # noqa: F401  # registers when the apps are ready
        from cdp.admin_home.shown_json import use_plain_json
        from cdp.api import openapi  # noqa: F401  # registers the security scheme

        use_plain_json()
