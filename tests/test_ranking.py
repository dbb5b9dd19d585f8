"""Orders by words, meaning and colour, and the two mixed, against the same in plain Python."""

import re

import numpy as np
import pytest

from tests.fakes import ColourEncoder
from tests.tiny_index import index_of
from wardrobe.colours import colour_similarity, parse_colour
from wardrobe.errors import BadRequestError
from wardrobe.index import CatalogueItem, Change, Entry
from wardrobe.query import Part, Query
from wardrobe.ranking import RANK_CONSTANT, WORDS_POOL, rank

COUNT, DIMENSION = 400, ColourEncoder.dimension
WORDS = ("red", "dress", "summer", "silk", "Été", "belt")


@pytest.fixture(scope="module")
def random() -> np.random.Generator:
    return np.random.default_rng(5)


@pytest.fixture(scope="module")
def vectors(random) -> np.ndarray:
    drawn = random.standard_normal((COUNT, DIMENSION))
    return (drawn / np.linalg.norm(drawn, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture(scope="module")
def captions(random) -> list[str]:
    return [" ".join(random.choice(WORDS, random.integers(0, 5))) for _ in range(COUNT)]


@pytest.fixture(scope="module")
def index(tmp_path_factory, vectors, captions):
    folder = tmp_path_factory.mktemp("index")
    items = [CatalogueItem(f"i{n}", folder / f"{n}.png", c) for n, c in enumerate(captions)]
    index = index_of(folder, items, vectors, ColourEncoder())
    yield index
    index.close()


def ranked(index, query: Query, allowed: np.ndarray | None = None, depth: int = COUNT):
    snapshot = index.snapshot()
    return rank(query, index, snapshot, snapshot.alive if allowed is None else allowed, depth)


def text(words: str, vector: np.ndarray, weight: float = 1) -> Part:
    return Part("text", f"text: {words}", vector, weight, words)


def by_meaning(vectors: np.ndarray, query: np.ndarray, allowed: np.ndarray) -> list[int]:
    cosines = vectors @ query
    return sorted(np.flatnonzero(allowed).tolist(), key=lambda slot: (-cosines[slot], slot))


@pytest.mark.parametrize("depth", [1, 10, COUNT])
def test_by_meaning_is_by_cosine(index, vectors, depth) -> None:
    parts = (Part("vector", "a", vectors[3], 2), Part("vector", "b", vectors[9], -0.5))
    ranking = ranked(index, Query(parts, mode="vector"), depth=depth)
    query = 2 * vectors[3] - 0.5 * vectors[9]
    query /= np.linalg.norm(query)
    expected = by_meaning(vectors, query, np.ones(COUNT, bool))
    assert ranking.slots.tolist() == expected[:depth]
    np.testing.assert_allclose(ranking.scores, vectors[ranking.slots] @ query, atol=1e-5)
    assert ranking.complete == (depth == COUNT)


def test_by_words_has_what_has_one_of_them_and_tells_what_has_all(index, captions, vectors) -> None:
    query = Query((text("the Dress of SILK", vectors[0]),), mode="lexical")
    ranking = ranked(index, query)
    found = ranking.slots.tolist()
    has = [set(re.findall(r"\w+", caption.lower())) for caption in captions]
    matching = {slot for slot in range(COUNT) if has[slot] & {"dress", "silk"}}
    assert len(matching) <= WORDS_POOL
    assert set(found) == matching
    literal = {slot for slot in found if {"dress", "silk"} <= has[slot]}
    assert set(np.array(found)[ranking.literal].tolist()) == literal
    # Among captions of the same words in any order, BM25 knows no difference.
    as_rare = [sorted(captions[slot].split()) for slot in found]
    best = as_rare[0]
    assert set(best) == {"dress", "silk"}
    np.testing.assert_allclose(ranking.scores, vectors[found] @ vectors[0], atol=1e-5)


@pytest.mark.parametrize("words", ["summer dress", "été", "silk of the silk", "zebra", "of the"])
def test_hybrid_is_reciprocal_rank_fusion_of_words_and_meaning(index, vectors, words) -> None:
    allowed = np.arange(COUNT) % 7 > 0
    query = vectors[11]
    lexical = ranked(index, Query((text(words, query),), mode="lexical"), allowed).slots.tolist()
    meaning = by_meaning(vectors, query, allowed)[:WORDS_POOL]
    fused: dict[int, float] = {}
    for ranking in (lexical, meaning):
        for place, slot in enumerate(ranking, 1):
            fused[slot] = fused.get(slot, 0) + 1 / (RANK_CONSTANT + place)
    expected = sorted(fused, key=lambda slot: (-fused[slot], slot))
    found = ranked(index, Query((text(words, query),), mode="hybrid"), allowed)
    assert found.slots.tolist() == expected
    assert allowed[found.slots].all()


def test_words_are_found_behind_many_that_the_filter_leaves_out(tmp_path) -> None:
    vectors = np.tile(np.eye(DIMENSION, dtype=np.float32)[0], (1200, 1))
    items = [
        CatalogueItem(f"i{n}", tmp_path / f"{n}.png", "dress" if n < 1190 else "dress " + "x " * 20)
        for n in range(1200)
    ]
    index = index_of(tmp_path, items, vectors, ColourEncoder())
    allowed = np.arange(1200) >= 1190  # the worst matches of all
    query = Query((text("dress", vectors[0]),), mode="lexical")
    assert ranked(index, query, allowed).slots.tolist() == list(range(1190, 1200))
    index.close()


def test_words_with_the_grammar_of_the_database_in_them_are_words(index, vectors) -> None:
    for words in ('red" OR "silk', "NEAR(red)", "red*", "-red", "text: red", "(", '"'):
        ranked(index, Query((text(words, vectors[0]),), mode="lexical"))


@pytest.fixture
def coloured(tmp_path, vectors):
    """An index whose items are of two colours each, in shares."""
    random = np.random.default_rng(8)
    hexes = ["#ff0000", "#00ff00", "#0000ff", "#ffffff", "#7f3f20"]
    index = index_of(tmp_path, [], np.empty((0, DIMENSION), np.float32), ColourEncoder())
    changes = []
    for n in range(30):
        share = np.float32(random.uniform(0.5, 1))
        first, second = (parse_colour(h) for h in random.choice(hexes, 2))
        colours = np.zeros((3, 4), np.float32)
        colours[0], colours[1] = [*first, share], [*second, 1 - share]
        path = tmp_path / "pictures" / f"{n}.png"
        path.parent.mkdir(exist_ok=True)
        path.touch()
        item = CatalogueItem(f"i{n}", path)
        changes.append(Change(item.id, Entry(item, vectors[n], None, colours)))
    index.apply(changes)
    yield index
    index.close()


def similarity(colours: np.ndarray, target: np.ndarray) -> float:
    """Written out: chroma counts three times, and 1/e is left at a stretched distance of 0.2."""
    total = 0.0
    for *lab, share in colours.tolist():
        stretched = [(a - b) * by for a, b, by in zip(lab, target, (1, 3, 3), strict=True)]
        total += share * np.exp(-sum(part**2 for part in stretched) / 0.2**2)
    return min(total, 1.0)


def test_by_colour_is_the_weighted_mean_of_similarities(coloured) -> None:
    red, blue = parse_colour("#ff0000"), parse_colour("#0000ff")
    parts = (Part("colour", "red", red, 2), Part("colour", "blue", blue, -1))
    ranking = ranked(coloured, Query(parts))
    colours = coloured.snapshot().colours
    expected = [(2 * similarity(c, red) - similarity(c, blue)) / 3 for c in colours[:30]]
    np.testing.assert_allclose(ranking.scores, np.array(expected)[ranking.slots], atol=1e-5)
    assert (np.diff(ranking.scores) <= 0).all()
    assert len(ranking.slots) == 30
    np.testing.assert_allclose(
        colour_similarity(colours, red)[:30], [similarity(c, red) for c in colours[:30]], atol=1e-5
    )


def test_colour_and_meaning_are_mixed_with_cosines_from_usual_to_best(coloured, vectors) -> None:
    red = parse_colour("#ff0000")
    parts = (Part("picture", "image", vectors[0], 3), Part("colour", "red", red, 1))
    ranking = ranked(coloured, Query(parts))
    cosines = vectors[:30] @ vectors[0]
    usual, best = cosines.mean(), cosines.max()
    colours = coloured.snapshot().colours
    expected = [
        (3 * (cosines[slot] - usual) / (best - usual) + similarity(colours[slot], red)) / 4
        for slot in range(30)
    ]
    order = sorted(range(30), key=lambda slot: (-expected[slot], slot))
    assert ranking.slots.tolist() == order
    np.testing.assert_allclose(ranking.scores, np.array(expected)[order], atol=1e-5)


def test_parts_that_cancel_out_are_refused(index, vectors) -> None:
    parts = (Part("vector", "a", vectors[0]), Part("vector", "b", vectors[0], -1))
    with pytest.raises(BadRequestError, match="the vector is zero"):
        ranked(index, Query(parts, mode="vector"))
    with pytest.raises(BadRequestError, match="the vector is zero"):
        ranked(index, Query((text("a", vectors[0]), text("b", vectors[0], -1))))
