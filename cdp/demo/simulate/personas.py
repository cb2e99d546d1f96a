"""The people one may sign in as in the demo shop: the first of the seeded people, each with a story. Pure."""

from dataclasses import dataclass

from cdp.demo.simulate.households import SCRIPTS, make_household
from cdp.demo.simulate.market import make_market


@dataclass(frozen=True, slots=True)
class Persona:
    """Somebody to sign in as. `tastes`: names of the categories they like best, the best first."""

    name: str
    user_id: str
    email: str
    description: str
    tastes: tuple[str, ...]


def personas(seed: int) -> tuple[Persona, ...]:
    """The personas of a seed: the same people that `manage.py simulate --seed` sends events of."""
    market = make_market(seed)
    found = []
    for number, script in enumerate(SCRIPTS):
        member = make_household(market, number, 1).members[0]
        found.append(Persona(member.name, member.user_id, member.email, f"{script.line}.", script.favorites))
    return tuple(found)
