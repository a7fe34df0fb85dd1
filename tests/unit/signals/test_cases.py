"""Case files are read as they are described."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from stillwatch.lab.signal_cases import SCHEMAS, name_key, read_case, read_series
from stillwatch.lab.signal_samples import sample_case
from stillwatch.model.errors import InputError


def written(folder: Path, **tables: Any) -> Path:
    path = folder / "input.json"
    path.write_text(json.dumps({"about": "test", "subject": "a", "tables": tables}), encoding="utf-8")
    return path


def test_words_repeat_with_running_numbers(tmp_path: Path) -> None:
    case = read_case(written(tmp_path, keys=[{"account_id": "a", "exact_key": "item-#", "repeat": 3}]))
    keys = [name_key(f"item-{i}") for i in (1, 2, 3)]
    assert keys == case.tables["keys"]["exact_key"].to_pylist()


def test_time_advances_with_repetition(tmp_path: Path) -> None:
    row = {"account_id": "a", "ts": "2026-03-02T10:00:00+00:00", "repeat": 2, "every_minutes": 90}
    case = read_case(written(tmp_path, keys=[row]))
    assert [datetime(2026, 3, 2, 10, 0, tzinfo=UTC), datetime(2026, 3, 2, 11, 30, tzinfo=UTC)] == case.tables[
        "keys"
    ]["ts"].to_pylist()


def test_activity_is_counted_from_keys(tmp_path: Path) -> None:
    rows = [
        {"account_id": "a", "ts": "1970-01-02T01:10:00+00:00", "status": 429, "output_tokens": 5},
        {"account_id": "a", "ts": "1970-01-02T01:50:00+00:00", "status": 200, "output_tokens": 7},
    ]
    expected = {"account_id": name_key("a"), "hour": 25, "n": 2, "errors": 1, "tokens": 12}
    assert [expected] == read_case(written(tmp_path, keys=rows)).tables["activity"].to_pylist()


def test_template_of_an_exchange_is_noted(tmp_path: Path) -> None:
    case = read_case(written(tmp_path, keys=[{"account_id": "a", "template": "frame"}, {"account_id": "a"}]))
    assert [name_key("frame")] == case.tables["exchange_templates"]["template_id"].to_pylist()


def test_duplicated_log_lines_make_the_same_tables(tmp_path: Path) -> None:
    path = written(tmp_path, keys=[{"account_id": "a", "repeat": 3}, {"account_id": "b", "status": 500}])
    assert read_case(path).tables == read_case(path, duplicated=True).tables


def test_kinds_of_holdings_are_words(tmp_path: Path) -> None:
    row = {"account_id": "a", "kind": "instrument", "value_key": "card"}
    held = read_case(written(tmp_path, holdings=[row])).tables["holdings"].to_pylist()[0]
    assert (401, 4, 1) == (held["kind"], held["family"], held["n"])


def test_series_has_a_case_for_each_step(tmp_path: Path) -> None:
    series = read_series(written(tmp_path, keys=[{"account_id": "a", "repeat": [0, 2, 5]}]))
    assert [0, 2, 5] == [case.tables["keys"].num_rows for case in series]


def test_series_without_steps_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="needs `repeat` lists"):
        read_series(written(tmp_path, keys=[{"account_id": "a"}]))


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        ({"exchanges": [{}]}, "unknown table 'exchanges'"),
        ({"keys": [{"account_id": "a", "colour": 1}]}, "has no column 'colour'"),
        ({"holdings": [{"account_id": "a", "kind": "shoe", "value_key": "x"}]}, "unknown kind 'shoe'"),
    ],
)
def test_unknown_names_are_refused(tmp_path: Path, tables: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_case(written(tmp_path, **tables))


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.json: the case cannot be read"):
        read_case(tmp_path / "none.json")


def test_damaged_file_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "broken.json").write_text('{\n"about": \n}', encoding="utf-8")
    with pytest.raises(InputError, match=r"broken\.json:3: no JSON"):
        read_case(tmp_path / "broken.json")


def test_samples_fit_the_schemas_and_repeat() -> None:
    first, again = sample_case(seed=4), sample_case(seed=4)
    assert {name: table.schema for name, table in first.tables.items()} == dict(SCHEMAS)
    assert first.tables == again.tables


def test_samples_hold_nulls_and_times_outside_the_window() -> None:
    case = sample_case(seed=5)
    times = case.tables["keys"]["ts"].to_pylist()
    assert min(times) < case.window.start < case.window.end < max(times)
    assert case.tables["keys"]["exact_key"].null_count > 0
