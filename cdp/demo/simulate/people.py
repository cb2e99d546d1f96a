"""Names, places, browsers and addresses of people who do not exist. Pure."""

import uuid
from dataclasses import dataclass
from random import Random

FIRST = (
    "Ada", "Ben", "Carla", "David", "Emma", "Finn", "Greta", "Hannah", "Ivo", "Jana", "Karl", "Lena", "Mara", "Nils",
    "Olga", "Paul", "Quirin", "Rosa", "Simon", "Tilda", "Ulf", "Vera", "Wim", "Xenia", "Yara", "Zoe", "Aaron", "Bianca",
    "Chiara", "Dario", "Elif", "Farid", "Giulia", "Hugo", "Ines", "Jonas", "Kaja", "Luca", "Mina", "Noah", "Oskar",
)  # fmt: skip
LAST = (
    "Albers", "Baumann", "Costa", "Dahl", "Engel", "Fischer", "Graf", "Horn", "Ivanov", "Jansen", "Keller", "Lang",
    "Moreau", "Novak", "Olsen", "Peeters", "Quint", "Rossi", "Schmid", "Torres", "Ullmann", "Vogel", "Weber", "Yilmaz",
    "Zander", "Brandt", "Conti", "Dubois", "Ekman", "Fuchs", "Gruber", "Huber", "Klein", "Lindqvist", "Meyer", "Nowak",
)  # fmt: skip
PLACES = (
    ("DE", "Berlin", "Europe/Berlin", "de-DE", 30),
    ("DE", "Hamburg", "Europe/Berlin", "de-DE", 20),
    ("AT", "Vienna", "Europe/Vienna", "de-AT", 12),
    ("FR", "Lyon", "Europe/Paris", "fr-FR", 12),
    ("GB", "Leeds", "Europe/London", "en-GB", 12),
    ("US", "Chicago", "America/Chicago", "en-US", 8),
    ("JP", "Osaka", "Asia/Tokyo", "ja-JP", 3),
    ("BR", "Recife", "America/Recife", "pt-BR", 3),
)
AGENTS = (
    (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/131.0.0.0 Safari/537.36",
        30,
    ),
    (
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Safari/604.1",
        30,
    ),
    ("Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 Chrome/131.0.0.0 Mobile Safari/537.36", 22),
    (
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_7) AppleWebKit/605.1.15 Version/18.1 Safari/605.1.15",
        12,
    ),
    ("Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0", 6),
)
DOMAINS = ("example.com", "example.org", "example.net")


@dataclass(frozen=True, slots=True)
class Device:
    """A browser with its anonymous id."""

    anonymous_id: str
    user_agent: str
    ip: str


@dataclass(slots=True)
class Person:
    """Somebody. `key` names them in the truth; what they own beyond this the worlds decide."""

    key: str
    first: str
    last: str
    country: str
    city: str
    zone: str
    locale: str
    tastes: tuple[str, ...]
    user_id: str
    email: str


class Registry:
    """Makes people and devices; no two share an id or an address. Ids depend on the seed alone, not on the clock."""

    def __init__(self, seed: int, rng: Random, tastes: tuple[str, ...]) -> None:
        self._seed, self._rng, self._tastes = seed, rng, tastes
        self._made = 0

    def person(self, world: str) -> Person:
        """A new person with one taste of their own and a second one."""
        rng, self._made = self._rng, self._made + 1
        number = self._made
        first, last = rng.choice(FIRST), rng.choice(LAST)
        country, city, zone, locale, _ = rng.choices(PLACES, [place[4] for place in PLACES])[0]
        email = f"{first}.{last}.{self._seed}x{number}@{rng.choice(DOMAINS)}".lower()
        tastes = tuple(rng.sample(self._tastes, 2))
        key = f"{world}-{number}"
        return Person(key, first, last, country, city, zone, locale, tastes, f"u{self._seed}-{number}", email)

    def second_address(self, person: Person) -> str:
        """Another address of the same person."""
        local, _, domain = person.email.partition("@")
        return f"{local}.new@{domain}"

    def device(self) -> Device:
        """A new browser."""
        rng = self._rng
        agent = rng.choices(AGENTS, [weight for _, weight in AGENTS])[0][0]
        net = rng.choice(("192.0.2", "198.51.100", "203.0.113"))
        return Device(str(uuid.UUID(int=rng.getrandbits(128), version=4)), agent, f"{net}.{rng.randrange(1, 255)}")

    def phone(self) -> str:
        """A German mobile number in E.164, of a range nobody dials by accident."""
        self._made += 1
        return f"+49151{self._seed % 100:02d}{self._made:06d}"
