"""A change of a product's attributes is a change of the catalog too: rules of segments ask for them."""

from django.db import migrations

SHOWN = "id, product_id, name, category, brand, price, currency, url, image_url, in_stock, active, is_trusted"
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


class Migration(migrations.Migration):
    dependencies = [("commerce", "0005_order_figures")]

    operations = [
        migrations.RunSQL(NOTE.format(shown=f"{SHOWN}, attributes"), NOTE.format(shown=SHOWN)),
    ]
