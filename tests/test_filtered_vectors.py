"""Filtered vectors against numpy, for every kind and from one item in a thousand to nearly all."""

from pathlib import Path

import numpy as np
import pytest

from tests.test_vector_index import clustered, round_trip
from wardrobe.index.exhaustive import search_array
from wardrobe.index.vector_index import EXHAUSTIVE_MAX, KINDS, VectorIndex

COUNT, DIMENSION, K = 30_000, 16, 10
"""More vectors than are always looked at one by one, of a size that builds in seconds."""


@pytest.fixture(scope="module")
def vectors() -> np.ndarray:
    return clustered(COUNT, DIMENSION, 1, centres=300, width=0.4)


@pytest.fixture(scope="module", params=KINDS)
def index(request, tmp_path_factory, vectors) -> VectorIndex:
    built = VectorIndex.build(vectors, request.param)
    folder: Path = tmp_path_factory.mktemp("vectors")
    return round_trip(built, folder)


@pytest.fixture(scope="module")
def queries() -> np.ndarray:
    return clustered(40, DIMENSION, 2, centres=300, width=0.4)


def check(
    index: VectorIndex, vectors: np.ndarray, queries: np.ndarray, allowed: np.ndarray
) -> None:
    """Checks that answers are full, allowed, in order, and the nearest or nearly."""
    k = min(K, int(allowed.sum()))
    scores, found = index.search(queries, K, allowed)
    assert found.shape == scores.shape == (len(queries), k)
    assert allowed[found].all()
    assert all(len({*row}) == k for row in found)
    assert (np.diff(scores, axis=1) <= 0).all()
    cosines = queries @ vectors.T
    exact = hasattr(index._index, "get_xb") or int(allowed.sum()) == 0
    tolerance = 2e-3 if index._every_vector.code_size < 4 * DIMENSION else 1e-5
    np.testing.assert_allclose(scores, np.take_along_axis(cosines, found, 1), atol=tolerance)
    cosines[:, ~allowed] = -2
    best = np.argsort(-cosines, axis=1, kind="stable")[:, :k]
    if exact:
        np.testing.assert_array_equal(found, best)
    recall = np.mean([len({*a} & {*b}) / max(k, 1) for a, b in zip(found, best, strict=True)])
    assert recall >= 0.95 or k == 0


@pytest.mark.parametrize("share", [0.0002, 0.01, 0.1, 0.3, 0.7, 0.9, 0.99, 0.9999])
def test_a_random_share(index, vectors, queries, share):
    allowed = np.random.default_rng(3).random(COUNT) < share
    check(index, vectors, queries, allowed)


@pytest.mark.parametrize("far", [False, True])
def test_what_is_allowed_lies_together_near_the_queries_or_away_from_them(
    index, vectors, queries, far
):
    """As a filter by colour leaves whole regions: there a graph or lists must go on searching."""
    likeness = vectors @ queries[0]
    allowed = (likeness < np.median(likeness)) == far
    allowed[::200] = True
    check(index, vectors, queries, allowed)
    check(index, vectors, queries[:1], likeness < np.percentile(likeness, 80))


@pytest.mark.parametrize("count", [0, 1, 3, K, K + 1])
def test_hardly_any_and_none(index, vectors, queries, count):
    allowed = np.zeros(COUNT, np.bool_)
    allowed[np.random.default_rng(4).permutation(COUNT)[:count]] = True
    check(index, vectors, queries, allowed)


def test_all_but_the_nearest(index, vectors, queries):
    """As when every version of an item but the last is dead."""
    allowed = np.ones(COUNT, np.bool_)
    nearest = np.argsort(-(queries[:8] @ vectors.T), axis=1)[:, :400]
    allowed[nearest.ravel()] = False
    check(index, vectors, queries[:8], allowed)


def test_the_edge_between_looking_at_each_and_a_graph_or_lists(index, vectors, queries):
    for count in (EXHAUSTIVE_MAX, EXHAUSTIVE_MAX + 1):
        allowed = np.zeros(COUNT, np.bool_)
        allowed[np.random.default_rng(5).permutation(COUNT)[:count]] = True
        check(index, vectors, queries, allowed)


@pytest.mark.parametrize("share", [0.0, 0.05, 0.5, 1.0])
@pytest.mark.parametrize("k", [1, 7, 900])
def test_an_array_is_searched_as_flat_is_to_the_bit(vectors, queries, share, k):
    some = vectors[:700]
    allowed = np.random.default_rng(6).random(700) < share
    flat = VectorIndex.build(some, "flat")
    for asked in (queries[:1], queries):
        for found, wanted in zip(
            search_array(some, asked, k, allowed), flat.search(asked, k, allowed), strict=True
        ):
            np.testing.assert_array_equal(found, wanted)


@pytest.mark.parametrize("kind", ["flat", "hnsw"])
def test_graphs_score_as_arrays_do_to_the_bit(kind):
    vectors, queries = clustered(3000, 384, 7), clustered(5, 384, 8)
    scores, found = VectorIndex.build(vectors, kind).search(queries[:1], 50)
    exact, _ = search_array(vectors, queries[:1], 3000, np.ones(3000, np.bool_))
    assert set(scores[0].tolist()) <= set(exact[0].tolist())
