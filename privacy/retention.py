"""How long links, letters and exports are kept, and people whom nobody can name.

Rules are the staff's (`RetentionRule`); what a class is, why it is kept and how it ends is the code's.
"""

from django.db.models import Q

from cdp.lib.retention import DataClass, Timed
from privacy.models import Export, Letter, Link
from privacy.services import unnamed_people

_LINKS = Timed(Link, "expires_at", tells=("use",))
_LETTERS = Timed(Letter, "made_at", ~Q(state=Letter.State.WAITING), tells=("kind", "state"))
_EXPORTS = Timed(Export, "expires_at", Q(deleted_at=None))

CLASSES = (
    DataClass(
        code="never_identified_profiles",
        title="People who were never identified",
        kept_for="to recognize a device that comes back",
        what="profiles known by devices and anonymous ids alone, without an order, not seen for this long, are erased "
        "from every store, the lake included; no tombstone: a device that comes back starts anew",
        default_days=395,
        measure=unnamed_people.measure,
        delete=unnamed_people.delete,
        models=("profiles.Profile", "profiles.Identifier", "events.Event"),
    ),
    DataClass(
        code="links",
        title="Single-use links",
        kept_for="to tell a used link from one that never was",
        what="links (hashes of their tokens) are deleted, counted from their expiry",
        default_days=30,
        measure=_LINKS.measure,
        delete=_LINKS.delete,
        models=("privacy.Link",),
    ),
    DataClass(
        code="letters",
        title="Letters about privacy",
        kept_for="to show that an answer was sent",
        what="that a letter was written is deleted; its address was emptied when it was sent",
        default_days=90,
        measure=_LETTERS.measure,
        delete=_LETTERS.delete,
        models=("privacy.Letter",),
    ),
    DataClass(
        code="exports",
        title="Exports of personal data",
        kept_for="to be downloaded by the person",
        what="the file is deleted",
        default_days=7,
        measure=_EXPORTS.measure,
        delete=None,
        models=("privacy.Export",),
        setting="fixed",
        setting_days=lambda: 7,
    ),
)
