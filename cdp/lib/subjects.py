"""Subject: how one table that holds personal data is exported, erased and kept.

Every app describes its own tables in `subjects.py` as `SUBJECTS: tuple[Subject, ...]`; a test fails for a personal
column that nobody describes.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Subject:
    """One table. Sentences, for readers and for the export and erasure that follow them."""

    model: str  # "app_label.Model"
    personal: tuple[str, ...]  # columns that hold or point to a person
    keyed_by: str  # identifier_id, profile_id, address_hash, …: how a person's rows are found
    export: str  # what a person is given of it
    erase: str  # what erasure does to it
    retention: str  # how long it is kept without an erasure
