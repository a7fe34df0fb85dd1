"""Connected components by statements alone, for graphs that no machine holds: large stars and small stars in turn
(Kiveris and others, "Connected Components in MapReduce and Beyond", 2014).

Each round is four statements over integers. What a round leaves is a table of the engine, so that the next starts from
rows that are written, not from a statement that grows.
"""

from __future__ import annotations

from stillwatch.model.engine import Relation, Tables
from stillwatch.model.errors import StillwatchError

ROUNDS = 100  # a chain of a million nodes takes 16


def write_components(t: Tables, name: str, edges: str, *, rounds: int = ROUNDS) -> Relation:
    """Table `name` (node, root) of the nodes that have an edge; a root is the smallest node of its component.

    The table `edges` (left_key, right_key) holds two different nodes a row, in any order and number; further columns
    are let be. Raises `StillwatchError` if components are still joined after so many rounds.
    """
    t.define(
        "_stars",
        f"""
        SELECT DISTINCT greatest(left_key, right_key) AS high, least(left_key, right_key) AS low FROM {edges}
        """,
    )
    left = rounds
    while _chained(t):
        if not left:
            raise StillwatchError(
                f"components are not found after {rounds} rounds",
                where=edges,
                remedy="Report it: this is a fault",
            )
        _large_stars(t)
        _small_stars(t)
        left -= 1
    found = t.define(
        name, "SELECT high AS node, low AS root FROM _stars UNION ALL SELECT DISTINCT low, low FROM _stars"
    )
    for used in ("_stars", "_roots"):
        t.drop(used)
    return found


def _chained(t: Tables) -> bool:
    """Whether a node has two smaller neighbours, or one that has a smaller one itself."""
    twice = "SELECT high AS node FROM _stars GROUP BY high HAVING count(*) > 1"
    inner = "SELECT s.low AS node FROM _stars s JOIN _stars r ON r.high = s.low"
    found = t.query(f"SELECT count(*) AS n FROM ({twice} UNION ALL {inner}) x")
    return bool(found["n"][0].as_py())


def _large_stars(t: Tables) -> None:
    """Larger neighbours of a node become neighbours of its smallest one, itself included."""
    t.define(
        "_stars",
        """
        SELECT DISTINCT s.high, r.root AS low FROM _stars s JOIN (
            SELECT node, least(node, min(other)) AS root FROM (
                SELECT high AS node, low AS other FROM _stars UNION ALL SELECT low, high FROM _stars
            ) x GROUP BY node
        ) r ON r.node = s.low
        """,
    )


def _small_stars(t: Tables) -> None:
    """A node and its smaller neighbours become neighbours of the smallest of these."""
    t.define("_roots", "SELECT high AS node, min(low) AS root FROM _stars GROUP BY high")
    t.define(
        "_stars",
        """
        SELECT node AS high, root AS low FROM _roots UNION
        SELECT s.low, r.root FROM _stars s JOIN _roots r ON r.node = s.high WHERE s.low <> r.root
        """,
    )
