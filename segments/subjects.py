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
    Subject(
        model="segments.ListFill",
        personal=("preview", "source", "name"),
        keyed_by="found by searching: a file hangs on nobody. The file itself stands below SEGMENT_FILES_DIR",
        export="not exported: the lists somebody is on are",
        erase="a file that names the person is deleted with its first rows, one being read when that is over",
        retention="the file and its first rows until it is read, at most a day; the counts as long as the list",
    ),
    Subject(
        model="segments.ListReject",
        personal=("raw", "reason"),
        keyed_by="found by searching the rows: who is named there is known to nobody",
        export="not exported: nothing of it was stored about the person",
        erase="rows that name the person are deleted",
        retention="by the retention rule list_rejects (30 days)",
    ),
    Subject(
        model="segments.MemberExport",
        personal=("path",),
        keyed_by="profile ids within the file below SEGMENT_FILES_DIR",
        export="not exported: copies of what other stores give",
        erase="a file with the person in it is deleted at once, one being written is given up",
        retention="the file SEGMENT_EXPORT_DAYS; who asked for it, its columns and counts as long as the segment",
    ),
)
