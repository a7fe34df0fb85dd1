"""The grammar of requests: composed alike each time, checked when read, of the training split alone."""

import re

import pytest

from stillwatch.lab.intent.corpus import COMPOSED
from stillwatch.lab.intent.grammar import compose, load_grammar, parse_grammar
from stillwatch.lab.text.fillings import load_fillings
from stillwatch.lab.text.frames import read_frames
from stillwatch.lab.text.library import HARVEST
from stillwatch.lab.text.sources import load_sources
from stillwatch.model.errors import InputError
from stillwatch.model.kernels.intent import CLASSES

RUN = 8  # words
WORD = re.compile(r"\w+|\{\{[^}]*\}\}")
SMALL = """
source = "own_harvest_training"
[parts]
verb = ["write", "print"]
thing = ["[every |]step", "the path"]
[patterns]
reasoning = ["[Please |]@verb @thing, [then [stop|end]|]\\n{{ask}}"]
"""


def grammar(text):
    return parse_grammar(text, where="grammar.toml")


def test_choices_and_parts_are_filled_and_slots_stay():
    found = compose(grammar(SMALL), grammar(SMALL).patterns["reasoning"][0], 200)
    form = re.compile(r"(Please )?(write|print) ((every )?step|the path),( then (stop|end))?\n\{\{ask\}\}")
    assert [] == [text for text in found if not form.fullmatch(text)]
    assert len(set(found)) > 20


def test_a_pattern_gives_the_same_texts_again_and_more_texts_begin_with_fewer():
    pattern = grammar(SMALL).patterns["reasoning"][0]
    assert compose(grammar(SMALL), pattern, 9)[:4] == compose(grammar(SMALL), pattern, 4)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("@thing,", "@nothing,", "no part 'nothing'"),
        ("the path", "@nowhere", "no part 'nowhere'"),
        ("the path", "the @thing", "without end"),
        ("[stop|end]", "[stop|end", "brackets do not match"),
        ("[every |]", "every |]", "brackets do not match"),
        ("[parts]", "[part]", "cannot be read"),
        ("source =", "source", "cannot be read"),
    ],
)
def test_a_faulty_grammar_is_refused_with_its_place(old, new, message):
    with pytest.raises(InputError, match=message) as caught:
        grammar(SMALL.replace(old, new))
    assert "grammar.toml" in str(caught.value)


def test_only_the_training_split_has_a_grammar():
    assert [None, None] == [load_grammar("calibration"), load_grammar("test")]
    assert load_sources()[load_grammar("training").source].use == "training"


def test_the_grammar_speaks_of_every_class_and_of_what_resembles_it():
    kinds = load_grammar("training").patterns.keys()
    assert set(CLASSES) <= kinds
    assert {"tutoring", "assignment", "review", "evaluation", "agent", "teaching", "retrieval"} <= kinds


def test_slots_of_the_grammar_are_known_and_nothing_is_left_to_choose():
    found, fillings = load_grammar("training"), load_fillings("training")
    texts = [
        text
        for kind in found.patterns.values()
        for pattern in kind
        for text in compose(found, pattern, COMPOSED)
    ]
    assert [] == [text for text in texts if re.search(r"[\[\]@]", text)]
    named = {name for text in texts for name in re.findall(r"\{\{([a-z_]+)(?:#\d+)?\}\}", text)}
    assert set() == named - fillings.keys()


def test_requests_for_reasoning_are_worded_in_many_ways():
    found = load_grammar("training")
    texts = [text for p in found.patterns["reasoning"] for text in compose(found, p, COMPOSED)]
    openings = {" ".join(re.sub(r"\{\{.*?\}\}", "", text).split()[:6]) for text in texts}
    assert len(set(texts)) > 0.95 * len(texts)
    assert len(openings) > 0.5 * len(texts)


def test_the_grammar_shares_no_long_run_of_words_with_harvests_of_other_splits():
    found, sources = load_grammar("training"), load_sources()
    others = [
        f.text
        for f in read_frames()
        if f.kind in HARVEST and sources[f.source].use in ("calibration", "test")
    ]
    composed = [
        text for kind in CLASSES for p in found.patterns[kind] for text in compose(found, p, COMPOSED)
    ]
    assert set() == runs(composed) & runs(others)


def runs(texts):
    words = [WORD.findall(text.lower()) for text in texts]
    return {tuple(w[at : at + RUN]) for w in words for at in range(len(w) - RUN + 1)}
