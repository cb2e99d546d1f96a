"""What experiments keep of persons: one keyed hash a unit and experiment."""

from cdp.lib.subjects import Subject

SUBJECTS = (
    Subject(
        model="experiments.Exposure",
        personal=("unit_hash", "identifier_id"),
        keyed_by="hash of an address (mails) or an identifier (placements)",
        export="experiment, variant and time of first exposure (experiments.queries.exposures_of)",
        erase="rows of the unit are deleted (experiments.services.forget)",
        retention="as long as the experiment",
    ),
)
