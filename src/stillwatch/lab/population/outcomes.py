"""How requests end: status, length, reason, reasoning and time taken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from stillwatch.lab.population.frame import Array
from stillwatch.lab.population.refusals import BARRED, FAILED, REFUSED

Ints = npt.NDArray[np.int64]
STATUSES = (200, 429, 500, 529, 400, 403)
USUAL_LIMIT = 4096  # tokens, where a request names none
SMALL_LIMIT = 1024  # answers that would have gone on for long are stopped by limits up to this
REASONS = ("stop", "length", "tool_calls")
ERRORS = ("rate_limit_error", "api_error", "overloaded_error", "invalid_request_error", "permission_error")


@dataclass(frozen=True, slots=True)
class Outcome:
    """Per request; `reason` and `error` are numbers in REASONS and ERRORS, -1 = none."""

    answered: npt.NDArray[np.bool_]
    status: npt.NDArray[np.int16]
    output: Ints
    reason: Ints
    error: Ints
    thinking: npt.NDArray[np.bool_]
    reasoning: Ints
    duration: Ints


def outcome(
    of: Callable[[str], Array],
    output: Ints,
    refused: npt.NDArray[np.int8],
    limits: Ints,
    tools: npt.NDArray[np.bool_],
    rng: np.random.Generator,
) -> Outcome:
    """Outcomes of n requests; `of` gives columns of their streams, `limits` is `max_tokens` or 0.

    `output` is how long the answers would get. Tokens of reasoning and times are assumed: no public trace has
    them.
    """
    n = len(refused)
    answered = ~np.isin(refused, (REFUSED, FAILED, BARRED))
    most = np.where(limits > 0, limits, USUAL_LIMIT)
    early = (limits > 0) & (limits <= SMALL_LIMIT) & (rng.random(n) < of("cut"))
    cut = (output >= most) | early
    output = np.where(cut, most, output)
    thinking = (rng.random(n) < of("thinking")) & answered
    reasoning = np.where(thinking, rng.lognormal(5.6, 0.9, n), 0).astype(np.int64)
    failure = rng.choice(np.arange(2, 6), n, p=[0.3, 0.4, 0.25, 0.05])
    status = np.select([refused == REFUSED, refused == FAILED, refused == BARRED], [1, failure, 5], 0)
    speed = rng.lognormal(np.log(14.0), 0.35, n)
    wait = rng.lognormal(np.log(420.0), 0.5, n)
    return Outcome(
        answered=answered,
        status=np.array(STATUSES, np.int16)[status],
        output=np.where(answered, output, 0),
        reason=np.where(answered, np.where(cut, 1, np.where(tools & (rng.random(n) < 0.7), 2, 0)), -1),
        error=status - 1,
        thinking=thinking,
        reasoning=reasoning,
        duration=(wait + np.where(answered, (output + reasoning) * speed, 0)).astype(np.int64),
    )
