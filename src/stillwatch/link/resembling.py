"""Who else belongs to a group once it is known what the group is.

While that is not known, a favoured value weighs what any favoured value of its kind does (`link/membership.py`): a
crowd must not grow by frames that are everybody's. That is little for who sends a frame that hardly anybody but the
members sends, if the group also favours frames that many send. Once the group is accused, an account is weighed by what
stands out most of all it holds: by how much oftener members hold something that stands out as much, or more, than
anybody else does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from stillwatch.link.incidence import SENT_KINDS, Incidence
from stillwatch.link.membership import CONTENT, Favours, Group, MemberSettings, favoured_by, prior_of
from stillwatch.link.unions import united
from stillwatch.model.families import FAMILIES, KINDS
from stillwatch.model.tie import Tie

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

TEXTS = ("template", "system", "tools", "schema")  # not wordings: one text has several of these


@dataclass(frozen=True, slots=True)
class ResembleSettings:
    """An account resembles a group with `content_bits` for what it sends and `bits` for all it holds, if it sends
    `least` or more of the group's private frames (or system texts, tool definitions, output schemas): one alone may
    have come from a colleague or a book. If more than `most` times as many as bore the verdict resemble it, none joins:
    the group is then a part of the crowd that they are."""

    content_bits: float = 7.0
    bits: float = 10.0
    least: int = 2
    most: float = 0.5


@dataclass(frozen=True, slots=True)
class Resembling:
    """Accounts (codes, sorted) that resemble a group, their weight by family (float64[n, 7]), and kind by kind (its
    code, of those that weigh for them): the weight float64[n, K], the favoured values they hold int64[n, K], and how
    many chance gives an account that has the kind, float64[K]."""

    accounts: Ints
    family_bits: Floats
    kinds: Ints
    kind_bits: Floats
    values: Ints
    expected: Floats

    @property
    def bits(self) -> Floats:
        """Weight of all families, float64[n]."""
        return np.asarray(self.family_bits.sum(axis=1))

    def among(self, accounts: Ints) -> Resembling:
        """Those of the accounts that are among others, too."""
        kept = np.isin(self.accounts, accounts)
        return replace(
            self,
            accounts=self.accounts[kept],
            family_bits=self.family_bits[kept],
            kind_bits=self.kind_bits[kept],
            values=self.values[kept],
        )

    def why(self) -> tuple[Tie, ...]:
        """What the accounts share with the members: values and those that chance gives added up over the accounts,
        bits in the mean of those who share any; the strongest first."""
        out = []
        for k, kind in enumerate(self.kinds.tolist()):
            sharing = (self.values[:, k] > 0) & (self.kind_bits[:, k] > 0)
            if sharing.any():
                bits = round(float(self.kind_bits[sharing, k].mean()), 6)
                expected = float(self.expected[k]) * len(self.accounts)
                out.append(Tie(kind, int(self.values[sharing, k].sum()), expected, bits))
        return tuple(sorted(out, key=lambda tie: (-tie.bits, tie.kind)))

    def added_to(self, held: Incidence, members: Ints) -> Group:
        """The group of the members and the accounts; what the accounts weigh is what makes them resemble it."""
        whole = united(held, [members, self.accounts], [True, True])
        at = np.searchsorted(whole.members, self.accounts)
        log_odds, bits = whole.log_odds.copy(), whole.family_bits.copy()
        log_odds[at] = self.bits + prior_of(len(members), held.n)
        bits[at] = self.family_bits
        return replace(whole, log_odds=log_odds, family_bits=bits)


def resembling(
    held: Incidence,
    members: Ints,
    public: Sequence[int] | Ints,
    settings: ResembleSettings | None = None,
    membership: MemberSettings | None = None,
) -> Resembling:
    """Accounts beside the members (codes, sorted) that resemble them. `public` are the keys of frames and wordings that
    anybody may send: they speak for nobody."""
    s, m = settings or ResembleSettings(), membership or MemberSettings()
    value, lift = favoured_by(held, members, m)
    everybody_s = held.of_kind(*SENT_KINDS, among=value) & np.isin(
        held.key[value], np.asarray(public, np.int64)
    )
    favours = Favours.of(held, value[~everybody_s], lift[~everybody_s], m)
    asked = np.union1d(members, held.holders_of(favours.values)[0])
    best, inside = favours.best(held, asked, m), np.isin(asked, members)
    bits = _weights(held, asked, inside, favours, best, m)
    family = np.zeros((len(asked), len(FAMILIES)))
    for k in range(bits.shape[1]):
        own = family[:, favours.family[k]]
        stronger = np.abs(bits[:, k]) > np.abs(own)
        own[stronger] = bits[stronger, k]
    at = np.flatnonzero(~inside & (family[:, CONTENT - 1] >= s.content_bits) & (family.sum(axis=1) >= s.bits))
    values, kinds = _held_values(held, asked[at], favours), held.kinds[favours.kinds].astype(np.int64)
    sent = values[:, np.isin(kinds, [KINDS[name].code for name in TEXTS])].max(axis=1, initial=0)
    at, values = at[sent >= s.least], values[sent >= s.least]
    expected = _by_chance(held, members, favours)
    return Resembling(asked[at], family[at], kinds, bits[at], values, expected)


def _weights(
    held: Incidence, asked: Ints, inside: Flags, favours: Favours, best: Floats, m: MemberSettings
) -> Floats:
    """Weight of each kind for each account asked, bounded; float64[n, K]."""
    bits = np.zeros(best.shape)
    steps = np.arange(m.min_lift_bits, max(m.most_bits, m.dedicated_bits) + 1)
    for k, kind in enumerate(favours.kinds.tolist()):
        has = held.has[asked, kind]
        n_in = int((has & inside).sum())
        n_out = int(held.having[kind]) - n_in
        at = np.searchsorted(steps, best[:, k], side="right") - 1  # -1 where nothing is held
        within, without = (
            np.bincount(at[(at >= 0) & side], minlength=len(steps))[::-1].cumsum()[::-1]
            for side in (inside, ~inside)
        )
        share_in, share_out = (within + 0.5) / (n_in + 1.0), (without + 0.5) / (n_out + 1.0)
        present = np.maximum.accumulate(np.log2(share_in / share_out))
        absent = np.log2((1 - share_in[0]) / (1 - share_out[0]))
        own = np.where(at >= 0, np.minimum(best[:, k], present[at]), np.where(has, absent, 0.0))
        bits[:, k] = np.clip(own, m.least_bits, m.dedicated_bits)
    return bits


def _held_values(held: Incidence, accounts: Ints, favours: Favours) -> Ints:
    """How many favoured values of each kind the accounts hold; int64[n, K]."""
    value, owner = held.values_of(accounts)
    at = np.searchsorted(favours.values, value)
    at[at == len(favours.values)] = 0
    mine = favours.values[at] == value if len(favours.values) else np.zeros(len(value), bool)
    cell = owner[mine] * len(favours.kinds) + favours.kind[at[mine]]
    shape = len(accounts), len(favours.kinds)
    return np.bincount(cell, minlength=shape[0] * shape[1]).astype(np.int64).reshape(shape)


def _by_chance(held: Incidence, members: Ints, favours: Favours) -> Floats:
    """How many favoured values of each kind somebody else who has the kind holds on average; float64[K]."""
    found, count = held.counted(members)
    inside = count[np.searchsorted(found, favours.values)]
    outside = np.bincount(
        favours.kind, weights=held.df[favours.values] - inside, minlength=len(favours.kinds)
    )
    having = held.having[favours.kinds] - held.has[members][:, favours.kinds].sum(axis=0)
    return np.asarray(outside / np.maximum(having, 1))
