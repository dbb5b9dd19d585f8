"""Vectors in FAISS against numpy: order, scores, recall, ties, and what is refused."""

from pathlib import Path

import numpy as np
import pytest

from wardrobe.errors import BadRequestError, IndexFolderError
from wardrobe.index.vector_index import FLAT_MAX, HNSW_MAX, VectorIndex, kind_for


def clustered(
    count: int, dimension: int, seed: int, *, centres: int = 200, width: float = 0.5
) -> np.ndarray:
    """Unit vectors around centres, as pictures of garments lie."""
    random = np.random.default_rng(seed)
    middles = np.random.default_rng(0).standard_normal((centres, dimension))
    vectors = middles[random.integers(0, centres, count)]
    vectors = vectors + width * random.standard_normal((count, dimension))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def nearest(queries: np.ndarray, vectors: np.ndarray, k: int) -> np.ndarray:
    return np.argsort(-(queries @ vectors.T), axis=1, kind="stable")[:, :k]


def round_trip(index: VectorIndex, folder: Path) -> VectorIndex:
    index.write(folder / "vectors")
    return VectorIndex.read(folder / "vectors")


@pytest.mark.parametrize("queries", [1, 3, 40])
@pytest.mark.parametrize("k", [1, 7, 500])
def test_flat_gives_the_rows_order_and_scores_of_numpy(tmp_path, queries, k):
    vectors, asked = clustered(333, 24, 1), clustered(queries, 24, 2)
    scores, rows = round_trip(VectorIndex.build(vectors, "flat"), tmp_path).search(asked, k)
    expected = nearest(asked, vectors, k)
    np.testing.assert_array_equal(rows, expected)
    np.testing.assert_allclose(
        scores, np.take_along_axis(asked @ vectors.T, expected, axis=1), atol=1e-6
    )


@pytest.mark.parametrize(("kind", "tolerance"), [("hnsw", 1e-6), ("ivfpq", 1e-3)])
def test_approximate_kinds_find_what_flat_finds_with_honest_scores(tmp_path, kind, tolerance):
    # As crowded as a million garments are: more near ones than codes can tell apart.
    vectors, asked = (
        clustered(count, 24, seed, centres=20, width=0.3) for count, seed in ((12_000, 3), (100, 4))
    )
    index = round_trip(VectorIndex.build(vectors, kind), tmp_path)
    scores, rows = index.search(asked, 10)
    expected = nearest(asked, vectors, 10)
    recall = np.mean([len({*a} & {*b}) / 10 for a, b in zip(rows, expected, strict=True)])
    assert recall >= 0.95
    truth = np.take_along_axis(asked @ vectors.T, rows, axis=1)
    np.testing.assert_allclose(scores, truth, atol=tolerance)
    assert index.vectors_of(np.array([17]))[0] @ vectors[17] == pytest.approx(1, abs=tolerance)
    assert (index.count, index.dimension) == (12_000, 24)


@pytest.mark.parametrize("kind", ["flat", "hnsw", "ivfpq"])
def test_k_rows_come_back_whatever_the_kind_and_each_once(tmp_path, kind):
    # 20 vectors 600 times each: islands a graph cannot leave, lists a few probes do not fill.
    vectors = np.repeat(clustered(20, 8, 5), 600, axis=0)
    index = round_trip(VectorIndex.build(vectors, kind), tmp_path)
    for k in (1, 1000, 12_000, 50_000):
        scores, rows = index.search(vectors[:2], k)
        assert rows.shape == scores.shape == (2, min(k, 12_000))
        assert rows.min() >= 0
        assert all(len({*row}) == len(row) for row in rows)
        assert (np.diff(scores, axis=1) <= 0).all()
        assert scores.max() <= 1


@pytest.mark.parametrize("kind", ["flat", "hnsw"])
def test_a_page_that_ends_among_equals_takes_the_first_rows(kind):
    vectors = clustered(200, 24, 7)
    vectors[[3, 50, 90, 120, 199]] = vectors[150]  # six are the same
    index = VectorIndex.build(vectors[np.random.default_rng(0).permutation(200)], kind)
    asked = clustered(5, 24, 8) + vectors[150]
    asked /= np.linalg.norm(asked, axis=1, keepdims=True)
    everything = index.search(asked, 200)[1]
    for k in range(1, 20):
        np.testing.assert_array_equal(index.search(asked, k)[1], everything[:, :k])


def test_equals_come_in_row_order_so_that_pages_do_not_overlap():
    vectors = np.repeat(clustered(3, 8, 6), 50, axis=0)
    index = VectorIndex.build(vectors, "flat")
    for k in (1, 10, 49):
        np.testing.assert_array_equal(index.search(vectors[60:61], k)[1][0], np.arange(50, 50 + k))


def test_an_empty_index_finds_nothing(tmp_path):
    index = round_trip(VectorIndex.build(np.empty((0, 8), np.float32), "flat"), tmp_path)
    index.warm_up()
    assert index.search(clustered(2, 8, 7), 5)[1].shape == (2, 0)


def test_the_kind_follows_the_size():
    assert [kind_for(n) for n in (0, FLAT_MAX, FLAT_MAX + 1, HNSW_MAX, HNSW_MAX + 1)] == [
        *("flat", "flat", "hnsw", "hnsw", "ivfpq")
    ]


@pytest.mark.parametrize("value", [np.nan, np.inf, 0, 3])
def test_vectors_of_a_damaged_encoder_are_refused(value):
    vectors = clustered(10, 8, 8)
    vectors[4] = value
    with pytest.raises(IndexFolderError, match="vector 4 has length .*, expected 1"):
        VectorIndex.build(vectors, "flat")


def test_too_few_vectors_to_train_on_are_refused():
    with pytest.raises(BadRequestError, match="at least 9984 vectors to train on, found 50"):
        VectorIndex.build(clustered(50, 8, 9), "ivfpq")
