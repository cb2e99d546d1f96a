"""A statement as a tree, and the check that it only reads what it is given. Pure."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from sqlglot import exp

from lake.contracts import QueryError

# What writes, configures or runs something; a SELECT can hide some of these below itself.
FORBIDDEN = (
    exp.DML,
    exp.DDL,
    exp.Command,
    exp.Into,
    exp.Copy,
    exp.Attach,
    exp.Pragma,
    exp.Set,
    exp.Use,
    exp.Parameter,
    exp.SessionParameter,
    exp.Anonymous,
    exp.AnonymousAggFunc,
)


@dataclass(eq=False)
class Statement:
    """One SELECT. Its text in a dialect is made once, so a statement that is run again costs no generating."""

    tree: exp.Query
    _texts: dict[str, str] = field(default_factory=dict)
    _checked: frozenset[str] | None = None
    _placeholders: frozenset[str] | None = None

    def text(self, dialect: str, prepare: Callable[[exp.Query], exp.Query] | None = None) -> str:
        """The statement as an engine of this dialect reads it; `prepare` says what that engine puts otherwise."""
        found = self._texts.get(dialect)
        if found is None:
            tree = self.tree if prepare is None else prepare(self.tree.copy())
            found = self._texts[dialect] = tree.sql(dialect=dialect)
        return found

    def filled(self, values: Mapping[str, int]) -> dict[str, int]:
        """The values of its placeholders. Raises QueryError where one has none."""
        if self._placeholders is None:
            self._placeholders = frozenset(each.name for each in self.tree.find_all(exp.Placeholder))
        missing = sorted(self._placeholders - set(values))
        if missing:
            raise QueryError(f"the statement needs a value for {', '.join(missing)}")
        return {name: values[name] for name in self._placeholders}

    def check(self, relations: Collection[str]) -> None:
        """Raise QueryError unless it is one SELECT over these relations and its own WITH tables alone."""
        if self._checked is None:
            self._checked = frozenset(_tables_of(self.tree))
        unknown = sorted(self._checked - set(relations))
        if unknown:
            raise QueryError(f"the statement reads {', '.join(unknown)}, but is given {', '.join(sorted(relations))}")


def as_statement(given: exp.Query | Statement) -> Statement:
    """A tree as a statement; a statement as it is."""
    return given if isinstance(given, Statement) else Statement(given)


def _tables_of(tree: object) -> set[str]:
    """The names of the tables it reads besides its own. Raises QueryError for anything that is not plain reading."""
    if not isinstance(tree, exp.Select | exp.SetOperation | exp.Subquery):
        raise QueryError(f"an engine takes one SELECT, not {type(tree).__name__}")
    own = {cte.alias for cte in tree.find_all(exp.CTE)}
    found = set()
    for node in tree.walk():
        if isinstance(node, FORBIDDEN):
            raise QueryError(f"a statement only reads, and {type(node).__name__} ({node.name!r}) is more than that")
        if isinstance(node, exp.Table):
            if not isinstance(node.this, exp.Identifier) or node.db or node.catalog:
                raise QueryError("a statement reads the relations it is given by their names, and nothing else")
            found.add(node.name)
    return found - own
