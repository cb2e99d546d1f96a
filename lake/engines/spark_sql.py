"""What Spark puts otherwise than the trees say, as changes of the tree. Pure."""

from sqlglot import exp


def prepared(tree: exp.Query) -> exp.Query:
    """The tree as Spark's dialect can write it, changed in place."""
    for placeholder in list(tree.find_all(exp.Placeholder)):
        # A small value arrives as a 32-bit number, and would be reckoned with as one.
        placeholder.replace(exp.cast(placeholder.copy(), "bigint"))
    return tree
