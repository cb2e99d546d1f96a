"""What the owner of an unsubscribe link may do: withdraw, and take that very withdrawal back."""

from datetime import datetime, timedelta

from django.db import transaction

from cdp.lib.hashing import keyed_hash
from consent import ledger, queries
from consent.contracts import GRANTED, WITHDRAWN, LedgerLine, NewEntry
from consent.models import Entry, Suppression
from consent.services.ledger_writes import mirror_withdrawals, record_entries
from consent.services.locks import lock_address
from consent.tokens import MailToken

JUST_NOW = timedelta(minutes=1)


@transaction.atomic
def unsubscribe(token: MailToken, *, method: str, now: datetime) -> None:
    """Withdraw what the token is scoped to for its address; again within a minute writes nothing.

    Later it does: what was said for its owner's account since is not seen from here.
    """
    lock_address(token.address_hash)
    held = _held(token, now)
    if held is not None and held.state == WITHDRAWN and held.occurred_at > now - JUST_NOW:
        mirror_withdrawals({token.address_hash})
        return
    record_entries([_token_entry(token, WITHDRAWN, method, now)], now=now)


@transaction.atomic
def undo_unsubscribe(token: MailToken, *, now: datetime) -> bool:
    """Take back a withdrawal made on an unsubscribe page or by one click; False when there is none to take back.

    Other refusals (complaint, bounce, staff, shop) are not undone by a link that may have been forwarded.
    """
    lock_address(token.address_hash)
    held = _held(token, now)
    if held is None or held.state != WITHDRAWN or held.method not in {"page", "one_click"} or _silenced(token):
        return False
    record_entries([_token_entry(token, GRANTED, "page", now)], now=now)
    return True


def _silenced(token: MailToken) -> bool:
    return Suppression.objects.filter(address_hash=token.address_hash).exclude(reason="unsubscribe").exists()


def _held(token: MailToken, now: datetime) -> LedgerLine | None:
    said = Entry.objects.filter(address_hash=token.address_hash, purpose_id=token.purpose)
    return ledger.standing(queries.ledger_lines(said), at=now)


def _token_entry(token: MailToken, state: str, method: str, now: datetime) -> NewEntry:
    key = keyed_hash("consent", "token", token.address_hash.hex(), token.purpose, state, now.isoformat())
    return NewEntry(
        key, token.purpose, state, method, now, address_hash=token.address_hash, channel="email", actor="person"
    )
