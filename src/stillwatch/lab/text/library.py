"""The text of one split of the simulation: prompts of every kind, and answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from stillwatch.lab.text.builder import Builder
from stillwatch.lab.text.fillings import load_chains, load_fillings
from stillwatch.lab.text.frames import Frame, load_frames
from stillwatch.lab.text.programs import F32, I32, I64, U64, Grammar, render, render_prose
from stillwatch.lab.text.reword import Rewording, load_rewording, orders, vary
from stillwatch.lab.text.sources import Split
from stillwatch.model.errors import UsageError

HARVEST = ("reasoning", "rubric", "generation", "evolution", "agentic", "solutions", "sensitive")
ORDINARY = (
    "chat",
    "coding",
    "rag",
    "classification",
    "summarise",
    "evaluation",
    "judge",
    "agent",
    "tutoring",
    "persona",
    "batch_nlp",
    "assignment",
    "translation",
    "support_bot",
    "viral",
)
PUBLIC_TOOL = (
    "public_tool"  # prompts of the distillation tools of a split, word for word, as anybody may use them
)
ANSWER_WORDS = 60  # answers are cut here (about 360 characters) to keep data sets small
WORDS_PER_TOKEN = 0.75


@dataclass(slots=True)
class TextLibrary:
    """Prompts and answers of one split. Programmes can be added with `variants`; ids never change.

    Texts depend on programme, filling and rewording alone: a filling index that comes back gives the same
    text (an exercise set again), another one gives other text (a data set being built).
    """

    split: Split
    _builder: Builder
    _rewording: Rewording
    _frames: list[Frame] = field(default_factory=list)
    _frozen: Grammar | None = None

    @classmethod
    def load(cls, split: Split = "test") -> TextLibrary:
        """The library of a split: `training`, `calibration` or `test`."""
        rewording = load_rewording()
        builder = Builder(load_chains(split), load_fillings(split), rewording.synonyms)
        library = cls(split, builder, rewording)
        for frame in load_frames(split):
            library._add(frame)
        return library

    def programs(self, kind: str) -> I32:
        """Ids of the programmes of a kind (one of HARVEST or ORDINARY, or PUBLIC_TOOL), variants left out.

        Raises `UsageError` for a kind that is not known.
        """
        found = [i for i, frame in enumerate(self._frames) if _is_of(frame, kind)]
        if not found:
            raise UsageError(
                f"no text is of kind {kind!r}", remedy=f"Use one of {', '.join(HARVEST + ORDINARY)}"
            )
        return np.array(found, np.int32)

    def variants(self, program: int, k: int, *, seed: int) -> I32:
        """Ids of k private rewordings of a programme's frame, made from `seed`.

        Each has its own choice of words, order of sentences and list items, marks and opening; slots stay.
        """
        frame = self._frames[program]
        made = [vary(frame, self._rewording, seed=seed * 1_000_003 + j) for j in range(k)]
        return np.array([self._add(new) for new in made], np.int32)

    def frame(self, program: int) -> Frame:
        """The frame behind a programme: kind, source, text with slots, system text."""
        return self._frames[program]

    def render(self, program: I32, filling: I64, *, reword: F32 | None = None) -> pa.LargeStringArray:
        """Prompt i: programme `program[i]`, filled with `filling[i]` (all of length n).

        `reword[i]` in 0..1 rewrites the frame afresh for each filling; None leaves frames as they are.
        """
        return render(self._grammar(), program, filling.view(np.uint64), reword=reword)

    def system_text(self, program: I32) -> pa.LargeStringArray:
        """System text that goes with each programme (length n); null where it has none."""
        texts = pa.array([frame.system or None for frame in self._frames], pa.large_string())
        return texts.take(pa.array(program))

    def answers(self, n_tokens: I32, seed: U64) -> pa.LargeStringArray:
        """Answers of about the given lengths in tokens (length n), cut at 60 words; equal seeds, equal
        answers.
        """
        words = np.minimum(np.maximum(n_tokens * WORDS_PER_TOKEN, 1), ANSWER_WORDS).astype(np.int64)
        grammar = self._grammar()
        return render_prose(grammar, self._builder.chains.names.index("answer"), words, seed)

    def _grammar(self) -> Grammar:
        if self._frozen is None:
            self._frozen = self._builder.freeze()
        return self._frozen

    def _add(self, frame: Frame) -> int:
        reworded: Sequence[str] = orders(frame.text) if frame.rewordable else ()
        self._frozen = None
        self._frames.append(frame)
        return self._builder.add(frame.text, reworded)


def _is_of(frame: Frame, kind: str) -> bool:
    if frame.variant:
        return False
    if kind == PUBLIC_TOOL:
        return frame.kind in HARVEST and not frame.source.startswith("own_")
    return frame.kind == kind
