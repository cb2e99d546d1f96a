"""The demo as its own processes, with the shop's products and nobody in it yet: `./run demo` without its history."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.service.service import Service

SET_UP = """
import json
from decimal import Decimal
from automation import services as automation
from automation.models import Journey
from django.conf import settings
from cdp.demo import seeding
from cdp.demo.catalog import catalog
from cdp.demo.report import DemoReport, write_report
from cdp.demo.simulate.sending import Sender, Target
from cdp.lib.clock import utc_now

base = settings.BASE_URL
accounts, keys = seeding.make_accounts(None), seeding.make_keys(None)
seeding.make_segments()
seeding.make_placements()
seeding.make_deals(utc_now())
journey = seeding.start_journey()
Journey.objects.filter(pk=journey.pk).update(holdout_share=Decimal(0))
journey.refresh_from_db()
automation.sync_holdout(journey)
target = Target(base, keys.browser, keys.server, keys.secret)
Sender(target, threads=1, rate=0, settle_s=0).send_products([product.as_row(base) for product in catalog().products])
write_report(settings.VAR_DIR / "demo.json", DemoReport(
    base_url=base, admin_url=base + "/admin/", write_key=keys.browser, server_write_key=keys.server,
    server_key=keys.secret, accounts=accounts, mail_folder=str(settings.VAR_DIR / "mail"),
))
print(json.dumps({account.group: account.password for account in accounts}))
"""
MESSAGES = """
    SELECT m.state, m.reason FROM mailing_message m JOIN profiles_identifier i ON i.id = m.identifier_id
    JOIN profiles_identifier e ON e.profile_id = i.profile_id
    WHERE e.kind = 'email' AND e.value = %s ORDER BY m.id
"""
ENROLLMENTS = """
    SELECT n.state, n.reason FROM automation_enrollment n JOIN profiles_identifier i ON i.id = n.identifier_id
    JOIN profiles_identifier e ON e.profile_id = i.profile_id
    WHERE e.kind = 'email' AND e.value = %s ORDER BY n.id
"""
WAITING = """
    SELECT (SELECT count(*) FROM events_inbox WHERE done_at IS NULL)
         + (SELECT count(*) FROM outbox_delivery WHERE done_at IS NULL AND parked_at IS NULL)
         + (SELECT count(*) FROM mailing_message WHERE state IN ('queued', 'sending'))
"""
CONSENTS = """
    SELECT state FROM consent_entry WHERE purpose_id = 'email_marketing' ORDER BY id
"""


@dataclass(frozen=True)
class Mail:
    """One mail as the mailbox's JSON tells it; URLs are paths, but `unsubscribe_url` is whole."""

    id: str
    subject: str
    url: str
    unsubscribe_url: str


class DemoService(Service):
    """DEMO=1: the shop, the panel and the mailbox are in the routes; mails lie where the mailbox looks."""

    def __init__(self, var_dir: Path) -> None:
        super().__init__(var_dir)
        var_dir.mkdir()
        (var_dir / "mail").symlink_to(self.mail_folder)  # our sink must not pass for a process of this folder
        self.passwords: dict[str, str] = {}

    @property
    def environment(self) -> dict[str, str]:
        return super().environment | {"DEMO": "1", "BASE_URL": self.base_url}

    def open_the_shop(self) -> None:
        """Products, segments, the journey with its idle minute, accounts, keys."""
        self.passwords = json.loads(self.django(SET_UP).splitlines()[-1])

    def mails_to(self, address: str) -> list[Mail]:
        """What the mailbox holds for an address, newest first."""
        status, answer = self.request(f"/dev/mailbox/messages.json?to={address}")
        assert status == 200, answer
        names = Mail.__dataclass_fields__
        return [Mail(**{name: mail[name] for name in names}) for mail in answer["messages"]]

    def messages_to(self, address: str) -> list[tuple[Any, ...]]:
        """(state, reason) of each message to the person who has the address."""
        return self.ask(MESSAGES, address)

    def enrollments_of(self, address: str) -> list[tuple[Any, ...]]:
        """(state, reason) of each enrollment of the person who has the address."""
        return self.ask(ENROLLMENTS, address)

    def consents(self) -> list[str]:
        """Everything the ledger says of e-mail marketing, in order."""
        return [state for (state,) in self.ask(CONSENTS)]

    def nothing_waits(self) -> bool:
        """No request, delivery or mail is on its way."""
        return self.ask(WAITING) == [(0,)]
