"""Install what regimes say of the shipped purposes, the topics of e-mail marketing, and the root of all purposes."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

# As shipped with this migration: code, label, basis, default, parent, channel, double opt-in, denied event, shown, place.
PURPOSES = (
    ("processing", "Use of your data at all", "contract", True, "", "", "never", "store", False, 0),
    ("analytics", "Analytics", "legitimate_interest", True, "", "", "never", "anonymous", True, 10),
    ("personalization", "Personalization", "legitimate_interest", True, "", "", "never", "store", True, 20),
    ("email_marketing", "E-mail marketing", "consent", False, "", "email", "unverified", "store", True, 30),
    ("email_news", "News and ideas", "consent", False, "email_marketing", "email", "never", "store", True, 31),
    ("email_offers", "Offers and sales", "consent", False, "email_marketing", "email", "never", "store", True, 32),
    (
        "email_reminders", "Reminders about your cart", "consent", False, "email_marketing", "email", "never", "store",
        True, 33,
    ),
    ("email_open_tracking", "E-mail open tracking", "consent", False, "", "email", "never", "store", True, 40),
    ("sms_marketing", "Text messages", "consent", False, "", "sms", "unverified", "store", True, 50),
    ("ml_training", "Training of models", "legitimate_interest", True, "", "", "never", "store", True, 60),
    ("third_party_sharing", "Sharing with third parties", "consent", False, "", "", "never", "store", True, 70),
)  # fmt: skip
# Purpose, regime, basis, default, whether GPC denies it, days after which a yes has expired.
RULES = (
    ("analytics", "gdpr", "consent", False, False, 395),
    ("personalization", "gdpr", "consent", False, False, 395),
    ("third_party_sharing", "gdpr", "consent", False, True, 395),
    ("third_party_sharing", "ccpa", "legitimate_interest", True, True, None),
    ("email_marketing", "ccpa", "legitimate_interest", True, False, None),
    ("email_marketing", "can_spam", "legitimate_interest", True, False, None),
    ("third_party_sharing", "can_spam", "legitimate_interest", True, True, None),
    ("third_party_sharing", "other", "consent", False, True, None),
)
FIELDS = (
    "label", "legal_basis", "allowed_by_default", "parent_id", "channel", "double_opt_in", "denied_event", "shown",
    "position",
)  # fmt: skip
# What installed purposes get: their labels, bases and defaults may be staff's by now.
NEW_FIELDS = ("channel", "double_opt_in", "denied_event", "shown", "position")


def install(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    purpose = apps.get_model("consent", "Purpose")
    rule = apps.get_model("consent", "PurposeRule")
    for code, *values in PURPOSES:
        row = dict(zip(FIELDS, values, strict=True))
        row["parent_id"] = row["parent_id"] or None
        found, is_new = purpose.objects.get_or_create(code=code, defaults=row)
        if not is_new:
            for name in NEW_FIELDS:
                setattr(found, name, row[name])
            found.save(update_fields=NEW_FIELDS)
    rule.objects.bulk_create(
        [
            rule(
                purpose_id=code,
                regime=regime,
                legal_basis=basis,
                allowed_by_default=default,
                gpc_denies=gpc,
                expires_after_days=days,
            )
            for code, regime, basis, default, gpc, days in RULES
        ],
        ignore_conflicts=True,
    )


class Migration(migrations.Migration):
    dependencies = [("consent", "0005_depth_of_consent")]

    operations = [migrations.RunPython(install, migrations.RunPython.noop)]
