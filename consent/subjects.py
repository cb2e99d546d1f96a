"""How each consent table is exported, erased and kept."""

from cdp.lib.subjects import Subject

SUBJECTS: tuple[Subject, ...] = (
    Subject(
        model="consent.Entry",
        personal=("address_hash", "identifier_id", "actor", "ip"),
        keyed_by="address_hash or identifier_id",
        export="every entry of the person: purpose, state, method and times",
        erase="kept: the append-only proof of what was allowed; salted hashes, ids and a truncated IP, no address",
        retention="for as long as a claim about consent can be made (by default without end)",
    ),
    Subject(
        model="consent.Address",
        personal=("address_hash",),
        keyed_by="address_hash",
        export="the time of the last marketing mail",
        erase="last_mailed_at is emptied; the row is only a lock",
        retention="without end",
    ),
    Subject(
        model="consent.Suppression",
        personal=("address_hash",),
        keyed_by="address_hash",
        export="scope, reason and time",
        erase="kept, so that an erased address is not written to again; a salted hash only",
        retention="until staff lift it",
    ),
    Subject(
        model="consent.Tombstone",
        personal=("identifier_hash",),
        keyed_by="identifier_hash",
        export="not exported: it exists only after an erasure",
        erase="made by erasure and kept for ever",
        retention="without end",
    ),
    Subject(
        model="consent.Proof",
        personal=("address_hash", "identifier_id", "content"),
        keyed_by="address_hash or identifier_id",
        export="what shows that an entry is true, as it came",
        erase="deleted; the entry it belongs to stays",
        retention="by the retention rule consent_proofs",
    ),
    Subject(
        model="consent.Place",
        personal=("identifier_id",),
        keyed_by="identifier_id",
        export="the time zone last told",
        erase="deleted with the identifier",
        retention="as long as its identifier",
    ),
    Subject(
        model="consent.DeviceDenial",
        personal=("identifier_id",),
        keyed_by="identifier_id",
        export="by the ledger's lines, which say the same",
        erase="deleted with the identifier",
        retention="as long as its identifier",
    ),
    Subject(
        model="consent.MailPreference",
        personal=("address_hash",),
        keyed_by="address_hash",
        export="frequency, pause and language",
        erase="deleted",
        retention="until erased",
    ),
    Subject(
        model="consent.Refusal",
        personal=("address_hash", "identifier_id"),
        keyed_by="address_hash or identifier_id",
        export="what was not done for the person, how often, and why",
        erase="deleted",
        retention="by the retention rule consent_refusals",
    ),
)
