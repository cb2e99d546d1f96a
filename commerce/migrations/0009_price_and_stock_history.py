"""The history of prices and stock: a trigger notes what an update changed, in the transaction that changed it.

A product's first feed is no change: what events told of it before was never the shop's word. Nor is a price in another
currency a change of the price in this one.
"""

from django.db import migrations, models

NOTE = """
CREATE FUNCTION commerce_note_product_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO commerce_productchange (product_id, what, old, new, currency, at, transaction, topic)
  SELECT a.product_id, found.what, found.old, found.new, found.currency, a.updated_at,
         pg_current_xact_id()::text::bigint, ''
  FROM before AS b JOIN after AS a ON a.id = b.id AND a.is_trusted AND b.is_trusted AND a.from_feed = b.from_feed,
  LATERAL (
    SELECT 'price', b.price, a.price, a.currency
    WHERE a.price <> b.price AND a.currency = b.currency
    UNION ALL
    SELECT 'stock', b.in_stock::int, a.in_stock::int, '' WHERE a.in_stock <> b.in_stock
    UNION ALL
    SELECT 'price', was.value::numeric, now.value::numeric, now.key
    FROM jsonb_each_text(b.prices) AS was JOIN jsonb_each_text(a.prices) AS now ON now.key = was.key
    WHERE a.prices <> b.prices AND now.value::numeric <> was.value::numeric
  ) AS found(what, old, new, currency)
  ORDER BY a.product_id, found.what, found.currency;
  RETURN NULL;
END $$;
CREATE TRIGGER commerce_product_history AFTER UPDATE ON commerce_product
  REFERENCING OLD TABLE AS before NEW TABLE AS after
  FOR EACH STATEMENT EXECUTE FUNCTION commerce_note_product_change();
"""
UNDO = """
DROP TRIGGER commerce_product_history ON commerce_product;
DROP FUNCTION commerce_note_product_change();
"""


class Migration(migrations.Migration):
    dependencies = [("commerce", "0008_feeds")]

    operations = [
        migrations.CreateModel(
            name="ProductChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("product_id", models.TextField()),
                ("what", models.TextField(choices=[("price", "Price"), ("stock", "Stock")])),
                ("old", models.DecimalField(decimal_places=6, max_digits=18)),
                ("new", models.DecimalField(decimal_places=6, max_digits=18)),
                ("currency", models.CharField(blank=True, db_default="", default="", max_length=3)),
                ("at", models.DateTimeField()),
                ("transaction", models.BigIntegerField(help_text="The writer's, which also tells others of it.")),
                ("topic", models.TextField(blank=True, db_default="", default="")),
            ],
            options={
                "indexes": [
                    models.Index(fields=["product_id", "-at"], name="commerce_change_product"),
                    models.Index(fields=["at"], name="commerce_change_at"),
                    models.Index(fields=["transaction"], name="commerce_change_writer"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("old", models.F("new")), _negated=True), name="commerce_change_differs"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("topic__in", ("", "product.back_in_stock", "product.price_dropped"))),
                        name="commerce_change_topic",
                    ),
                ],
            },
        ),
        migrations.RunSQL(NOTE, UNDO),
    ]
