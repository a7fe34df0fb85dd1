"""Evaluation: figures of hand-made results, and intervals that behave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stillwatch.lab.evaluate import Evaluation, evaluate, pool
from stillwatch.lab.observe import Observation, observe
from stillwatch.model.errors import InputError
from stillwatch.model.tables import TABLES
from stillwatch.store.results import write_json

Account = tuple[str, str, str | None, str]  # account, cohort, campaign, group


@dataclass(frozen=True)
class Run:
    """Truth and findings of one scan: {campaign: (verdict, [(member, p)])}."""

    accounts: Sequence[Account]
    found: Mapping[str, tuple[str, Sequence[tuple[str, float]]]]
    harvested: Sequence[tuple[str, str]] = ()  # exchange, campaign
    called: Sequence[tuple[str, str]] = field(default=())  # exchange, role
    grouped: bool = True  # the truth says which group each account is of
    owners: Sequence[str] = ()  # accounts of the harvested exchanges, where the truth says so
    sent: Mapping[str, tuple[int, int]] = field(
        default_factory=dict
    )  # exchanges of a member, and demixed ones

    def write(self, folder: Path) -> tuple[Path, Path]:
        """The result folder and the truth folder."""
        results, truth = folder / "results", folder / "truth"
        results.mkdir(parents=True)
        truth.mkdir()
        write_json(results, "summary.json", {})
        _write(results, "campaigns", [{"campaign_id": c, "verdict": v} for c, (v, _) in self.found.items()])
        members = [
            {"campaign_id": c, "account_id": a, "p_member": p, "role": "harvester"}
            | dict(zip(("exchanges", "campaign_exchanges"), self.sent.get(a, ()), strict=False))
            for c, (_, rows) in self.found.items()
            for a, p in rows
        ]
        _write(results, "members", members)
        rows = [{"campaign_id": "c", "exchange_id": e, "role": r, "p": 1.0} for e, r in self.called]
        _write(results, "campaign_exchanges", rows)
        columns = ("account_id", "cohort", "campaign", "group_id")[: 4 if self.grouped else 3]
        known = {c: pa.array([a[i] for a in self.accounts], pa.string()) for i, c in enumerate(columns)}
        known["role"] = pa.array(["relay" if a[2] else None for a in self.accounts], pa.string())
        pq.write_table(pa.table(known), truth / "accounts.parquet")
        harvest = {
            "exchange_id": pa.array([x for x, _ in self.harvested], pa.string()),
            "campaign": pa.array([c for _, c in self.harvested], pa.string()),
        }
        if self.owners:
            harvest["account_id"] = pa.array(self.owners, pa.string())
        pq.write_table(pa.table(harvest), truth / "exchanges.parquet")
        return results, truth


def _write(folder: Path, name: str, rows: Sequence[Mapping[str, object]]) -> None:
    schema = pa.schema([pa.field(f.name, f.type) for f in TABLES[name].schema])
    pq.write_table(pa.Table.from_pylist(list(rows), schema=schema), folder / f"{name}.parquet")


def planted(*names: str, campaign: str = "raid") -> list[Account]:
    return [(name, "raid", campaign, f"g-{name}") for name in names]


def benign(*names: str, cohort: str = "chat", group: str = "") -> list[Account]:
    return [(name, cohort, None, group or f"g-{name}") for name in names]


def evaluated(folder: Path, *runs: Run) -> Evaluation:
    pairs = [run.write(folder / str(i)) for i, run in enumerate(runs)]
    return evaluate([r for r, _ in pairs], [t for _, t in pairs])


def sure(*names: str) -> list[tuple[str, float]]:
    return [(name, 1.0) for name in names]


KNOWN = Run(
    [
        *planted("h1", "h2", "h3", "h4"),
        *benign(*"abcdef"),
        *benign("p1", "p2", cohort="class", group="g-class"),
    ],
    {
        "c-1": ("distillation", sure("h1", "h2", "h3", "p1")),
        "c-2": ("coordinated_other", sure("h4", "a")),
        "c-3": ("innocent", sure("b", "c")),
    },
    harvested=[(x, "raid") for x in ("x1", "x2", "x3", "x4")],
    called=[("x1", "harvest"), ("x2", "harvest"), ("y1", "harvest"), ("x3", "unclear")],
)


def test_known_figures(tmp_path: Path) -> None:
    found = evaluated(tmp_path, KNOWN)
    assert (3, 4) == (found.recall.part, found.recall.whole)
    assert (3, 4) == (found.precision.part, found.precision.whole)
    assert (1, 8) == (found.false_positives.part, found.false_positives.whole)
    assert (2, 4) == (found.exchange_recall.part, found.exchange_recall.whole)
    assert (2, 3) == (found.exchange_precision.part, found.exchange_precision.whole)


def test_figures_by_cohort_and_campaign(tmp_path: Path) -> None:
    found = evaluated(tmp_path, KNOWN)
    assert {"chat": (0, 6), "class": (1, 2)} == {c: (f.part, f.whole) for c, f in found.cohorts.items()}
    assert [("raid", 3, 4)] == [(c, f.part, f.whole) for c, f in found.recall_by_campaign.items()]


def test_the_campaign_that_holds_most_of_a_planted_one(tmp_path: Path) -> None:
    (found,) = evaluated(tmp_path, KNOWN).campaigns
    assert ("raid", 4, "c-1", 0.75, 0.75) == (
        found.campaign, found.accounts, found.found, found.completeness, found.purity
    )  # fmt: skip


def test_nothing_found(tmp_path: Path) -> None:
    found = evaluated(tmp_path, Run([*planted("h1"), *benign("a")], {}, harvested=[("x", "raid")]))
    assert (0.0, None, 0.0) == (found.recall.value, found.precision.value, found.false_positives.value)
    assert None is found.campaigns[0].found
    assert (0, 0.0) == (found.false_campaigns.events, found.exchange_recall.value)


def test_nothing_planted(tmp_path: Path) -> None:
    found = evaluated(tmp_path, Run(benign("a", "b"), {"c-1": ("distillation", sure("a"))}))
    assert (None, 0.0, 0.5) == (found.recall.value, found.precision.value, found.false_positives.value)
    assert ((), 1) == (found.campaigns, found.false_campaigns_benign.events)


def test_an_account_of_two_campaigns_counts_where_it_fits_best(tmp_path: Path) -> None:
    run = Run(
        [*planted("h1", "h2", campaign="one"), *planted("k1", "k2", campaign="two")],
        {
            "c-1": ("distillation", [("h1", 0.9), ("h2", 0.9), ("k1", 0.6)]),
            "c-2": ("distillation", sure("k1", "k2")),
        },
    )
    found = evaluated(tmp_path, run)
    assert [(1.0, 1.0)] * 2 == [(c.completeness, c.purity) for c in found.campaigns]
    assert 1.0 == found.rand_index.value


@pytest.mark.parametrize(
    ("found", "index"),
    [
        ({"c-1": ["h1", "h2"], "c-2": ["k1", "k2"]}, 1.0),
        ({"c-1": ["h1", "h2", "k1", "k2"]}, 0.0),
        ({"c-1": ["h1", "k1"], "c-2": ["h2", "k2"]}, -0.5),
    ],
    ids=["the same", "all in one", "crossed"],
)
def test_rand_index_of_small_partitions(
    tmp_path: Path, found: Mapping[str, Sequence[str]], index: float
) -> None:
    accounts = [*planted("h1", "h2", campaign="one"), *planted("k1", "k2", campaign="two")]
    run = Run(accounts, {c: ("distillation", sure(*names)) for c, names in found.items()})
    assert index == pytest.approx(evaluated(tmp_path, run).rand_index.value)


def test_runs_are_pooled(tmp_path: Path) -> None:
    clean = Run([*planted("h1"), *benign("a")], {"c-1": ("distillation", sure("h1"))})
    found = evaluated(tmp_path, KNOWN, clean)
    assert (4, 5, 1, 9) == (
        found.recall.part,
        found.recall.whole,
        found.false_positives.part,
        found.false_positives.whole,
    )
    assert 2 == len(found.campaigns)


def test_one_mistake_about_a_group_is_one_mistake(tmp_path: Path) -> None:
    """Twenty accounts of one group say less than twenty of their own: the interval is wider."""
    names = [f"p{i}" for i in range(20)]
    accused = {"c-1": ("distillation", sure(*names[:10]))}
    apart = evaluated(tmp_path / "apart", Run(benign(*names, *"abc"), accused)).false_positives
    together = evaluated(
        tmp_path / "together", Run([*benign(*names, group="g"), *benign(*"abc")], accused)
    ).false_positives
    assert apart.value == together.value
    assert apart.high - apart.low < together.high - together.low


def test_a_folder_of_inputs_is_no_truth(tmp_path: Path) -> None:
    """The accounts of the dataset itself, given for those of its truth."""
    results, truth = KNOWN.write(tmp_path)
    path = truth / "accounts.parquet"
    pq.write_table(pq.read_table(path).drop_columns(["cohort"]), path)
    with pytest.raises(InputError, match=r"'cohort' of the truth is missing.*folder `truth`"):
        observe(results, truth)


def test_missing_truth_is_said(tmp_path: Path) -> None:
    results, _ = KNOWN.write(tmp_path)
    with pytest.raises(InputError, match=r"accounts\.parquet"):
        evaluate([results], [tmp_path])


def test_without_groups_a_campaign_is_one_and_an_innocent_account_is_one(tmp_path: Path) -> None:
    run = Run(KNOWN.accounts, KNOWN.found, KNOWN.harvested, KNOWN.called, grouped=False)
    found = evaluated(tmp_path, run)
    assert (1, 8) == (found.recall.groups, found.false_positives.groups)


def test_exchanges_are_grouped_by_campaign(tmp_path: Path) -> None:
    run = Run(planted("h"), {}, harvested=[("x", "one"), ("y", "one"), ("z", "two")])
    assert (0, 3, 2) == (
        (recall := evaluated(tmp_path, run).exchange_recall).part, recall.whole, recall.groups
    )  # fmt: skip


def test_campaigns_found_and_how_well(tmp_path: Path) -> None:
    found = evaluated(tmp_path, KNOWN)
    assert (1, 1) == (found.campaigns_found.part, found.campaigns_found.whole)
    assert (0.75, 0.75) == (found.completeness.value, found.purity.value)


def test_roles_that_were_confused(tmp_path: Path) -> None:
    assert {"relay>harvester": 3, "relay>missed": 1} == evaluated(tmp_path, KNOWN).roles


def test_the_harvest_is_told_from_the_customers_of_a_relay(tmp_path: Path) -> None:
    run = Run(
        planted("h1", "h2"),
        {"c-1": ("distillation", sure("h1"))},
        harvested=[("x1", "raid"), ("x2", "raid"), ("x3", "raid")],
        called=[("x1", "harvest"), ("x2", "harvest"), ("y1", "harvest")],
        owners=("h1", "h1", "h1"),
        sent={"h1": (20, 3)},
    )
    found = evaluated(tmp_path, run)
    assert (2, 3) == (found.demixing_recall.part, found.demixing_recall.whole)
    assert (2, 3) == (found.demixing_precision.part, found.demixing_precision.whole)
    assert {
        "customers>customers": 16, "customers>harvest": 1, "harvest>customers": 1, "harvest>harvest": 2
    } == found.traffic  # fmt: skip


def test_without_relay_accounts_nothing_is_demixed(tmp_path: Path) -> None:
    found = evaluated(tmp_path, Run(benign("a"), {}, harvested=[("x", "raid")], owners=("a",)))
    assert (None, {}) == (found.demixing_recall.value, found.traffic)


def test_of_accounts_accused_without_exchanges_nothing_is_demixed(tmp_path: Path) -> None:
    """As most published detectors do."""
    run = Run(planted("h1"), {"c-1": ("distillation", sure("h1"))}, harvested=[("x", "raid")], owners=("h1",))
    results, truth = run.write(tmp_path)
    members = pq.read_table(results / "members.parquet")
    pq.write_table(members.drop_columns(["exchanges", "campaign_exchanges"]), results / "members.parquet")
    assert (None, {}) == ((found := evaluate([results], [truth])).demixing_recall.value, found.traffic)


def test_false_campaigns_are_counted_per_scan_and_per_benign_scan(tmp_path: Path) -> None:
    wrong = Run(benign("a", "b"), {"c-1": ("distillation", sure("a")), "c-2": ("distillation", sure("b"))})
    found = evaluated(tmp_path, KNOWN, wrong)
    assert (2, 2, 2, 1) == (
        found.false_campaigns.events,
        found.false_campaigns.scans,
        found.false_campaigns_benign.events,
        found.false_campaigns_benign.scans,
    )


def test_an_observation_survives_json(tmp_path: Path) -> None:
    seen = observe(*KNOWN.write(tmp_path))
    back = msgspec.json.decode(msgspec.json.encode(seen), type=Observation)
    assert seen == back
    assert pool([seen]) == pool([back])
