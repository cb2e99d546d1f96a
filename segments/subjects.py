"""Personal columns of segments: all derived, so an export reads them and an erasure deletes them."""

from cdp.lib.subjects import Subject

SUBJECTS: tuple[Subject, ...] = (
    Subject(
        model="segments.Membership",
        personal=("profile_id",),
        keyed_by="profile_id",
        export="segment name, entered and left instants",
        erase="the rows of the person's profile are deleted",
        retention="as long as the segment, or by the retention rule memberships once it ended",
    ),
    Subject(
        model="segments.DirtyProfile",
        personal=("profile_id",),
        keyed_by="profile_id",
        export="nothing: a queue entry of seconds",
        erase="the row is deleted",
        retention="until the profile is evaluated",
    ),
    Subject(
        model="segments.DueAnswer",
        personal=("profile_id",),
        keyed_by="profile_id",
        export="nothing: when a rule is asked again",
        erase="the rows of the profile are deleted",
        retention="until the instant passes",
    ),
    Subject(
        model="segments.Listed",
        personal=("identifier_id",),
        keyed_by="identifier_id",
        export="names of the lists somebody is on, since when",
        erase="the rows of the person's identifiers are deleted",
        retention="as long as the list",
    ),
    Subject(
        model="segments.ComputedValues",
        personal=("profile_id", "values"),
        keyed_by="profile_id",
        export="every value with its name",
        erase="the row is deleted",
        retention="as long as the profile",
    ),
)
