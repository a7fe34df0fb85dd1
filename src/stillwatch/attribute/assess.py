"""Distillation against the best innocent explanation, in bits, family by family.

Every measurement has a log-likelihood under each hypothesis, bounded by the uniform part of its distribution;
they add up. All bits are integers in 1/1024 before they are added, so the sum does not depend on order.

Three questions stay apart. Linked: some family other than content and client must weigh enough. Undeclared: declared
relations are hypotheses that must be beaten. Harvesting: where the log has text, neither content nor what says what the
answers are for may speak against it, since most false accusations take linked for harvesting: accounts that were
prepared in lots serve relays and spam rings as well.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from stillwatch.attribute.curve import Curve
from stillwatch.attribute.features import CONTENT, FEATURES, ONE_SIDED, PICKED_BY, PURPOSE, RISING
from stillwatch.attribute.hypotheses import Hypothesis, log2_density, log2_density_at_most
from stillwatch.model.families import FAMILIES
from stillwatch.model.kernels.intervals import wilson
from stillwatch.model.tie import Tie

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

UNIT = 1024
TOOLS = frozenset({"content", "client"})  # families that a shared tool explains as well as a shared hand
ORDINARY = "unrelated"  # the hypothesis that says what ordinary traffic is like


@dataclass(frozen=True, slots=True)
class AssessSettings:
    """`threshold_bits` that the lower end of the weight must pass; `family_bits` that two families must reach, one of
    them neither content nor client; `content_bits` that content must reach where the log has text, short answers not
    held against it; `purpose_bits` below which the purpose,
    where the log has text, speaks against, unless the weight makes up for each bit with `making_up` beyond the
    threshold, down to `least_purpose_bits`: a harvest asked for in words that the intent model does not know looks like
    none; `picked_bits` that a measurement gives at most where exchanges were picked by it: a relay has customers who
    ask for nothing else; `alone_bits` that members of an accused group weigh whom content alone ties to it, or they are
    judged apart; `prior_bits` of distillation against everything else; `hidden_bits` that an explanation is less
    probable at first if the relation it names does not show in the log: an accusation has to beat these as well, since
    in a large log there are firms and tools enough that nothing declares (decision 0036).

    `threshold_bits` was 11 for a long time, raised until no innocent group of training traffic passed, and once more by
    a bit after twelve accounts of traffic made by others had passed by a hair. By expectations fitted in the same way
    as those that ship 9 bits let no innocent group pass that 11 do not (decision 0029); that is how it was chosen, not
    a test of it. It holds for up to `usual_groups` examined groups; of twice as many twice as many pass by chance, so
    each doubling asks for a bit more.
    Dedication made up once for a purpose that was not there (decision 0011). Measurements of families named in
    `without` are not made.
    """

    threshold_bits: float = 9.0
    usual_groups: int = 1024
    family_bits: float = 3.0
    content_bits: float = 0.0
    prior_bits: float = -6.0
    hidden_bits: float = 3.0
    purpose_bits: float = 1.0
    making_up: float = 3.0
    picked_bits: float = 2.0
    alone_bits: float = 8.0
    least_purpose_bits: float = -6.0
    needs_content: bool = True
    without: tuple[str, ...] = ()

    def among(self, groups: int) -> AssessSettings:
        """The settings where so many groups are examined: Bonferroni's correction beyond `usual_groups`."""
        more = float(np.log2(max(groups / self.usual_groups, 1.0)))
        return replace(self, threshold_bits=self.threshold_bits + more)


@dataclass(frozen=True, slots=True)
class Item:
    """One measurement's part in the comparison with the best alternative, bits in 1/1024."""

    feature: str
    value: float
    n: int
    bits: int
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Joined:
    """Accounts that joined a group for what they share with it: their ids, the lower end of their own weight in
    1/1024 bit (None where they are no group of their own), and what ties them to it."""

    accounts: tuple[int, ...]
    low: int | None
    ties: tuple[Tie, ...]


@dataclass(frozen=True, slots=True)
class Assessment:
    """What the measurements of one group say; all bits in 1/1024.

    `log2_lr` is of each explanation against unrelated accounts. `correction` is what calibration adds to the weight:
    prior, weight and correction are the posterior. `hidden` names the explanations whose relation does not show.
    `purpose` is
    the weight of what says what the answers are for, against ordinary traffic: a public prompt that asks for training
    data explains why many send it, not what for. `asked` is what the lower end had to pass, `purpose_asked` what the
    purpose had to reach; None where it was not asked for. All this was measured on the group without those who
    `joined` it.
    """

    verdict: str
    prior: int
    weight: int
    low: int
    high: int
    best: Hypothesis
    families: Mapping[str, tuple[int, int, int]]
    items: tuple[Item, ...]
    log2_lr: Mapping[str, int]
    posterior: Mapping[str, float]
    correction: int = 0
    purpose: int = 0
    asked: int = 0
    purpose_asked: int | None = None
    hidden: frozenset[str] = frozenset()
    joined: tuple[Joined, ...] = ()

    @property
    def related(self) -> bool:
        """Whether the best alternative names a relation and that shows."""
        return bool(self.best.requires) and self.best.name not in self.hidden

    @property
    def p_distillation(self) -> float:
        """Posterior probability: prior, weight and correction as odds."""
        return probability(self.prior + self.weight + self.correction)


def probability(bits: int) -> float:
    """Probability of odds given in 1/1024 bit."""
    return float(1.0 / (1.0 + 2.0 ** -max(min(bits / UNIT, 60.0), -60.0)))


def assess(
    measured: Mapping[str, tuple[float, int]],
    hypotheses: Sequence[Hypothesis],
    settings: AssessSettings,
) -> Assessment:
    """Compare the hypotheses on a group's measurements {feature: (value, n)}."""
    return assess_every([measured], hypotheses, settings)[0]


def assess_every(
    measured: Sequence[Mapping[str, tuple[float, int]]],
    hypotheses: Sequence[Hypothesis],
    settings: AssessSettings,
    *,
    picked: Sequence[bool] = (),
) -> list[Assessment]:
    """Compare the hypotheses on the measurements of each group; likelihoods are worked out for all groups at once.

    `picked` says of each group whether its exchanges were picked out of more by what they ask: what says so does not
    count when content is asked whether it links the group, or whoever grades now and then among much else would be
    linked by what was picked.
    """
    chosen = picked or [False] * len(measured)
    names = list(FEATURES)
    known = np.array([[n in m for n in names] for m in measured], bool).reshape(-1, len(names))
    pairs = np.array([[m.get(n, (0.0, 0)) for n in names] for m in measured], np.float64)
    value, count = pairs.reshape(-1, len(names), 2).transpose(2, 0, 1)
    low, high = wilson(value * count, count)
    ends = np.stack([value, low, high], axis=1)  # (G, 3, F)
    bits = np.stack([_likelihoods(h, names, ends) for h in hypotheses], axis=1)  # (G, H, 3, F)
    every = np.rint(bits * UNIT).astype(np.int64)
    out = []
    for g, own in enumerate(known):
        told = {names[j]: (float(value[g, j]), int(count[g, j])) for j in np.flatnonzero(own)}
        out.append(_compared(told, every[g][:, :, own], hypotheses, settings, picked=chosen[g]))
    return out


def _compared(
    told: Mapping[str, tuple[float, int]],
    bits: Ints,
    hypotheses: Sequence[Hypothesis],
    settings: AssessSettings,
    *,
    picked: bool,
) -> Assessment:
    """The comparison on one group's measurements from their bits under each hypothesis, int64[H, 3, F]."""
    total = bits[:, 0].sum(axis=1)
    values = {name: value for name, (value, _) in told.items()}
    hidden = frozenset(h.name for h in hypotheses if not h.shows(values))
    prior = _priors(hypotheses, hidden, settings)
    target = next(i for i, h in enumerate(hypotheses) if h.kind == "distillation")
    others = [i for i in range(len(hypotheses)) if i != target]
    best = max(others, key=lambda i: (total[i] + prior[i], -i))
    ordinary = next((i for i in others if hypotheses[i].name == ORDINARY), best)
    purpose = _told(list(told), bits[target, 0] - bits[ordinary, 0], PURPOSE)
    if picked:
        bits = _without_choice(list(told), bits, target, best, settings)
        total = bits[:, 0].sum(axis=1)
    difference = bits[target] - bits[best]  # (3, F)
    ends = (difference[0].tolist(), difference.min(axis=0).tolist(), difference.max(axis=0).tolist())
    items = tuple(
        Item(name, value, n, *of) for (name, (value, n)), *of in zip(told.items(), *ends, strict=True)
    )
    families = {f: _family(items, f) for f in FAMILIES}
    weight, least, most = (sum(part[k] for part in families.values()) for k in range(3))
    least, most = _combined(items, weight)
    own_prior = round(settings.prior_bits * UNIT)
    picked_by = max(_told(list(told), difference[0], PURPOSE), 0) if picked else 0
    content = _told(list(told), difference[0], CONTENT)
    strong = _strong(families, settings, picked_by)
    asked = purpose_asked(least, settings) if settings.needs_content else None
    harvesting = asked is None or (purpose >= asked and content >= settings.content_bits * UNIT)
    verdict = _verdict(strong, harvesting, least, hypotheses[best], settings)
    log2_lr = {h.name: int(total[i] - total[ordinary]) for i, h in enumerate(hypotheses)}
    p = probability(own_prior + weight)
    return Assessment(
        verdict, own_prior, weight, least, most, hypotheses[best], families, items, log2_lr,
        _posteriors(hypotheses, total + prior, target, p), purpose=purpose,
        asked=round(settings.threshold_bits * UNIT), purpose_asked=asked, hidden=hidden,
    )  # fmt: skip


def _priors(hypotheses: Sequence[Hypothesis], hidden: Collection[str], s: AssessSettings) -> Ints:
    """Prior of each explanation, that of a hidden one lower, in 1/1024 bit."""
    bits = (h.prior_bits - (s.hidden_bits if h.name in hidden else 0.0) for h in hypotheses)
    return np.array([round(own * UNIT) for own in bits])


def _without_choice(names: Sequence[str], bits: Ints, target: int, best: int, s: AssessSettings) -> Ints:
    """The bits, those of the target no more than `picked_bits` above the best alternative in what exchanges were
    picked by."""
    most = round(s.picked_bits * UNIT)
    of = [j for j, name in enumerate(names) if name in PICKED_BY]
    out = bits.copy()
    out[target][:, of] = np.minimum(bits[target][:, of], bits[best][:, of] + most)
    return out


def _likelihoods(h: Hypothesis, names: Sequence[str], ends: Floats) -> Floats:
    out = np.zeros(ends.shape)
    for j, name in enumerate(names):
        if name in h.expects:
            rising = h.kind == "distillation" and name in RISING
            density = log2_density_at_most if rising else log2_density
            out[:, :, j] = density(ends[:, :, j], *h.expects[name])
    return out


def _told(features: Sequence[str], bits: Ints, of: Collection[str]) -> int:
    """Sum over some of the measurements; what is one-sided does not count against."""
    own = [(name, int(b)) for name, b in zip(features, bits, strict=True) if name in of]
    return sum(max(b, 0) if name in ONE_SIDED else b for name, b in own)


def _family(items: Sequence[Item], family: str) -> tuple[int, int, int]:
    own = [i for i in items if FEATURES[i.feature].family == family]
    weight = sum(i.bits for i in own)
    return weight, *_combined(own, weight)


def _combined(items: Sequence[Item], weight: int) -> tuple[int, int]:
    """Interval of a sum of independent parts: half-widths add in squares."""
    down = sum((i.bits - i.low) ** 2 for i in items) ** 0.5
    up = sum((i.high - i.bits) ** 2 for i in items) ** 0.5
    return weight - round(down), weight + round(up)


def _strong(families: Mapping[str, tuple[int, int, int]], s: AssessSettings, picked_by: int) -> set[str]:
    """Families that weigh enough to link; content without the bits that exchanges were picked by."""
    bits = {f: own - (picked_by if f == "content" else 0) for f, (own, _, _) in families.items()}
    return {f for f, own in bits.items() if own >= s.family_bits * UNIT}


def purpose_asked(low: int, s: AssessSettings) -> int:
    """What the purpose has to reach, in 1/1024 bit: the less the more the rest weighs beyond the threshold (`low`)."""
    beyond = max(low - round(s.threshold_bits * UNIT), 0)
    return round(max(s.purpose_bits * UNIT - beyond / s.making_up, s.least_purpose_bits * UNIT))


def _verdict(strong: set[str], harvesting: bool, low: int, best: Hypothesis, s: AssessSettings) -> str:
    """Members that do alike with the same tool are coordinated; to be accused they must be tied by more than a tool."""
    alike = len(strong) >= 2 and bool(strong - {"content"})
    if low > s.threshold_bits * UNIT and alike and strong - TOOLS and harvesting:
        return "distillation"
    if best.kind == "coordinated" or (low > 0 and alike):
        return "coordinated_other"
    return "innocent"


def calibrated(
    a: Assessment, hypotheses: Sequence[Hypothesis], curve: Curve, settings: AssessSettings
) -> Assessment:
    """The assessment with calibrated probabilities; verdict and weights stay."""
    correction = round(curve.worth(a.weight / UNIT) * UNIT) - a.weight
    scores = np.array([a.log2_lr[h.name] for h in hypotheses]) + _priors(hypotheses, a.hidden, settings)
    target = next(i for i, h in enumerate(hypotheses) if h.kind == "distillation")
    p = probability(a.prior + a.weight + correction)
    return replace(a, correction=correction, posterior=_posteriors(hypotheses, scores, target, p))


def _posteriors(hypotheses: Sequence[Hypothesis], scores: Ints, target: int, p: float) -> dict[str, float]:
    """Posterior of each hypothesis: `p` for distillation, the rest shared by score."""
    rest = np.array([s for i, s in enumerate(scores) if i != target], np.float64) / UNIT
    share = np.exp2(rest - rest.max())
    share /= share.sum()
    out, k = {}, 0
    for i, h in enumerate(hypotheses):
        if i == target:
            out[h.name] = p
        else:
            out[h.name] = float((1 - p) * share[k])
            k += 1
    return out
