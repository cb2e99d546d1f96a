"""Install the first words of the shipped purposes, and the first version of the privacy notice."""

import hashlib

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from consent.shipped_words import WORDS  # of the day it is set up: whoever has words keeps them


def install(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    wording = apps.get_model("consent", "Wording")
    worded = set(wording.objects.values_list("purpose_id", flat=True))
    wording.objects.bulk_create(
        wording(
            purpose_id=code,
            version=1,
            locale=locale,
            title=title,
            text=text,
            sha256=hashlib.sha256(f"{title}\n{text}".encode()).digest(),
        )
        for code, texts in WORDS.items()
        for locale, (title, text) in texts.items()
        if code not in worded
    )
    apps.get_model("consent", "Notice").objects.get_or_create(version=1)


class Migration(migrations.Migration):
    dependencies = [("consent", "0008_ledger_takes_its_number_first")]

    operations = [migrations.RunPython(install, migrations.RunPython.noop)]
