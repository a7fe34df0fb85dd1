"""Which format a file is in."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from stillwatch.ingest.detect import choose
from stillwatch.ingest.formats import Settings, lookup
from stillwatch.ingest.logs import log_formats
from stillwatch.ingest.source import Source
from stillwatch.model.errors import InputError, UsageError


def _file(tmp_path: Path, content: str) -> Source:
    (tmp_path / "log").write_text(content)
    return Source(str(tmp_path / "log"))


@pytest.mark.parametrize("content", ["", "\n\n", "plain words\n", '{"a": 1}\n', "a,b\n1,2\n", "[]"])
def test_a_foreign_file_is_an_error_that_names_the_formats(content: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as error:
        choose(_file(tmp_path, content), log_formats(), Settings())
    assert error.value.where.endswith("log")
    assert error.value.remedy


@pytest.mark.parametrize("seed", range(20))
def test_binary_content_is_foreign_and_parquet_is_not(seed: int, tmp_path: Path) -> None:
    noise = np.random.default_rng(seed).bytes(2000)
    (tmp_path / "log").write_bytes(noise)
    with pytest.raises(InputError):
        choose(Source(str(tmp_path / "log")), log_formats(), Settings())
    (tmp_path / "log").write_bytes(b"PAR1" + noise)
    assert choose(Source(str(tmp_path / "log")), log_formats(), Settings())[0] == "canonical"


def test_a_file_that_fits_two_formats_is_an_error_that_names_both(tmp_path: Path) -> None:
    record = (
        '{"call_type": "c", "startTime": 1, "id": "i", "client_ip": "", "started_at": 1, "request": {}}\n'
    )
    with pytest.raises(InputError, match="kong or litellm"):
        choose(_file(tmp_path, record), log_formats(), Settings())


def test_an_unknown_format_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="bedrock"):
        choose(_file(tmp_path, "{}"), log_formats(), Settings(), wanted="syslog")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("a.b", 1),
        ("a.b.c", 2),
        ("h.x-tenant", "t"),
        ("l.0.n", 3),
        ("H.X-Tenant", None),
        ("a.z", None),
        ("K", 4),
    ],
)
def test_paths_in_a_record(path: str, expected: object) -> None:
    record = {"a": {"b": 1, "b.c": 2}, "h": [["X-Tenant", "t"]], "l": [{"n": 3}], "k": 4}
    assert expected == lookup(record, path)
