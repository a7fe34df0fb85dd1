"""Linking and judging: groups found, assessed, and once more where pieces of one pool belong together."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stillwatch.app.grouping import Grouping, public_keys, write_groups
from stillwatch.app.pools import Pools
from stillwatch.app.resources import hypotheses
from stillwatch.app.spark_pairs import Spreads, spread_links
from stillwatch.app.stages import reference_keys
from stillwatch.attribute.assess import Assessment, AssessSettings, calibrated
from stillwatch.attribute.curve import Curve
from stillwatch.attribute.judge import assessed, judge, rests_of
from stillwatch.attribute.measured.write import read_rhythms
from stillwatch.link.communities import communities, content_stars
from stillwatch.link.groups import form_groups
from stillwatch.link.incidence import Incidence, read_incidence
from stillwatch.link.pairs import rare_values, validated_pairs
from stillwatch.link.report import with_parts, write_links
from stillwatch.link.stars import Stars, is_star, validated_stars
from stillwatch.link.ties import Ties
from stillwatch.link.unions import without_some
from stillwatch.model.engine import Tables
from stillwatch.model.kernels.hashing import HashKey

Ints = NDArray[np.int64]


def link(t: Tables, key: HashKey, *, threads: int = 1) -> Incidence:
    """Tables `links`, `group_members`, `group_values`, `group_kinds`, `group_flows`, `group_exchanges`."""
    held = read_incidence(t, threads=threads)
    stars = validated_stars(held, threads=threads)
    together = _linked(t, held, stars, threads)
    frames = t.numpy("SELECT template_id FROM templates WHERE public")["template_id"]
    public = np.concatenate([np.asarray(frames, np.int64), np.array(sorted(reference_keys(key)), np.int64)])
    around = content_stars(held, is_star(held, stars), public)
    groups = form_groups(held, together, around, public, threads=threads)
    groups = with_parts(t, held, groups, threads=threads)
    write_groups(t, held, groups)
    return held


def _linked(t: Tables, held: Incidence, stars: Stars, threads: int) -> list[Ints]:
    """Communities of validated pairs; fills `links`. Done by Spark where there are too many pairs for its driver."""
    rare = rare_values(held)
    if isinstance(t, Spreads) and rare.possible() > t.most_pairs:
        return spread_links(t, held, rare, stars)
    pairs = validated_pairs(held, rare=rare, threads=threads)
    write_links(t, held, pairs, stars)
    return communities(pairs.a, pairs.b, pairs.log2_p)


def attribute(
    t: Tables,
    held: Incidence,
    settings: AssessSettings,
    curve: Curve | None,
    *,
    apart: bool = False,
    threads: int = 1,
) -> dict[int, Assessment]:
    """Assessment of each group that stands, its probabilities calibrated by the curve if there is one; with `apart`
    pieces of one pool are left as they were found."""
    known, rhythms = hypotheses(), read_rhythms(t)
    settings = settings.among(
        int(t.query("SELECT count(DISTINCT group_id) AS n FROM group_members")["n"][0].as_py())
    )
    groups = Grouping(t, held, rhythms, threads)
    every, rests = _with_rests(groups, assessed(t, rhythms, known, settings, threads=threads), settings)
    found = judge(t, every, settings, rests)
    if not apart:
        public = public_keys(t)
        ties = Ties(held, public)
        pools = Pools(groups, ties, ties.of_facts(), public, settings)
        found = pools.with_who_is_tied(pools.only_the_sure(pools.put_together(found)))
        found = pools.with_who_resembles(found)
    return {g: calibrated(a, known, curve, settings) for g, a in found.items()} if curve else found


def _with_rests(
    groups: Grouping, found: dict[int, Assessment], settings: AssessSettings
) -> tuple[dict[int, Assessment], dict[int, int]]:
    """Findings, and behind them those of groups without the crowds in them that are to be judged apart; which is
    whose."""
    left = rests_of(groups.t, found, settings)
    if not left:
        return found, {}
    held, first = groups.held, max(found) + 1
    code = {g: np.searchsorted(held.accounts, ids).astype(np.int64) for g, ids in left.items()}
    rest = groups.assessed_behind(without_some(groups.t, held, code), first, settings)
    return found | rest, {g: i for i, g in enumerate(left, first) if i in rest}
