"""Columns of the two tables a population is built from: who the accounts are,
and what streams of requests they send.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from stillwatch.lab.population.frame import Frame, Spec

PAYMENT_KINDS = ("card", "virtual_card", "prepaid", "invoice", "marketplace", "crypto", "none")
PROGRAMS = ("none", "education", "security_research", "startup", "free_trial")
PLANS = ("free", "pay_as_you_go", "pro", "team", "enterprise")
VERIFICATIONS = ("none", "email", "phone", "document", "contract")
DECLARED = (
    (),
    ("reseller",),
    ("evaluation",),
    ("batch_annotation",),
    ("red_team",),
    ("distillation_permitted",),
)
STATUSES = ("active", "suspended", "banned", "closed")
PATHWAYS = ("api", "console", "cloud:aster", "cloud:birch", "batch", "program:education", "program:startup")
PEOPLE, PROGRAM, AGENT = range(3)
NONE = -1
OWN = -2  # a value of the account's own, shared with nobody

# one row per account
ACCOUNT: Spec = MappingProxyType(
    {
        "cohort": ("i4", NONE),
        "group": ("i4", NONE),
        "campaign": ("i4", NONE),
        "role": ("i4", NONE),
        "created": ("i8", 0),  # microseconds since 1970
        "org": ("i8", NONE),
        "parent": ("i8", NONE),
        "domain": ("i4", 0),  # number in `Town.domains`
        "local": ("i4", 0),  # shape of the local part, see `residents.local_codes`
        "phone": ("i8", OWN),
        "card": ("i8", OWN),
        "kind": ("i4", 0),
        "issuer": ("i4", 0),
        "neighbour": ("i8", OWN),
        "card_2": ("i8", NONE),
        "country": ("i4", 0),
        "signup_pool": ("i4", 0),
        "signup_clients": ("i4", 0),
        "program": ("i4", 0),
        "plan": ("i4", 1),
        "verification": ("i4", 1),
        "declared": ("i4", 0),
        "status": ("i4", 0),
        "ends": (
            "f8",
            1e9,
        ),  # hour of the window in which it is banned; 1e9 = some time, if its status says so
    }
)

# one row per stream of requests; an account may have several
STREAM: Spec = MappingProxyType(
    {
        "account": ("i4", 0),  # row of the account
        "campaign": ("i4", NONE),  # the campaign that harvests through this stream
        "requests": ("i8", 0),
        "run": ("f8", 4.0),  # mean number of requests in a session
        "steady": ("?", False),  # sessions of equal length instead of geometric ones
        "manner": ("i1", 0),  # PEOPLE, PROGRAM or AGENT: shapes of conversations, times between requests
        "gap": ("f8", 40.0),  # usual seconds between requests of a session
        "even": ("?", False),  # sessions spread evenly along the clock, as a balancer does it
        "spread": ("f8", 1.0),  # of the logarithm of a session's pace, for programs
        "snap": ("f8", 0.0),  # sessions start within so many seconds after the full hour; 0 = any time
        "clock": ("i4", 0),
        "since": ("f8", 0.0),  # hours of the window in which the stream lives
        "until": ("f8", 1e9),
        "talk": ("f8", 0.0),  # share of what is begun that is a growing conversation
        "script": ("i4", 0),
        "pool": ("i4", 0),
        "pool_2": ("i4", 0),
        "away": ("f8", 0.0),  # share of sessions from `pool_2`
        "lease": ("f8", 3.0),  # days an address is kept; 0 = per session, -1 = per request
        "six": ("f8", 0.0),  # share of sessions over IPv6
        "clients": ("i4", 0),
        "changes": ("f8", 0.0),  # share of sessions from another client of the list
        "params": ("i4", 0),
        "models": ("i4", 0),
        "turns_to": ("i4", NONE),  # list of models after a change of mind
        "turns_at": ("f8", 1e9),  # hour of the change
        "turns_share": ("f8", 0.0),
        "keys": ("i4", 1),
        "users": ("i4", 0),  # end users named in requests; 0 = none
        "pathways": ("i4", 0),
        "limited": ("f8", 0.004),  # share of requests answered 429
        "failing": ("f8", 0.004),  # share of other errors
        "insists": ("f8", 0.8),  # share of refused requests that are sent again
        "router": ("i4", NONE),  # accounts that one router fails over between
        "hands": ("f8", 0.65),  # share of the requests sent again that the router gives to another account
        "passes": ("f8", 0.0),  # share of later turns that the router gives to another account
        "grafts": (
            "f8",
            0.0,
        ),  # share of requests that carry a reasoning block of another account of the router
        "barred": ("?", False),  # ends with a ban or a suspension, and is tried once more afterwards
        "cache": ("f8", 0.1),
        "thinking": ("f8", 0.1),  # share of sessions with reasoning blocks
        "length": ("f8", 1.0),  # leaning to the longer answers (above 1) or the shorter ones of the usual
        "cut": ("f8", 0.03),  # share of answers stopped by a length limit that was sent
    }
)


@dataclass(frozen=True, slots=True)
class Crowd:
    """Accounts and their streams; `streams["account"]` is a row of `accounts`."""

    accounts: Frame
    streams: Frame

    @classmethod
    def join(cls, crowds: Sequence[Crowd]) -> Crowd:
        """All accounts and streams in one, rows renumbered."""
        starts = np.cumsum([0, *(len(c.accounts) for c in crowds)])
        moved = [
            c.streams.having(account=c.streams["account"] + start)
            for c, start in zip(crowds, starts[:-1], strict=True)
        ]
        return cls(Frame.stack(ACCOUNT, [c.accounts for c in crowds]), Frame.stack(STREAM, moved))

    def marked(self, **values: npt.ArrayLike) -> Crowd:
        """The same with account columns (cohort, group, …) set to other values."""
        return Crowd(self.accounts.having(**values), self.streams)


ROLES: Mapping[str, int] = MappingProxyType({"harvester": 0, "relay": 1})
