"""The text of a split: repeatable, varied, and of every kind."""

from __future__ import annotations

import numpy as np
import pytest

from stillwatch.lab.text.library import ANSWER_WORDS, HARVEST, ORDINARY, PUBLIC_TOOL, TextLibrary
from stillwatch.lab.text.sources import SPLITS, Split
from stillwatch.model.errors import UsageError


@pytest.fixture(scope="module")
def library() -> TextLibrary:
    """The library of the test split."""
    return TextLibrary.load("test")


def render(library: TextLibrary, program: int, fillings: list[int], reword: float = 0.0) -> list[str]:
    """Texts of one programme."""
    n = len(fillings)
    strength = np.full(n, reword, np.float32)
    texts: list[str] = library.render(
        np.full(n, program, np.int32), np.array(fillings, np.int64), reword=strength
    ).to_pylist()
    return texts


@pytest.mark.parametrize("split", SPLITS)
def test_every_kind_has_text_in_every_split(split: Split) -> None:
    """No kind is empty, and no prompt is."""
    library = TextLibrary.load(split)
    for kind in (*HARVEST, *ORDINARY, PUBLIC_TOOL):
        programs = library.programs(kind)
        texts = library.render(programs, np.arange(len(programs)))
        assert len(programs) >= 2, kind
        assert all(text and "{{" not in text.replace("boxed{{", "") for text in texts.to_pylist()), kind


def test_equal_fillings_give_equal_text_and_others_other_text(library: TextLibrary) -> None:
    """Repeated exercises against a data set being built."""
    program = int(library.programs("reasoning")[0])
    first, again, other = render(library, program, [7, 7, 8])
    assert first == again
    assert first != other


def test_one_filling_is_the_same_exercise_in_different_frames(library: TextLibrary) -> None:
    """An evaluation and a harvest can use the same question."""
    frames = [
        i for i in library.programs("evaluation") if library.frame(int(i)).text.startswith("Question: {{p")
    ]
    problem = render(library, int(library.programs("assignment")[0]), [5])[0]
    asked = render(library, int(frames[0]), [5])[0]
    core = asked.removeprefix("Question: ").removesuffix("\nAnswer:")
    assert any(core in render(library, int(p), [5])[0] for p in library.programs("assignment")), problem


def test_a_million_fillings_hardly_repeat(library: TextLibrary) -> None:
    """Fillings are put together from parts: of 20,000 chats fewer than one in a thousand comes twice."""
    long = [p for p in library.programs("chat") if "{{ask_long}}" in library.frame(int(p)).text]
    texts = render(library, int(long[0]), list(range(20_000)))
    assert len(set(texts)) > 19_980


def test_variants_are_private_and_keep_their_slots(library: TextLibrary) -> None:
    """Twenty variants are twenty frames, each with the slots of the first."""
    program = int(library.programs("rubric")[0])
    variants = library.variants(program, 20, seed=3)
    frames = {library.frame(int(v)).text for v in variants}
    assert len(frames) == 20
    slots = library.frame(program).text.count("{{")
    assert {text.count("{{") for text in frames} == {slots}


def test_variants_depend_on_the_seed_alone() -> None:
    """Two libraries make the same variants."""
    made = []
    for _ in range(2):
        library = TextLibrary.load("calibration")
        program = int(library.programs("generation")[0])
        made.append(render(library, int(library.variants(program, 2, seed=9)[1]), [1, 2]))
    assert made[0] == made[1]


def runs(text: str, words: int = 6) -> set[tuple[str, ...]]:
    """Runs of six words."""
    parts = text.lower().split()
    return {tuple(parts[i : i + words]) for i in range(len(parts) - words + 1)}


def test_strong_rewording_leaves_few_runs_of_the_frame(library: TextLibrary) -> None:
    """At full strength two exchanges of one frame share less than a tenth of their six-word runs."""
    program = int(library.programs("generation")[-1])
    plain = [runs(text) for text in render(library, program, [1, 2])]
    strong = [runs(text) for text in render(library, program, [1, 2], reword=1.0)]
    shared = [len(a & b) / min(len(a), len(b)) for a, b in (plain, strong)]
    assert shared[1] < 0.1 < shared[0]


def test_no_rewording_is_the_plain_frame(library: TextLibrary) -> None:
    """None and zero are alike."""
    program = library.programs("evolution")[:1]
    plain = library.render(program, np.array([4]))
    assert plain.to_pylist() == render(library, int(program[0]), [4])


def test_answers_have_about_the_length_asked_for(library: TextLibrary) -> None:
    """Three words for four tokens, at most 60 words, and the same for the same seed."""
    tokens = np.array([4, 40, 4000], np.int32)
    seeds = np.array([1, 2, 3], np.uint64)
    words = [len(text.split()) for text in library.answers(tokens, seeds).to_pylist()]
    assert words[0] <= 3
    assert 20 <= words[1] <= 30
    assert ANSWER_WORDS * 0.7 <= words[2] <= ANSWER_WORDS
    assert library.answers(tokens, seeds).equals(library.answers(tokens, seeds))


def test_system_text_belongs_to_the_frame(library: TextLibrary) -> None:
    """Null where a frame has none."""
    programs = library.programs("rag")
    systems = library.system_text(programs).to_pylist()
    assert systems == [library.frame(int(p)).system or None for p in programs]


def test_an_unknown_kind_is_named(library: TextLibrary) -> None:
    """The error lists the kinds."""
    with pytest.raises(UsageError, match="reasoning"):
        library.programs("sonnets")
