"""What experiments keep of persons: one keyed hash a unit and experiment."""

from cdp.lib.subjects import Subject

SUBJECTS = (
    Subject(
        model="experiments.Exposure",
        personal=("unit_hash", "identifier_id"),
        keyed_by="hash of an address (mails) or an identifier (placements), and the identifier where it is known",
        export="experiment, variant and time of first exposure",
        erase="rows of the unit and of the identifier are deleted",
        retention="as long as the experiment",
    ),
)
