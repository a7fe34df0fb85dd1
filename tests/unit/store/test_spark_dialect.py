"""Statements in the words of Spark SQL: what is said otherwise, what is refused, what can be had by itself."""

from __future__ import annotations

import pytest

from stillwatch.lab.conformance import signals
from stillwatch.lab.signal_samples import sample_case
from stillwatch.model.errors import StillwatchError
from stillwatch.store.duck import DuckTables
from stillwatch.store.spark.dialect import aggregated, parsed, replaced, spark_sql, tables_of


def spoken(sql: str) -> str:
    """The statement for Spark, its tables named `v_…`."""
    return spark_sql(parsed(sql).tree, lambda name: f"v_{name}")


@pytest.mark.parametrize(
    ("ours", "spark"),
    [
        ("SELECT a // 24 FROM k", "SELECT `a` DIV 24 FROM `v_k` AS `k`"),
        ("SELECT epoch_us(ts) FROM k", "SELECT UNIX_MICROS(`ts`) FROM `v_k` AS `k`"),
        ("SELECT log2(a) FROM k", "SELECT LOG2(`a`) FROM `v_k` AS `k`"),
        ("SELECT avg(1.0) FROM k", "SELECT AVG(CAST(1.0 AS DOUBLE)) FROM `v_k` AS `k`"),
        (
            "SELECT quantile_disc(a, 0.75) FROM k",
            "SELECT PERCENTILE_DISC(0.75) WITHIN GROUP (ORDER BY `a`) FROM `v_k` AS `k`",
        ),
        ("SELECT x.a FROM k x ORDER BY a", "SELECT `x`.`a` FROM `v_k` AS `x` ORDER BY `a` NULLS LAST"),
        ("SELECT a FROM k ORDER BY a DESC", "SELECT `a` FROM `v_k` AS `k` ORDER BY `a` DESC"),
        (
            "SELECT CAST(NULL AS TIMESTAMPTZ) AS x FROM k",
            "SELECT CAST(NULL AS TIMESTAMP) AS `x` FROM `v_k` AS `k`",
        ),
        ("WITH w AS (SELECT a FROM k) SELECT a FROM w",
         "WITH `w` AS (SELECT `a` FROM `v_k` AS `k`) SELECT `a` FROM `w`"),
    ],
)  # fmt: skip
def test_what_spark_says_otherwise(ours: str, spark: str) -> None:
    assert spark == spoken(ours)


@pytest.mark.parametrize("call", ["md5(a)", "hash(a)", "random()", "list(a)", "regexp_replace(a, 'x', 'y')"])
def test_a_function_off_the_list_is_refused(call: str) -> None:
    with pytest.raises(StillwatchError, match="no counterpart"):
        spoken(f"SELECT {call} FROM k")


def test_a_statement_that_is_none(t: DuckTables) -> None:
    with pytest.raises(StillwatchError, match="cannot be read"):
        parsed("SELECT FROM WHERE (")


@pytest.mark.parametrize("name", signals())
def test_every_signal_has_a_translation(name: str, t: DuckTables) -> None:
    window = sample_case(seed=1).window
    assert "SELECT" in spoken(signals()[name].thing(t, window=window).sql)


def test_aggregates_can_be_had_by_themselves() -> None:
    """The rows that are joined to them cannot; nor what stands in a window over all rows."""
    tree = parsed(
        "SELECT g.a, n.c FROM g JOIN (SELECT b, count(*) AS c FROM k GROUP BY b) n ON n.b = g.a"
        " CROSS JOIN (SELECT max(ts) AS last FROM k) w JOIN (SELECT a FROM k) r ON r.a = g.a"
    ).tree
    found = aggregated(tree)
    assert ["n", "w"] == [node.alias for node in found]
    rest = replaced(tree, found, ["p1", "p2"])
    assert {"g", "k", "p1", "p2"} == tables_of(rest)
    assert "p1 AS n" in rest.sql(dialect="duckdb")


def test_what_with_names_is_not_taken_out() -> None:
    assert [] == aggregated(
        parsed("WITH w AS (SELECT a FROM k) SELECT m FROM (SELECT max(a) AS m FROM w) x").tree
    )
