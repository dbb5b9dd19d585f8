"""The nearest among vectors that are all looked at, the same to the bit wherever they are kept.

So equal vectors have equal scores, in a file or an array, and pages of a search do not overlap.
"""

from collections.abc import Callable
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

BoolArray = npt.NDArray[np.bool_]
FloatArray = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.int64]

CORES: int = faiss.omp_get_max_threads()


def search_array(
    array: FloatArray, vectors: FloatArray, k: int, allowed: BoolArray
) -> tuple[FloatArray, IntArray]:
    """Does as `VectorIndex.search` of kind `flat`, among the rows of an array, not copied."""

    def search(
        vectors: FloatArray, k: int, allowed: BoolArray | None, _: int
    ) -> tuple[FloatArray, IntArray]:
        shape = (len(vectors), k)
        scores, found = np.empty(shape, np.float32), np.empty(shape, np.int64)
        pointers = [faiss.swig_ptr(part) for part in (vectors, array, scores, found)]
        faiss.knn_inner_product(
            *pointers[:2],
            array.shape[1],
            len(vectors),
            len(array),
            k,
            *pointers[2:],
            selector(allowed),
        )
        return scores, found

    return best(search, np.ascontiguousarray(vectors), len(array), k, allowed)


def best(
    search: Callable[[FloatArray, int, BoolArray | None, int], tuple[FloatArray, IntArray]],
    vectors: FloatArray,
    count: int,
    k: int,
    allowed: BoolArray | None,
) -> tuple[FloatArray, IntArray]:
    """Returns what a search finds `(queries, min(k, allowed))`, best first, ties by position.

    Args:
        search: takes vectors, k, what is allowed, and how many; orders ties as it pleases.
        count: of the vectors to search.
    """
    possible = count if allowed is None else int(np.count_nonzero(allowed))
    k = min(k, possible)
    if k == 0:
        nothing = (len(vectors), 0)
        return np.empty(nothing, np.float32), np.empty(nothing, np.int64)
    allowed = None if possible == count else allowed
    # OpenMP keeps this setting per thread: a request's one query must not wake every core.
    faiss.omp_set_num_threads(min(CORES, max(1, len(vectors))))
    # One more than asked for: where it is as good as the last, FAISS chose among equals as it
    # pleased, and pages would overlap; then all of the equals are needed to choose by position.
    fetched = min(k + 1, possible)
    while True:
        scores, found = search(vectors, fetched, allowed, possible)
        order = np.lexsort((found, -scores))
        scores = np.take_along_axis(scores, order, axis=1)
        if fetched == possible or (scores[:, k - 1] > scores[:, -1]).all():
            found = np.take_along_axis(found, order, axis=1)
            return np.clip(scores[:, :k], -1, 1), found[:, :k]
        fetched = min(2 * fetched, possible)


def rescored(vectors: FloatArray, flat: Any, found: IntArray) -> FloatArray:
    """Returns cosines to the bit as an exhaustive search computes them, `(queries, found)`.

    A graph computes four at a time, which rounds otherwise: equals would differ, and pages overlap.
    """
    scores = np.empty(found.shape, np.float32)
    vectors, found = np.ascontiguousarray(vectors), np.ascontiguousarray(found)
    faiss.fvec_inner_products_by_idx(
        faiss.swig_ptr(scores),
        faiss.swig_ptr(vectors),
        flat.get_xb(),
        faiss.swig_ptr(found),
        flat.d,
        *found.shape,
    )
    return scores


def selector(allowed: BoolArray | None) -> Any:
    """Returns what tells FAISS which positions may be found; None if all may."""
    if allowed is None:
        return None
    return faiss.IDSelectorBitmap(np.packbits(allowed, bitorder="little"))
