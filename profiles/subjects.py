"""How each table of profiles is exported, erased and kept."""

from cdp.lib.subjects import Subject

SUBJECTS: tuple[Subject, ...] = (
    Subject(
        model="profiles.Identifier",
        personal=("value", "profile_id", "minted_id"),
        keyed_by="profile_id",
        export="kind, value and the time first seen, for each identifier of the person that is not shared",
        erase="deleted, with its links and state, under the identity lock; shared identifiers stay",
        retention="as long as the person is known",
    ),
    Subject(
        model="profiles.Link",
        personal=("a_id", "b_id", "message_hash"),
        keyed_by="identifier_id (either end)",
        export="which of the person's identifiers were seen together, and when first",
        erase="deleted with either identifier",
        retention="as long as both identifiers",
    ),
    Subject(
        model="profiles.IdentifierState",
        personal=("identifier_id", "traits", "counters", "first_seen_at", "last_seen_at"),
        keyed_by="identifier_id",
        export="traits with their times, counts of events by name",
        erase="deleted with its identifier",
        retention="as long as its identifier",
    ),
    Subject(
        model="profiles.Profile",
        personal=("id", "traits", "counters", "first_seen_at", "last_seen_at"),
        keyed_by="profile_id",
        export="as the states it is the join of",
        erase="rebuilt without the erased identifiers; deleted with the last of them",
        retention="as long as one of its identifiers",
    ),
    Subject(
        model="profiles.SeparatedIdentifier",
        personal=("identifier_id",),
        keyed_by="identifier_id",
        export="that staff keep two of the person's identifiers apart from others, since when, and why",
        erase="deleted with its identifier; the separation stays as a decision without a person",
        retention="as long as its identifier",
    ),
    Subject(
        model="profiles.IdentityChange",
        personal=("profile_id", "others"),
        keyed_by="profile_id",
        export="when profiles of the person were merged or split, and why",
        erase="deleted when none of its moves is left",
        retention="as long as one of the identifiers it moved",
    ),
    Subject(
        model="profiles.IdentityMove",
        personal=("identifier_id", "from_profile", "to_profile"),
        keyed_by="identifier_id",
        export="with the change it belongs to",
        erase="deleted with its identifier",
        retention="as long as its identifier",
    ),
    Subject(
        model="profiles.AccountMember",
        personal=("identifier_id", "first_seen_at", "last_seen_at"),
        keyed_by="identifier_id",
        export="the accounts (groups) the person was seen in, since when and until when",
        erase="deleted with its identifier",
        retention="as long as its identifier",
    ),
    Subject(
        model="profiles.Account",
        personal=("group_id", "traits"),
        keyed_by="account id of its members",
        export="the group's id and traits, for each account of the person",
        erase="deleted where nobody else is a member; else nothing, since it describes a group",
        retention="for ever",
    ),
)
