"""Laws that kernels keep for any input."""

import random

import numpy as np
import pyarrow as pa
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy import sparse

from stillwatch.model.kernels.components import components
from stillwatch.model.kernels.cpm import cpm
from stillwatch.model.kernels.hashing import HashKey, hash_strings
from stillwatch.model.kernels.sketch import KEY_COLUMNS, sketch_text
from stillwatch.model.kernels.tails import benjamini_hochberg, discovery_cut, passing_cut, poisson_log2_tail

KEY = HashKey(3, 4)
TEXTS = st.lists(st.one_of(st.none(), st.text(max_size=80)), max_size=8)


@settings(deadline=None)  # the first call compiles
@given(TEXTS, st.randoms())
def test_rows_do_not_influence_each_other(texts: list[str | None], rng: random.Random):
    order = list(range(len(texts)))
    rng.shuffle(order)
    expected = sketch_text(pa.array(texts, pa.string()), KEY).to_pylist()
    shuffled = sketch_text(pa.array([texts[i] for i in order], pa.string()), KEY).to_pylist()
    assert [expected[i] for i in order] == shuffled


@settings(deadline=None)
@given(st.text(st.characters(codec="ascii"), max_size=200))
def test_ascii_case_digits_and_white_space_never_matter(text: str):
    other = text.swapcase().replace("7", "3").replace(" ", " \n ")
    one, two = sketch_text(pa.array([text, other]), KEY).select(KEY_COLUMNS[:-1]).to_pylist()
    assert one == two


@settings(deadline=None)
@given(TEXTS)
def test_a_value_never_hashes_to_the_mark_of_null(texts: list[str | None]):
    assert [text is None for text in texts] == (hash_strings(pa.array(texts, pa.string())) == 0).tolist()


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 10_000))
def test_near_duplicates_nearly_always_share_a_key(seed: int):
    """Two replaced words in 60 leave a Jaccard similarity of about 0.8."""
    rng = random.Random(seed)  # noqa: S311
    vocabulary = [a + b + c for a in "abcde" for b in "fghij" for c in "klmno"]
    texts = [rng.choices(vocabulary, k=60) for _ in range(50)]
    changed = [words.copy() for words in texts]
    for words in changed:
        for at in rng.sample(range(len(words)), 2):
            words[at] = "other"
    both = [sketch_text(pa.array([" ".join(w) for w in side]), KEY).to_pylist() for side in (texts, changed)]
    shared = [any(a[name] == b[name] for name in KEY_COLUMNS[1:10]) for a, b in zip(*both, strict=True)]
    assert sum(shared) >= 48


NODES = 12
EDGES = st.lists(st.tuples(st.integers(0, NODES - 1), st.integers(0, NODES - 1)), max_size=40)


def _graph(edges: list[tuple[int, int]]) -> sparse.csr_array:
    dense = np.zeros((NODES, NODES))
    for a, b in edges:
        dense[a, b] = dense[b, a] = float(a != b)
    return sparse.csr_array(dense)


@settings(deadline=None)
@given(EDGES)
def test_components_are_those_of_scipy(edges: list[tuple[int, int]]):
    left, right = [a for a, _ in edges], [b for _, b in edges]
    labels = components(NODES, left, right)
    _, expected = sparse.csgraph.connected_components(_graph(edges))
    assert [int(np.flatnonzero(expected == c)[0]) for c in expected] == labels.tolist()


@settings(deadline=None)
@given(EDGES, st.permutations(range(NODES)))
def test_components_do_not_depend_on_names_or_order(edges: list[tuple[int, int]], names: list[int]):
    left, right = np.array(edges, int).reshape(-1, 2).T
    renamed = np.array(names)
    one = components(NODES, left, right)
    two = components(NODES, renamed[right][::-1], renamed[left][::-1])
    assert np.array_equal(one[:, None] == one, two[renamed][:, None] == two[renamed])


@settings(deadline=None)
@given(EDGES, st.floats(0, 1.5))
def test_communities_are_connected_and_always_the_same(edges: list[tuple[int, int]], gamma: float):
    graph = _graph(edges)
    labels = cpm(graph.indptr, graph.indices, graph.data, gamma=gamma)
    assert labels.tolist() == cpm(graph.indptr, graph.indices, graph.data, gamma=gamma).tolist()
    for label in set(labels.tolist()):
        inside = np.flatnonzero(labels == label)
        assert label == inside[0]
        assert sparse.csgraph.connected_components(graph[inside][:, inside])[0] == 1


@settings(deadline=None)
@given(EDGES, st.floats(0.01, 1.5))
def test_communities_are_worth_more_than_single_nodes(edges: list[tuple[int, int]], gamma: float):
    graph = _graph(edges)
    labels = cpm(graph.indptr, graph.indices, graph.data, gamma=gamma)
    together = labels[:, None] == labels
    pairs = sum(n * (n - 1) / 2 for n in np.bincount(labels))
    assert graph.toarray()[together].sum() / 2 - gamma * pairs >= -1e-9


@settings(deadline=None)
@given(st.lists(st.floats(-80, 0), max_size=30), st.integers(30, 500), st.floats(0.001, 0.5))
def test_smaller_p_values_are_never_dropped_before_larger_ones(log2_p: list[float], tests: int, rate: float):
    values = np.array(log2_p)
    kept = benjamini_hochberg(values, tests=tests, rate=rate)
    assert values[kept].max(initial=-np.inf) <= values[~kept].min(initial=np.inf)
    assert kept.sum() >= benjamini_hochberg(values, tests=2 * tests, rate=rate).sum()
    assert kept.sum() <= benjamini_hochberg(values, tests=tests, rate=min(1.0, 2 * rate)).sum()


@settings(deadline=None)
@given(st.lists(st.floats(-30, 0), max_size=30), st.integers(30, 500), st.floats(0.001, 1.0))
@example(log2_p=[0.0], tests=30, rate=1 - 1e-16)
def test_discoveries_are_found_by_counting(log2_p: list[float], tests: int, rate: float):
    """Those of Benjamini and Hochberg, also where tests that cannot pass are unknown."""
    values = np.array(log2_p)
    kept = benjamini_hochberg(values, tests=tests, rate=rate)
    for most in (len(values), tests):
        known = values[values <= passing_cut(most, tests=tests, rate=rate)]
        cut = discovery_cut(lambda p, known=known: int((known <= p).sum()), most=most, tests=tests, rate=rate)
        assert values[kept].tolist() == values[values <= cut].tolist()


@settings(deadline=None)
@given(st.integers(0, 500), st.floats(1e-6, 300))
def test_tail_falls_with_the_count_and_rises_with_the_mean(count: int, mean: float):
    here = poisson_log2_tail(count, mean)
    assert poisson_log2_tail(count + 1, mean) <= here <= min(0.0, poisson_log2_tail(count, 1.1 * mean) + 1e-9)
