"""Which of the fitted tables of lengths a prompt belongs to, whoever sends it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from stillwatch.lab.text.library import TextLibrary

FAMILIES = ("conversation", "code", "summarise", "service")

# What is not named is a conversation: questions of people, and tasks that ask for an explanation.
_OF: Mapping[str, str] = MappingProxyType(
    {
        "agent": "code",
        "agentic": "code",
        "rag": "summarise",
        "summarise": "summarise",
        "classification": "service",
        "batch_nlp": "service",
        "judge": "service",
        "rubric": "service",
        "evaluation": "service",
        "support_bot": "service",
    }
)


def families(library: TextLibrary, programs: Sequence[int]) -> npt.NDArray[np.int8]:
    """Number in FAMILIES by number of the programme, for these programmes."""
    out = np.zeros(max(programs, default=-1) + 1, np.int8)
    for program in set(programs):
        out[program] = FAMILIES.index(_OF.get(library.frame(program).kind, FAMILIES[0]))
    return out
