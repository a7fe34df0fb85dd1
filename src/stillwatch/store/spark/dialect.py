"""A statement of ours in the words of Spark SQL.

Statements are written once, in the small dialect of `model.engine.Tables` as DuckDB reads it. What Spark says otherwise
is changed here on the parsed statement; a function that is not on the list is refused, so that nothing means something
else unnoticed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from stillwatch.model.errors import StillwatchError
from stillwatch.store.packages import need

# functions that both engines know and that mean the same, once written as below
KNOWN = frozenset(
    {
        "ABS", "AND", "AVG", "BIT_XOR", "BITWISE_XOR_AGG", "CASE", "CAST", "COALESCE", "COUNT", "EPOCH_US", "EXISTS",
        "EXP", "EXTRACT", "FLOOR", "GREATEST", "IF", "LAG", "LEAD", "LEAST", "LN", "LOG", "LOG2", "LOGICAL_OR", "MAX",
        "MIN", "OR", "PERCENTILE_DISC", "POWER", "ROUND", "ROW_NUMBER", "SQRT", "STDDEV_SAMP", "SUM",
        "TIMESTAMP_TRUNC",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Parsed:
    """A parsed statement and the names of the tables that it reads."""

    tree: Any
    tables: frozenset[str]


def parsed(sql: str) -> Parsed:
    """The statement, parsed. Raises `StillwatchError` where it is none."""
    sqlglot = need("sqlglot")
    try:
        tree = sqlglot.parse_one(sql, read="duckdb")
    except sqlglot.errors.ParseError as error:
        raise StillwatchError(f"statement cannot be read: {error}", where=sql[:200]) from error
    return Parsed(tree, tables_of(tree))


def tables_of(tree: Any) -> frozenset[str]:
    """Tables that a parsed statement reads, but for those it names itself (WITH)."""
    exp = need("sqlglot").exp
    own = {cte.alias for cte in tree.find_all(exp.CTE)}
    return frozenset(table.name for table in tree.find_all(exp.Table)) - own


def spark_sql(tree: Any, view: Callable[[str], str]) -> str:
    """The parsed statement in Spark SQL; `view` says under which name Spark has a table.

    Raises `StillwatchError` for a function that is not known to mean the same.
    """
    exp = need("sqlglot").exp
    foreign = unknown_functions(tree)
    if foreign:
        raise StillwatchError(
            f"function {min(foreign)} has no counterpart in Spark SQL",
            where=tree.sql(dialect="duckdb")[:200],
            remedy="Keep to the dialect of model.engine.Tables, or add it to store/spark/dialect.py",
        )
    changed = tree.copy()
    own = {cte.alias for cte in changed.find_all(exp.CTE)}
    for table in list(changed.find_all(exp.Table)):
        if table.name not in own:
            _rename(exp, table, view(table.name))
    return str(changed.transform(_spoken, exp).sql(dialect="spark", identify=True))


def unknown_functions(tree: Any) -> frozenset[str]:
    """Functions of a parsed statement that are not on the list."""
    exp = need("sqlglot").exp
    return frozenset(_named(node, exp) for node in tree.find_all(exp.Func)) - KNOWN


def aggregated(tree: Any) -> list[Any]:
    """The outermost tables in FROM and JOIN that are aggregates of others, and can be had by themselves."""
    exp = need("sqlglot").exp
    found: list[Any] = []
    if tree.find(exp.CTE) is not None:  # what WITH names cannot be had by itself
        return found
    for node in tree.find_all(exp.Subquery):  # breadth first: the outer ones come first
        inner = node.this
        if not isinstance(inner, exp.Select) or not isinstance(node.parent, exp.From | exp.Join):
            continue
        if inner.args.get("group") is None and not all(e.find(exp.AggFunc) for e in inner.expressions):
            continue
        found.append(node)
    return [node for node in found if not any(_within(node, other) for other in found)]


def replaced(tree: Any, nodes: Sequence[Any], names: Sequence[str]) -> Any:
    """A copy of the tree that reads tables of these names where the given parts of it stood."""
    exp = need("sqlglot").exp
    by_node = {id(node): name for node, name in zip(nodes, names, strict=True)}
    order = [i for i, node in enumerate(tree.find_all(exp.Subquery)) if id(node) in by_node]
    found = [by_node[id(node)] for node in tree.find_all(exp.Subquery) if id(node) in by_node]
    copied = tree.copy()
    every = list(copied.find_all(exp.Subquery))
    for at, name in zip(order, found, strict=True):
        every[at].replace(exp.alias_(exp.to_table(name), every[at].alias or name, table=True))
    return copied


def _within(node: Any, other: Any) -> bool:
    above = node.parent
    while above is not None and above is not other:
        above = above.parent
    return above is other


def _rename(exp: Any, table: Any, name: str) -> None:
    """Read another table, its columns still under the old name."""
    alias = table.alias or table.name
    table.set("this", exp.to_identifier(name))
    table.set("alias", exp.TableAlias(this=exp.to_identifier(alias)))


def _spoken(node: Any, exp: Any) -> Any:
    """One node as Spark says it."""
    kind = exp.DataType.Type
    if isinstance(node, exp.Literal) and not node.is_string and "." in node.this:
        # DuckDB reads 1.0 as a decimal and averages decimals as doubles; Spark would keep few digits
        whole = isinstance(node.parent, exp.Cast)
        return node if whole else exp.Cast(this=node.copy(), to=exp.DataType.build("double"))
    if isinstance(node, exp.Func) and _named(node, exp) == "EPOCH_US":
        return exp.Anonymous(
            this="unix_micros", expressions=[node.expressions[0] if node.expressions else node.this]
        )
    if isinstance(node, exp.Log) and node.expression is not None and node.this.name == "2":
        return exp.Anonymous(this="log2", expressions=[node.expression])
    if isinstance(node, exp.PercentileDisc):
        return exp.WithinGroup(
            this=exp.Anonymous(this="percentile_disc", expressions=[node.expression]),
            expression=exp.Order(expressions=[exp.Ordered(this=node.this, nulls_first=True)]),
        )
    if isinstance(node, exp.Cast) and node.to.this in (kind.TIMESTAMP, kind.TIMESTAMPTZ, kind.TIMESTAMPNTZ):
        return exp.Cast(this=node.this, to=exp.DataType.build("timestamptz"))
    return node


def _named(node: Any, exp: Any) -> str:
    return str(node.name if isinstance(node, exp.Anonymous) else node.sql_name()).upper()


# types of DuckDB's results: Spark's; sums beyond 64 bits stop a job, since Spark checks them
TYPES: Mapping[str, str] = MappingProxyType(
    {
        "BIGINT": "BIGINT",
        "HUGEINT": "BIGINT",
        "INTEGER": "INT",
        "SMALLINT": "SMALLINT",
        "TINYINT": "TINYINT",
        "DOUBLE": "DOUBLE",
        "FLOAT": "FLOAT",
        "BOOLEAN": "BOOLEAN",
        "VARCHAR": "STRING",
        "TIMESTAMP WITH TIME ZONE": "TIMESTAMP",
        "TIMESTAMP": "TIMESTAMP",
    }
)
