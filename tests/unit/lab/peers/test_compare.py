"""Tuning, clustering, sampling and the table that comes out."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from tests.unit.lab.peers.planted import Row, exchange, traffic, write
from typer.testing import CliRunner

from stillwatch.app.cli import build
from stillwatch.lab.compare.choices import Data
from stillwatch.lab.compare.clusters import cluster_scores, strongest_links
from stillwatch.lab.compare.coaction import Actions, pairs_within
from stillwatch.lab.compare.peer import known_peers, peer
from stillwatch.lab.compare.process import Bounds, in_own_process, run_peer
from stillwatch.lab.compare.run import Row as Line
from stillwatch.lab.compare.run import compare, ours
from stillwatch.lab.compare.traffic import sampled
from stillwatch.lab.compare.tune import tune
from stillwatch.lab.compare.vectors import Rarity, texts_of, vectors, word_sets
from stillwatch.lab.evaluate import Figure
from stillwatch.model.errors import ExtensionError, InputError, UsageError

NAMES = (
    "catchsync",
    "coordination_toolkit",
    "coortweet",
    "glasswally",
    "mmd_windows",
    "prada",
    "requests_per_day",
    "seat",
    "splink",
    "synchrotrap",
)


def busy(folder: Path, *, seed: int) -> Data:
    """Three hostile accounts with 30 requests a day, forty benign ones with 1 to 9."""
    rng = np.random.default_rng(seed)
    rows: list[Row] = [exchange(f"h{a}", i, f"work {a} {i}") for a in range(3) for i in range(30)]
    rows += [
        exchange(f"b{a:02}", i, f"talk {a} {i}") for a in range(40) for i in range(int(rng.integers(1, 10)))
    ]
    return Data(write(folder, rows), folder / "truth")


def test_all_peers_are_found() -> None:
    """By being in the folder."""
    assert NAMES == tuple(known_peers())


def test_every_peer_says_what_is_published_and_what_changed() -> None:
    """And names its source."""
    for entry in known_peers().values():
        assert entry.spec.source
        assert "Published:" in entry.thing.__doc__
        assert "Changed:" in entry.thing.__doc__


def test_a_published_setting_must_be_in_the_grid() -> None:
    """A slip of the pen is found at the start."""
    with pytest.raises(ExtensionError, match="Name every setting"):
        peer(title="t", source="s", reads=(), grid={"a": (1,)}, published={"b": 1})(lambda traffic: traffic)


def test_tuning_takes_the_best_recall_within_the_limit() -> None:
    """200 benign accounts, so two may be accused: the cut at 5 finds two of three, that at 4 accuses three."""
    scores = np.array([9.0, 5.0, 4.0, 7.0, 6.0, 4.5] + [1.0] * 197)
    hostile = np.array([True, True, True] + [False] * 200)
    found = tune([({}, scores)], hostile)
    assert (5.0, 2 / 3, 2 / 200) == (found.threshold, found.recall, found.false_positives)


def test_tuning_chooses_settings() -> None:
    """The settings that separate win, NaN is never accused."""
    hostile = np.array([True, True, False, False])
    found = tune([({"k": 1}, np.array([1.0, 2, 3, 4])), ({"k": 2}, np.array([2.0, 2, 1, np.nan]))], hostile)
    assert ({"k": 2}, 2.0, 1.0, 0.0) == (found.settings, found.threshold, found.recall, found.false_positives)


def test_tuning_accuses_nobody_if_nothing_fits() -> None:
    """One hostile account below half of the benign ones."""
    assert np.isinf(tune([({}, np.array([0.0, 1.0, 1.0]))], np.array([True, False, False])).threshold)


def test_cluster_scores_are_the_cut_at_which_a_cluster_is_large_enough() -> None:
    """0–1–2 at 0.9 and 0.5, 3–4 at 0.8, joined at 0.1; clusters of three."""
    left, right = np.array([0, 1, 3, 2]), np.array([1, 2, 4, 3])
    scores = cluster_scores(6, left, right, np.array([0.9, 0.5, 0.8, 0.1]), smallest=3)
    assert [0.5, 0.5, 0.5, 0.1, 0.1] == scores[:5].tolist()
    assert np.isnan(scores[5])


def test_strongest_links() -> None:
    """The heaviest on either side."""
    scores = strongest_links(4, np.array([0, 1]), np.array([1, 2]), np.array([1.0, 3.0]))
    assert [1.0, 3.0, 3.0] == scores[:3].tolist()
    assert np.isnan(scores[3])


def test_pairs_within_a_window() -> None:
    """Account 0 at 0 s and 5 s, 1 at 8 s, 2 at 30 s, one object: only 0 and 1 meet, twice."""
    second = 1_000_000
    done = Actions.sort(np.array([0, 0, 1, 2]), np.ones(4, np.int64), np.array([0, 5, 8, 30]) * second)
    found = pairs_within(done, 3, seconds=8)
    assert ([0], [1], [2]) == (found.left.tolist(), found.right.tolist(), found.n.tolist())


def test_samples_are_stable_and_change_with_the_seed() -> None:
    """The same accounts whatever else there is to choose from first, others with another seed."""
    ids = [f"a{i}" for i in range(100)]
    some = sampled(ids, 10, 1)
    assert 10 == len(some)
    assert some == sampled(ids, 10, 1)
    assert some != sampled(ids, 10, 2)
    assert set(sampled(ids, 5, 1)) <= set(some)


def test_vectors_are_alike_where_words_are(tmp_path: Path) -> None:
    """Case and marks do not count; other words are far; nothing is zero."""
    rows = [
        exchange("a", i, t)
        for i, t in enumerate(("One two three.", "one TWO three", "other words here", None))
    ]
    with traffic(tmp_path / "d", rows) as found:
        texts = texts_of(found.query("select prompt_text from exchanges order by at_us"), "prompt_text")
    points = vectors(texts, Rarity.measure(texts))
    product = points @ points.T
    assert product[0, 1] == pytest.approx(1, abs=1e-5)
    assert abs(product[0, 2]) < 0.4
    assert not points[3].any()
    words, starts = word_sets(texts)
    assert [3, 3, 3, 0] == np.diff(starts).tolist()
    assert words[0:3].tolist() == words[3:6].tolist()


def test_a_peer_is_tuned_measured_and_priced(tmp_path: Path) -> None:
    """In a process of its own: the busy accounts are found, nobody else."""
    train, test = busy(tmp_path / "train", seed=1), busy(tmp_path / "test", seed=2)
    (row,) = compare([test], [train], ["requests_per_day"], bounds=Bounds(threads=1), keep=tmp_path / "kept")
    assert ("tuned", 30.0, 43, 43) == (row.choice, row.threshold, row.accounts, row.whole)
    assert row.recall is not None and row.false_positives is not None
    assert (1.0, 0) == (row.recall.value, row.false_positives.part)
    assert row.seconds is not None and row.seconds > 0
    assert row.peak_memory_bytes is not None and row.peak_memory_bytes > 10_000_000
    assert (tmp_path / "kept" / "requests_per_day" / "tuned" / "0" / "scores.parquet").exists()


def test_a_sample_is_measured_against_its_own_truth(tmp_path: Path) -> None:
    """Twenty of 43 accounts; recall is of the hostile ones among them."""
    train, test = busy(tmp_path / "train", seed=1), busy(tmp_path / "test", seed=2)
    (row,) = compare([test], [train], ["requests_per_day"], bounds=Bounds(threads=1, sample=20))
    assert row.recall is not None and row.false_positives is not None
    assert (20, 43) == (row.accounts, row.whole)
    assert 20 == row.recall.whole + row.false_positives.whole


def test_peers_that_cannot_run_say_why(tmp_path: Path) -> None:
    """No training data, no threshold."""
    test = busy(tmp_path / "test", seed=2)
    rows = compare([test], [], ["requests_per_day", "mmd_windows"])
    assert ["not run", "not run"] == [r.choice for r in rows]
    assert "Give --train" in rows[0].note


def test_data_without_text_stops_text_peers(tmp_path: Path) -> None:
    """And says so."""
    folder = write(tmp_path / "d", [exchange("a", i, None) for i in range(3)])
    (row,) = compare([Data(folder, folder / "truth")], [], ["coordination_toolkit"])
    assert ("not run", "the data holds no prompt_text") == (row.choice, row.note)


def test_want_of_memory_is_a_row_and_not_the_end(tmp_path: Path) -> None:
    """The peer is listed as not run, with the remedy."""
    train, test = busy(tmp_path / "train", seed=1), busy(tmp_path / "test", seed=2)
    (row,) = compare([test], [train], ["requests_per_day"], bounds=Bounds(memory="1KB", threads=1))
    assert "not run" == row.choice
    assert "--memory" in row.note


def test_errors_keep_their_remedy_on_the_way_back(tmp_path: Path) -> None:
    """A folder that is not there, seen by the peer's own process."""
    with pytest.raises(InputError) as error:
        in_own_process(run_peer, "requests_per_day", tmp_path / "none", [{}], None, None, Bounds())
    assert ("no such folder", "Check the path") == (error.value.what, error.value.remedy)


def test_one_folder_is_not_used_twice(tmp_path: Path) -> None:
    """Training on what is measured would flatter."""
    data = busy(tmp_path / "d", seed=1)
    with pytest.raises(UsageError, match="for training and for measuring"):
        compare([data], [data])


def test_an_unknown_peer_is_named(tmp_path: Path) -> None:
    """With those that are known."""
    with pytest.raises(UsageError, match="Choose from catchsync"):
        compare([busy(tmp_path / "d", seed=1)], [], ["nobody"])


def test_the_worst_cohort_is_that_with_the_largest_share() -> None:
    """Not the one with most accounts; none if nobody is accused."""
    cohorts = {"big": Figure(5, 100, 0, 1, 9), "small": Figure(2, 4, 0, 1, 2), "clean": Figure(0, 9, 0, 1, 9)}
    worst = Line("p", "P", "tuned", cohorts=cohorts).worst_cohort
    assert worst is not None
    assert "small" == worst[0]
    assert Line("p", "P", "tuned", cohorts={"clean": cohorts["clean"]}).worst_cohort is None


def test_the_command_prints_a_table_and_keeps_results(tmp_path: Path) -> None:
    """Our results stand first; settings, machine and versions are in the record."""
    train, test = busy(tmp_path / "train", seed=1), busy(tmp_path / "test", seed=2)
    arguments = ["compare", str(test.folder), "--truth", str(test.truth), "--train", str(train.folder)]
    arguments += ["--peer", "requests_per_day", "--threads", "1", "--out", str(tmp_path / "out")]
    shown = CliRunner().invoke(build(["compare", "version"]), arguments)
    assert 0 == shown.exit_code, shown.output
    assert "More than N requests a day" in shown.output
    assert "threshold 30" in shown.output
    record = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert {"rows", "data", "train", "bounds", "machine", "versions"} == set(record)
    assert 1.0 == record["rows"][0]["values"]["recall"]


def test_our_results_are_read_as_they_are(tmp_path: Path) -> None:
    """The accusations of a peer, read back as if a scan had made them, give the same figures."""
    train, test = busy(tmp_path / "train", seed=1), busy(tmp_path / "test", seed=2)
    (row,) = compare([test], [train], ["requests_per_day"], keep=tmp_path / "kept")
    summary = {
        "timings": [{"stage": "a", "seconds": 1.5}, {"stage": "b", "seconds": 2}],
        "peak_memory_bytes": 7,
    }
    again = ours([tmp_path / "kept" / "requests_per_day" / "tuned" / "0"], [test], [summary])
    assert (row.recall, row.false_positives) == (again.recall, again.false_positives)
    assert (3.5, 7, "ours") == (again.seconds, again.peak_memory_bytes, again.choice)
