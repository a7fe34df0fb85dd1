"""Every group gets its verdict: measurements read, hypotheses compared."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from stillwatch.attribute.assess import Assessment, AssessSettings, assess
from stillwatch.attribute.features import write_features
from stillwatch.attribute.hypotheses import Hypothesis
from stillwatch.model.engine import Tables


def judge(t: Tables, hypotheses: Sequence[Hypothesis], settings: AssessSettings) -> dict[int, Assessment]:
    """Assessment of each group by its number; fills `group_features`."""
    write_features(t)
    rows = t.query("SELECT group_id, feature, value, n FROM group_features ORDER BY group_id, feature")
    measured: dict[int, dict[str, tuple[float, int]]] = defaultdict(dict)
    for row in rows.to_pylist():
        measured[row["group_id"]][row["feature"]] = (row["value"], row["n"])
    groups = t.query("SELECT DISTINCT group_id FROM group_members ORDER BY group_id")
    return {g: assess(measured[g], hypotheses, settings) for g in groups["group_id"].to_pylist()}
