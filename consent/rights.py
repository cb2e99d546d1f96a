"""What the consent app holds of a person: the ledger, which stays as proof, and what goes with them.

The ledger is the proof of what was allowed, so erasing keeps its lines: hashes and ids that lead to nobody once the
identifiers are gone. All that shows their content (proofs), and what serves the person alone, is deleted.
"""

from collections.abc import Iterator
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet

from cdp.lib.rights import Erased, Part, Person, Row, Store
from consent.models import Address, DeviceDenial, Entry, MailPreference, Place, Proof, Refusal, Suppression
from consent.queries import entry_facts
from consent.reasons import reason_words

PAGE = 500


def export_ledger(person: Person) -> Iterator[Part]:
    """Every entry with its words and proof, and what the addresses must not be written for."""
    yield Part("consent", "What you allowed and refused, when, how and in answer to which words.", _entries(person))
    yield Part("consent_suppressions", "Addresses of yours that we must not write to, and why.", _suppressions(person))


def keep_ledger(person: Person, now: datetime) -> Erased:
    """Nothing is deleted: append-only, and without a name, an address or a number."""
    return Erased({"entries kept as proof, without a name": Entry.objects.filter(_about(person)).count()})


def no_remains(person: Person) -> int:
    """What is kept by decision does not count."""
    return 0


def export_beside(person: Person) -> Iterator[Part]:
    """What serves the person: preferences, places, and what was not done for them."""
    yield Part("mail_preferences", "How often you want mail, and when we last sent you any.", _preferences(person))
    yield Part("time_zones", "The time zone your devices last told us; it decides which law we apply.", _places(person))
    yield Part("not_done", "What we did not do with your data because it was not allowed.", _refusals(person))


def erase_beside(person: Person, now: datetime) -> Erased:
    """Proofs, preferences, places and refusals; the row that mails and withdrawals lock forgets when it was mailed."""
    with transaction.atomic():
        hashes = list(person.address_hashes)
        counts = {
            "proofs deleted": _proofs(person).delete()[0],
            "mail preferences deleted": MailPreference.objects.filter(address_hash__in=hashes).delete()[0],
            "time zones deleted": Place.objects.filter(identifier_id__in=person.ids).delete()[0],
            "device denials deleted": DeviceDenial.objects.filter(identifier_id__in=person.ids).delete()[0],
            "refusals deleted": Refusal.objects.filter(_about(person)).delete()[0],
            "times of last mails emptied": _mailed(person).update(last_mailed_at=None),
        }
    return Erased(counts)


def beside_remains(person: Person) -> int:
    """Rows that still stand."""
    return sum(
        (
            _proofs(person).count(),
            MailPreference.objects.filter(address_hash__in=person.address_hashes).count(),
            Place.objects.filter(identifier_id__in=person.ids).count(),
            DeviceDenial.objects.filter(identifier_id__in=person.ids).count(),
            Refusal.objects.filter(_about(person)).count(),
            _mailed(person).count(),
        )
    )


def _about(person: Person) -> Q:
    return Q(address_hash__in=person.address_hashes) | Q(identifier_id__in=person.ids)


def _proofs(person: Person) -> QuerySet[Proof]:
    """Those that name the person, and those their entries point to."""
    proven = Entry.objects.filter(_about(person), proof_id__isnull=False).values("proof_id")
    return Proof.objects.filter(_about(person) | Q(pk__in=proven))


def _mailed(person: Person) -> QuerySet[Address]:
    return Address.objects.filter(address_hash__in=person.address_hashes, last_mailed_at__isnull=False)


def _entries(person: Person) -> Iterator[Row]:
    names = _names(person)
    after = 0
    while page := list(
        Entry.objects.filter(_about(person)).filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[:PAGE]
    ):
        after = page[-1]
        for _, one in sorted(entry_facts(page).items()):
            yield {
                "about": names.get(one.identifier_id if one.address_hash is None else one.address_hash, ""),
                "purpose": one.purpose,
                "state": one.state,
                "said": one.occurred_at.isoformat(),
                "received": one.received_at.isoformat(),
                "how": one.method,
                "channel": one.channel,
                "by": one.actor.partition(":")[0],
                "network": one.ip,
                "reason": one.reason,
                "notice_version": one.notice_version,
                "words": None
                if one.wording is None
                else {
                    "version": one.wording.version,
                    "locale": one.wording.locale,
                    "title": one.wording.title,
                    "text": one.wording.text,
                    "sha256": one.wording.sha256.hex(),
                },
                "proof": None if one.proof is None else dict(one.proof),
            }


def _suppressions(person: Person) -> Iterator[Row]:
    names = _names(person)
    rows = Suppression.objects.filter(address_hash__in=person.address_hashes)
    for row in rows.order_by("created_at", "pk"):
        yield {
            "about": names[bytes(row.address_hash)],
            "scope": row.scope,
            "reason": row.reason,
            "note": row.note,
            "since": row.created_at.isoformat(),
        }


def _preferences(person: Person) -> Iterator[Row]:
    mailed = {bytes(row.address_hash): row.last_mailed_at for row in _mailed(person)}
    held = {
        bytes(row.address_hash): row for row in MailPreference.objects.filter(address_hash__in=person.address_hashes)
    }
    for address, name in _names(person).items():
        if isinstance(address, bytes) and (address in mailed or address in held):
            row, at = held.get(address), mailed.get(address)
            yield {
                "about": name,
                "frequency": row.frequency if row else "all",
                "paused_until": row.paused_until.isoformat() if row and row.paused_until else None,
                "language": row.locale if row else "",
                "last_mailed": at.isoformat() if at else None,
            }


def _places(person: Person) -> Iterator[Row]:
    names = _names(person)
    for row in Place.objects.filter(identifier_id__in=person.ids).order_by("identifier_id"):
        yield {"about": names[row.identifier_id], "time_zone": row.time_zone, "said": row.said_at.isoformat()}


def _refusals(person: Person) -> Iterator[Row]:
    names = _names(person)
    for row in Refusal.objects.filter(_about(person)).order_by("pk").iterator(chunk_size=PAGE):
        key = row.identifier_id if row.address_hash is None else bytes(row.address_hash)
        yield {
            "about": names.get(key, ""),
            "use": row.use,
            "purpose": row.purpose_id,
            "reason": reason_words(row.reason),
            "times": row.times,
            "first": row.first_at.isoformat(),
            "last": row.last_at.isoformat(),
        }


def _names(person: Person) -> dict[int | bytes | None, str]:
    """Identifier ids and address hashes, each as what it stands for."""
    by_id: dict[int | bytes | None, str] = {one.id: f"{one.kind}: {one.value}" for one in person.identifiers}
    return by_id | dict(zip(person.address_hashes, person.addresses, strict=True))


STORES: tuple[Store, ...] = (
    Store(
        name="consent_beside",
        title="Proofs, mail preferences, time zones and what was not done",
        stage=30,
        erase=erase_beside,
        remains=beside_remains,
        export=export_beside,
        models=(
            "consent.Proof",
            "consent.MailPreference",
            "consent.Place",
            "consent.DeviceDenial",
            "consent.Refusal",
            "consent.Address",
        ),
    ),
    Store(
        name="consent_ledger",
        title="The ledger of consent, suppressions and tombstones",
        stage=30,
        erase=keep_ledger,
        remains=no_remains,
        export=export_ledger,
        models=("consent.Entry", "consent.Suppression", "consent.Tombstone"),
    ),
)
