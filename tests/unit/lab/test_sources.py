"""Sources of text: assigned once, disjoint, and named by everything that is shipped."""

from __future__ import annotations

import re
from collections import defaultdict
from importlib.resources import files

from stillwatch.lab.text.fillings import load_fillings, load_prompts
from stillwatch.lab.text.frames import load_frames, load_reference, read_frames
from stillwatch.lab.text.library import HARVEST
from stillwatch.lab.text.sources import SPLITS, USES, load_sources, row_split

RUN = 12
WORD = re.compile(r"\w+|\{\{[^}]*\}\}")


def test_every_source_has_one_known_use_and_a_licence() -> None:
    """`load_sources` refuses two entries of one name."""
    for source in load_sources().values():
        assert source.use in USES
        assert source.licence in ("Apache-2.0", "MIT", "CC0-1.0", "CC-BY-4.0")


def test_every_shipped_text_names_its_source() -> None:
    """Frames, corpus rows and the reference corpus."""
    sources = load_sources()
    named = {frame.source for frame in read_frames()} | {row["source"] for row in load_prompts()}
    named |= set(load_reference()["source"].to_pylist())
    assert named <= set(sources)


def test_each_data_folder_has_licence_and_origin_beside_it() -> None:
    """A README with the sources, and the licence texts that must go along."""
    data = files("stillwatch.lab").joinpath("data")
    for folder in ("text", "traces", "fingerprints"):
        names = {entry.name for entry in data.joinpath(folder).iterdir()}
        assert {"README.md", "LICENSES.md"} <= names, folder


def test_splits_share_no_frame() -> None:
    """Except reference text, which may appear everywhere."""
    sources = load_sources()
    seen: dict[str, set[str]] = defaultdict(set)
    for split in SPLITS:
        for frame in load_frames(split):
            if sources[frame.source].use != "reference":
                seen[f"{frame.system}\n{frame.text}"].add(split)
    assert [text for text, splits in seen.items() if len(splits) > 1] == []


def test_splits_share_no_rows_and_no_words_of_vocabularies() -> None:
    """Rows go to one split by their hash, and so do the entries of long vocabularies."""
    assert {row_split(row["text"]) for row in load_prompts()} == set(SPLITS)
    parts = [load_fillings(split)["topic"] for split in SPLITS]
    assert not any(set(a) & set(b) for i, a in enumerate(parts) for b in parts[i + 1 :])


def test_harvest_frames_of_different_splits_share_no_long_run_of_words() -> None:
    """Tools copy each other's prompts: a copy in another split would train on the test."""
    owners: dict[tuple[str, ...], set[str]] = defaultdict(set)
    sources = load_sources()
    for frame in read_frames():
        if frame.kind in HARVEST:
            words = WORD.findall(frame.text.lower())
            for at in range(len(words) - RUN + 1):
                owners[tuple(words[at : at + RUN])].add(sources[frame.source].use)
    assert [" ".join(run) for run, uses in owners.items() if len(uses) > 1] == []
