"""Opens and clicks noticed: one statement each, which changes nobody and nothing but adds a receipt.

The same program at the same link within a minute is one receipt, and a message has at most 200 of a kind: a flood of
requests for one link is bounded. Of a mail whose address was erased nothing is noted.
"""

from datetime import datetime

from cdp.lib import bulk_sql
from cdp.lib.hashing import keyed_hash
from mailing.models import Receipt
from mailing.tracking import Click, shown_url

MOST_OF_A_KIND = 200
INSERT = """
INSERT INTO mailing_receipt (message_id, kind, who, why, url, link, agent, network, key, at)
SELECT m.id, %s::text, '', '', %s::text, %s::integer, %s::text, %s::bytea, %s::text, %s::timestamptz
FROM mailing_message AS m WHERE m.id = %s::bigint AND m.address <> '' AND m.sending_at IS NOT NULL AND
  (SELECT count(*) FROM (SELECT FROM mailing_receipt AS r WHERE r.message_id = m.id AND r.kind = %s::text LIMIT %s::int)
   AS held) < %s::int
ON CONFLICT (message_id, kind, key) DO NOTHING
"""


def note_click(click: Click, url: str, *, agent: str, ip: str, now: datetime) -> bool:
    """A link was followed; whether that is a new receipt. `agent`: as `mailing.agents` names it; `ip` is not kept."""
    return _note(Receipt.Kind.CLICKED, click.message_id, shown_url(url), click.index, agent, ip, now)


def note_open(message_id: int, *, agent: str, ip: str, now: datetime) -> bool:
    """A picture was fetched; whether that is a new receipt."""
    return _note(Receipt.Kind.OPENED, message_id, "", None, agent, ip, now)


def _note(kind: str, message_id: int, url: str, link: int | None, agent: str, ip: str, now: datetime) -> bool:
    key = f"{'' if link is None else link}/{agent}/{now:%Y%m%d%H%M}"
    network = keyed_hash("mail network", network_of(ip)) if ip else None
    params = [kind, url, link, agent, network, key, now, message_id, kind, MOST_OF_A_KIND, MOST_OF_A_KIND]
    return bulk_sql.execute(INSERT, params) == 1


def network_of(ip: str) -> str:
    """The network an address belongs to: its first three parts of four, or of IPv6 its first 48 bits."""
    if ":" not in ip:
        return ip.rpartition(".")[0]
    head = ip.partition("::")[0].split(":")
    return ":".join([*head, "0", "0", "0"][:3])
