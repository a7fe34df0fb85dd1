"""Vocabularies and wordings: a request said in ever different order and words is recognised, ordinary talk is not."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
from tests.sketches import put_exchanges

from stillwatch.model.kernels.wording import WordSets, word_sets
from stillwatch.signals.tables.frames import write_frames
from stillwatch.signals.tables.templates import write_templates
from stillwatch.signals.tables.vocabulary import vocabularies
from stillwatch.signals.tables.wordings import TEXTS, WordingSettings, words_of, write_wordings
from stillwatch.store.duck import DuckTables

WORDS = "derive quantity rigorously enumerating discarded attempts before verdict underline conclusion"
REQUEST = tuple(WORDS.split())
BELOW_ANY_INTENT = WordingSettings(min_intent=-30_000)


def letters(rng: np.random.Generator) -> str:
    return "".join(rng.choice(list("abcdefghijklmnopqrstuvwxyz"), 7))


def reworded(rng: np.random.Generator) -> str:
    """Eight of the ten words in a new order, in front of a slot."""
    said = rng.permutation(REQUEST)[:8].tolist()
    return " ".join(said) + ". " + " ".join(letters(rng) for _ in range(12))


def talk(rng: np.random.Generator) -> str:
    return " ".join(letters(rng) for _ in range(20))


def test_words_that_come_together_are_a_vocabulary() -> None:
    rng = np.random.default_rng(1)
    texts = [reworded(rng) for _ in range(40)] + [talk(rng) for _ in range(200)]
    sets = word_sets(pa.array(texts, pa.large_string()), pa.nulls(len(texts), pa.large_string()))
    text, vocabulary = vocabularies(sets)
    assert list(range(40)) == sorted(text.tolist())
    assert 1 == len(np.unique(vocabulary))


def test_no_texts_have_no_vocabulary() -> None:
    sets = word_sets(pa.nulls(3, pa.large_string()), pa.nulls(3, pa.large_string()))
    assert 0 == len(vocabularies(sets)[0])


def fill(t: DuckTables, texts: list[tuple[str, str]], reference: list[str]) -> None:
    put_exchanges(t, [{"account_id": a, "prompt_text": p} for a, p in texts])
    table = pa.table(
        {"prompt_text": [p for _, p in texts], "system_text": pa.nulls(len(texts), pa.large_string())}
    )
    table = table.cast(pa.schema([(name, pa.large_string()) for name in TEXTS]))

    def batches() -> Iterator[WordSets]:
        return (words_of(batch) for batch in table.to_batches(max_chunksize=50))

    write_frames(t, reference=frozenset())
    public = pa.array(reference, pa.large_string())
    write_wordings(
        t, lambda at: words_of(table.take(pa.array(at))), batches, reference=public, settings=BELOW_ANY_INTENT
    )


def test_a_reworded_request_is_one_wording_of_its_accounts(t: DuckTables) -> None:
    rng = np.random.default_rng(2)
    said = [(f"a{i % 10}", reworded(rng)) for i in range(60)]
    fill(t, said + [(f"b{i}", talk(rng)) for i in range(1400)], [])
    found = t.query(
        "SELECT wording_id, count(*) AS n, count(DISTINCT account_id) AS accounts FROM exchange_wordings GROUP BY 1"
    )
    assert [(60, 10)] == [(r["n"], r["accounts"]) for r in found.to_pylist()]
    write_templates(t)
    assert [(10, 60, False)] == [
        (r["accounts"], r["exchanges"], r["public"]) for r in t.query("SELECT * FROM templates").to_pylist()
    ]


def test_a_wording_of_the_reference_is_public(t: DuckTables) -> None:
    rng = np.random.default_rng(3)
    said = [(f"a{i % 10}", reworded(rng)) for i in range(60)]
    fill(t, said + [(f"b{i}", talk(rng)) for i in range(1400)], [" ".join(REQUEST)])
    assert [True] == t.query("SELECT DISTINCT public FROM wordings")["public"].to_pylist()


def test_ordinary_talk_has_no_wording(t: DuckTables) -> None:
    rng = np.random.default_rng(4)
    fill(t, [(f"b{i}", talk(rng)) for i in range(120)], [])
    assert 0 == t.rows("exchange_wordings")
