"""What recommendations keep of persons: nothing by person. A model holds products and how they go together."""

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
)
