"""Explanations: what two of them expect together, and a faulty file is refused."""

from __future__ import annotations

import pytest

from stillwatch.app.resources import hypotheses
from stillwatch.attribute.features import FEATURES
from stillwatch.attribute.hypotheses import read_hypotheses
from stillwatch.model.errors import ExtensionError

GOOD = '[hypotheses.distillation]\nkind = "distillation"\n'


def test_the_shipped_file_has_each_kind() -> None:
    found = hypotheses()
    assert {"distillation", "coordinated", "innocent"} == {h.kind for h in found}
    assert {f for h in found for f in h.expects} <= set(FEATURES)


def test_two_things_may_be_true() -> None:
    """A joint explanation expects one thing of the network, another of the rest, and needs the exit to be visible."""
    by_name = {h.name: h for h in hypotheses()}
    joint, chance, way = (by_name[n] for n in ("unrelated_behind_exit", "unrelated", "shared_exit"))
    assert joint.expects["one_exit"] == way.expects["one_exit"]
    assert joint.expects["novelty"] == chance.expects["novelty"]
    assert not joint.possible({"one_exit": 0.1})
    assert joint.possible({"one_exit": 0.9})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[hypotheses", "not TOML"),
        ('[hypotheses.x]\nkind = "innocent"\n', "distillation"),
        (GOOD + '[hypotheses.x]\nkind = "odd"\n', "hypotheses.x"),
        (GOOD + "[hypotheses.distillation.expects]\nshoe_size = [0.5, 2.0]\n", "shoe_size"),
        (GOOD + "[hypotheses.distillation.expects]\nnovelty = [1.5, 2.0]\n", "novelty"),
        (GOOD + "[hypotheses.distillation.expects]\nnovelty = [0.5]\n", "novelty"),
        (GOOD + "[hypotheses.distillation.expects]\nnovelty = [0.5, 0.5, 0.5]\n", "novelty"),
        (GOOD + "[hypotheses.distillation.expects]\nnovelty = [0.5, 0.5, 0.5, 0.5]\n", "add up to 1"),
        (
            GOOD + '[hypotheses.x]\nkind = "innocent"\nlike = "y"\nfamilies = { network = "x" }\n',
            "stand before",
        ),
        (GOOD + '[hypotheses.x]\nkind = "innocent"\nlike = "distillation"\n', "stand before"),
    ],
)
def test_a_faulty_file_is_refused_with_its_place(text: str, said: str) -> None:
    with pytest.raises(ExtensionError, match=said):
        read_hypotheses(text, where="mine.toml")
