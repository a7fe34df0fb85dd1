"""The page as a file: whole, closed to the network, the same for the same results."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.fixtures_results import HOSTILE

from stillwatch.app.report import render
from stillwatch.model.errors import ResourceError

COLOURS = Path(__file__).parents[3] / "src/stillwatch/app/report/templates/style.css"
PAIRS = [
    (ink, ground)
    for ink in ("ink", "soft", "copper", "ochre", "teal")
    for ground in ("paper", "card", "wash")
] + [("copper", "copper-wash"), ("ochre", "ochre-wash"), ("teal", "teal-wash"), ("soft", "copper-wash")]


def page(folder: Path) -> str:
    """The text of the report."""
    return render(folder).read_text(encoding="utf-8")


def test_the_same_results_give_the_same_bytes(folder: Path) -> None:
    assert page(folder) == page(folder)


def test_the_order_of_rows_does_not_matter(folder: Path) -> None:
    before = page(folder)
    for path in folder.glob("*.parquet"):
        table = pq.read_table(path)
        backwards = pa.array(range(table.num_rows - 1, -1, -1), pa.int64())
        pq.write_table(table.take(backwards), path)
    assert before == page(folder)


def test_the_time_a_scan_took_leaves_no_trace(folder: Path) -> None:
    before = page(folder)
    summary = json.loads((folder / "summary.json").read_text())
    changed = {**summary, "timings": [], "peak_memory_bytes": 1}
    (folder / "summary.json").write_text(json.dumps(changed))
    assert before == page(folder)


def test_a_page_has_room_for_so_many_groups_and_names_where_the_others_are(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = folder / "campaigns.parquet"
    table = pq.read_table(path)
    others = sum(v == "coordinated_other" for v in table["verdict"].to_pylist())
    whole = page(folder)
    assert "not on this page" not in whole
    monkeypatch.setattr("stillwatch.app.report.page.IN_FULL", {"distillation": 300, "coordinated_other": 0})
    text = page(folder)
    noun, verb = ("group", "is") if others == 1 else ("groups", "are")
    assert others > 0
    assert (
        f"{others} smaller {noun} with the verdict “Coordinated, not distillation” {verb} not on this page"
        in text
    )
    titles = re.compile(r'<h2 id="campaign-\d+-title"')
    assert len(titles.findall(whole)) == len(titles.findall(text)) + others


def test_the_policy_admits_our_style_and_script_only(folder: Path) -> None:
    text = page(folder)
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', text)
    assert policy is not None
    assert policy[1].startswith("default-src &#39;none&#39;")
    for tag in ("style", "script"):
        body = re.search(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        assert body is not None
        digest = base64.b64encode(hashlib.sha256(body[1].encode()).digest()).decode()
        assert f"{tag}-src &#39;sha256-{digest}&#39;" in policy[1]


def test_nothing_is_loaded_from_anywhere(folder: Path) -> None:
    text = page(folder)
    assert not re.search(r"""\b(?:src|srcset|action|poster)=|url\(|@import|https?://""", text)
    assert set(re.findall(r'href="([^"]{0,6})', text)) <= {"data:,", *re.findall(r'href="(#[^"]{0,5})', text)}


def test_no_element_carries_its_own_style_or_handler(hostile: Path) -> None:
    tags = re.findall(r"<[a-z][^>]*>", page(hostile))
    assert not [tag for tag in tags if re.search(r"\s(?:style|on[a-z]+)=", tag)]


def test_hostile_text_is_escaped(hostile: Path) -> None:
    text = page(hostile)
    assert not [name for name in HOSTILE[:3] if name in text]
    assert "\u202e" not in text
    assert "49" not in re.findall(r"\{\{ 7\*7 \}\}|\b49\b(?= \{%)", text)


@pytest.mark.parametrize(
    "key",
    ["input", "counts", "coverage", "timings", "settings", "calibration", "lost", "releases", "enforcement"],
)
def test_a_summary_may_lack_any_key(folder: Path, key: str) -> None:
    summary = json.loads((folder / "summary.json").read_text())
    del summary[key]
    (folder / "summary.json").write_text(json.dumps(summary))
    assert "Three distillation campaigns" in page(folder)


def test_results_without_findings_make_a_page(empty: Path) -> None:
    assert "No distillation campaign found" in page(empty)


def test_campaigns_alone_make_a_page(folder: Path) -> None:
    for path in folder.iterdir():
        if path.name != "campaigns.parquet":
            path.unlink()
    assert "Three distillation campaigns" in page(folder)


def test_a_report_that_cannot_be_written_leaves_nothing(folder: Path) -> None:
    (folder / "report.html").mkdir()
    with pytest.raises(ResourceError, match="cannot write the report"):
        render(folder)
    assert not list(folder.glob(".report*"))


@pytest.mark.parametrize(("ink", "ground"), PAIRS)
@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_every_text_colour_is_readable(ink: str, ground: str, scheme: int) -> None:
    """Contrast of 4.5 to 1 or more (WCAG 2.2, AA)."""
    names = re.findall(r"--([a-z-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)", COLOURS.read_text())
    colours = {name: pair[scheme] for name, *pair in names}
    bright, dim = sorted((_luminance(colours[ink]), _luminance(colours[ground])), reverse=True)
    assert (bright + 0.05) / (dim + 0.05) >= 4.5


def _luminance(colour: str) -> float:
    """Relative luminance of a colour such as `#1e1a16` (WCAG 2.2)."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
