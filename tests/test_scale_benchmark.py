"""benchmarks/scale.py in small: vectors made after real ones, and honest figures."""

import numpy as np
import pytest

from benchmarks import scale
from tests.test_vector_index import clustered, nearest
from wardrobe.index.vector_index import KINDS, VectorIndex


def test_made_vectors_lie_as_the_real_ones_do_and_fewer_are_the_first_of_more():
    real, queries = scale.split(clustered(1500, 24, 1))
    assert (len(real), len(queries)) == (1200, 300)
    assert not {row.tobytes() for row in real} & {row.tobytes() for row in queries}
    made = scale.make_vectors(real, 12_000)
    np.testing.assert_allclose(np.linalg.norm(made, axis=1), 1, atol=1e-5)
    np.testing.assert_array_equal(made[:900], scale.make_vectors(real, 900))
    assert len(np.unique(made, axis=0)) == len(made)
    found = scale.likeness(real, made, queries)
    for rank in ("neighbour_1", "neighbour_10"):
        name = f"{rank}_percentiles_10_50_90"
        assert found["cosines_at_made"][name] == pytest.approx(
            found["cosines_at_real"][name], abs=0.1
        )


def test_recall_is_judged_against_the_exhaustive_answers(tmp_path):
    vectors, queries = clustered(2000, 24, 1), clustered(50, 24, 2)
    truth = nearest(queries, vectors, scale.K)
    VectorIndex.build(vectors, "hnsw").write(tmp_path / "2000-hnsw.faiss")
    np.save(tmp_path / "queries.npy", queries)
    np.save(tmp_path / "2000-truth.npy", truth)
    figures = scale.measure_here(tmp_path, 2000, "hnsw")
    assert figures["recall_at_10"] > 0.95
    assert len(figures["p50_ms"]["repeats"]) == scale.REPEATS
    assert figures["p50_ms"]["median"] <= figures["p99_ms"]["high"]
    assert figures["warm_resident_bytes"] >= figures["opened_resident_bytes"]
    half_wrong = np.where(np.arange(scale.K) < 5, truth, -1)
    np.save(tmp_path / "2000-truth.npy", half_wrong)
    assert scale.measure_here(tmp_path, 2000, "hnsw")["recall_at_10"] == pytest.approx(
        0.5, abs=0.03
    )


def test_the_plot_and_the_table_show_every_index():
    spread = {"median": 1.0, "low": 0.5, "high": 2.0, "repeats": [0.5, 1.0, 2.0]}
    sizes = dict.fromkeys(("warm_resident_bytes", "warm_own_bytes", "file_bytes"), 2**20)
    rows = [
        {"count": count, "kind": kind, "recall_at_10": 0.97, "build_processor_s": 3.0}
        | {"p50_ms": spread, "p99_ms": spread}
        | sizes
        for count in scale.COUNTS
        for kind in KINDS
    ]
    lines = scale.table(rows).splitlines()
    assert len(lines) == 2 + len(rows)
    assert {line.count("|") for line in lines} == {10}
    speed, memory = scale.plot(rows).axes
    assert [text.get_text() for text in speed.texts] == ["10,000", "100,000", "1,000,000"] * 3
    assert [text.get_text() for text in memory.get_legend().get_texts()] == list(KINDS)
