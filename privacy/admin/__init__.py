"""The privacy app in the admin: requests; each module registers its own pages."""

from privacy.admin import requests

__all__ = ["requests"]
