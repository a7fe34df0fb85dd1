"""Ordinary customers: private people and firms, with the mixed facts that real sign-up forms collect."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from stillwatch.lab.population import specs
from stillwatch.lab.population.clocks import HOUR_US
from stillwatch.lab.population.frame import Frame
from stillwatch.lab.population.specs import ACCOUNT, NONE, OWN, PAYMENT_KINDS, PROGRAMS, VERIFICATIONS
from stillwatch.lab.population.town import DAY_US, Town

_FREE = "postbox quickmail letterhead inbucket mailroom dovecote envelope parcelnet writeme skymail"
_THROWN = "inbox post mails drops notes box letter slip"
FREE_MAIL = tuple(f"{name}.example" for name in _FREE.split())
DISPOSABLE = tuple(
    f"{a}{b}.example" for a in ("temp", "ten", "drop", "void", "flash") for b in _THROWN.split()
)
_FALL = 0.62  # each free-mail service has so much of the customers of the one before


def created(town: Town, rng: np.random.Generator, n: int, *, days: float = 300.0) -> npt.NDArray[np.int64]:
    """Sign-up times, microseconds: old and new customers, crowded together after launches."""
    last = -0.8 * town.hours / 24
    age = rng.exponential(days, n) + last
    launches = np.sort(town.rng("launches").uniform(last, 900, 60))
    near = launches[rng.integers(len(launches), size=n)] - rng.exponential(0.8, n)
    age = np.where(rng.random(n) < 0.35, near, age)
    age = np.where(age > last, age, rng.uniform(0, 300, n))
    clock = town.start - (age * DAY_US).astype(np.int64)
    return clock - clock % 1_000_000 + rng.integers(1_000_000, size=n)


def local_codes(rng: np.random.Generator, n: int) -> npt.NDArray[np.int32]:
    """Shapes of e-mail local parts: letters, separator, letters, digits, packed into a number."""
    first = rng.integers(1, 11, n)
    separator = rng.choice(4, n, p=[0.45, 0.4, 0.1, 0.05])
    last = np.where(
        separator > 0, rng.integers(3, 11, n), rng.choice([0, 5, 6, 7], n, p=[0.5, 0.2, 0.2, 0.1])
    )
    digits = rng.choice([0, 1, 2, 3, 4, 6], n, p=[0.46, 0.1, 0.2, 0.1, 0.1, 0.04])
    return (first | separator << 4 | last << 6 | digits << 10).astype(np.int32)


def people(town: Town, rng: np.random.Generator, n: int) -> Frame:
    """Private customers, one row each."""
    kinds = rng.choice(len(PAYMENT_KINDS), n, p=[0.53, 0.11, 0.07, 0.01, 0.03, 0.01, 0.24])
    program = rng.choice(len(PROGRAMS), n, p=[0.68, 0.06, 0.01, 0.03, 0.22])
    program = np.where(kinds == PAYMENT_KINDS.index("none"), PROGRAMS.index("free_trial"), program)
    homes = np.array([town.pool("residential", rng) for _ in range(min(n, 400))])
    return Frame.make(
        ACCOUNT,
        n,
        created=created(town, rng, n),
        domain=mail_domains(town, rng, n),
        local=local_codes(rng, n),
        phone=np.where(rng.random(n) < 0.7, OWN, NONE),
        card=np.where(kinds == PAYMENT_KINDS.index("none"), NONE, OWN),
        kind=kinds,
        issuer=issuers(rng, kinds),
        neighbour=neighbours(rng, kinds),
        card_2=np.where(rng.random(n) < 0.06, OWN, NONE),
        country=np.minimum(rng.geometric(0.12, n), 40),
        signup_pool=homes[rng.integers(len(homes), size=n)],
        signup_clients=town.client("browser", rng, 12),
        program=program,
        plan=rng.choice(3, n, p=[0.25, 0.6, 0.15]),
        verification=rng.choice(len(VERIFICATIONS), n, p=[0.05, 0.5, 0.4, 0.05, 0.0]),
        status=rng.choice(len(specs.STATUSES), n, p=[0.985, 0.006, 0.004, 0.005]),
    )


def mail_domains(town: Town, rng: np.random.Generator, n: int) -> npt.NDArray[np.int64]:
    """Domains of private customers: mostly free mail, some disposable, some of their own."""
    shares = _FALL ** np.arange(len(FREE_MAIL))
    known = np.array([town.domain(name) for name in FREE_MAIL])
    free = known[rng.choice(len(known), n, p=shares / shares.sum())]
    thrown = np.array([town.domain(name) for name in DISPOSABLE])[rng.integers(len(DISPOSABLE), size=n)]
    kind = rng.random(n)
    return np.where(kind < 0.8, free, np.where(kind < 0.89, thrown, OWN))


def issuers(rng: np.random.Generator, kinds: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Issuer ranges: a few big banks and many small ones; virtual cards come from a dozen services."""
    bank = np.minimum(rng.zipf(1.3, len(kinds)), 400)
    return np.where(kinds == PAYMENT_KINDS.index("virtual_card"), 400 + rng.integers(1, 13, len(kinds)), bank)


def neighbours(rng: np.random.Generator, kinds: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Ranges of neighbouring card numbers: some customers of a service happen to get neighbouring cards."""
    n = len(kinds)
    virtual = kinds == PAYMENT_KINDS.index("virtual_card")
    first, ranges = int(rng.integers(1 << 50)), max(1, int(virtual.sum() * 0.8))
    return np.where(virtual & (rng.random(n) < 0.7), first + rng.integers(ranges, size=n), OWN)


def firms(town: Town, rng: np.random.Generator, n: int) -> Frame:
    """Business customers: their own domain, mostly a card or an invoice, an organization for half of them."""
    base = people(town, rng, n)
    kinds = rng.choice(len(PAYMENT_KINDS), n, p=[0.58, 0.1, 0.02, 0.16, 0.13, 0.01, 0.0])
    org = rng.integers(1 << 40, 1 << 60, n)
    return base.having(
        domain=np.where(rng.random(n) < 0.8, OWN, base["domain"]),
        org=np.where(rng.random(n) < 0.5, org, NONE),
        kind=kinds,
        card=OWN,
        issuer=issuers(rng, kinds),
        neighbour=neighbours(rng, kinds),
        program=rng.choice(len(PROGRAMS), n, p=[0.8, 0.02, 0.01, 0.11, 0.06]),
        plan=rng.choice(5, n, p=[0.02, 0.5, 0.18, 0.2, 0.1]),
        verification=rng.choice(len(VERIFICATIONS), n, p=[0.02, 0.33, 0.35, 0.12, 0.18]),
    )


def one_house(frame: Frame, town: Town, rng: np.random.Generator, name: object) -> Frame:
    """The same accounts as members of one declared organization: its domain, its number,
    its invoice or card.
    """
    invoice = rng.random() < 0.5
    return frame.having(
        org=town.number("org", name),
        domain=town.domain(f"{word_of(town.number('house', name))}.example"),
        kind=PAYMENT_KINDS.index("invoice" if invoice else "card"),
        card=town.number("card", name),
        issuer=int(rng.integers(1, 400)),
        neighbour=OWN,
        verification=VERIFICATIONS.index(str(rng.choice(["email", "document", "contract"]))),
        plan=int(rng.integers(2, 5)),
        program=0,
    )


def signed_up(frame: Frame, rng: np.random.Generator, at: float, hours: float) -> Frame:
    """The same accounts, opened within some hours after a moment (microseconds)."""
    delay = rng.exponential(hours / 2, len(frame)) * HOUR_US
    return frame.having(created=int(at) + delay.astype(np.int64))


def word_of(number: int) -> str:
    """A pronounceable name for a number."""
    syllables = (
        "ba",
        "ce",
        "di",
        "fo",
        "gu",
        "ha",
        "je",
        "ki",
        "lo",
        "mu",
        "na",
        "pe",
        "ri",
        "so",
        "tu",
        "va",
    )
    return "".join(syllables[number >> shift & 15] for shift in range(0, 20, 4))
