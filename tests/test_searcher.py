"""The searcher against numpy: order, scores, pages, exclusion, and vectors it must refuse."""

from pathlib import Path

import numpy as np
import pytest

from tests.fakes import ColourEncoder
from tests.tiny_index import index_of
from wardrobe.errors import BadRequestError
from wardrobe.index import CatalogueItem
from wardrobe.query import Part, Query
from wardrobe.relevance import Curve, Relevance
from wardrobe.searcher import Hit, Searcher

COUNT, DIMENSION = 60, 13


@pytest.fixture(scope="module")
def vectors() -> np.ndarray:
    random = np.random.default_rng(3)
    drawn = random.standard_normal((COUNT, DIMENSION))
    drawn[40] = drawn[7]  # the same picture twice
    return (drawn / np.linalg.norm(drawn, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture(scope="module", params=["flat", "hnsw"])
def index(request, tmp_path_factory, vectors):
    folder: Path = tmp_path_factory.mktemp("index")
    items = [CatalogueItem(f"item-{row}", folder / f"{row}.png") for row in range(COUNT)]
    index = index_of(folder, items, vectors, ColourEncoder(), request.param)
    yield index
    index.close()


@pytest.fixture
def searcher(index):
    return Searcher(index)


def search(searcher: Searcher, vector: np.ndarray, **rules) -> list[Hit]:
    return searcher.search(Query((Part("vector", "vector", vector),), **rules)).hits


def rows_of(hits: list[Hit]) -> list[int]:
    return [int(hit.item.id.removeprefix("item-")) for hit in hits]


def expected_rows(query: np.ndarray, vectors: np.ndarray) -> list[int]:
    return np.argsort(-(vectors @ query), kind="stable").tolist()


@pytest.mark.parametrize("length", [1, 1e-30, 1e30])
def test_hits_are_the_nearest_items_with_their_cosines_whatever_the_query_length(
    searcher, vectors, length
):
    query = np.random.default_rng(4).standard_normal(DIMENSION).astype(np.float32)
    unit = query / np.linalg.norm(query)
    hits = search(searcher, (query * length).astype(np.float32), top_k=15)
    assert rows_of(hits) == expected_rows(unit, vectors)[:15]
    np.testing.assert_allclose(
        [hit.score for hit in hits], np.sort(vectors @ unit)[::-1][:15], atol=1e-5
    )


def test_pages_join_to_the_whole_without_overlap(searcher, vectors):
    whole = rows_of(search(searcher, vectors[7], top_k=COUNT))
    pages, more = [], []
    for offset in range(0, 70, 7):
        query = Query((Part("vector", "vector", vectors[7]),), top_k=7, offset=offset)
        found = searcher.search(query)
        assert found.total == COUNT
        pages.append(rows_of(found.hits))
        more.append(found.more)
    assert [row for page in pages for row in page] == whole
    assert sorted(whole) == list(range(COUNT))
    assert more == [True] * 8 + [False] * 2  # the ninth page has the last four


def test_an_item_asked_for_its_like_is_left_out_and_top_k_is_still_full(searcher, vectors):
    hits = search(searcher, vectors[40], top_k=10, without=("item-40",))
    assert rows_of(hits) == [row for row in expected_rows(vectors[40], vectors) if row != 40][:10]
    assert rows_of(hits)[0] == 7
    assert hits[0].score == pytest.approx(1)
    assert -1 <= min(hit.score for hit in hits) <= max(hit.score for hit in hits) <= 1
    second = search(searcher, vectors[40], top_k=10, offset=5, without=("item-40",))
    assert rows_of(second)[:5] == rows_of(hits)[5:]
    everything = search(searcher, vectors[40], top_k=1000, without=("item-40",))
    assert len(everything) == COUNT - 1


def test_min_score_leaves_out_what_is_less_alike(searcher, vectors):
    hits = search(searcher, vectors[0], top_k=COUNT, min_score=0.3)
    assert len(hits) == np.sum(vectors @ vectors[0] >= 0.3) > 1
    assert search(searcher, vectors[0], top_k=5, min_score=0.3, offset=len(hits)) == []
    assert search(searcher, -vectors[0], top_k=5, min_score=1) == []


def test_an_unknown_item_leaves_nothing_out(searcher, vectors):
    everything = search(searcher, vectors[0], top_k=COUNT, without=("item-99",))
    assert sorted(rows_of(everything)) == list(range(COUNT))


@pytest.mark.parametrize(
    ("vector", "message"),
    [
        (np.ones(5), r"the vector has 5 numbers; this index takes 13"),
        (np.ones((1, 13)), r"the vector has shape \(1, 13\); this index takes 13 numbers"),
        (np.ones(0), r"the vector has 0 numbers"),
        (np.array([1, 2, np.nan, *range(10)]), r"has nan at position 2; every number must be fini"),
        (np.array([*range(12), -np.inf]), r"has -inf at position 12"),
        (np.zeros(13), r"the vector is zero"),
    ],
)
def test_vectors_that_point_nowhere_are_refused(searcher, vector, message):
    with pytest.raises(BadRequestError, match=message):
        search(searcher, vector.astype(np.float32), top_k=5)


@pytest.mark.parametrize("rules", [{"diversity": 0.6}, {"sort": "metadata.place"}])
def test_pages_of_what_is_reordered_fit_together_and_are_full(tmp_path, monkeypatch, rules):
    """The pool is reordered whole, however deep the page and however many a group leaves out."""
    monkeypatch.setattr("wardrobe.searcher.POOL", 20)
    monkeypatch.setattr("wardrobe.searcher.DIVERSITY_POOL", 20)
    random = np.random.default_rng(6)
    drawn = random.standard_normal((300, DIMENSION))
    drawn = (drawn / np.linalg.norm(drawn, axis=1, keepdims=True)).astype(np.float32)
    order = np.argsort(-(drawn @ drawn[0]), kind="stable")
    groups = np.empty(300, int)
    groups[order] = np.maximum(0, np.arange(300) - 250)  # the nearest 251 are one group
    items = [
        CatalogueItem(
            f"item-{row}",
            tmp_path / f"{row}.png",
            metadata={"place": int(random.integers(1000)), "group": int(groups[row])},
        )
        for row in range(300)
    ]
    index = index_of(tmp_path, items, drawn, ColourEncoder())
    searcher = Searcher(index)
    rules = rules | {"group_by": "metadata.group"}
    whole = rows_of(search(searcher, drawn[0], top_k=100, **rules))
    assert len(whole) == 20
    assert len({groups[row] for row in whole}) == 20
    pages = [
        rows_of(search(searcher, drawn[0], top_k=3, offset=o, **rules)) for o in range(0, 24, 3)
    ]
    assert [row for page in pages for row in page] == whole
    index.close()


def test_relevance_is_of_one_thing_that_is_wanted(index, vectors):
    curve = Curve(slope=5, intercept=-2, min_relevance=0)
    judging = Searcher(index, Relevance({"picture": curve}, None, None))

    def relevance(*parts):
        return [hit.relevance for hit in judging.search(Query(parts, top_k=5)).hits]

    this, other = (Part("item", f"id: item-{row}", vectors[row]) for row in (3, 4))
    less = Part("item", "id: item-5", vectors[5], -0.5)
    cosines = np.sort(vectors @ vectors[3])[::-1][:5]
    expected = 1 / (1 + np.exp(-(5 * cosines - 2)))
    np.testing.assert_allclose(relevance(this), expected, rtol=1e-4)
    assert None not in relevance(this, less)
    assert relevance(this, other) == [None] * 5, "the cosine with a sum is on another scale"
    assert relevance(less) == [None] * 5
