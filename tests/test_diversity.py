"""Groups, near-duplicates and maximal marginal relevance, against the same written out by hand."""

import numpy as np
import pytest

from wardrobe.diversity import collapse, diversify, first_of_groups


def unit_vectors(count: int, dimension: int, seed: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    vectors = random.standard_normal((count, dimension))
    vectors[1::3] = vectors[::3][: len(vectors[1::3])] + 0.1 * random.standard_normal(dimension)
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def collapsed_by_hand(vectors: np.ndarray, threshold: float) -> dict[int, list[int]]:
    """Returns the duplicates of each place that is kept."""
    kept: dict[int, list[int]] = {}
    for place, vector in enumerate(vectors):
        cosines = {other: float(vectors[other] @ vector) for other in kept}
        nearest = max(cosines, key=cosines.get, default=None)
        if nearest is not None and cosines[nearest] >= threshold:
            kept[nearest].append(place)
        else:
            kept[place] = []
    return kept


@pytest.mark.parametrize("threshold", [-1, 0, 0.5, 0.9, 0.999])
def test_near_duplicates_are_collapsed_onto_the_nearest_kept_before(threshold) -> None:
    vectors = unit_vectors(60, 5, seed=1)
    expected = collapsed_by_hand(vectors, threshold)
    kept = collapse(vectors, threshold, len(vectors))
    assert kept.places == list(expected)
    assert kept.duplicates == {place: same for place, same in expected.items() if same}


def test_collapsing_stops_when_enough_are_kept() -> None:
    vectors = unit_vectors(60, 5, seed=1)
    everything = collapse(vectors, 0.9, 60)
    seen = []
    some = collapse((seen.append(place) or vector for place, vector in enumerate(vectors)), 0.9, 7)
    assert some.places == everything.places[:7]
    assert len(seen) == some.places[-1] + 1
    assert collapse([], 0.9, 7).places == []


def diversified_by_hand(scores, vectors, k: int, diversity: float) -> list[int]:
    left, taken = list(range(len(scores))), []
    while left and len(taken) < k:
        worth = {
            place: (1 - diversity) * scores[place]
            - diversity * max((float(vectors[place] @ vectors[t]) for t in taken), default=0)
            for place in left
        }
        taken.append(max(left, key=lambda place: (worth[place], -place)))
        left.remove(taken[-1])
    return taken


@pytest.mark.parametrize("diversity", [0, 0.3, 0.5, 0.9, 1])
@pytest.mark.parametrize("k", [1, 5, 40, 100])
def test_marginal_relevance(diversity, k) -> None:
    vectors = unit_vectors(40, 6, seed=2)
    query = unit_vectors(1, 6, seed=3)[0]
    order = np.argsort(-(vectors @ query))
    vectors, scores = vectors[order], (vectors @ query)[order]
    found = diversify(scores, vectors, k, diversity)
    assert found == diversified_by_hand(scores, vectors, k, diversity)
    if diversity == 0:
        assert found == list(range(min(k, 40)))


def test_the_first_of_each_group_is_kept_and_everything_without_a_group() -> None:
    groups = [3, -1, 3, 0, -1, 0, 7, 3, -1]
    expected = [i for i, g in enumerate(groups) if g < 0 or g not in groups[:i]]
    assert first_of_groups(np.array(groups)).tolist() == expected == [0, 1, 3, 4, 6, 8]
    assert first_of_groups(np.empty(0, np.int64)).tolist() == []
