"""What audiences keep of persons: whose values are to be computed anew. The values are segments'."""

from cdp.lib.subjects import Subject

SUBJECTS: tuple[Subject, ...] = (
    Subject(
        model="audiences.StaleProfile",
        personal=("profile_id",),
        keyed_by="profile_id",
        export="nothing: a queue entry of seconds",
        erase="the row is deleted",
        retention="until the values are computed",
    ),
)
"""Runs and proposals are counts and weights, and name nobody."""
