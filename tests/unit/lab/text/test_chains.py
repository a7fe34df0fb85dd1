"""Word chains: free text with a corpus's word pairs."""

from __future__ import annotations

import numpy as np

from stillwatch.lab.text.builder import Builder, Prose
from stillwatch.lab.text.chains import build_chains, misspell
from stillwatch.lab.text.programs import render

CORPUS = ["the cat sat on the mat.", "a dog sat on a log.", "the dog saw the cat on the log."]


def texts(low: int, high: int, *, typos: float = 0.0) -> list[str]:
    """A hundred texts of one chain."""
    chains = build_chains({"pets": CORPUS}, typos={"pets": typos})
    builder = Builder(chains, {"talk": Prose("pets", low, high)}, {})
    program = builder.add("{{talk}}")
    n = 100
    made: list[str] = render(
        builder.freeze(), np.full(n, program, np.int32), np.arange(n, dtype=np.uint64)
    ).to_pylist()
    return made


def test_words_follow_each_other_as_in_the_corpus() -> None:
    """Nearly all pairs of words stand in the corpus; a jump follows words with one successor at times."""
    known = {pair for text in CORPUS for pair in zip(text.split(), text.split()[1:], strict=False)}
    made = [pair for text in texts(8, 12) for pair in zip(text.split(), text.split()[1:], strict=False)]
    assert sum(pair in known for pair in made) / len(made) > 0.6
    assert {word for pair in made for word in pair} <= {word for text in CORPUS for word in text.split()}


def test_length_stays_between_the_bounds() -> None:
    """And most texts end with a sentence."""
    made = texts(4, 20)
    assert all(4 <= len(text.split()) <= 20 for text in made)
    assert sum(text.endswith(".") for text in made) > 80


def test_the_share_of_misspelt_words() -> None:
    """`sat`, `cat` and short words cannot be misspelt; with share 0 none is."""
    assert misspell("garden") != "garden"
    assert misspell("cat") == "cat"
    assert texts(5, 9) == texts(5, 9, typos=0.0)
