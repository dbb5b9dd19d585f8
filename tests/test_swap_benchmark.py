"""The benchmark of swaps tells a mixture from a whole answer."""

import pytest

from benchmarks.swap import SIZES, TOP_K, index_of


def answer(*names: str, total: int = SIZES["a"]) -> dict:
    results = [{"id": f"{name}-{number}"} for number, name in enumerate(names)]
    return {"results": results, "count": len(results), "total": total}


def test_a_whole_answer_is_of_one_index() -> None:
    assert index_of(answer(*"a" * TOP_K)) == "a"
    assert index_of(answer(*"b" * TOP_K, total=SIZES["b"])) == "b"


@pytest.mark.parametrize(
    "mixed",
    [
        answer(*"a" * (TOP_K - 1), "b"),
        answer(*"a" * TOP_K, total=SIZES["b"]),
        answer(*"a" * (TOP_K - 1)),
        answer(),
    ],
)
def test_a_mixture_is_seen(mixed) -> None:
    assert index_of(mixed) is None
