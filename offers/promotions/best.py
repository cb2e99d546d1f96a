"""The compatible offers that save the most: exact for up to MOST_EXACT offers that could be left out; of more the best
that a bounded search meets, never worse than any single one.
"""

from offers.promotions.quick import best_quickly, is_quick
from offers.promotions.search import Search, State, Table, greedy

MOST_EXACT = 12
MOST_NODES = 1_500
DEEPEST = 150
"""More offers than this are not searched through at all: a call a level."""


def best_of(table: Table) -> State:
    """The best combination; none of the offers where none gives anything."""
    if len(table.offers) > DEEPEST:
        return greedy(table)
    if is_quick(table):
        return best_quickly(table, most_exact=MOST_EXACT, nodes=MOST_NODES)
    search = Search(table)
    if len(table.offers) - sum(table.is_free) > MOST_EXACT:
        search.consider(greedy(table))
        search.nodes_left = MOST_NODES
    search.walk(0, table.start(), 0)
    return search.best
