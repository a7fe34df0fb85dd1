"""How long a store is asked again that cannot be reached at the moment."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

import pyarrow as pa

from stillwatch.store.cloud.troubles import UNREACHABLE, trouble

PATIENCE = timedelta(seconds=60)
FIRST_SECONDS, LONGEST_SECONDS = 0.25, 8.0  # pauses between attempts: each is twice the one before
T = TypeVar("T")


def asked(
    ask: Callable[[], T],
    patience: timedelta = PATIENCE,
    *,
    clock: Callable[[], float] = time.monotonic,
    pause: Callable[[float], None] = time.sleep,
) -> T:
    """What `ask` gives in the end: it is asked again while the store cannot be reached, until `patience` is over.

    Raises what `ask` raises if the store did answer, or did not in time. The client makes attempts of its own in
    each, so that the last one may end later.
    """
    end = clock() + patience.total_seconds()
    seconds = FIRST_SECONDS
    while True:
        try:
            return ask()
        except (OSError, pa.ArrowException) as error:
            left = end - clock()
            if left <= 0 or trouble(error) != UNREACHABLE:
                raise
        pause(min(seconds, left))
        seconds = min(2 * seconds, LONGEST_SECONDS)
