"""The settings of journeys become graphs: a draft, and version 1 for those that were activated. Nothing is sent anew.

Carts that waited are armed (their story is asked when they are due); those whose mail is queued stand at it. Quiet hours
and the cap become the policy of all mail, where none was set.
"""

from typing import Any

from django.db import migrations

TEMPLATE = "abandoned-cart-1"


def _graph(journey: Any) -> dict[str, Any]:
    return {
        "trigger": {
            "on": "cart_abandoned",
            "idle_minutes": max(journey.idle_minutes, 1),
            "max_age_hours": max(journey.max_age_hours, journey.idle_minutes // 60 + 1),
        },
        "audience": None,
        "goal": {"event": "Order Completed", "where": [], "within_days": 7},
        "exits": [],
        "steps": [{"id": "mail_1", "do": "send", "channel": "email", "template": TEMPLATE}],
    }


def forwards(apps: Any, schema_editor: Any) -> None:
    """Each journey by itself."""
    journeys, versions = apps.get_model("automation", "Journey"), apps.get_model("automation", "JourneyVersion")
    enrollments, policies = apps.get_model("automation", "Enrollment"), apps.get_model("mailing", "Policy")
    for journey in journeys.objects.filter(version__isnull=True).order_by("pk"):
        if not journey.draft:
            journey.draft = _graph(journey)
        policies.objects.get_or_create(
            pk=1,
            defaults={
                "cap_per_week": journey.cap_per_week,
                "quiet_from_hour": journey.quiet_from_hour,
                "quiet_to_hour": journey.quiet_to_hour,
                "time_zone": "" if journey.time_zone == "UTC" else journey.time_zone,
            },
        )
        if journey.state != "draft":
            journey.version = versions.objects.create(journey=journey, number=1, graph=journey.draft)
        journey.save()
        mine = enrollments.objects.filter(journey=journey)
        mine.filter(state="waiting").update(state="armed", reason="")
        queued = mine.filter(state="done", reason="queued")
        if journey.version is not None:
            queued.update(
                state="sending", reason="", version=journey.version, node="mail_1", ended_at=None, due_at=None
            )
        mine.filter(reason="held_out").update(held_out=True)


class Migration(migrations.Migration):
    dependencies = [("automation", "0007_back_tests"), ("mailing", "0001_initial")]

    operations = [migrations.RunPython(forwards, migrations.RunPython.noop)]
