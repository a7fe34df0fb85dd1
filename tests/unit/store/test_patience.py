"""A store that cannot be reached is asked again, more and more slowly, for so long and no longer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from stillwatch.store.cloud.patience import asked
from stillwatch.store.cloud.troubles import explained

BUSY = "AWS Error SLOW_DOWN during HeadObject operation: Please reduce your request rate"


class Clock:
    """Time that passes only in pauses, and in questions if they take any."""

    def __init__(self) -> None:
        self.now = 0.0
        self.pauses: list[float] = []

    def pause(self, seconds: float) -> None:
        """Let it pass."""
        self.pauses.append(seconds)
        self.now += seconds

    def store(self, *, busy: float, error: str = BUSY, takes: float = 0) -> Callable[[], str]:
        """A question that fails until `busy` seconds have passed."""

        def ask() -> str:
            self.now += takes
            if self.now < busy:
                raise OSError(error)
            return "answer"

        return ask

    def asked(self, ask: Callable[[], str], seconds: float = 60) -> str:
        """Ask by this clock."""
        return asked(ask, timedelta(seconds=seconds), clock=lambda: self.now, pause=self.pause)


def test_pauses_double_up_to_eight_seconds() -> None:
    """A store that comes back after half a minute is asked nine times."""
    clock = Clock()
    assert "answer" == clock.asked(clock.store(busy=30))
    assert [0.25, 0.5, 1, 2, 4, 8, 8, 8] == clock.pauses


def test_the_last_question_is_asked_when_the_time_is_over() -> None:
    """Neither earlier nor later: the last pause is what is left."""
    clock = Clock()
    with pytest.raises(OSError, match="SLOW_DOWN"):
        clock.asked(clock.store(busy=1000))
    assert 60 == clock.now == sum(clock.pauses)


def test_a_question_that_takes_long_itself_is_not_asked_for_ever() -> None:
    """What the client's own attempts take counts."""
    clock = Clock()
    with pytest.raises(OSError, match="SLOW_DOWN"):
        clock.asked(clock.store(busy=1000, takes=15))
    assert 60 <= clock.now <= 75


@pytest.mark.parametrize("error", ["AWS Error ACCESS_DENIED", "AWS Error NO_SUCH_BUCKET", "Invalid thrift"])
def test_an_answer_is_an_answer(error: str) -> None:
    """Asking again would not change it."""
    clock = Clock()
    with pytest.raises(OSError, match=error):
        clock.asked(clock.store(busy=1, error=error))
    assert [] == clock.pauses


def test_the_error_holds_the_words_of_the_store_on_one_line() -> None:
    """Shortened, and without what follows the question mark of an address: it may be a signature."""
    said = (
        "curlCode: 7\n  Failed to connect to 'https://a.example/logs?sv=1&sig=SECRET' after 0 ms " + "x" * 999
    )
    told = str(explained(OSError(said), "s3://logs/a", "s3"))
    wanted = "cannot be reached, after several attempts: curlCode: 7 Failed to connect to 'https://a.example/logs?…'"
    assert wanted in told
    assert "SECRET" not in told
    assert len(told.splitlines()[0]) < 600
