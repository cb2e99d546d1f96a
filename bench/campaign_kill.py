"""`./run bench campaign_kill [--recipients 50000]`: a campaign whose workers are killed (−9) at random points, to a
real SMTP sink on this machine; then how everybody ended is held against what the sink took. Exits with an error where
anything is wrong. What it measures beside: counting and freezing an audience, and the whole.
"""

import argparse
import os
import sys
import time

from bench.ground import fresh_database, surroundings
from bench.report import report

PART = 5_000


def main() -> None:
    """One campaign, and its audit."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--recipients", type=int, default=50_000)
    options.add_argument("--kills", type=int, default=60)
    options.add_argument("--seed", type=int, default=8)
    asked = options.parse_args()
    with fresh_database():
        found = run(asked.recipients, asked.kills, asked.seed)
    sys.exit(1 if found else 0)


def run(recipients: int, kills: int, seed: int) -> tuple[str, ...]:
    """What was wrong; nothing, one hopes."""
    import django

    django.setup()
    from django.conf import settings

    settings.OUTBOX_WAKES = False
    from campaigns.queries.audience import audience_of, reach
    from cdp.lib.clock import utc_now
    from tests.campaigns.killing import run_and_kill, workers
    from tests.campaigns.world import campaign, join, people, segment

    note = surroundings()
    members = segment("members")
    for start in range(0, recipients, PART):
        join(members, people(*(f"p{n}@example.com" for n in range(start, min(start + PART, recipients)))))
    row = campaign(members, ask=False)
    began = time.monotonic()
    reach(audience_of(row), row.purpose_code, utc_now())
    count_s = time.monotonic() - began
    _send(row.pk)
    freeze_s = _freeze_once(row.pk)
    with workers() as crew:
        found = run_and_kill(crew, row.pk, kills=kills, seed=seed, patience_s=3_600)
    note = (
        f"{found.recipients:,} recipients, {found.kills} kills, {found.taken:,} mails taken, {found.states}, "
        f"wrong: {'; '.join(found.problems) or 'nothing'}; {note}"
    )
    report("campaign_kill", "mails a second, kills included", found.taken / found.seconds, "1/s", note=note)
    report("campaign_kill", "count of the audience", count_s, "s", note=note, digits=2)
    report("campaign_kill", "freezing the audience", freeze_s, "s", goal=10, note=note, digits=2)
    report("campaign_kill", "rules broken", len(found.problems), "count", goal=0, note=note, digits=0)
    return found.problems


def _send(pk: int) -> None:
    """Approved by a second person, as so many need it."""
    from campaigns.services import approving
    from cdp.lib.clock import utc_now
    from tests.campaigns.world import user

    row = approving.ask_to_send(pk, by=user("ann"), now=utc_now())
    if row.state == "approval":
        approving.approve(pk, by=user("ben"), now=utc_now())


def _freeze_once(pk: int) -> float:
    """How long freezing takes, undone again: the killed workers do it for real."""
    from django.db import transaction

    from campaigns.models import Campaign
    from campaigns.services.freezing import freeze
    from cdp.lib.clock import utc_now

    began = time.monotonic()
    with transaction.atomic():
        freeze(Campaign.objects.select_for_update().get(pk=pk), utc_now())
        taken = time.monotonic() - began
        transaction.set_rollback(True)
    return taken


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cdp.settings")
    main()
