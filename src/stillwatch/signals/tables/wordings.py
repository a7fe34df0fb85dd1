"""Tables `wordings` and `exchange_wordings`: what a frame says, recognised when it is said in other words.

Of a frame or a vocabulary that several accounts use, the words that most of its texts use are learned, with weights
in bits against ordinary traffic; a text whose words together pass the least weight says the same. Seeds that recognise
each other's texts are rewordings of one wording.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from stillwatch.model.ahead import ahead
from stillwatch.model.engine import Tables
from stillwatch.model.kernels.components import components
from stillwatch.model.kernels.fitting import Lexicon, Search, fitting, own_scores, search
from stillwatch.model.kernels.keytable import coded, places
from stillwatch.model.kernels.sketch import INTENT_COLUMNS
from stillwatch.model.kernels.wording import WordSets, word_sets
from stillwatch.signals.tables.vocabulary import vocabularies

Ints = NDArray[np.int64]
Words = NDArray[np.uint64]

TEXTS = ("prompt_text", "system_text")

Rows = Callable[[Ints], WordSets]  # words of the exchanges at sorted positions
Batches = Callable[[], Iterator[WordSets]]  # the same of all exchanges, in order of position


@dataclass(frozen=True, slots=True)
class Fitter:
    """Which wordings texts fit: weights of words, the ids of the wordings, the share of a text's best score."""

    lexicon: Search
    names: Ints
    of_best: float

    def pairs(self, sets: WordSets) -> tuple[Ints, Ints]:
        """Texts and the wordings they fit, a pair each: text number, wording id."""
        text, profile = fitting(sets, self.lexicon, of_best=self.of_best)
        return text, self.names[profile]


Spread = Callable[[str, Fitter], None]  # fills a table (row, wording_id) with what fits, of all exchanges


@dataclass(frozen=True, slots=True)
class WordingSettings:
    """`min_accounts` and `min_texts` of a seed; at most `most_frames` frames, the widest first; `samples` texts of a
    seed; `background` exchanges to compare with. Of other texts, `loose_each` of an account and `loose` at most are
    searched for vocabularies, those with an intent of `min_intent` 1/100 bit or more.

    A word counts if at least the share `min_share` of the samples use it, `min_lift_bits` as often as others do; the
    best `most_words` are kept. A text fits from `least_bits` on, from the share `of_median` of the samples' median, and
    with the share `of_best` of its best score. Two seeds are one wording if each recognises the share `mutual` of the
    other's samples."""

    min_accounts: int = 3
    min_texts: int = 6
    most_frames: int = 4000
    samples: int = 48
    min_intent: int = -100
    loose: int = 200_000
    loose_each: int = 6
    background: int = 20_000
    min_share: float = 0.25
    min_lift_bits: float = 2.0
    most_words: int = 40
    least_bits: float = 22.0
    of_median: float = 0.4
    of_best: float = 0.6
    mutual: float = 0.4


def write_wordings(
    t: Tables,
    rows: Rows,
    batches: Batches,
    *,
    reference: pa.Array,
    spread: Spread | None = None,
    threads: int = 1,
    settings: WordingSettings | None = None,
) -> None:
    """Fill `wordings` (wording_id, seed_id, public) and `exchange_wordings`; exchanges that no frame holds join
    `exchange_templates` under their wording.

    `rows` gives the words of some exchanges, `batches` those of all, which are compared in `threads`, or `spread` says
    what fits; `reference` are public texts, and a wording that fits one of them is public.
    """
    s = settings or WordingSettings()
    framed, loose, background = _frame_samples(t, s), _loose_samples(t, s), _background(t, s)
    sets, others, usual = _read(rows, framed.row, loose.row, background)
    seed, sets = _with_vocabularies(framed, sets, loose, others, s)
    samples = _Coded.of(sets, usual)
    wording, names = _merged(seed, samples, s)
    lexicon = search(_learned(wording, samples, s, len(names)))
    _, known = fitting(word_sets(reference, pa.nulls(len(reference), pa.large_string())), lexicon)
    public = np.isin(np.arange(len(names)), known)
    seeds, first = np.unique(seed, return_index=True)
    of = wording[first]
    t.put("wordings", pa.table({"wording_id": names[of], "seed_id": seeds, "public": public[of]}))
    fitter = Fitter(lexicon, names, s.of_best)
    if spread is not None and len(names):
        spread("wording_rows", fitter)
    else:
        t.put("wording_rows", _fits_of(batches if len(names) else lambda: iter(()), fitter, threads))
    _store(t)


@dataclass(frozen=True, slots=True)
class _Samples:
    """Positions of sampled exchanges, with their frame (0 for none), account and text key."""

    row: Ints
    frame: Ints
    account: Ints
    text: Ints


@dataclass(frozen=True, slots=True)
class _Coded:
    """Words of samples: each one's place among the distinct `words`, and the share of ordinary texts that use those."""

    sets: WordSets
    words: Words
    code: NDArray[np.int32]
    share_out: NDArray[np.float64]

    @classmethod
    def of(cls, sets: WordSets, usual: WordSets) -> _Coded:
        """The samples, compared with ordinary texts."""
        words, code = coded(sets.words)
        known = places(words.view(np.int64), usual.words.view(np.int64))
        ordinary = np.bincount(known[known >= 0], minlength=len(words))
        share = np.asarray((ordinary + 1.0) / (len(usual.starts) + 1.0), np.float64)
        return cls(sets, words, code, share)


def _frame_samples(t: Tables, s: WordingSettings) -> _Samples:
    """Fillings of private frames: of each distinct text one exchange, the smallest keys first."""
    t.define(
        "wide_frames",
        f"""
        SELECT w.template_id FROM (
            SELECT e.template_id, row_number() OVER (
                ORDER BY count(DISTINCT e.account_id) DESC, e.template_id) AS place
            FROM exchange_templates e JOIN keys k ON k.exchange_id = e.exchange_id
            JOIN public_frames p ON p.template_id = e.template_id AND NOT p.public
            GROUP BY e.template_id
            HAVING count(DISTINCT e.account_id) >= {s.min_accounts} AND count(DISTINCT k.exact_key) >= {s.min_texts}
        ) AS w WHERE w.place <= {s.most_frames}
        """,
    )
    found = _samples(
        t,
        f"""
        SELECT x.row, x.template_id AS frame, x.account_id, x.exact_key FROM (
            SELECT e.template_id, k.exact_key, min(k.row) AS row, min(k.account_id) AS account_id,
                   row_number() OVER (PARTITION BY e.template_id ORDER BY k.exact_key) AS place
            FROM exchange_templates e JOIN keys k ON k.exchange_id = e.exchange_id
            JOIN wide_frames w ON w.template_id = e.template_id
            GROUP BY e.template_id, k.exact_key) AS x
        WHERE x.place <= {s.samples} ORDER BY x.template_id, x.exact_key
        """,
    )
    t.drop("wide_frames")
    return found


def _loose_samples(t: Tables, s: WordingSettings) -> _Samples:
    """Texts in no private frame that may ask for training data, a few of each account."""
    intents = ", ".join(f"coalesce(k.{i}, -1000)" for i in INTENT_COLUMNS)
    return _samples(
        t,
        f"""
        SELECT x.row, 0 AS frame, x.account_id, x.exact_key FROM (
            SELECT k.account_id, k.exact_key, min(k.row) AS row,
                   row_number() OVER (PARTITION BY k.account_id ORDER BY k.exact_key) AS place
            FROM keys k LEFT JOIN exchange_templates e ON e.exchange_id = k.exchange_id
            LEFT JOIN public_frames p ON p.template_id = e.template_id
            WHERE k.exact_key IS NOT NULL AND greatest({intents}) >= {s.min_intent} AND coalesce(p.public, TRUE)
            GROUP BY k.account_id, k.exact_key) AS x
        WHERE x.place <= {s.loose_each} ORDER BY x.exact_key, x.account_id LIMIT {s.loose}
        """,
    )


def _samples(t: Tables, sql: str) -> _Samples:
    rows = t.numpy(sql)
    row, frame, account, text = (
        np.asarray(rows[c], np.int64) for c in ("row", "frame", "account_id", "exact_key")
    )
    return _Samples(row, frame, account, text)


def _background(t: Tables, s: WordingSettings) -> Ints:
    rows = t.numpy(
        f"SELECT row FROM keys WHERE exact_key IS NOT NULL ORDER BY exchange_id LIMIT {s.background}"
    )
    return np.asarray(rows["row"], np.int64)


def words_of(texts: pa.Table | pa.RecordBatch) -> WordSets:
    """Words of exchanges from their texts, the columns `TEXTS`."""
    columns = [texts[name] for name in TEXTS]
    if isinstance(texts, pa.Table):
        columns = [
            pa.concat_arrays(c.chunks) if c.num_chunks else pa.nulls(0, pa.large_string()) for c in columns
        ]
    return word_sets(*columns)


def _read(rows: Rows, *wanted: Ints) -> list[WordSets]:
    """Word sets of the exchanges at each of the wanted lists of positions; each exchange is read once."""
    every = np.unique(np.concatenate(wanted))
    sets = rows(every)
    return [sets.take(np.searchsorted(every, some)) for some in wanted]


def _with_vocabularies(
    framed: _Samples, sets: WordSets, loose: _Samples, others: WordSets, s: WordingSettings
) -> tuple[Ints, WordSets]:
    """Seeds of wordings, an id for each sample: of a frame its own, of a vocabulary the sum of its text keys."""
    at, found = vocabularies(others)
    number, inverse = np.unique(found, return_inverse=True)
    accounts = np.unique(np.stack([inverse, loose.account[at]], axis=1), axis=0)[:, 0]
    wide = np.bincount(accounts, minlength=len(number)) >= s.min_accounts
    wide &= np.bincount(inverse, minlength=len(number)) >= s.min_texts
    name = np.zeros(len(number), np.int64)
    np.add.at(name, inverse, loose.text[at])
    order = np.lexsort((loose.text[at], inverse))
    place = np.empty(len(at), np.int64)
    place[order] = np.arange(len(at)) - np.searchsorted(inverse[order], inverse[order])
    kept = wide[inverse] & (place < s.samples)
    return np.concatenate([framed.frame, name[inverse[kept]]]), sets.joined(others.take(at[kept]))


def _merged(seed: Ints, samples: _Coded, s: WordingSettings) -> tuple[Ints, Ints]:
    """For each sample its wording as a number, and the smallest seed of each wording."""
    ids, number = np.unique(seed, return_inverse=True)
    if len(ids) == 0:
        return number, ids
    lexicon = _learned(number, samples, s, len(ids))
    text, hit = fitting(samples.sets, search(lexicon))
    source = number[text]
    both, hits = np.unique(source * len(ids) + hit, return_counts=True)
    source, hit = both // len(ids), both % len(ids)
    enough = hits >= s.mutual * np.bincount(number, minlength=len(ids))[source]
    pairs = set(zip(source[enough].tolist(), hit[enough].tolist(), strict=True))
    mutual = sorted((a, b) for a, b in pairs if a < b and (b, a) in pairs)
    left, right = np.array(mutual, np.int64).reshape(-1, 2).T
    root = components(len(ids), left, right)
    _, wording = np.unique(root, return_inverse=True)
    first = np.full(int(wording.max()) + 1, np.iinfo(np.int64).max)
    np.minimum.at(first, wording, ids)
    return np.asarray(wording[number], np.int64), first


def _learned(group: Ints, samples: _Coded, s: WordingSettings, n: int) -> Lexicon:
    """Weights of words for each group of samples against ordinary traffic."""
    words, share_out = samples.words, samples.share_out
    owner = np.repeat(group, np.diff(samples.sets.starts))
    cell, count = np.unique(owner * max(len(words), 1) + samples.code, return_counts=True)
    profile, word = cell // max(len(words), 1), cell % max(len(words), 1)
    size = np.bincount(group, minlength=n).astype(np.float64)
    share_in = (count + 0.5) / (size[profile] + 1.0)
    lift = np.log2(share_in / share_out[word])
    present = (share_in >= s.min_share) & (lift >= s.min_lift_bits)
    profile, word, share_in, lift = profile[present], word[present], share_in[present], lift[present]
    absent = np.log2((1 - share_in) / np.maximum(1 - share_out[word], 1e-6))
    gain = share_in * lift
    order = np.lexsort((words[word], -gain, profile))
    place = np.arange(len(order)) - np.searchsorted(profile[order], profile[order])
    kept = np.sort(order[place < s.most_words])
    profile, word, lift, absent = profile[kept], word[kept], lift[kept], absent[kept]
    base = np.bincount(profile, weights=absent, minlength=n)
    used, index = np.unique(word, return_inverse=True)
    by_word = np.lexsort((profile, index))
    starts = np.zeros(len(used) + 1, np.int64)
    np.cumsum(np.bincount(index, minlength=len(used)), out=starts[1:])
    lexicon = Lexicon(
        words[used],
        starts,
        profile[by_word].astype(np.int32),
        (lift - absent)[by_word].astype(np.float32),
        base.astype(np.float32),
        np.full(n, s.least_bits, np.float32),
    )
    return _with_least(lexicon, group, samples.sets, s)


def _with_least(lexicon: Lexicon, group: Ints, sets: WordSets, s: WordingSettings) -> Lexicon:
    """The lexicon whose profiles ask for a share of what their own samples score at the median."""
    own = own_scores(sets, lexicon, group)
    profile, score = group[~np.isnan(own)], own[~np.isnan(own)]
    order = np.lexsort((score, profile))
    starts = np.searchsorted(profile[order], np.arange(len(lexicon.base) + 1))
    middle = np.minimum((starts[:-1] + starts[1:]) // 2, max(len(order) - 1, 0))
    median = score[order][middle] if len(order) else np.zeros(len(lexicon.base))
    least = np.where(np.diff(starts) > 0, np.maximum(lexicon.least, s.of_median * median), np.inf)
    return Lexicon(
        lexicon.words,
        lexicon.starts,
        lexicon.profiles,
        lexicon.weights,
        lexicon.base,
        least.astype(np.float32),
    )


def _fits_of(batches: Batches, fitter: Fitter, threads: int) -> pa.Table:
    """Positions of exchanges and the wordings they fit."""
    rows: list[Ints] = [np.empty(0, np.int64)]
    fits: list[Ints] = [np.empty(0, np.int64)]
    first = 0
    fitted = ahead(lambda sets: (len(sets.starts) - 1, *fitter.pairs(sets)), batches(), threads=threads)
    for many, text, wording in fitted:
        rows.append(text + first)
        fits.append(wording)
        first += many
    return pa.table({"row": np.concatenate(rows), "wording_id": np.concatenate(fits)})


def _store(t: Tables) -> None:
    """Keep the exchanges that fit; those that no frame holds join the exchanges of templates."""
    t.define(
        "exchange_wordings",
        """
        SELECT k.exchange_id, k.account_id, w.wording_id
        FROM wording_rows w JOIN keys k ON k.row = w.row
        """,
    )
    t.drop("wording_rows")
    t.extend(
        "exchange_templates",
        """
        SELECT w.exchange_id, w.account_id, w.wording_id AS template_id FROM (
            SELECT x.*, row_number() OVER (PARTITION BY x.exchange_id ORDER BY c.n, x.wording_id) AS place
            FROM exchange_wordings x
            JOIN (SELECT wording_id, count(*) AS n FROM exchange_wordings GROUP BY wording_id) c
              ON c.wording_id = x.wording_id) AS w
        LEFT JOIN exchange_templates e ON e.exchange_id = w.exchange_id
        WHERE e.exchange_id IS NULL AND w.place = 1
        """,
    )
    t.extend(
        "public_frames",
        """
        SELECT w.wording_id AS template_id, max(w.public) AS public FROM wordings w
        LEFT JOIN public_frames p ON p.template_id = w.wording_id
        WHERE p.template_id IS NULL GROUP BY w.wording_id
        """,
    )
