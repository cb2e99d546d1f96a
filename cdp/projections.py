"""What the lake holds: apps declare their tables in `projections.py` as `PROJECTIONS`; this page registers them."""

from importlib import import_module
from importlib.util import find_spec

from django.apps import apps

from lake.contracts import Projection


def projections() -> tuple[Projection, ...]:
    """Every declared projection, by app in the order of INSTALLED_APPS."""
    found: list[Projection] = []
    for app in apps.get_app_configs():
        if find_spec(f"{app.name}.projections"):
            found.extend(import_module(f"{app.name}.projections").PROJECTIONS)
    return tuple(found)
