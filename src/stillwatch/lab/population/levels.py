"""How long requests and answers of one customer are: some always send long ones, some short ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from stillwatch.lab.fit.lengths import LengthTables
from stillwatch.lab.fit.normal import Normal
from stillwatch.lab.fit.tables import Clients, clients
from stillwatch.lab.population.draws import join, unit
from stillwatch.lab.population.families import FAMILIES

Ints = npt.NDArray[np.int64]
Whole = npt.NDArray[np.integer]
Reals = npt.NDArray[np.float64]
OF_TEMPLATE = 0.6  # of what lies between customers, so much is shared by all who use the same template


@dataclass(frozen=True, slots=True)
class Levels:
    """Lengths of requests and answers: the fitted tables, drawn from at a level of the template's and the
    stream's own.

    Over all customers the lengths follow the tables; within one they lie as close together as within a client of
    the traces.
    """

    tables: LengthTables
    between: Clients
    normal: Normal

    @classmethod
    def load(cls) -> Levels:
        """From the tables of the package."""
        return cls(LengthTables.of(FAMILIES), clients("service"), Normal.table())

    def ranks(
        self, template: Ints, stream: Whole, size: Reals, answer: Reals, seed: int
    ) -> tuple[Reals, Reals]:
        """Ranks of n requests and answers among all of their kind, from ranks among their customer's own (`size`,
        `answer`).
        """
        asked = self._rank(template, stream, size, self.between.asked, seed, 60)
        return asked, self._rank(template, stream, answer, self.between.answered, seed, 62)

    def _rank(self, template: Ints, stream: Whole, own: Reals, between: float, seed: int, salt: int) -> Reals:
        shared = np.sqrt(between * OF_TEMPLATE) * self.normal.score(unit(template, seed, salt))
        level = np.sqrt(between * (1 - OF_TEMPLATE)) * self.normal.score(unit(stream, seed, salt + 1))
        return self.normal.rank(shared + level + np.sqrt(1 - between) * self.normal.score(own))


def template_of(script: Whole, program: Whole) -> Ints:
    """A number for a programme as somebody's script uses it."""
    return join(script, program)
