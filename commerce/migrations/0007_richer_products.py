"""Variants, the path of categories, list prices, prices by currency, pictures, stock counts and cost of products."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import migrations, models
from django.db.models import Value
from django.db.models.functions import Now

SHOWN = (
    "id, product_id, name, category, brand, price, currency, url, image_url, in_stock, active, is_trusted, attributes"
)
MORE = "group_id, categories, list_price, prices, images, quantity, cost"
NOTE = """
CREATE OR REPLACE FUNCTION commerce_note_catalog_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NOT EXISTS (SELECT FROM after) THEN RETURN NULL; END IF;
  ELSIF TG_OP = 'DELETE' THEN
    IF NOT EXISTS (SELECT FROM before) THEN RETURN NULL; END IF;
  ELSIF NOT EXISTS (SELECT {shown} FROM before EXCEPT ALL SELECT {shown} FROM after) THEN
    RETURN NULL;
  END IF;
  INSERT INTO commerce_catalogchange (transaction, is_deletion)
  VALUES (pg_current_xact_id()::text::bigint, TG_OP = 'DELETE');
  DELETE FROM commerce_catalogchange WHERE id IN (
    SELECT id FROM commerce_catalogchange WHERE NOT is_deletion AND at < statement_timestamp() - interval '10 minutes'
    ORDER BY id LIMIT 100 FOR UPDATE SKIP LOCKED
  );
  RETURN NULL;
END $$;
"""
MONEY: dict[str, Any] = {"max_digits": 18, "decimal_places": 6, "null": True, "blank": True}


class Migration(migrations.Migration):
    dependencies = [("commerce", "0006_catalog_changes_of_attributes")]

    operations = [
        migrations.AddField(
            "product",
            "group_id",
            models.TextField(
                blank=True,
                default="",
                db_default="",
                help_text="Variants of one product (size, color) share it; an answer shows one of them.",
            ),
        ),
        migrations.AddField(
            "product",
            "categories",
            ArrayField(
                models.TextField(),
                blank=True,
                default=list,
                db_default=Value([], ArrayField(models.TextField())),
                help_text="From the root of the shop's tree down to `category`.",
            ),
        ),
        migrations.AddField("product", "list_price", models.DecimalField(help_text="Before a reduction.", **MONEY)),
        migrations.AddField(
            "product",
            "prices",
            models.JSONField(
                blank=True,
                default=dict,
                db_default=Value({}, models.JSONField()),
                help_text='In further currencies, e.g. {"USD": "13.90"}.',
            ),
        ),
        migrations.AddField(
            "product",
            "images",
            ArrayField(
                models.TextField(),
                blank=True,
                default=list,
                db_default=Value([], ArrayField(models.TextField())),
                help_text="Further pictures.",
            ),
        ),
        migrations.AddField(
            "product",
            "quantity",
            models.DecimalField(help_text="Pieces in stock, where the shop tells.", **MONEY),
        ),
        migrations.AddField(
            "product",
            "cost",
            models.DecimalField(help_text="What the shop pays for one. Never shown to customers.", **MONEY),
        ),
        migrations.AddField(
            "product",
            "added_at",
            models.DateTimeField(db_default=Now(), help_text="When it was first told of."),
        ),
        migrations.RunSQL(NOTE.format(shown=f"{SHOWN}, {MORE}"), NOTE.format(shown=SHOWN)),
    ]
