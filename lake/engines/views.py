"""A relation as a SELECT: its files with the values asked for, minus what is hidden, plus its tail. Pure."""

from collections.abc import Iterator

from sqlglot import exp

from lake.bags import facet_expression
from lake.contracts import Ask, Projection, Relation, value_column

# Names beside a relation's own, on the same cursor or in the same session.
FILES, TAIL, HIDDEN = "__files", "__tail", "__hidden"
FILE = "f"


def view_of(name: str, relation: Relation, source: exp.Table) -> exp.Query:
    """The rows of a relation: exactly the columns of its ask, whatever part they come from.

    `source` is how an engine reads the files' own columns (`read_of`, `files_of`).
    """
    ask = relation.ask
    columns = [*ask.columns, *_value_columns(ask)]
    tail = exp.select(*(exp.column(each, quoted=True) for each in columns)).from_(exp.to_table(name + TAIL))
    return exp.union(_of_files(name, relation, source), tail, distinct=False)


def read_of(relation: Relation) -> exp.Table:
    """The files as DuckDB reads them by path."""
    paths = exp.Array(expressions=[exp.Literal.string(file.path) for file in relation.files])
    options = [exp.EQ(this=exp.column("hive_partitioning"), expression=exp.false())]
    return exp.Table(
        this=exp.Anonymous(this="read_parquet", expressions=[paths, *options]), alias=exp.to_identifier(FILE)
    )


def files_of(name: str) -> exp.Table:
    """The files as a table of their own beside the relation's."""
    return exp.to_table(name + FILES, alias=FILE)


def _of_files(name: str, relation: Relation, source: exp.Table) -> exp.Select:
    ask, projection = relation.ask, relation.projection
    found = exp.select(*(_of_file(each) for each in ask.columns), *_values(projection, ask)).from_(source)
    if ask.names is not None and projection.name_column:
        names = [exp.Literal.string(each) for each in sorted(ask.names)]
        found = found.where(_of_file(projection.name_column).isin(*names) if names else exp.false())
    if ask.since_us is not None and projection.time_column:
        found = found.where(exp.GT(this=_of_file(projection.time_column), expression=exp.Literal.number(ask.since_us)))
    if relation.hidden.num_rows:
        hidden = exp.to_table(name + HIDDEN, alias="h")
        same = [_of_file(key).eq(exp.column(key, table="h", quoted=True)) for key in relation.hidden.column_names]
        found = found.where(exp.Not(this=exp.Exists(this=exp.select("1").from_(hidden).where(*same))))
    return found


def _of_file(name: str) -> exp.Column:
    return exp.column(name, table=FILE, quoted=True)


def _values(projection: Projection, ask: Ask) -> Iterator[exp.Expr]:
    for index, value in enumerate(ask.values):
        for facet in sorted(value.facets):
            reading = facet_expression(projection, value.name, facet, FILE)
            yield exp.alias_(reading, value_column(index, facet), quoted=True)


def _value_columns(ask: Ask) -> Iterator[str]:
    for index, value in enumerate(ask.values):
        yield from (value_column(index, facet) for facet in sorted(value.facets))
