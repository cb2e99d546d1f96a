"""What the lake holds of a person: copies in Parquet files, which follow what PostgreSQL deletes."""

from datetime import datetime

from cdp.lib.rights import Erased, Person, Store
from lake.services import erasing


def erase(person: Person, now: datetime) -> Erased:
    """Rewrites the files without what was deleted; the files before it are deleted within half an hour."""
    tables = erasing.flush_erased(now)
    later = ("files written before are deleted within half an hour",) if tables else ()
    return Erased({"tables rewritten": tables}, later)


def remains(person: Person) -> int:
    """Rows of the files in use that are theirs and not hidden."""
    return erasing.rows_about(person.ids, person.profile_ids)


STORES = (
    Store(
        name="lake",
        title="Files of the lake",
        stage=60,
        erase=erase,
        remains=remains,
        models=("lake.ErasedRow",),
        place="LAKE_URL",
        why_no_export="copies of what events, profiles and orders give",
    ),
)
