"""All requests of a population in order of time, kept on disk by day, so that memory depends on the fullest day."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from stillwatch.lab.population.book import Book
from stillwatch.lab.population.clocks import HOUR_US
from stillwatch.lab.population.handovers import wander
from stillwatch.lab.population.refusals import merge, refuse
from stillwatch.lab.population.schedule import Plan, schedule
from stillwatch.lab.population.town import DAY_US

BATCH = 20_000  # streams scheduled at a time
ROW = np.dtype(
    [
        ("ts", np.int64), ("stream", np.int32), ("via", np.int32), ("step", np.int32), ("session", np.int64),
        ("talk", np.int32), ("turn", np.int16), ("size", np.float32), ("refused", np.int8),
    ]
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Timetable:
    """Files of the days in a folder; how many requests and conversations there are."""

    folder: Path
    rows: int
    talks: int

    def slices(self, size: int) -> Iterator[tuple[int, Plan]]:
        """The plan in pieces of so many rows, the last one shorter, each with the number of its first row."""
        at, held = 0, _plan(np.empty(0, ROW))
        for file in sorted(self.folder.iterdir()):
            held = merge([held, _plan(np.fromfile(file, ROW)).in_order()])
            full = len(held) // size * size
            for first in range(0, full, size):
                yield at + first, held.take(slice(first, first + size))
            at, held = at + full, held.take(slice(full, len(held)))
        if len(held):
            yield at, held


def timetable(book: Book, folder: Path) -> Timetable:
    """Schedule all streams of a population and put the plan into a new folder."""
    folder.mkdir()
    rows, talks = 0, 0
    for part in _parts(book):
        _append(folder, part)
        rows, talks = rows + len(part), max(talks, int(part.talk.max(initial=-1)) + 1)
    return Timetable(folder, rows, talks)


def _parts(book: Book) -> Iterator[Plan]:
    """The plan of some streams after the other, in no order of time."""
    town, session, talk = book.town, 0, 0
    for first in range(0, len(book.streams), BATCH):
        some = book.streams.take(slice(first, first + BATCH))
        part = schedule(some, book.clock_edges, town.hours, town.rng("schedule", first))
        part = part.moved(first, session, talk)
        session, talk = int(part.session[-1]) + 1, max(talk, int(part.talk.max()) + 1)
        part = refuse(part, book.streams, town.hours * HOUR_US, town.rng("refusals", first))
        yield wander(part, book.streams, town.rng("handovers", first))


def _append(folder: Path, part: Plan) -> None:
    """Add the rows of a part to the files of their days; rows of one moment keep their order."""
    rows = np.empty(len(part), ROW)
    for field in dataclasses.fields(Plan):
        rows[field.name] = getattr(part, field.name)
    day = part.ts // DAY_US
    order = np.argsort(day, kind="stable")
    days, first = np.unique(day[order], return_index=True)
    for number, own in zip(days.tolist(), np.split(rows[order], first[1:]), strict=True):
        with (folder / f"{number:05d}").open("ab") as file:
            own.tofile(file)


def _plan(rows: np.ndarray) -> Plan:
    return Plan(**{field.name: np.ascontiguousarray(rows[field.name]) for field in dataclasses.fields(Plan)})
