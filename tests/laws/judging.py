"""Ground truth against what was found: pairs of identifiers, shared devices, carts and mails. Pure, and nobody's code.

Each judge lists every disagreement as a sentence, or returns figures; nothing here knows how the service decides.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from math import comb
from typing import Any

from tests.laws.worlds import Found, Key, Mail, unit_of

HELD_OUT = "holdout"
IMPROBABLE = 1e-6

# The truth's reasons, and what the service may write down about such a cart: the cart's states, the ends of its
# enrollment (none at all where it never came to one).
ORDERED = frozenset({"cart_ordered", "ordered_since"})
CLOSED = ORDERED | {"cart_emptied"}
RECORDED: dict[str, tuple[frozenset[str], frozenset[str | None]]] = {
    "ordered": (frozenset({"ordered"}), ORDERED | {None, "goal_reached"}),
    "emptied": (frozenset({"emptied"}), frozenset({"cart_emptied", None})),
    "no_consent": (frozenset({"open"}), frozenset({"consent_parent_default_denied", "consent_parent_pending"})),
    "refused": (frozenset({"open"}), frozenset({"consent_parent_denied"})),
    "withdrawn": (frozenset({"open"}), frozenset({"consent_parent_denied", "consent_parent_withdrawn"})),
    "unsubscribed": (frozenset({"open"}), frozenset({"suppressed_unsubscribe"})),
    "bounced": (frozenset({"open"}), frozenset({"suppressed_hard_bounce"})),
    "complained": (frozenset({"open"}), frozenset({"suppressed_complaint"})),
    "no_address": (frozenset({"open"}), frozenset({"no_address"})),
    "not_idle": (frozenset({"open"}), frozenset({"", "not_idle"})),
    "too_old": (frozenset({"open"}), frozenset({None, "too_old"})),
    "out_of_stock": (frozenset({"open"}), frozenset({"out_of_stock"})),
    "shared_device": (frozenset({"open"}), frozenset({"shared_profile"})),
}


@dataclass(frozen=True, slots=True)
class IdentityFigures:
    """Pairs of identifiers with one true owner. `due`: sharing a path of links; `joined`: found in one profile."""

    identifiers: int
    unknown: int
    due: int
    found: int
    joined: int
    wrong: int

    @property
    def precision(self) -> float:
        return 1.0 - self.wrong / self.joined if self.joined else 1.0

    @property
    def recall(self) -> float:
        return self.found / self.due if self.due else 1.0

    def __str__(self) -> str:
        return (
            f"precision {self.precision:.6f} ({self.wrong} wrong of {self.joined} joined pairs), "
            f"recall {self.recall:.6f} ({self.found} of {self.due} due pairs), {self.identifiers} identifiers, "
            f"{self.unknown} of them unknown to the service"
        )


def pairs(count: int) -> int:
    return comb(count, 2)


def owned(truth: dict[str, Any]) -> Iterator[tuple[str, list[Key], list[list[int]]]]:
    """(person, identifiers, links by position) of everybody."""
    for person in truth["identity"]["people"]:
        yield person["person"], [(each["kind"], each["value"]) for each in person["identifiers"]], person["links"]


def clusters(count: int, links: list[list[int]]) -> list[set[int]]:
    """Positions that share a path of links, by walking it."""
    near: dict[int, set[int]] = defaultdict(set)
    for a, b in links:
        near[a].add(b)
        near[b].add(a)
    left, groups = set(range(count)), []
    while left:
        group, edge = set[int](), {left.pop()}
        while edge:
            group |= edge
            edge = {other for each in edge for other in near[each]} - group
        left -= group
        groups.append(group)
    return groups


def judge_identity(truth: dict[str, Any], found: Found) -> IdentityFigures:
    """Counted a profile and a cluster at a time: the pairs themselves are never listed."""
    by_profile: dict[Any, Counter[str]] = defaultdict(Counter)
    identifiers = unknown = due = together = 0
    for person, keys, links in owned(truth):
        profiles = [found.profiles[key][0] if key in found.profiles else None for key in keys]
        identifiers += len(keys)
        unknown += profiles.count(None)
        by_profile_here = Counter(profile for profile in profiles if profile is not None)
        for profile, count in by_profile_here.items():
            by_profile[profile][person] += count
        for cluster in clusters(len(keys), links):
            due += pairs(len(cluster))
            together += sum(pairs(n) for n in Counter(profiles[i] for i in cluster if profiles[i] is not None).values())
    joined = sum(pairs(owners.total()) for owners in by_profile.values())
    right = sum(pairs(count) for owners in by_profile.values() for count in owners.values())
    return IdentityFigures(identifiers, unknown, due, together, joined, joined - right)


def judge_shared(truth: dict[str, Any], found: Found, *, shared_after: int = 5) -> tuple[list[str], Counter[str]]:
    """Faults, and how each shared identifier ended: '<what> flagged', '<what> with one owner', '<what> alone'."""
    owners_in: dict[Any, set[str]] = defaultdict(set)
    for person, keys, _ in owned(truth):
        for key in keys:
            if key in found.profiles:
                owners_in[found.profiles[key][0]].add(person)
    faults: list[str] = []
    ends: Counter[str] = Counter()
    for shared in truth["identity"]["shared"]:
        key, what, people = (shared["kind"], shared["value"]), shared["what"], set(shared["people"])
        if key not in found.profiles:
            faults.append(f"{what} {key} is unknown to the service")
            continue
        profile, is_flagged = found.profiles[key]
        owners = owners_in[profile]
        ends[f"{what} {'flagged' if is_flagged else 'with one owner' if owners else 'alone'}"] += 1
        if len(owners) > 1:
            faults.append(f"{what} {key} joins {sorted(owners)}")
        if owners - people:
            faults.append(f"{what} {key} went to {sorted(owners - people)}, who never used it")
        if is_flagged and owners:
            faults.append(f"{what} {key} is flagged as nobody's and yet stands in the profile of {sorted(owners)}")
        if is_flagged is not (len(people) > shared_after):
            faults.append(f"{what} {key} of {len(people)} people is {'' if is_flagged else 'not '}flagged")
    listed = {(shared["kind"], shared["value"]) for shared in truth["identity"]["shared"]}
    innocent = [key for key, (_, is_flagged) in found.profiles.items() if is_flagged and key not in listed]
    faults += [f"{key} has one owner and is flagged as shared" for key in innocent]
    invented = found.profiles.keys() - listed - {key for _, keys, _ in owned(truth) for key in keys}
    faults += [f"{key} belongs to nobody in the world" for key in sorted(invented)]
    return faults, ends


def judge_mails(truth: dict[str, Any], found: Found, mails: list[Mail]) -> list[str]:
    """Every cart mailed once or held out, and nobody else: by the mail server, by the rows, by the exposures."""
    due = Counter(cart["address"] for cart in truth["carts"] if cart["must_mail"])
    letters = [mail for mail in mails if not mail.message["List-Unsubscribe"]]
    mails = [mail for mail in mails if mail.message["List-Unsubscribe"]]
    got = Counter(recipient for mail in mails for recipient in mail.recipients)
    faults = _letters(truth, letters)
    for address, count in due.items():
        variant = found.variants.get(unit_of(address))
        wanted = 0 if variant == HELD_OUT else count
        if variant is None:
            faults.append(f"{address} is due and was never exposed to the experiment")
        if got[address] != wanted:
            faults.append(f"{address} ({variant}) is due {wanted} mails and got {got[address]}")
    faults += [f"{address} must not be mailed and got {got[address]}" for address in got.keys() - due.keys()]
    exposed = {unit_of(address) for address in due}
    faults += [f"{len(found.variants.keys() - exposed)} exposed who were not due"] * bool(
        found.variants.keys() - exposed
    )
    faults += [
        f"a mail to {mail.recipients} says To: {mail.message['To']}" for mail in mails if not _is_well_addressed(mail)
    ]
    return faults + _rows_against_sink(found, mails, due)


def _letters(truth: dict[str, Any], letters: list[Mail]) -> list[str]:
    """Only whom a browser signed up is asked to confirm, once: whoever sent that need not be the address's owner."""
    signed_up = {cart["address"] for cart in truth["carts"] if cart["case"] == "forged_consent"}
    got = Counter(recipient for letter in letters for recipient in letter.recipients)
    return [
        f"{address} got {count} letters and was{'' if address in signed_up else ' not'} signed up"
        for address, count in got.items()
        if count > 1 or address not in signed_up
    ]


def _is_well_addressed(mail: Mail) -> bool:
    """One recipient, named in To; both parts; both unsubscribe headers."""
    message = mail.message
    parts = {part.get_content_type() for part in message.walk()}
    return (
        [message["To"]] == list(mail.recipients)
        and {"text/plain", "text/html"} <= parts
        and str(message["List-Unsubscribe"]).strip().startswith("<http")
        and message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    )


def _rows_against_sink(found: Found, mails: list[Mail], due: Counter[str]) -> list[str]:
    faults = [f"a message to {m.address} ended {m.state} ({m.reason})" for m in found.messages if m.state != "sent"]
    faults += [f"a message was made for {m.address}, who is not due" for m in found.messages if m.address not in due]
    rows = Counter((m.message_id, m.address) for m in found.messages)
    sink = Counter((str(mail.message["Message-ID"]), recipient) for mail in mails for recipient in mail.recipients)
    faults += [
        f"{entry}: {rows[entry]} rows, {sink[entry]} mails" for entry in rows | sink if rows[entry] != sink[entry]
    ]
    return faults


def judge_carts(truth: dict[str, Any], found: Found) -> list[str]:
    """Cart by cart: what became of it is what the truth says, for the truth's reason."""
    faults = []
    messages = Counter(m.cart_key for m in found.messages)
    for cart in truth["carts"]:
        if cart["cart_id"] is None:
            continue  # such a cart's key is the service's own; its owner's mails are counted by address
        key = f"cart:{cart['cart_id']}"
        state = found.carts.get(cart["cart_id"])
        ends: list[str | None] = [enrolled.reason for enrolled in found.enrollments.get(key, [])]
        ends = ends or [None]
        said = f"{cart['case']} {key} of {cart['address']}: {state}, {ends}, {messages[key]} messages"
        if cart["must_mail"]:
            is_held_out = found.variants.get(unit_of(cart["address"])) == HELD_OUT
            wanted = (["held_out"], 0) if is_held_out else (["sent"], 1)
            if (ends, messages[key]) != wanted:
                faults.append(f"{said}; due were {wanted}")
        else:
            states, reasons = RECORDED[cart["reason"]]
            if state not in states or not set(ends) <= reasons or messages[key]:
                faults.append(f"{said}; the truth says {cart['reason']}")
    told = {f"cart:{cart['cart_id']}" for cart in truth["carts"]}
    for key, enrolled in found.enrollments.items():
        if key.startswith("cart:") and key not in told and not {each.reason for each in enrolled} <= CLOSED:
            faults.append(f"{key} was not left and is enrolled: {enrolled}")
    return faults


def judge_contents(found: Found, mails: list[Mail]) -> list[str]:
    """The lines of each mail are the lines of its cart, as an own reading of the cart's events finds them.

    Of carts that the shop names; without what is sold out.
    """
    texts = {str(mail.message["Message-ID"]): _plain(mail) for mail in mails}
    faults = []
    for message in found.messages:
        kind, _, cart_id = message.cart_key.partition(":")
        if kind == "cart":
            due = sorted(_lines(found, cart_id))
            told = sorted(re.findall(r"^- (.+?), quantity (\S+?),", texts.get(message.message_id, ""), re.MULTILINE))
            if told != due:
                faults.append(f"the mail about {message.cart_key} lists {told}; in the cart are {due}")
    return faults


def _plain(mail: Mail) -> str:
    body = mail.message.get_body(("plain",))
    return str(body.get_content()) if body else ""


def _lines(found: Found, cart_id: str) -> list[tuple[str, str]]:
    """(name, quantity) of what can be bought of what was put in and not taken out."""
    lines: Counter[str] = Counter()
    for name, properties in found.cart_events[cart_id]:
        if name == "Product Added":
            lines[properties["product_id"]] += properties["quantity"]
        elif name == "Product Removed":
            del lines[properties["product_id"]]
        elif name == "Checkout Started":
            lines = Counter({line["product_id"]: line["quantity"] for line in properties["products"]})
    return [(found.products[key][0], str(count)) for key, count in lines.items() if found.products[key][1]]


def holdout_is_plausible(held_out: int, due: int, share: float) -> bool:
    """Whether a fair die of this share gives so few, or so many, at least once in a million throws."""
    chance = [comb(due, k) * share**k * (1 - share) ** (due - k) for k in range(due + 1)]
    return sum(chance[: held_out + 1]) > IMPROBABLE and sum(chance[held_out:]) > IMPROBABLE
