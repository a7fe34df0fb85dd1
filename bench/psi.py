"""Private set intersection of 24,000 values against 500,000: python bench/psi.py [--mine N] [--theirs N].

Time and bytes of each round, on all cores, in one process that plays both sides; processor time counts all threads, so
that a busy machine does not matter much. Beside it: the bare multiplications of the library for the same sets (what the
protocol cannot do without), and an intersection of plain hashes (what it would cost to hide nothing).
"""

from __future__ import annotations

import argparse
import hashlib
import resource
import time
from collections.abc import Callable
from typing import TypeVar

from figures import Figure, finish

from stillwatch.share import psi
from stillwatch.share.oprf import Oprf

T = TypeVar("T")
SAMPLE = 2_000


def timed(name: str, work: Callable[[], T], spent: dict[str, dict[str, float]]) -> T:
    """What `work` returns; wall and processor seconds go into `spent`."""
    wall, cpu = time.perf_counter(), time.process_time()
    result = work()
    spent[name] = {
        "wall_seconds": round(time.perf_counter() - wall, 2),
        "processor_seconds": round(time.process_time() - cpu, 2),
    }
    print(
        f"{name:<46} {spent[name]['wall_seconds']:>8} s wall {spent[name]['processor_seconds']:>8} s processor"
    )
    return result


def values(start: int, count: int) -> list[bytes]:
    """Distinct addresses."""
    return [
        b"address\x00%d.%d.%d.%d" % (n >> 24 & 255, n >> 16 & 255, n >> 8 & 255, n & 255)
        for n in range(start, start + count)
    ]


def main() -> None:
    """Play both sides, then print the figures as one line of JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--mine", type=int, default=24_000)
    parser.add_argument("--theirs", type=int, default=500_000)
    args = parser.parse_args()
    oprf, spent = Oprf(), {}
    mine, theirs = values(0, args.mine), values(args.mine * 3 // 4, args.theirs)

    asked, blinded = timed("1 ask: blind ours", lambda: psi.ask(oprf, mine), spent)
    prepared = timed("0 prepare theirs (can be made ahead)", lambda: psi.prepare(oprf, theirs), spent)
    kept, reply = timed(
        "2 answer: evaluate, shuffle, tags", lambda: psi.answer(oprf, prepared, blinded), spent
    )
    asked = timed("3 overlap: unblind and count", lambda: psi.overlap(oprf, asked, reply, len(theirs)), spent)
    order = psi.order_to_bytes(kept.order)
    found, outputs = timed("5 common: elements, if both agree", lambda: psi.common(oprf, asked, order), spent)
    named = timed("6 matched: elements on the other side", lambda: psi.matched(kept, outputs), spent)
    assert asked.overlap == len(found) == len(named) == args.mine // 4

    sample = [oprf.to_group(value) for value in mine[:SAMPLE]]
    cpu = time.process_time()
    for element in sample:
        oprf.multiply(asked.blind, element)
    multiplication = (time.process_time() - cpu) / len(sample)
    least = multiplication * (4 * args.mine + args.theirs)
    total = sum(one["processor_seconds"] for one in spent.values())
    plain = timed(
        "plain hashes, which hide nothing",
        lambda: {hashlib.sha256(v).digest() for v in mine} & {hashlib.sha256(v).digest() for v in theirs},
        spent,
    )
    assert len(plain) == args.mine // 4
    sizes = {"round 1": len(blinded), "round 2": len(reply), "round 5": len(order), "round 6": len(outputs)}
    figures = {
        "mine": args.mine,
        "theirs": args.theirs,
        "rounds": spent,
        "bytes": sizes,
        "bytes_in_all": sum(sizes.values()),
        "multiplication_microseconds": round(multiplication * 1e6, 1),
        "ratio_to_bare_multiplications": round(total / least, 2),
        "peak_memory_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    }
    ratio = figures["ratio_to_bare_multiplications"]
    print(f"bytes: {sizes}; total {total:.1f} s processor, {ratio} x the bare multiplications")
    finish([Figure("all rounds", total, "s", "bare multiplications", least, less=True)], **figures)


if __name__ == "__main__":
    main()
