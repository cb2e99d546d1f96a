"""What is true of the worlds: who owns which identifier, and who must and must not be mailed for which cart. Pure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

Key = tuple[str, str]
"""(kind, canonical value) of an identifier."""


@dataclass(frozen=True, slots=True)
class CartTruth:
    """One cart. `must_mail` speaks of the instant `due_at` and later, as long as nothing else happens."""

    case: str
    person: str
    cart_id: str | None
    must_mail: bool
    reason: str
    address: str | None
    last_activity_at: str
    due_at: str | None


@dataclass(slots=True)
class _Owner:
    kind: str
    identifiers: dict[Key, None] = field(default_factory=dict)
    links: dict[tuple[Key, Key], None] = field(default_factory=dict)


@dataclass(slots=True)
class Truth:
    """Grows with the worlds; `as_json` is what is written to the file."""

    owners: dict[str, _Owner] = field(default_factory=dict)
    shared: dict[Key, dict[str, Any]] = field(default_factory=dict)
    carts: list[CartTruth] = field(default_factory=list)
    events: Counter[str] = field(default_factory=Counter)
    unique: int = 0
    repeated: int = 0
    blocked: int = 0

    def person(self, person: str, kind: str) -> None:
        """There is somebody: kind registered, guest or anonymous."""
        self.owners[person] = _Owner(kind)

    def owns(self, person: str, kind: str, keys: Sequence[Key], links: Sequence[tuple[Key, Key]]) -> None:
        """There is somebody of whom all is known at once."""
        self.owners[person] = _Owner(kind, dict.fromkeys(keys), dict.fromkeys(links))

    def sees(self, person: str, *keys: Key) -> None:
        """An event carries these identifiers, all of them this person's alone: each is linked with each."""
        owner = self.owners[person]
        owner.identifiers |= dict.fromkeys(keys)
        owner.links |= {(a, b): None for index, a in enumerate(keys) for b in keys[index + 1 :]}

    def shares(self, key: Key, what: str, people: Sequence[str]) -> None:
        """An identifier of several people: reported apart, no pair with it counts."""
        self.shared[key] = {"kind": key[0], "value": key[1], "what": what, "people": list(people)}

    def as_json(self) -> dict[str, Any]:
        """The document; a cluster is a list of positions in its person's identifiers that share a path of links."""
        return {
            "events": {
                "unique": self.unique,
                "repeated": self.repeated,
                "to_quarantine": self.blocked,
                "by_name": dict(sorted(self.events.items())),
            },
            "identity": {
                "people": [_person(name, owner) for name, owner in self.owners.items()],
                "shared": list(self.shared.values()),
                "pairs": sum(len(c) * (len(c) - 1) // 2 for owner in self.owners.values() for c in _clusters(owner)),
            },
            "carts": [{name: getattr(cart, name) for name in cart.__slots__} for cart in self.carts],
            "must_mail": sorted(cart.address for cart in self.carts if cart.must_mail and cart.address),
        }


def _person(name: str, owner: _Owner) -> dict[str, Any]:
    at = {key: index for index, key in enumerate(owner.identifiers)}
    return {
        "person": name,
        "kind": owner.kind,
        "identifiers": [{"kind": kind, "value": value} for kind, value in owner.identifiers],
        "links": [[at[a], at[b]] for a, b in owner.links],
        "clusters": [[at[key] for key in cluster] for cluster in _clusters(owner)],
    }


def _clusters(owner: _Owner) -> list[list[Key]]:
    """The identifiers of one person that share a path of links, each cluster in order of first sight."""
    root = {key: key for key in owner.identifiers}

    def find(key: Key) -> Key:
        while root[key] != key:
            root[key] = root[root[key]]
            key = root[key]
        return key

    for a, b in owner.links:
        root[find(b)] = find(a)
    found: dict[Key, list[Key]] = {}
    for key in owner.identifiers:
        found.setdefault(find(key), []).append(key)
    return list(found.values())
