"""Every column that may hold or point to a person is described by its app: how it is exported, erased and kept."""

from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec

from django.apps import apps
from django.db import models

from cdp.lib.subjects import Subject
from tests.architecture.source import APPS

PERSONAL_NAMES = {
    "address", "address_hash", "actor", "body", "checkpoint", "context", "email", "facts", "html", "identifier",
    "identifier_id", "identifier_hash", "identifiers", "ip", "phone", "profile", "profile_id", "properties", "raw",
    "subject_id", "text", "traits", "unit_hash", "user_agent", "value",
}  # fmt: skip
# Columns with such a name that hold nobody.
NOBODY = {
    "automation.Journey.subject": "a template's subject line",
    "automation.TriggerRun.facts": "a product or a day that concerns many",
    "commerce.Cart.value": "an amount of money",
    "decisions.Conversion.value": "an amount of money",
    "experiments.Result.body": "sums of many",
    "consent.Wording.text": "the words people are asked with",
    "recommendations.PlacementRule.value": "a product, category or brand",
}


def described() -> dict[str, Subject]:
    """Model → its description."""
    found = {}
    for app in APPS:
        if find_spec(f"{app}.subjects"):
            for subject in import_module(f"{app}.subjects").SUBJECTS:
                assert subject.model not in found, f"{subject.model} is described twice"
                found[subject.model] = subject
    return found


def project_models() -> Iterator[type[models.Model]]:
    for config in apps.get_app_configs():
        if config.name in APPS:
            yield from config.get_models()


def personal_columns(model: type[models.Model]) -> set[str]:
    names = set()
    for field in model._meta.get_fields():
        if not isinstance(field, models.Field) or f"{model._meta.label}.{field.name}" in NOBODY:
            continue
        if isinstance(field, models.EmailField) or {field.name, field.attname} & PERSONAL_NAMES:
            names.add(field.name)
    return names


def test_every_personal_column_is_described() -> None:
    known = described()
    missing = {}
    for model in project_models():
        label = model._meta.label
        told = set(known[label].personal) if label in known else set()
        if gaps := {name for name in personal_columns(model) if name not in told and f"{name}_id" not in told}:
            missing[label] = gaps
    assert missing == {}


def test_every_description_is_of_a_model_and_its_columns() -> None:
    for label, subject in described().items():
        model = apps.get_model(label)
        columns = {name for field in model._meta.get_fields() if isinstance(field, models.Field)
                   for name in (field.name, field.attname)}  # fmt: skip
        assert set(subject.personal) <= columns, label


def test_every_description_says_all_it_should() -> None:
    for label, subject in described().items():
        for said in (subject.keyed_by, subject.export, subject.erase, subject.retention):
            assert len(said) >= 4, label
