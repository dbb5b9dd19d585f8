"""Groups of duplicates: against loops, and on real photographs that only look alike."""

import numpy as np
import pytest

from wardrobe.validation.duplicates import COLOUR_DISTANCES, duplicate_groups
from wardrobe.validation.pictures import Picture, inspect


def random_pictures(generator, count):
    """Hashes and colours within a few steps of one another, so that chains of groups form."""
    pictures = []
    for _ in range(count):
        words = np.zeros(4, np.uint64)
        words[generator.integers(4)] = np.uint64(2 ** generator.integers(0, 12) - 1)
        colours = np.zeros((64, 3), np.int16)
        colours[generator.integers(64)] = generator.integers(0, 7, 3)
        pictures.append(Picture(None, phash=words, colours=colours))
    return pictures


def groups_by_loops(pictures, distance):
    def alike(first, second):
        bits = sum(int(a ^ b).bit_count() for a, b in zip(first.phash, second.phash, strict=True))
        differences = np.abs(first.colours - second.colours).max(axis=0)
        return bits <= distance and all(differences <= COLOUR_DISTANCES)

    groups = list(range(len(pictures)))
    for i, first in enumerate(pictures):
        for j, second in enumerate(pictures):
            if not first.error and not second.error and alike(first, second):
                old, new = max(groups[i], groups[j]), min(groups[i], groups[j])
                groups = [new if group == old else group for group in groups]
    return groups


@pytest.mark.parametrize("distance", [0, 3, 8])
def test_groups_of_duplicates_against_loops(distance):
    pictures = random_pictures(np.random.default_rng(distance), 61)
    pictures[7] = pictures[30] = Picture("unreadable")
    expected = groups_by_loops(pictures, distance)
    assert 1 < len(set(expected)) < 61
    assert duplicate_groups(pictures, distance).tolist() == expected


@pytest.mark.real
def test_real_photographs_and_colourways_are_told_apart(real_data):
    pairs = {
        ("12345", "12346"): True,  # one file under two names
        ("13382", "13388"): True,  # retouched
        ("18961", "18963"): True,  # cropped otherwise
        ("18829", "18831"): False,  # a belt in two browns
        ("15412", "15418"): False,  # a shoe with pink or blue trims
        ("19343", "20862"): False,  # two black wallets
    }
    images = real_data / "fashion-product-images" / "images"
    for pair, same in pairs.items():
        groups = duplicate_groups([inspect(images / f"{name}.jpg") for name in pair])
        assert (groups[0] == groups[1]) == same, pair
