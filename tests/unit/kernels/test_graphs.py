"""Components and communities of small graphs that one can check by eye."""

import numpy as np
import pytest
from scipy import sparse

from stillwatch.model.kernels.components import components
from stillwatch.model.kernels.cpm import cpm


def rows(edges: list[tuple[int, int, float]], n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    left, right, weight = (np.array(column) for column in zip(*edges, strict=True))
    graph = sparse.coo_array((weight.astype(float), (left, right)), shape=(n, n)).tocsr()
    graph = graph + graph.T
    return graph.indptr, graph.indices, graph.data


def clique(nodes: range) -> list[tuple[int, int, float]]:
    return [(a, b, 1.0) for a in nodes for b in nodes if a < b]


def test_a_component_is_named_by_its_smallest_node():
    assert [0, 1, 0, 1, 4] == components(5, [2, 3], [0, 1]).tolist()


def test_nodes_without_edges_stay_alone():
    assert [0, 1] == components(2, [], []).tolist()


def test_two_cliques_with_a_bridge_are_two_communities():
    graph = rows([*clique(range(5)), *clique(range(5, 10)), (4, 5, 1.0)], 10)
    assert [0] * 5 + [5] * 5 == cpm(*graph, gamma=0.5).tolist()


@pytest.mark.parametrize(("gamma", "communities"), [(0.0, 1), (0.5, 6), (1.1, 30)])
def test_gamma_is_the_density_that_a_community_must_exceed(gamma, communities):
    ring = [(5 * i + 4, (5 * i + 5) % 30, 1.0) for i in range(6)]
    edges = [edge for i in range(6) for edge in clique(range(5 * i, 5 * i + 5))]
    assert communities == len(set(cpm(*rows([*edges, *ring], 30), gamma=gamma).tolist()))


def test_nodes_of_size_zero_do_not_count():
    """A star of 20 accounts around one value: with the value free, weight 2 carries γ · 19 < 2."""
    graph = rows([(i, 20, 2.0) for i in range(20)], 21)
    sizes = np.array([1.0] * 20 + [0.0])
    assert [0] * 21 == cpm(*graph, gamma=0.1, node_sizes=sizes).tolist()
    assert len(set(cpm(*graph, gamma=0.5, node_sizes=sizes).tolist())) > 1


def test_an_empty_graph_has_no_communities():
    assert cpm([0], [], [], gamma=1.0).tolist() == []
    assert cpm([0, 0, 0], [], [], gamma=1.0).tolist() == [0, 1]


def test_no_single_move_improves_the_result():
    rng = np.random.default_rng(3)
    edges = [
        (a, b, 1.0)
        for a in range(60)
        for b in range(a)
        if rng.random() < (0.6 if a // 15 == b // 15 else 0.03)
    ]
    indptr, indices, weights = rows(edges, 60)
    labels = cpm(indptr, indices, weights, gamma=0.3)
    size = np.bincount(labels, minlength=60)
    for node in range(60):
        near = slice(indptr[node], indptr[node + 1])
        gains = np.bincount(labels[indices[near]], weights=weights[near], minlength=60) - 0.3 * size
        gains[labels[node]] += 0.3
        assert gains[labels[node]] >= max(gains.max(), 0) - 1e-9
