"""Every store of the house, gathered: what each app lists in its `rights.py`, by settings, so nobody imports upward.

Places outside the tables are listed by the app that owns them: Parquet files by `lake`, uploads by `imports`, model
files by `recommendations`; what nobody owns (Valkey, log files, Django's own tables) by `privacy`.
"""

from collections.abc import Iterator
from functools import cache
from importlib import import_module
from importlib.util import find_spec

from django.apps import apps

from cdp.lib.rights import Store
from privacy import places


@cache
def stores() -> tuple[Store, ...]:
    """All stores in the order in which they are erased: by stage, then by name. Two of one name raise ValueError."""
    found = sorted(_listed(), key=lambda store: (store.stage, store.name))
    names = [store.name for store in found]
    if len(set(names)) != len(names):
        twice = sorted({name for name in names if names.count(name) > 1})
        raise ValueError(f"two stores of one name: {', '.join(twice)}. Rename one in its app's rights.py.")
    return tuple(found)


def _listed() -> Iterator[Store]:
    yield from places.STORES
    for config in apps.get_app_configs():
        if find_spec(f"{config.name}.rights"):
            yield from import_module(f"{config.name}.rights").STORES
