"""Products, orders and lines carry the transaction that last changed what the lake shows of them.

The lake shows a line with its order's identifier, so a line changes with that too.
"""

from django.db import migrations, models

import lake.fields

SHOWN = {
    "product": (
        "product_id", "name", "category", "brand", "price", "currency", "in_stock", "active", "from_feed",
    ),
    "order": (
        "order_id", "identifier_id", "status", "is_guest", "currency", "country", "revenue", "total", "shipping",
        "discount", "refunded", "placed_at",
    ),
    "orderline": ("order_id", "position", "kind", "product_id", "name", "quantity", "price", "amount", "occurred_at"),
}  # fmt: skip
# What events told of a product decides by this alone whether it is trusted; the rest of it changes with every event.
ALSO = {"product": "OR OLD.stamps #> '{seen,0}' IS DISTINCT FROM NEW.stamps #> '{seen,0}'"}
PROJECTIONS = {"product": "products", "order": "orders", "orderline": "order_lines"}


def triggers(model: str) -> str:
    """The row trigger that sets xid again, and the statement trigger that notes what is deleted."""
    differs = " OR ".join(f'OLD."{name}" IS DISTINCT FROM NEW."{name}"' for name in (*SHOWN[model], "xid"))
    return f"""
CREATE TRIGGER commerce_{model}_lake BEFORE UPDATE ON commerce_{model} FOR EACH ROW
  WHEN ({differs} {ALSO.get(model, "")}) EXECUTE FUNCTION lake_stamp();
CREATE TRIGGER commerce_{model}_erased AFTER DELETE ON commerce_{model} REFERENCING OLD TABLE AS before
  FOR EACH STATEMENT EXECUTE FUNCTION lake_note_erased('{PROJECTIONS[model]}');
"""


OWNER = """
CREATE FUNCTION commerce_owner_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE commerce_orderline SET xid = pg_current_xact_id() WHERE order_id = NEW.id;
  RETURN NULL;
END $$;
CREATE TRIGGER commerce_order_owner AFTER UPDATE ON commerce_order FOR EACH ROW
  WHEN (OLD.identifier_id IS DISTINCT FROM NEW.identifier_id) EXECUTE FUNCTION commerce_owner_changed();
"""
UNDO = "".join(
    f"DROP TRIGGER commerce_{model}_lake ON commerce_{model}; DROP TRIGGER commerce_{model}_erased ON commerce_{model};"
    for model in SHOWN
)
UNDO_OWNER = "DROP TRIGGER commerce_order_owner ON commerce_order; DROP FUNCTION commerce_owner_changed()"
XID = lake.fields.XidField(db_default=lake.fields.CurrentXid(), editable=False)


class Migration(migrations.Migration):
    dependencies = [("commerce", "0003_catalog_changes"), ("lake", "0001_erased_rows_and_tables")]

    operations = [
        *(migrations.AddField(model, "xid", XID) for model in SHOWN),
        *(migrations.AddIndex(model, models.Index(fields=["xid"], name=f"commerce_{model}_lake")) for model in SHOWN),
        migrations.RunSQL("".join(map(triggers, SHOWN)), UNDO),
        migrations.RunSQL(OWNER, UNDO_OWNER),
    ]
