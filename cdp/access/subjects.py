"""What access holds of people: staff, and whose data they looked at."""

from cdp.lib.subjects import Subject

SUBJECTS: tuple[Subject, ...] = (
    Subject(
        model="access.AuditEntry",
        personal=("actor", "subject"),
        keyed_by="profile id within subject",
        export="the times and reasons of views of this person, without the staff member's name",
        erase="kept: it proves what was done; it holds ids only, which resolve to nobody afterwards",
        retention="by the retention rule audit (two years)",
    ),
)
