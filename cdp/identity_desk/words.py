"""What the identity desk calls things: kinds, and why a link joins nobody. Pure."""

from profiles.identifiers import EMAIL
from profiles.identity import IdentityRules


def kind_words(kind: str, count: int = 1) -> str:
    """user_id → user id; email → e-mail address; plural where there are several."""
    words = "e-mail address" if kind == EMAIL else kind.replace("_", " ")
    if count == 1:
        return words
    return f"{words}es" if words.endswith("s") else f"{words}s"


def refusal_words(why: str, rules: IdentityRules, *, has_user_id: bool = True) -> tuple[str, str]:
    """(a word for the drawing, a sentence) for why a link joins nobody: `shared`, `limit:<kind>`, …"""
    name, _, kind = why.partition(":")
    if name == "shared":
        return "shared", "one of them was seen with too many people, so it is nobody's"
    if name == "limit":
        most = rules.limit(kind, has_user_id=has_user_id)
        return "limit", f"together they would be one person with more than {most:,} {kind_words(kind, most)}"
    if name == "undeclared":
        words = kind_words(kind)
        return "another address" if kind == EMAIL else f"another {words}", (
            f"it would bring a second {words}, and no event ever tied that one to the user id"
        )
    if name == "separated":
        return "kept apart", "staff said these are never one person"
    return "not one", "the two would be more than one person"
