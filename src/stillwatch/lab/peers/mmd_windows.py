"""MMD windows: does a window of queries come from another distribution than benign traffic?"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from stillwatch.lab.compare.peer import Floats, peer
from stillwatch.lab.compare.traffic import Traffic
from stillwatch.lab.compare.vectors import Ints, Matrix, Rarity, texts_of, vectors

WINDOW = 1_500
FEATURES = 256  # of the kernel, a cosine and a sine each
CALIBRATION = 0.997  # of benign windows stay below 1; the paper reports 0.3% false positives
BLOCK = 65_536
QUERY = "select account, prompt_text from exchanges order by "
Sums = npt.NDArray[np.float64]


@peer(
    title="MMD windows",
    source="LabRAI: MMD windows for model extraction, arXiv 2606.05725",
    reads=("prompt_text",),
    grid={"windows": ("account", "stream"), "least": (4, 20, 100)},
    published={"windows": "stream", "least": WINDOW},
    threshold=1.0,
    most_accounts=50_000,
    reference=True,
)
def mmd_windows(traffic: Traffic, *, reference: Traffic, windows: str, least: int) -> Floats:
    """Largest squared MMD of an account's windows, in units of what 99.7% of benign windows stay below.

    Published: windows of 1,500 queries, embedded with BGE-small; kernel two-sample statistic against benign
    queries; the threshold is calibrated on benign windows alone, here on the half that is not compared with. There
    are no accounts: a window is accused.
    Changed: hashed TF-IDF vectors in place of BGE-small; the Gaussian kernel (width: median distance) by random
    Fourier features, unbiased; an account is accused with the `stream` windows it has a query in (mean over its
    queries), or by windows of its own queries (`account`), the last shorter, at least `least` long, and compared
    with benign windows of a similar length. Without benign windows to calibrate on nobody is accused.
    """
    known = reference.query(QUERY + "at_us, exchange_id")
    texts = texts_of(known, "prompt_text")
    kernel = _Kernel.fit(texts)
    number = np.arange(len(texts)) // WINDOW if windows == "stream" else known["account"].to_numpy()
    benign = kernel.embed(texts.filter(pa.array(number % 2 == 0))).mean(axis=0)
    limits = _limits(kernel, reference, benign, windows, least)
    account, _, value, size = _windows(kernel, traffic, benign, windows, least)
    scores = np.full(len(traffic.accounts), np.nan)
    relative = value / limits[_class(size)]
    if windows == "stream":
        n = np.bincount(account, size, len(scores))
        total = np.bincount(account, size * relative, len(scores))
        return np.where(n > 0, total / np.maximum(n, 1), np.nan)
    np.fmax.at(scores, account, relative)
    return scores


class _Kernel:
    """Random features of a Gaussian kernel over text vectors (Rahimi and Recht, 2007)."""

    def __init__(self, rarity: Rarity, frequencies: Matrix) -> None:
        self._rarity, self._frequencies = rarity, frequencies

    @classmethod
    def fit(cls, texts: pa.Array) -> _Kernel:
        rarity = Rarity.measure(texts)
        some = vectors(texts[:: max(len(texts) // 1_000, 1)], rarity)
        apart = np.sqrt(np.maximum(2 - 2 * some @ some.T, 0))[np.triu_indices(len(some), 1)]
        width = float(np.median(apart)) if len(apart) else 1.0
        draws = np.random.default_rng(1).standard_normal((some.shape[1], FEATURES))
        return cls(rarity, (draws / max(width, 1e-6)).astype(np.float32))

    def embed(self, texts: pa.Array) -> Matrix:
        """One row of length 1 per text."""
        phase = vectors(texts, self._rarity) @ self._frequencies
        scale = np.float32(1 / np.sqrt(self._frequencies.shape[1]))
        return np.concatenate([np.cos(phase), np.sin(phase)], axis=1) * scale


def _windows(
    kernel: _Kernel, traffic: Traffic, benign: Matrix, windows: str, least: int
) -> tuple[Ints, Ints, Floats, Ints]:
    """Account, window, statistic and size; in a stream, a row per account and window, its queries as the size."""
    order = "account, at_us, exchange_id" if windows == "account" else "at_us, exchange_id"
    rows = traffic.query(QUERY + order)
    texts, account = texts_of(rows, "prompt_text"), rows["account"].to_numpy()
    number = np.arange(len(account))
    if windows == "account":
        first = np.flatnonzero(np.diff(account, prepend=-1))
        number = number - np.repeat(first, np.diff([*first, len(account)]))
        window = np.cumsum((number % WINDOW == 0).astype(np.int64)) - 1
    else:
        window = number // WINDOW
    size = np.bincount(window)
    sums = np.zeros((len(size), 2 * FEATURES))
    for begin in range(0, len(account), BLOCK):
        part = window[begin : begin + BLOCK]
        firsts = np.flatnonzero(np.diff(part, prepend=-1))
        sums[part[firsts]] += np.add.reduceat(kernel.embed(texts[begin : begin + BLOCK]), firsts, axis=0)
    value = squared_mmd(sums, size, benign)
    pair, n = np.unique(np.stack([account, window], axis=1), axis=0, return_counts=True)
    enough = size[pair[:, 1]] >= max(least, 2)
    who, where = pair[enough, 0], pair[enough, 1]
    return who, where, value[where], n[enough] if windows == "stream" else size[where]


def squared_mmd(sums: Sums, size: Ints, benign: Matrix) -> Floats:
    """Squared MMD of each window, of which the sum of features is given, from a mean; unbiased in the window.

    Features have length 1, so that the pairs of a query with itself add `size`.
    """
    n = np.maximum(size, 2).astype(np.float64)
    inner = ((sums**2).sum(axis=1) - n) / (n * (n - 1))
    mean = benign.astype(np.float64)
    return np.asarray(inner - 2 * sums @ mean / n + mean @ mean, np.float64)


def _held_out(account: Ints, window: Ints, value: Floats, size: Ints, windows: str) -> tuple[Floats, Ints]:
    """Statistic and size of the benign windows that did not make the mean, one row each."""
    odd = (window if windows == "stream" else account) % 2 == 1
    _, once = np.unique(window[odd], return_index=True)
    return value[odd][once], size[odd][once]


def _class(size: Ints) -> Ints:
    """Windows of 2^k to 2^(k+1) queries are compared with each other."""
    return np.log2(np.maximum(size, 1)).astype(np.int64)


def _limits(kernel: _Kernel, reference: Traffic, benign: Matrix, windows: str, least: int) -> Floats:
    """Per class of size what `CALIBRATION` of the benign windows stay below; one limit for all in a stream."""
    value, size = _held_out(*_windows(kernel, reference, benign, windows, least), windows)
    classes = np.arange(_class(np.array([WINDOW]))[0] + 64)
    everything = float(np.quantile(value, CALIBRATION)) if len(value) else np.inf
    limits = np.full(len(classes), max(everything, 1e-12))
    if windows == "account":
        for k in np.unique(_class(size)):
            limits[k] = max(float(np.quantile(value[_class(size) == k], CALIBRATION)), 1e-12)
    return limits
