"""What each strategy finds for one request: the model's tasks and parts, the person's past, the catalog.

Which of it may stand in an answer, and where, is `recommendations.assembling`'s.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from recommendations.assembling import Found, Told
from recommendations.blending import Blended, ask, blend
from recommendations.contracts import Reason, RecommendationRequest, Strategy
from recommendations.estimators.facing import Context
from recommendations.estimators.interactions import Kind
from recommendations.estimators.own import Own
from recommendations.estimators.popularity import Popularity
from recommendations.goods import NO_ROW, Goods
from recommendations.model import Model
from recommendations.queries.context import context_of
from recommendations.queries.people import Past, Touch
from recommendations.queries.shelf import Shelf
from recommendations.telling import Teller

PART_OF: dict[Strategy, str] = {
    Strategy.BUY_AGAIN: "own",
    Strategy.TOGETHER: "bought_together",
    Strategy.VIEWED_TOGETHER: "viewed_together",
    Strategy.ALIKE: "content",
    Strategy.ACCESSORIES: "bought_together",
    Strategy.SESSION: "session",
}
TASK_OF: dict[Strategy, str] = {Strategy.SIMILAR: "product", Strategy.CART: "cart"}
# What is found by looking at a person; the gate is asked before.
PERSONAL = frozenset((Strategy.FOR_YOU, Strategy.BUY_AGAIN, Strategy.RECENT, Strategy.SESSION, Strategy.SEARCH))
FIRST_OF_REST = 2_000
# How much the person's order counts in search results beside the one given.
PERSON_IN_SEARCH = 0.5


@dataclass(frozen=True, eq=False)
class Finder:
    """One request's candidates. `goods` are the columns as the request sees prices; `excluded`: rows that cannot stand
    in the answer anyway, so that they are not asked for; `stock_only`: the model leaves out what is out of stock."""

    request: RecommendationRequest
    shelf: Shelf
    past: Past
    goods: Goods
    excluded: frozenset[int]
    stock_only: bool = True

    def find(self, strategy: Strategy, n: int) -> Found:
        """The candidates of one strategy: at least the n best it knows of that may stand there."""
        if strategy == Strategy.POPULAR:
            return self._popular()
        if strategy == Strategy.NEWEST:
            return _in_order(self._of_category(self.shelf.newest), Told(strategy, Reason.NEWEST))
        if strategy == Strategy.RECENT:
            return self._recent()
        if strategy == Strategy.SEARCH:
            return self._search()
        if strategy == Strategy.BUY_AGAIN and self.model is None:
            return self._bought()
        return self._by_model(strategy, n)

    def rest(self, reason: Reason) -> Iterator[Found]:
        """Everything else that may be shown, latest first, the first ones alone: few answers need more."""
        rows = self.shelf.all_by_age()
        told = Told(Strategy.POPULAR, reason)
        yield _in_order(rows[:FIRST_OF_REST], told, is_fallback=True)
        if len(rows) > FIRST_OF_REST:
            yield _in_order(rows[FIRST_OF_REST:], told, is_fallback=True)

    @property
    def model(self) -> Model | None:
        """The live model."""
        return self.shelf.live.model if self.shelf.live else None

    @cached_property
    def context(self) -> Context:
        """What the model is asked."""
        assert self.shelf.live is not None
        request, catalog = self.request, self.shelf.catalog
        front = None
        if request.product_id and request.product_id not in self.shelf.live.model.codes:
            row = catalog.row(request.product_id)
            front = catalog.facts_of([row]).get(row) if row != NO_ROW else None
        return context_of(request, self.past, self.shelf.live.model, front)

    def _by_model(self, strategy: Strategy, n: int) -> Found:
        model = self.model
        if model is None:
            return _nothing(strategy)
        context = self.context
        if strategy == Strategy.FOR_YOU and not context.history and not context.session:
            return _nothing(strategy)  # nobody in particular: what is popular follows
        task = self._task(strategy)
        if task:
            allowed = self.shelf.offerable if self.stock_only else self.shelf.showable
            blended = ask(model, task, context, n, allowed=allowed, excluded=self._excluded_codes())
        else:
            part = PART_OF[strategy]
            if part not in model.parts:
                return _nothing(strategy)
            blended = blend([(part, 1.0, model.parts[part].recommend(context, n + len(self.excluded)))], n)
        return self._told(strategy, blended, context)

    def _task(self, strategy: Strategy) -> str:
        if strategy in (Strategy.FOR_YOU, Strategy.SEARCH):
            return "session" if self.context.session and "session" in self._blends else "person"
        return TASK_OF.get(strategy, "")

    @property
    def _blends(self) -> frozenset[str]:
        return frozenset(self.model.blends) if self.model else frozenset()

    def _excluded_codes(self) -> list[int]:
        live = self.shelf.live
        if live is None:
            return []
        codes, ids = live.model.codes, self.shelf.catalog.product_id
        return [code for row in self.excluded if (code := codes.get(ids(row), -1)) >= 0]

    def _told(self, strategy: Strategy, blended: Blended, context: Context) -> Found:
        assert self.model is not None
        rows, scores = self.shelf.row_of[blended.codes], blended.scores
        due = self._due(strategy, context)
        popular, told = self._popular_of(), self.request.is_preview
        teller = Teller(strategy, blended, context, self.model.products, due, popular, told)
        known = rows != NO_ROW
        if strategy == Strategy.BUY_AGAIN and self.past.returned:
            ids = self.shelf.catalog.product_id
            known &= np.array([row == NO_ROW or ids(row) not in self.past.returned for row in rows.tolist()], bool)
        if known.all():
            return Found(rows, scores, teller.tell)
        places = np.flatnonzero(known)
        return Found(rows[places], scores[places], lambda place: teller.tell(int(places[place])))

    def _due(self, strategy: Strategy, context: Context) -> frozenset[int]:
        own = self.model.parts.get("own") if self.model else None
        if strategy != Strategy.BUY_AGAIN or not isinstance(own, Own):
            return frozenset()
        return own.due_codes(context.purchases, context.now_us)

    def _popular_of(self) -> Reason:
        """What popularity is of, where category or region have enough of their own."""
        part = self.model.parts.get("popularity") if self.model else None
        request = self.request
        if not isinstance(part, Popularity) or not (request.category or request.region):
            return Reason.POPULAR
        if request.category and part.supported(category=request.category):
            return Reason.POPULAR_IN_CATEGORY
        return Reason.POPULAR_IN_REGION if part.supported(region=request.region) else Reason.POPULAR

    def _popular(self) -> Found:
        request, model = self.request, self.model
        part = model.parts.get("popularity") if model else None
        if part is None or not (request.category or request.region):
            rows, scores = self.shelf.popular
            return Found(rows, scores, lambda _: Told(Strategy.POPULAR, Reason.POPULAR, "", (("popularity", 1.0),)))
        blended = blend([("popularity", 1.0, part.recommend(self.context, 500))], 500)
        found = self._told(Strategy.POPULAR, blended, self.context)
        if not request.category:
            return found
        inside = self._inside(found.rows)

        def tell(place: int) -> Told:
            told = found.tell(place)
            if told.reason != Reason.POPULAR_IN_CATEGORY:
                return told
            return told._replace(cause=request.category) if inside[place] else told._replace(reason=Reason.POPULAR)

        return Found(found.rows, found.scores, tell)

    def _recent(self) -> Found:
        """Viewed by this person, the latest first."""
        latest: dict[str, Touch] = {}
        for touch in sorted(self.past.touches, key=lambda touch: (-touch.at_us, touch.product_id)):
            if touch.kind == Kind.VIEW:
                latest.setdefault(touch.product_id, touch)
        rows = self.shelf.catalog.taken.index.rows_of(list(latest))
        return _in_order(rows[rows != NO_ROW], Told(Strategy.RECENT, Reason.RECENT))

    def _bought(self) -> Found:
        """Own purchases before the first training, by count and then age."""
        kept = [touch for touch in self.past.purchases if touch.product_id not in self.past.returned]
        counts: dict[str, float] = {}
        for touch in kept:
            counts[touch.product_id] = counts.get(touch.product_id, 0.0) + (touch.times or 1.0)
        ordered = sorted(counts, key=lambda product_id: (-counts[product_id], product_id))
        rows = self.shelf.catalog.taken.index.rows_of(ordered)
        return _in_order(rows[rows != NO_ROW], Told(Strategy.BUY_AGAIN, Reason.BUY_AGAIN))

    def _search(self) -> Found:
        """The results given, each a little higher the more this person's blend wants it; none is lost."""
        rows = self.shelf.catalog.taken.index.rows_of(list(dict.fromkeys(self.request.search_results)))
        rows = rows[rows != NO_ROW]
        scores: NDArray[np.float64] = np.reciprocal(np.log2(np.arange(len(rows)) + 2.0))
        wanted = self._wanted(rows) if self.past.is_known and self.model is not None else np.zeros(len(rows))
        told = Told(Strategy.SEARCH, Reason.SEARCH)
        lifted: NDArray[np.float64] = np.multiply(scores, 1.0 + PERSON_IN_SEARCH * wanted)
        return Found(rows, lifted, lambda _: told)

    def _wanted(self, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """0..1: how much the person wants each of these rows, by the blend that answers for_you."""
        assert self.model is not None
        context = self.context
        allowed = np.zeros(len(self.shelf.row_of), dtype=bool)
        codes = np.array([self.model.codes.get(self.shelf.catalog.product_id(row), -1) for row in rows.tolist()], int)
        allowed[codes[codes >= 0]] = True
        blended = ask(self.model, self._task(Strategy.SEARCH), context, max(len(rows), 1), allowed=allowed)
        if not len(blended):
            return np.zeros(len(rows))
        given = dict(zip(blended.codes.tolist(), (blended.scores / blended.scores.max()).tolist(), strict=True))
        return np.array([given.get(code, 0.0) for code in codes.tolist()])

    def _of_category(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """The ones of the page's category first."""
        if not self.request.category:
            return rows
        inside = self._inside(rows)
        return np.concatenate([rows[inside], rows[~inside]])

    def _inside(self, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        return self.goods.paths_of([self.request.category])[self.goods.path[rows]]


def _in_order(rows: NDArray[np.int64], told: Told, *, is_fallback: bool = False) -> Found:
    """Rows that are in order already."""
    scores: NDArray[np.float64] = np.reciprocal(1.0 + np.arange(len(rows)))
    return Found(rows, scores, lambda _: told, is_fallback)


def _nothing(strategy: Strategy) -> Found:
    return _in_order(np.zeros(0, np.int64), Told(strategy, Reason.ASSORTMENT))
