"""A trigger notes every statement that changes what products show; an index that served nothing is dropped."""

from django.db import migrations, models
from django.db.models.functions import Now

TRIGGERS = """
CREATE FUNCTION commerce_note_catalog_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NOT EXISTS (SELECT FROM after) THEN RETURN NULL; END IF;
  ELSIF TG_OP = 'DELETE' THEN
    IF NOT EXISTS (SELECT FROM before) THEN RETURN NULL; END IF;
  ELSIF NOT EXISTS (
    SELECT id, product_id, name, category, brand, price, currency, url, image_url, in_stock, active, is_trusted
    FROM before EXCEPT ALL
    SELECT id, product_id, name, category, brand, price, currency, url, image_url, in_stock, active, is_trusted
    FROM after
  ) THEN
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
CREATE TRIGGER commerce_product_added AFTER INSERT ON commerce_product REFERENCING NEW TABLE AS after
  FOR EACH STATEMENT EXECUTE FUNCTION commerce_note_catalog_change();
CREATE TRIGGER commerce_product_changed AFTER UPDATE ON commerce_product
  REFERENCING OLD TABLE AS before NEW TABLE AS after
  FOR EACH STATEMENT EXECUTE FUNCTION commerce_note_catalog_change();
CREATE TRIGGER commerce_product_deleted AFTER DELETE ON commerce_product REFERENCING OLD TABLE AS before
  FOR EACH STATEMENT EXECUTE FUNCTION commerce_note_catalog_change();
"""
UNDO = """
DROP TRIGGER commerce_product_added ON commerce_product;
DROP TRIGGER commerce_product_changed ON commerce_product;
DROP TRIGGER commerce_product_deleted ON commerce_product;
DROP FUNCTION commerce_note_catalog_change();
"""


class Migration(migrations.Migration):
    dependencies = [("commerce", "0002_trusted_products")]

    operations = [
        migrations.CreateModel(
            name="CatalogChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("transaction", models.BigIntegerField(help_text="The writer's; sums of these never come twice.")),
                ("is_deletion", models.BooleanField()),
                ("at", models.DateTimeField(db_default=Now())),
            ],
        ),
        migrations.RunSQL(TRIGGERS, UNDO),
        migrations.RemoveIndex(model_name="cart", name="commerce_cart_open"),
    ]
