"""What was not done for somebody, and why."""

from collections.abc import Collection

from django.db.models import Q

from consent.contracts import RefusalFacts
from consent.models import Refusal


def refusals_of(identifier_ids: Collection[int] = (), address_hashes: Collection[bytes] = ()) -> list[RefusalFacts]:
    """What was not done for these identifiers and addresses, the latest first; 200 at most: for people."""
    about = Q(identifier_id__in=list(identifier_ids)) | Q(address_hash__in=list(address_hashes))
    return [
        RefusalFacts(
            use=row.use,
            purpose=row.purpose_id,
            reason=row.reason,
            entry_id=row.entry_id,
            times=row.times,
            first_at=row.first_at,
            last_at=row.last_at,
            identifier_id=row.identifier_id,
            address_hash=bytes(row.address_hash) if row.address_hash is not None else None,
        )
        for row in Refusal.objects.filter(about).order_by("-last_at", "pk")[:200]
    ]
