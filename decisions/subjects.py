"""What decisions keep of persons: what was decided for them, what they saw, what came of it. Content names nobody."""

from cdp.lib.subjects import Subject

SUBJECTS: tuple[Subject, ...] = (
    Subject(
        model="decisions.Decision",
        personal=("identifier_id", "unit_hash", "request_key", "features", "answer"),
        keyed_by="identifier_id, or the hash of an identifier (experiments.queries.unit_hash)",
        export="place, what was decided, why, and when it was seen",
        erase="identifier, unit, features, answer and the caller's key are taken off; the decision stays as a count",
        retention="by the retention rule decisions; answers by decision_answers",
    ),
    Subject(
        model="decisions.Conversion",
        personal=("occasion",),
        keyed_by="its decision",
        export="with the decision: what came of it, when and of what value",
        erase="the occasion (an order's id) is replaced; that something came of the decision stays as a count",
        retention="with its decision",
    ),
)
