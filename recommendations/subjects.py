"""What recommendations keep of persons: who saw and clicked what was shown. A model holds products only."""

from cdp.lib.subjects import Subject

SUBJECTS: tuple[Subject, ...] = (
    Subject(
        model="recommendations.ModelRun",
        personal=(),
        keyed_by="nothing: products only",
        export="nothing of a person is in it",
        erase="the next training learns without the erased person (nightly)",
        retention="rows for ever, model files of the latest ten runs",
    ),
    Subject(
        model="recommendations.Feedback",
        personal=("identifier_id",),
        keyed_by="identifier_id",
        export="what was shown, clicked, added and bought (recommendations.rights)",
        erase="the identifier is taken off; the counts stay",
        retention="90 days",
    ),
)
