"""The truth as files in a folder: NDJSON, a line a fact, written while the events are made. docs/simulator.md explains.

Memory stays bounded however many people there are: nothing of the shop world is kept once it is written.
"""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import msgspec

from cdp.demo.simulate import campaigns, friction, pricing, tastes
from cdp.demo.simulate.clocks import DAY
from cdp.demo.simulate.market import BUNDLE_PULL, COMPANION_PULLS, Market
from cdp.demo.simulate.shop_world import run_of
from cdp.demo.simulate.story import Run
from cdp.demo.simulate.truth import Truth
from cdp.demo.simulate.truth_rows import SHARED_WHAT, Rows
from cdp.demo.simulate.worlds import Simulation, shape_of

NAMES = ("people", "households", "shared", "consent", "tastes", "returns", "campaigns", "carts", "prices")
_encode = msgspec.json.Encoder().encode


class TruthFolder:
    """Open files for the truth of one run; `add` is a listener of `Simulation`. Use as a context."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._stack = ExitStack()
        self._files: dict[str, IO[bytes]] = {}
        self._told: dict[str, int] = dict.fromkeys(NAMES, 0)

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        for name in NAMES:
            self._files[name] = self._stack.enter_context((self.folder / f"{name}.ndjson").open("wb"))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def add(self, rows: Rows) -> None:
        """What is true of one household."""
        home = rows.household
        self._tell("households", [home])
        for name in ("people", "consent", "tastes", "returns", "campaigns"):
            self._tell(name, getattr(rows, name))
        if home.tablet is not None:
            shared = {"identifier": ("anonymous_id", home.tablet), "what": SHARED_WHAT, "people": home.tablet_users}
            self._tell("shared", [shared])

    def close(self, simulation: Simulation) -> None:
        """What is true of the run as a whole, once all its events are made."""
        truth = simulation.truth
        self._tell("people", _other_people(truth))
        self._tell("shared", _other_shared(truth))
        self._tell("carts", truth.carts)
        head = {name: value for name, value in simulation.document().items() if name not in ("identity", "carts")}
        if "shop" in simulation.plan.worlds:
            run = run_of(shape_of(simulation.plan))
            self._tell("prices", run.prices.changes(simulation.plan.days))
            (self.folder / "effects.json").write_bytes(msgspec.json.format(_encode(effects(run)), indent=1))
        head |= {"files": {f"{name}.ndjson": count for name, count in self._told.items()}}
        (self.folder / "manifest.json").write_bytes(msgspec.json.format(_encode(head), indent=1))

    def _tell(self, name: str, rows: Iterable[Any]) -> None:
        for row in rows:
            self._files[name].write(_encode(row) + b"\n")
            self._told[name] += 1


def effects(run: Run) -> dict[str, Any]:
    """What was planted: bundles, companions, campaigns, frictions, prices, popularity."""
    market, days = run.market, (run.now - run.starts) // DAY
    return {
        "synthetic": True,
        "bundles": [_bundle(market, bundle.columns) for bundle in market.bundles],
        "bundle_pull": BUNDLE_PULL,
        "companions": {
            market.products[place].product_id: _bundle(market, columns)
            for place, columns in enumerate(market.companions)
            if columns
        },
        "companion_pulls": COMPANION_PULLS,
        "campaigns": {
            "orders_by_stratum": campaigns.ORDERS,
            "planned": [campaign._asdict() for campaign in campaigns.planned(days)],
        },
        "frictions": friction.AS_TRUTH,
        "prices": {"thrift": tastes.THRIFT, "sale_factors": pricing.SALE_FACTORS, "drifts": pricing.DRIFTS},
        "return_rates": dict(zip(market.categories, market.return_rates, strict=True)),
        "appeal": {product.product_id: round(float(market.appeal[i]), 3) for i, product in enumerate(market.products)},
    }


def read(folder: Path, name: str) -> Iterator[dict[str, Any]]:
    """The lines of one file of the truth."""
    with (folder / f"{name}.ndjson").open("rb") as file:
        for line in file:
            yield msgspec.json.decode(line)


def _bundle(market: Market, columns: Iterable[int]) -> list[str]:
    return [market.products[column].product_id for column in columns]


def _other_people(truth: Truth) -> Iterator[dict[str, Any]]:
    """Those of the identity and cart worlds; the shop world's were written as they were told."""
    for person, owner in truth.owners.items():
        if not person.startswith("shop-"):
            yield {
                "person": person,
                "kind": owner.kind,
                "identifiers": tuple(owner.identifiers),
                "links": tuple(owner.links),
            }


def _other_shared(truth: Truth) -> Iterator[dict[str, Any]]:
    for key, entry in truth.shared.items():
        if not entry["people"][0].startswith("shop-"):
            yield {"identifier": key, "what": entry["what"], "people": entry["people"]}
