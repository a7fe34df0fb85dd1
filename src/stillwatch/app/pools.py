"""Findings of one pool: pieces put together, doubtful members left out, and who is tied to a campaign, or sends what
it sends, taken in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from stillwatch.app.grouping import Grouping
from stillwatch.attribute.assess import UNIT, Assessment, AssessSettings, Joined
from stillwatch.attribute.doubtful import OWN, AccusedSettings, fewness
from stillwatch.attribute.joining import JoinSettings, joining, may_join
from stillwatch.attribute.judge import is_copy, keep_groups
from stillwatch.attribute.pieces import PieceSettings, holds, lead, may_be_pieces
from stillwatch.link.membership import Group, only
from stillwatch.link.resembling import ResembleSettings, Resembling, resembling
from stillwatch.link.ties import Piece, Ties
from stillwatch.link.unions import unions, united, without_some
from stillwatch.model.families import FAMILIES

Ints = NDArray[np.int64]
Findings = Mapping[int, Assessment]

OWN_AT = tuple(FAMILIES.index(family) for family in OWN)  # columns of the weights by family


@dataclass(frozen=True, slots=True)
class Pools:
    """What the steps share: tables of groups, what ties groups, keys of what is public, and how groups are assessed;
    `facts` are ties in which what is sent counts for little."""

    groups: Grouping
    ties: Ties
    facts: Ties
    public: Ints
    settings: AssessSettings

    def put_together(self, found: Findings) -> dict[int, Assessment]:
        """The findings, pieces of one pool as one where the whole is accused: the widest whole that is. What the
        widest ones were put together from is looked at only where these are not."""
        widest, narrower = self._tied(found, self.groups.members())
        return self._tried(self._tried(found, widest), narrower)

    def _tied(self, found: Findings, members: Mapping[int, Ints]) -> tuple[list[list[int]], list[list[int]]]:
        """Findings that may belong together and of which one leads: the widest sets, and those inside them."""
        tied: list[list[int]] = []
        widest: list[list[int]] = []
        for pieces in may_be_pieces(found, PieceSettings()):
            together = [[pieces[i] for i in at] for at in unions([members[g] for g in pieces], self.ties)]
            tied += [own for own in together if own not in tied and lead(own, found, self.settings)]
            widest = widest or _outermost(tied)
        return widest, [own for own in tied if own not in widest]

    def _tried(self, found: Findings, sets: Sequence[Sequence[int]]) -> dict[int, Assessment]:
        """The findings, each of the sets as one where the whole is accused and its parts still stand; a part most of
        which does not belong to the whole stays as it is."""
        every = dict(found)
        left = [own for own in sets if set(own) <= set(every)]
        if not left:
            return every
        s, members, first = PieceSettings(), self.groups.members(), max(every) + 1
        wholes = [
            united(
                self.groups.held,
                [members[g] for g in own],
                [found[g].verdict == "distillation" for g in own],
            )
            for own in left
        ]
        whole = self.groups.assessed_behind(wholes, first, self.settings)
        members = self.groups.members()  # of a whole those who take part
        for i, own in enumerate(left, first):
            if i in whole and holds(whole[i], own, found, s) and set(own) <= set(every):
                taken = {g for g in own if is_copy(members[g], members[i])}
                every = {g: a for g, a in every.items() if g not in taken}
                every[i] = whole[i]
        keep_groups(self.groups.t, sorted(every))
        return every

    def only_the_sure(self, found: Findings) -> dict[int, Assessment]:
        """The findings, accused groups without their doubtful members: who is left has to bear the verdict alone, with
        a bit of slack in each family, or a family that had just been strong would undo the group that it helped to
        find. Groups of a few are not accused, and those of not many only if they weigh more."""
        s = AccusedSettings()
        members, sure = self.groups.members(), self.groups.without_doubtful(_accused(found))
        left = {g: own for g, own in sure.items() if len(own) < len(members[g])}
        again = [g for g, own in left.items() if len(own) >= s.least_members]
        every = {g: _not_accused(a) if g in left else a for g, a in found.items()}
        if again:
            first = max(found) + 1
            slack = replace(
                self.settings,
                family_bits=self.settings.family_bits - s.slack_bits,
                threshold_bits=self.settings.threshold_bits - 2 * s.slack_bits,
            )
            rests = without_some(self.groups.t, self.groups.held, {g: left[g] for g in again})
            rest = self.groups.assessed_behind(rests, first, slack)
            for i, g in enumerate(again, first):
                if i in rest:
                    del every[g]
                    every[i] = rest[i]
            keep_groups(self.groups.t, sorted(every))
        return self._if_enough(every, s)

    def _if_enough(self, found: Findings, s: AccusedSettings) -> dict[int, Assessment]:
        """The findings; those of a few members are not accused, nor those of not many unless they weigh so much
        more."""
        number = {g: len(own) for g, own in self.groups.members().items()}
        every, mixed = dict(found), self.groups.mixed()
        for g in _accused(found):
            if number[g] < (s.least_mixed if g in mixed else s.least_members):
                every[g] = _not_accused(found[g])
            elif number[g] < s.few:
                asked = round((self.settings.threshold_bits + fewness(number[g], s)) * UNIT)
                own = replace(found[g], asked=asked)
                every[g] = own if own.low > asked else _not_accused(own)
        return every

    def with_who_is_tied(self, found: Findings) -> dict[int, Assessment]:
        """The findings, accused groups with those that are surely tied to them but not sure by themselves (decision
        0024). Verdict and measurements stay those of the accounts that bore them without the others."""
        members = self.groups.members()
        asking = may_join(found, JoinSettings()) if _accused(found) else []
        left = self.groups.without_doubtful(asking)
        wholes = self._joining(found, members, left)
        if not wholes:
            return dict(found)
        first, every, borne = max(found) + 1, dict(found), {}
        groups = [self._whole(members[core], [left[g] for g in own]) for core, own in wholes.items()]
        written = self.groups.joined_behind(groups, [[core, *own] for core, own in wholes.items()], first)
        for whole, (core, own) in enumerate(wholes.items(), first):
            if whole in written:
                lead_piece = self.facts.piece(members[core])
                new = np.setdiff1d(groups[whole - first].members, members[core])
                why = [self._joined(np.intersect1d(left[g], new), found[g], lead_piece) for g in own]
                every = {g: a for g, a in every.items() if g not in (core, *own)}
                every[whole] = replace(found[core], joined=tuple(j for j in why if j.accounts))
                borne[whole] = core
        self.groups.measured_as(borne)
        keep_groups(self.groups.t, sorted(every))
        return every

    def with_who_resembles(self, found: Findings) -> dict[int, Assessment]:
        """The findings, accused groups with the accounts that send what these alone send and are like them in other
        ways too (decision 0034). Verdict and measurements stay those of the accounts that bore them. Who is doubtful is
        left out; groups most of whose members have been taken in are gone."""
        alike = self._surely_resembling(found)
        if not alike:
            return dict(found)
        first = max(found) + 1
        written = self._grown(alike, first)
        every, measured = dict(found), {}
        for i, (g, own) in enumerate(alike.items(), first):
            if i in written:
                ids = self.groups.held.accounts[own.accounts].tolist()
                joined = (*found[g].joined, Joined(tuple(ids), None, own.why()))
                every[i] = replace(every.pop(g), joined=joined)
                measured[i] = g
        self.groups.measured_as(measured)
        members = self.groups.members()
        wholes = [members[i] for i in measured]
        every = {
            g: a
            for g, a in every.items()
            if a.verdict == "distillation" or not any(is_copy(members[g], whole) for whole in wholes)
        }
        keep_groups(self.groups.t, sorted(every))
        return every

    def _surely_resembling(self, found: Findings) -> dict[int, Resembling]:
        """Who resembles each accused finding, without those who would be doubtful members."""
        alike = self._resembling(found)
        if not alike:
            return {}
        first = max(found) + 1
        sure = self.groups.without_doubtful(sorted(self._grown(alike, first)))
        keep_groups(self.groups.t, sorted(found))
        left = {g: own.among(sure[i]) for i, (g, own) in enumerate(alike.items(), first) if i in sure}
        return {g: own for g, own in left.items() if len(own.accounts)}

    def _resembling(self, found: Findings) -> dict[int, Resembling]:
        """Who resembles each accused finding, by the members that bore its verdict: an account the one that it
        resembles most. Where too many do nobody is taken: such a group is itself a part of some crowd."""
        s, held = ResembleSettings(), self.groups.held
        members, leads = self.groups.members(), _accused(found)
        accused = [members[g] for g in leads]
        taken = np.unique(np.concatenate(accused)) if accused else np.empty(0, np.int64)
        best, out = np.full(held.n, -np.inf), {}
        for g in leads:
            joined = [own for j in found[g].joined for own in j.accounts]
            core = np.setdiff1d(members[g], np.searchsorted(held.accounts, joined))
            own = resembling(held, core, self.public, s)
            own = own.among(np.setdiff1d(own.accounts, taken))
            if len(own.accounts) <= s.most * len(core):
                out[g] = own
                best[own.accounts] = np.maximum(best[own.accounts], own.bits)
        for g, own in out.items():
            nearest = own.accounts[own.bits >= best[own.accounts]]
            out[g] = own.among(nearest)
            best[nearest] = np.inf
        return {g: own for g, own in out.items() if len(own.accounts)}

    def _grown(self, alike: Mapping[int, Resembling], first: int) -> set[int]:
        """Write findings together with those who resemble them, numbered from `first`; the numbers of those written."""
        members = self.groups.members()
        groups = [own.added_to(self.groups.held, members[g]) for g, own in alike.items()]
        singly = [own.accounts for own in alike.values()]
        return self.groups.joined_behind(groups, [[g] for g in alike], first, singly)

    def _whole(self, core: Ints, pieces: Sequence[Ints]) -> Group:
        """The group of a core and the pieces that join it, without those of them who belong to neither, or whom only
        what they send and the exits they come from tie to the whole."""
        whole = united(self.groups.held, [core, *pieces], [True] * (1 + len(pieces)))
        tied = whole.family_bits[:, list(OWN_AT)].max(axis=1) > 0
        return only(whole, ((whole.log_odds >= 0) & tied) | np.isin(whole.members, core))

    def _joining(
        self, found: Findings, members: Mapping[int, Ints], left: Mapping[int, Ints]
    ) -> dict[int, list[int]]:
        """Which of those who ask join each accused finding, by who is `left` of them without doubtful members."""
        leads, s = _accused(found), JoinSettings()
        cores = [self.facts.piece(members[g]) for g in leads]
        asking = [g for g, own in left.items() if len(own) >= s.least_members]
        if not asking:
            return {}
        bits = np.stack([self.facts.to(self.facts.piece(left[g]), cores) for g in asking])
        joined = {
            core: [own[i] for i in s.admitted([left[g] for g in own], members[core])]
            for core, own in joining(asking, leads, bits, found, self.settings, s).items()
        }
        return {core: own for core, own in joined.items() if own}

    def _joined(self, accounts: Ints, own: Assessment, core: Piece) -> Joined:
        ties = tuple(self.facts.why(self.facts.piece(accounts), core))
        return Joined(tuple(self.groups.held.accounts[accounts].tolist()), own.low, ties)


def _accused(found: Findings) -> list[int]:
    return [g for g, a in found.items() if a.verdict == "distillation"]


def _not_accused(own: Assessment) -> Assessment:
    return replace(own, verdict="coordinated_other")


def _outermost(sets: Sequence[Sequence[int]]) -> list[list[int]]:
    """Those that are part of no other."""
    return [list(own) for own in sets if not any(set(own) < set(other) for other in sets)]
