"""Work done ahead: results in order, little in memory, errors passed on."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from stillwatch.model.ahead import ahead


def test_results_come_in_the_order_of_the_items() -> None:
    later = threading.Event()

    def work(n: int) -> int:
        if n == 0:
            later.wait(5)
        else:
            later.set()
        return n * n

    assert [0, 1, 4, 9] == list(ahead(work, range(4), threads=2))


def test_items_are_taken_only_as_they_are_needed() -> None:
    taken: list[int] = []

    def items() -> Iterator[int]:
        for n in range(100):
            taken.append(n)
            yield n

    results = ahead(lambda n: n, items(), threads=2)
    assert [0, 1] == [next(results), next(results)]
    assert 4 == len(taken)


def test_an_error_of_the_work_comes_out() -> None:
    def work(n: int) -> int:
        if n == 3:
            raise ValueError("three")
        return n

    with pytest.raises(ValueError, match="three"):
        list(ahead(work, range(9), threads=2))
