"""The hybrid benchmark: fusion by hand, words by SQLite, queries as they are changed."""

import numpy as np
import pytest

from benchmarks.hybrid import CHANGES, fuse, judge, lexical


def test_fusion_is_the_sum_of_reciprocal_ranks():
    assert fuse([7, 8, 9], [9, 7, 5], 10, 1.0) == [7, 9, 8, 5]
    # 1/11 + 1/12 = .174 and 1/13 + 1/11 = .168; with words doubled .258 and .259.
    assert fuse([7, 8, 9], [9, 7, 5], 10, 2.0)[:2] == [9, 7]


def test_words_are_stemmed_and_rarer_ones_count_more():
    texts = ["red shirts", "red dress", "red belt", "blue shirt", *["green socks"] * 6]
    assert lexical(texts, ["a red shirt", "coat"]) == [[0, 3, 1, 2], []]


def test_a_name_that_several_pictures_have_counts_in_parts():
    scores = judge([[1, 2, 3]], [[3, 1]], [{1, 20}])
    assert scores["vector"]["recall@10"][0] == pytest.approx(0.5)
    assert scores["vector"]["mrr"][0] == pytest.approx(1)
    assert scores["lexical"]["mrr"][0] == pytest.approx(0.5)


def test_queries_are_changed_as_the_table_says():
    name = "Puma Men Black Tshirts"
    changed = {asked: change(name, np.random.default_rng(0)) for asked, change in CHANGES.items()}
    assert changed["names"] == name
    assert changed["without the first word"] == "Men Black Tshirts"
    assert changed["other words"] == "gents jet tees"
    assert len(changed["half of the words"].split()) == 2
    assert sorted(changed["another order"].split()) == sorted(name.split())
    mistyped = changed["two typing errors"]
    assert sorted(mistyped.replace(" ", "")) == sorted(name.replace(" ", ""))
