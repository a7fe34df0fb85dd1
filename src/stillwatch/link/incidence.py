"""Who holds what, as compressed rows in both directions: account → values and value → accounts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stillwatch.model.engine import Tables
from stillwatch.model.families import KINDS
from stillwatch.model.kernels.belonging import counted
from stillwatch.model.kernels.compiled import kernel
from stillwatch.model.kernels.overlap import beside, bits_of, transposed, wider_sets

Ints = NDArray[np.int64]
Codes = NDArray[np.int32]
Flags = NDArray[np.bool_]

# kinds whose values can mark a group; parts of `client` are left to it, and slots of time are coarse
MARKING = (
    "address", "net24", "asn", "signup_address", "client", "params", "signup_client", "email_domain",
    "email_pattern", "phone", "email_digest", "organization", "end_user", "metadata", "signup_day",
    "signup_hour", "api_key", "instrument", "neighbour", "issuer", "payment_kind", "template", "system",
    "tools", "schema", "wording", "continuation", "reasoning_replay", "debut",
)  # fmt: skip
SENT_KINDS = ("template", "wording")
CONTENT_KINDS = ("template", "system", "tools", "schema", "wording")
OWN_FAMILIES = ("network", "client", "identity", "payment")  # what an organization gives its accounts
OVERLAP = 0.5  # share of a content value's holders who hold a wider one, that makes the two one block
SAMPLE = 512  # of these holders
COMMON = 64  # what one account in so many holds has its holders as bits, too


@dataclass(frozen=True, slots=True)
class Room:
    """Arrays that are zero before and after a kernel works in them: `counts` int32[V], a bit of each value in `marks`,
    and `reach` float32[N, 3]."""

    counts: Codes
    marks: NDArray[np.uint64]
    reach: NDArray[np.float32]

    @classmethod
    def of(cls, accounts: int, values: int) -> Room:
        """A room for so many accounts and values."""
        return cls(
            np.zeros(values, np.int32),
            np.zeros(values // 64 + 1, np.uint64),
            np.zeros((accounts, 3), np.float32),
        )


class Rooms:
    """Rooms that are free; whoever asks, in any thread, has one for itself."""

    def __init__(self, accounts: int, values: int) -> None:
        self._size = accounts, values
        self._free: list[Room] = []

    @contextmanager
    def one(self) -> Iterator[Room]:
        """A room. What goes wrong in it is not used again."""
        try:
            room = self._free.pop()
        except IndexError:
            room = Room.of(*self._size)
        yield room
        self._free.append(room)


@dataclass(frozen=True, slots=True)
class Incidence:
    """Accounts and the values they share.

    `accounts` int64[N] sorted account ids; `kind`, `family`, `key`, `df` describe the V values that two or more
    accounts hold; values of account i are `value_of[starts[i]:starts[i + 1]]`, holders of value v are
    `account_of[heads[v]:heads[v + 1]]`. `widest` are the values with the most holders first, and beside `value_of`
    are the places of an account's values among them, in order: `place_of`. `kinds` int16[K] are the codes that occur,
    `kind_at` the position of each value's kind among them, `has` bool[N, K] says who holds any value of a kind, private
    ones included, `having` int64[K] how many do. `share_of` float32, beside `account_of`, is the share of the holder's
    exchanges with the value. `wider_of[wider[v]:wider[v + 1]]` are the content values with more holders than the
    content value v which the share `OVERLAP` of its holders hold too, the nearest first. `organization` int64[N]
    numbers the declared organization of each account, -1 for none; `owned` bool[V] says of a network, a client, a card
    or a sign-up fact that only accounts of one organization hold it. The values that one account in `COMMON` or more
    hold are `common`, in order, and their holders are bits of `holds` uint64[values, words] too. `share_beside` are the
    shares beside `value_of`. `rooms` are for kernels to work in.
    """

    accounts: Ints
    kind: NDArray[np.int16]
    family: NDArray[np.int16]
    key: Ints
    df: Ints
    starts: Ints
    value_of: Codes
    place_of: Codes
    widest: Ints
    heads: Ints
    account_of: Codes
    share_of: NDArray[np.float32]
    kinds: NDArray[np.int16]
    kind_at: Ints
    has: Flags
    having: Ints
    wider: Ints
    wider_of: Codes
    organization: Ints
    owned: Flags
    common: Ints
    holds: NDArray[np.uint64]
    share_beside: NDArray[np.float32]
    rooms: Rooms

    @property
    def n(self) -> int:
        """Number of accounts."""
        return len(self.accounts)

    def values_of(self, members: Ints) -> tuple[Ints, Ints]:
        """Values the members hold, and for each the position of its holder in `members`."""
        rows, owner = gather(self.starts, members)
        return self.value_of[rows].astype(np.int64), owner

    def counted(self, members: Ints, least: int = 1) -> tuple[Ints, Ints]:
        """Values that `least` of the members hold, in order, and how many of them hold each."""
        with self.rooms.one() as room:
            return counted(self.starts, self.place_of, self.widest, self.df, members, least, room.counts)

    def holders_of(self, values: Ints) -> tuple[Ints, Ints]:
        """Accounts that hold the values, and for each the position of its value in `values`."""
        rows, owner = gather(self.heads, values)
        return self.account_of[rows].astype(np.int64), owner

    def of_kind(self, *names: str, among: Ints | None = None) -> Flags:
        """bool[V]: the value is of one of these kinds; of the values `among`, if given."""
        codes = {KINDS[name].code for name in names}
        wanted = np.array([code in codes for code in self.kinds.tolist()], np.bool_)
        return wanted[self.kind_at if among is None else self.kind_at[among]]


@kernel
def gather(starts: Ints, items: Ints) -> tuple[Ints, Ints]:
    """Row numbers of several compressed ranges one after the other, and which item each belongs to."""
    n = 0
    for item in items:
        n += starts[item + 1] - starts[item]
    rows, owner = np.empty(n, np.int64), np.empty(n, np.int64)
    n = 0
    for i in range(len(items)):
        for at in range(starts[items[i]], starts[items[i] + 1]):
            rows[n], owner[n] = at, i
            n += 1
    return rows, owner


def read_incidence(t: Tables, *, threads: int = 1) -> Incidence:
    """Incidence of accounts with exchanges and of marking values that two or more of them hold."""
    kinds = ", ".join(str(KINDS[name].code) for name in MARKING)
    t.define(
        "held",
        f"""
        SELECT h.account_id, h.kind, h.value_key, CAST(h.n AS DOUBLE) / a.n AS share FROM holdings h
        JOIN (SELECT account_id, sum(n) AS n FROM activity GROUP BY account_id) a ON a.account_id = h.account_id
        WHERE h.kind IN ({kinds})
        """,
    )
    t.define(
        "value_stats",
        "SELECT kind, value_key FROM held GROUP BY kind, value_key HAVING count(*) >= 2",
    )
    rows = t.numpy(
        """
        SELECT h.account_id, h.kind, h.value_key, h.share FROM held h
        JOIN value_stats v ON v.kind = h.kind AND v.value_key = h.value_key
        ORDER BY h.kind, h.value_key, h.account_id
        """
    )
    has = t.numpy("SELECT DISTINCT account_id, kind FROM held")
    member = t.numpy(
        f"SELECT account_id, min(value_key) AS organization FROM held WHERE kind = {KINDS['organization'].code} "
        "GROUP BY account_id ORDER BY account_id"
    )
    everybody = t.numpy("SELECT DISTINCT account_id FROM activity ORDER BY 1")["account_id"]
    t.drop("held")
    t.drop("value_stats")
    account, kind, key = (np.asarray(rows[c]) for c in ("account_id", "kind", "value_key"))
    having, having_kind = np.asarray(has["account_id"]), np.asarray(has["kind"])
    share = np.asarray(rows["share"], np.float32)
    organization = np.full(len(everybody), -1, np.int64)
    declared = np.unique(np.asarray(member["organization"], np.int64), return_inverse=True)[1]
    organization[np.searchsorted(everybody, member["account_id"])] = declared
    return _compress(
        np.asarray(everybody), account, kind, key, share, having, having_kind, organization, threads
    )


def _compress(
    accounts: Ints,
    account: Ints,
    kind: NDArray[np.int16],
    key: Ints,
    share: NDArray[np.float32],
    having: Ints,
    having_kind: NDArray[np.int16],
    organization: Ints,
    threads: int,
) -> Incidence:
    codes = np.searchsorted(accounts, account).astype(np.int32)
    fresh = np.ones(len(key), dtype=bool)
    fresh[1:] = (key[1:] != key[:-1]) | (kind[1:] != kind[:-1])
    heads = np.append(np.flatnonzero(fresh), len(key)).astype(np.int64)
    df = np.diff(heads)
    widest = np.argsort(-df, kind="stable")
    starts, value_of = transposed(heads, codes, len(accounts), np.arange(len(df)))
    families = (kind[fresh] // 100).astype(np.int16)
    kinds = np.unique(having_kind).astype(np.int16)
    has = np.zeros((len(accounts), len(kinds)), dtype=bool)
    has[np.searchsorted(accounts, having), np.searchsorted(kinds, having_kind)] = True
    content = np.isin(kind[fresh], [KINDS[name].code for name in CONTENT_KINDS])
    wider, wider_of = wider_sets(
        heads, codes, len(accounts), content, least=OVERLAP, sample=SAMPLE, threads=threads
    )
    common = np.flatnonzero(df * COMMON >= len(accounts))
    return Incidence(
        accounts=accounts.astype(np.int64),
        kind=kind[fresh].astype(np.int16),
        family=families,
        key=key[fresh].astype(np.int64),
        df=df,
        starts=starts,
        value_of=value_of,
        place_of=transposed(heads, codes, len(accounts), widest)[1],
        widest=widest,
        heads=heads,
        account_of=codes,
        share_of=share,
        kinds=kinds,
        kind_at=np.searchsorted(kinds, kind[fresh]).astype(np.int64),
        has=has,
        having=has.sum(axis=0).astype(np.int64),
        wider=wider,
        wider_of=wider_of,
        organization=organization,
        owned=_owned(kind[fresh], organization[codes], heads),
        common=common,
        holds=bits_of(heads, codes, common, len(accounts)),
        share_beside=beside(heads, codes, starts, share),
        rooms=Rooms(len(accounts), len(df)),
    )


def _owned(kind: NDArray[np.int16], organization: Ints, heads: Ints) -> Flags:
    """bool[V]: only accounts of one organization hold the value, and it is something that one gives its accounts."""
    own = [k.code for k in KINDS.values() if k.family in OWN_FAMILIES and k.name != "organization"]
    if not len(kind):
        return np.zeros(0, np.bool_)
    least = np.minimum.reduceat(organization, heads[:-1])
    return np.asarray(
        np.isin(kind, own) & (least >= 0) & (least == np.maximum.reduceat(organization, heads[:-1]))
    )
