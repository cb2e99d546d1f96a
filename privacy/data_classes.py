"""Every data class of the house with the rule that holds for it: what each app lists in its `retention.py`."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from importlib import import_module
from importlib.util import find_spec

from django.apps import apps

from cdp.lib.retention import DataClass
from privacy.models import RetentionRule


@dataclass(frozen=True, slots=True)
class InForce:
    """A class and how long it is kept now. `days`: None is for ever. `is_changed`: staff set it."""

    data: DataClass
    days: int | None
    enabled: bool
    is_changed: bool

    def cutoff(self, now: datetime) -> datetime | None:
        """What is older is due; None where nothing ever is."""
        return None if self.days is None else now - timedelta(days=self.days)

    @property
    def deletes(self) -> bool:
        """Whether a run deletes it; what a setting decides is deleted elsewhere."""
        return self.may_be_set and self.enabled and self.days is not None

    @property
    def may_be_set(self) -> bool:
        """Whether staff decide; else a setting does."""
        return self.data.delete is not None

    @property
    def words(self) -> str:
        """How long, for people."""
        if self.days is None:
            return "for ever, or until erased"
        if self.days % 365 == 0 and self.days >= 365:
            years = self.days // 365
            return f"{years} year{'' if years == 1 else 's'}"
        return f"{self.days:,} day{'' if self.days == 1 else 's'}"


@cache
def classes() -> tuple[DataClass, ...]:
    """All classes by title. Two of one code raise ValueError."""
    found = sorted(_listed(), key=lambda one: one.title)
    codes = [one.code for one in found]
    if len(set(codes)) != len(codes):
        raise ValueError(f"two data classes of one code: {sorted({c for c in codes if codes.count(c) > 1})}")
    return tuple(found)


def in_force() -> list[InForce]:
    """Every class with its rule, by title."""
    rules = {rule.data_class: rule for rule in RetentionRule.objects.all()}
    return [_of(one, rules.get(one.code)) for one in classes()]


def _of(one: DataClass, rule: RetentionRule | None) -> InForce:
    if one.setting_days is not None:
        return InForce(one, one.setting_days(), True, False)
    if rule is None:
        return InForce(one, one.default_days, True, False)
    return InForce(one, rule.keep_days, rule.enabled, rule.keep_days != one.default_days or not rule.enabled)


def _listed() -> Iterator[DataClass]:
    for config in apps.get_app_configs():
        if find_spec(f"{config.name}.retention"):
            yield from import_module(f"{config.name}.retention").CLASSES
