"""Who else may belong to a group, found without weighing everybody who holds a value that it favours.

Most holders of common values have too little else. Holders of value v are `account_of[heads[v]:heads[v + 1]]`, in
order; the values a group favours are sorted, by kind and family as well.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from stillwatch.model.kernels.compiled import kernel

Ints = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Shares = npt.NDArray[np.float32]
Bits = npt.NDArray[np.uint64]
Room = npt.NDArray[np.float32]  # zero before and after


@kernel
def holders(
    heads: Ints, account_of: Codes, common: Ints, holds: Bits, values: Ints, kind: Ints, kinds: int
) -> tuple[Bits, Ints]:  # fmt: skip
    """Of each of so many kinds who holds one of the values, as bits of uint64[kinds, words], and how many; value i is
    of `kind[i]`. Holders of the sorted values `common` are bits of the rows of `holds`."""
    union, n = np.zeros((kinds, holds.shape[1]), np.uint64), np.zeros(kinds, np.int64)
    for i in range(len(values)):
        own, at = union[kind[i]], np.searchsorted(common, values[i])
        if at < len(common) and common[at] == values[i]:
            own |= holds[at]
        else:
            for account in account_of[heads[values[i]] : heads[values[i] + 1]]:
                own[account >> 6] |= np.uint64(1) << np.uint64(account & 63)
    for k in range(kinds):
        for word in union[k]:
            n[k] += _ones(word)
    return union, n


@kernel
def _ones(word: np.uint64) -> int:
    """How many bits of a word are set (Wilkes, Wheeler, Gill 1951)."""
    word -= word >> np.uint64(1) & np.uint64(0x5555_5555_5555_5555)
    quarters = np.uint64(0x3333_3333_3333_3333)
    word = (word & quarters) + (word >> np.uint64(2) & quarters)
    word = word + (word >> np.uint64(4)) & np.uint64(0x0F0F_0F0F_0F0F_0F0F)
    return int(word * np.uint64(0x0101_0101_0101_0101) >> np.uint64(56))


@kernel
def given(heads: Ints, values: Ints, family: Ints, often: Floats, families: int, least: float) -> Floats:
    """Bits of each family that everybody is taken to have, so that fewer holders need be looked at: those of the values
    with the most holders, as many as do not add up to `least` (Turtle and Flood 1995). Value i, of `family[i]`, weighs
    at most `often[i]`."""
    out, total = np.zeros(families), 0.0
    for i in np.argsort(heads[values] - heads[values + 1]):
        more = often[i] - out[family[i]]
        if more > 0 and total + more < least:
            out[family[i]] += more
            total += more
    return out


@kernel
def within_reach(
    heads: Ints, account_of: Codes, share_of: Shares, values: Ints, family: Ints, lift: Floats, often: Floats,
    dedicated: np.float32, anyway: Floats, least: float, room: Room,
) -> tuple[Ints, Floats]:  # fmt: skip
    """Accounts, sorted, whose largest lifts of each family add up to `least` if they have the bits `anyway` of each
    family, and the sum. Value i is of `family[i]`; `often` is the lift for a holder with at least the share
    `dedicated`. `room` is float32[accounts, 3]."""
    touched, n, reached, found = np.empty(len(room), np.int32), 0, 0, np.empty(len(room), np.int64)
    for v in range(len(values)):
        own, more, much = family[v] + 1, lift[v] - anyway[family[v]], often[v] - anyway[family[v]]
        if max(more, much) <= 0:
            continue
        for at in range(heads[values[v]], heads[values[v] + 1]):
            bits = much if share_of[at] >= dedicated else more
            if bits <= 0:
                continue
            of = room[account_of[at]]  # family seen last, counted from 1; its bits; all bits
            if of[0] == 0:
                touched[n] = account_of[at]
                n += 1
            if of[0] != own:
                of[0], of[1] = own, 0.0
            if bits > of[1]:
                of[2] += bits - of[1]
                of[1] = bits
    start = anyway.sum()
    for account in touched[:n]:
        if start + room[account, 2] >= least:
            found[reached] = account
            reached += 1
    out = found[:reached].copy()
    out.sort()
    total = np.empty(reached)
    for i in range(reached):
        total[i] = start + room[out[i], 2]
    for account in touched[:n]:
        room[account] = 0.0
    return out, total


@kernel
def not_lacking(
    accounts: Ints, total: Floats, anyway: Floats, has: Flags, kinds: Ints, family: Ints, absent: Floats, holding: Bits,
    members: Ints, floor: float, most: float, least: float,
) -> Ints:  # fmt: skip
    """Those of the accounts, no members, whose sum of lifts still comes up to `least` where what they lack counts: a
    family of which they hold no favoured value weighs, instead of the bits `anyway`, what lacking its kinds does, the
    largest either way, bounded; one of which they hold some weighs more at most by that. Kind j, of `family[j]`, is
    held by the bits of `holding[j]`."""
    out, n = np.empty(len(accounts), np.int64), 0
    for i in range(len(accounts)):
        account, bits, j = accounts[i], total[i], 0
        at = np.searchsorted(members, account)
        if at < len(members) and members[at] == account:
            continue
        while j < len(kinds):
            own, worst, more, holds = family[j], 0.0, 0.0, False
            while j < len(kinds) and family[j] == own:
                if holding[j, account >> 6] >> np.uint64(account & 63) & np.uint64(1):
                    holds = True
                elif has[account, kinds[j]]:
                    lack = min(max(absent[j], floor), most)
                    worst, more = lack if abs(lack) > abs(worst) else worst, max(more, lack)
                j += 1
            bits += more if holds else worst - anyway[own]
        if bits >= least:
            out[n] = account
            n += 1
    return out[:n].copy()
