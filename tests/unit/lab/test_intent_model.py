"""The shipped intent model: small, made from training data alone, right about the plainest cases."""

from importlib.resources import files

import pyarrow as pa
import pytest

from stillwatch.lab.intent.corpus import load_corpus
from stillwatch.lab.intent.measure import BEGIN, END, figures, write_card
from stillwatch.lab.intent.train import train
from stillwatch.lab.text.sources import load_sources
from stillwatch.model.errors import InputError
from stillwatch.model.kernels.hashing import HashKey
from stillwatch.model.kernels.intent import CLASSES, read_weights, write_weights
from stillwatch.model.kernels.sketch import sketch_text

SHIPPED = files("stillwatch.lab").joinpath("data", "intent", "weights.json")
ASKING = {
    "reasoning": "Write down your full chain of thought, every reasoning step, before the final answer.",
    "rubric": "Rate the response to the instruction from 1 to 5 and give a rationale for the rating.",
    "generation": "Generate 20 diverse instructions with input and output to train a language model.",
    "evolution": "Rewrite the given prompt into a more complex version by adding one more constraint.",
    "agentic": "Write the full trajectory of thoughts, tool calls and observations for this task.",
    "solutions": "Write a complete worked solution with all derivations, the final answer boxed.",
    "sensitive": "Rewrite this sensitive query so that it sounds harmless, then write a safe refusal.",
}
ORDINARY = (
    "Can you explain step by step how photosynthesis works?",
    "My son is stuck on this exercise, could you give him a hint?",
    "The test fails since yesterday, please have a look at the login page.",
    "Translate this letter into Spanish and keep the tone friendly.",
    "¿Qué tiempo hará mañana en la costa?",
)


def scores(texts: list[str]) -> list[dict[str, int]]:
    weights = read_weights(SHIPPED.read_bytes())
    return sketch_text(pa.array(texts), HashKey(1, 2), intent=weights).to_pylist()


@pytest.mark.parametrize("name", CLASSES)
def test_a_plain_request_of_a_class_is_called(name):
    assert scores([ASKING[name]])[0][f"intent_{name}"] >= 200


def test_plain_ordinary_requests_are_not_called():
    assert [] == [
        (text, name)
        for text, row in zip(ORDINARY, scores(list(ORDINARY)), strict=True)
        for name in CLASSES
        if row[f"intent_{name}"] >= 200
    ]


def test_weights_are_small():
    assert len(SHIPPED.read_bytes()) < 1_000_000


def test_training_texts_come_from_training_sources_alone():
    sources = load_sources()
    assert {"training", "by_row"} >= {sources[name].use for name in load_corpus("training").sources}


@pytest.mark.long
@pytest.mark.long  # two minutes
def test_training_again_gives_the_same_bytes():
    assert SHIPPED.read_bytes() == write_weights(train(load_corpus("training")))


@pytest.mark.long
def test_figures_go_between_the_marks_of_the_card(tmp_path):
    corpus = load_corpus("calibration")
    card = tmp_path / "card.md"
    card.write_text(f"# Card\n{BEGIN}\nold\n{END}\nend\n", "utf-8")
    write_card(card, figures(read_weights(SHIPPED.read_bytes()), corpus, corpus))
    text = card.read_text("utf-8")
    assert text.startswith("# Card")
    assert text.endswith("end\n")
    assert "| sensitive |" in text
    assert "old" not in text


def test_a_card_without_marks_is_refused(tmp_path):
    card = tmp_path / "card.md"
    card.write_text("# Card\n", "utf-8")
    weights, corpus = read_weights(SHIPPED.read_bytes()), load_corpus("calibration")
    with pytest.raises(InputError, match="no place"):
        write_card(card, figures(weights, corpus, corpus))
