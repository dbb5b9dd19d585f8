"""FAISS behind three verbs: build, search, give vectors back. Positions are counted from 0."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import faiss
import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from wardrobe.errors import BadRequestError, IndexFolderError

BoolArray = npt.NDArray[np.bool_]
FloatArray = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.int64]
Kind = Literal["flat", "hnsw", "ivfpq"]
KINDS: tuple[Kind, ...] = ("flat", "hnsw", "ivfpq")

FLAT_MAX = 50_000
HNSW_MAX = 3_000_000
# FAISS wants 39 vectors a centroid, and a product quantiser has 256 centroids.
IVFPQ_MIN = 39 * 256
# Of so few, or of one in so many, a look at every one is faster than a graph or lists, and exact.
EXHAUSTIVE_MAX, SELECTIVE = 20_000, 16

_CORES = faiss.omp_get_max_threads()
_ADD_BLOCK = 10_000


def kind_for(count: int) -> Kind:
    """Returns the kind that suits a number of vectors."""
    if count <= FLAT_MAX:
        return "flat"
    return "hnsw" if count <= HNSW_MAX else "ivfpq"


class VectorIndex:
    """Unit vectors by position, searched by inner product, which for them is the cosine.

    Safe to search from several threads at once.

    Attributes:
        count: number of vectors.
        dimension: their length.
        rows: row of the catalogue of each vector, ascending.
    """

    def __init__(self, index: Any) -> None:
        """Takes an `IndexIDMap`, whose ids are the rows."""
        self._owner = index  # what is below lives inside it
        self._index = faiss.downcast_index(index.index)
        self._every_vector = _every_vector(self._index)
        self.count: int = index.ntotal
        self.dimension: int = index.d
        self.rows: IntArray = _rows(index)

    @classmethod
    def build(
        cls,
        vectors: FloatArray,
        kind: Kind,
        *,
        rows: IntArray | None = None,
        threads: int = _CORES,
    ) -> "VectorIndex":
        """Builds an index of unit vectors `(vectors, dimension)`.

        Args:
            rows: of the catalogue, ascending; by default counted from 0.

        Raises:
            BadRequestError: too few vectors to train `ivfpq`.
            IndexFolderError: a vector is not finite or not of length 1.
        """
        count, dimension = vectors.shape
        lengths = np.linalg.norm(vectors, axis=1)
        wrong = np.flatnonzero(~(np.abs(lengths - 1) < 1e-3))
        if len(wrong):
            raise IndexFolderError(
                f"vector {wrong[0]} has length {lengths[wrong[0]]:g}, expected 1; "
                "the encoder is damaged"
            )
        if kind == "ivfpq" and count < IVFPQ_MIN:
            raise BadRequestError(
                f"kind ivfpq needs at least {IVFPQ_MIN} vectors to train on, found {count}; "
                "use flat or hnsw"
            )
        faiss.omp_set_num_threads(threads)
        index = faiss.IndexIDMap(_empty_index(kind, count, dimension))
        index.train(vectors)
        rows = np.arange(count) if rows is None else rows
        with tqdm(
            total=count, desc=f"building {kind}", unit="vector", delay=2, disable=None
        ) as bar:
            for start in range(0, count, _ADD_BLOCK):
                block = vectors[start : start + _ADD_BLOCK]
                index.add_with_ids(block, rows[start : start + _ADD_BLOCK])
                bar.update(len(block))
        return cls(index)

    @classmethod
    def read(cls, path: Path) -> "VectorIndex":
        """Maps what `write` wrote: processes that read one file share its pages.

        The file may be renamed or removed meanwhile, never written to. Compare its checksum before:
        FAISS crashes as it maps some files that were cut short.

        Raises:
            IndexFolderError: FAISS cannot read the file.
        """
        try:
            index = faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)
        except RuntimeError as error:
            raise IndexFolderError(f"FAISS cannot read {path}: {error}") from error
        if not isinstance(index, faiss.IndexIDMap):
            raise IndexFolderError(f"{path} has no rows of a catalogue beside its vectors")
        return cls(index)

    def write(self, path: Path) -> None:
        """Writes the index into a file.

        Raises:
            OSError: it cannot be written.
        """
        try:
            faiss.write_index(self._owner, str(path))
        except RuntimeError as error:
            raise OSError(f"FAISS cannot write {path}: {error}") from error

    def warm_up(self) -> None:
        """Touches every vector, so that no search waits for pages of the mapped file."""
        self._every_vector.search(np.zeros((1, self.dimension), np.float32), 1)

    def search(
        self, vectors: FloatArray, k: int, allowed: BoolArray | None = None
    ) -> tuple[FloatArray, IntArray]:
        """Returns cosines and positions of the most similar vectors, best first, ties by position.

        Both are `(queries, min(k, allowed))`, always full.

        Args:
            vectors: unit vectors `(queries, dimension)`.
            allowed: which positions may be found `(count,)`; all by default.
        """
        return _best(self._search, vectors, self.count, k, allowed)

    def _search(
        self, vectors: FloatArray, k: int, selector: Any, possible: int
    ) -> tuple[FloatArray, IntArray]:
        exhaustive = faiss.SearchParameters(sel=selector)
        if selector is not None and possible <= max(EXHAUSTIVE_MAX, self.count // SELECTIVE):
            return self._every_vector.search(vectors, k, params=exhaustive)  # type: ignore[no-any-return]
        parameters = _parameters(self._index, selector, self.count / possible)
        scores: FloatArray
        scores, found = self._index.search(vectors, k, params=parameters)
        # A graph or a few lists may not reach k, for one where many vectors are the same.
        short = (found < 0).any(axis=1)
        if short.any():
            scores[short], found[short] = self._every_vector.search(
                vectors[short], k, params=exhaustive
            )
        if isinstance(self._index, faiss.IndexHNSWFlat):
            return _rescored(vectors, self._every_vector, found), found
        return scores, found

    def vectors_of(self, positions: IntArray) -> FloatArray:
        """Returns unit vectors `(positions, dimension)`; `ivfpq` keeps half precision."""
        vectors: FloatArray = self._every_vector.reconstruct_batch(positions)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors


def search_array(
    array: FloatArray, vectors: FloatArray, k: int, allowed: BoolArray
) -> tuple[FloatArray, IntArray]:
    """Does as `VectorIndex.search` of kind `flat`, among the rows of an array, not copied."""

    def search(vectors: FloatArray, k: int, selector: Any, _: int) -> tuple[FloatArray, IntArray]:
        shape = (len(vectors), k)
        scores, found = np.empty(shape, np.float32), np.empty(shape, np.int64)
        pointers = [faiss.swig_ptr(part) for part in (vectors, array, scores, found)]
        faiss.knn_inner_product(
            *pointers[:2], array.shape[1], len(vectors), len(array), k, *pointers[2:], selector
        )
        return scores, found

    return _best(search, np.ascontiguousarray(vectors), len(array), k, allowed)


def _best(
    search: Callable[[FloatArray, int, Any, int], tuple[FloatArray, IntArray]],
    vectors: FloatArray,
    count: int,
    k: int,
    allowed: BoolArray | None,
) -> tuple[FloatArray, IntArray]:
    """Returns what a search finds `(queries, min(k, allowed))`, best first, ties by position.

    Args:
        search: takes vectors, k, a selector and how many it selects; orders ties as it pleases.
        count: of the vectors to search.
    """
    possible = count if allowed is None else int(np.count_nonzero(allowed))
    k = min(k, possible)
    if k == 0:
        nothing = (len(vectors), 0)
        return np.empty(nothing, np.float32), np.empty(nothing, np.int64)
    selector = None
    if allowed is not None and possible < count:
        selector = faiss.IDSelectorBitmap(np.packbits(allowed, bitorder="little"))
    # OpenMP keeps this setting per thread: a request's one query must not wake every core.
    faiss.omp_set_num_threads(min(_CORES, max(1, len(vectors))))
    # One more than asked for: where it is as good as the last, FAISS chose among equals as it
    # pleased, and pages would overlap; then all of the equals are needed to choose by position.
    fetched = min(k + 1, possible)
    while True:
        scores, found = search(vectors, fetched, selector, possible)
        order = np.lexsort((found, -scores))
        scores = np.take_along_axis(scores, order, axis=1)
        if fetched == possible or (scores[:, k - 1] > scores[:, -1]).all():
            found = np.take_along_axis(found, order, axis=1)
            return np.clip(scores[:, :k], -1, 1), found[:, :k]
        fetched = min(2 * fetched, possible)


def _rescored(vectors: FloatArray, flat: Any, found: IntArray) -> FloatArray:
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


def _empty_index(kind: Kind, count: int, dimension: int) -> Any:
    metric = faiss.METRIC_INNER_PRODUCT
    if kind == "flat":
        return faiss.IndexFlatIP(dimension)
    if kind == "hnsw":
        graph = faiss.IndexHNSWFlat(dimension, 32, metric)
        graph.hnsw.efConstruction = 200
        graph.hnsw.efSearch = 128
        return graph
    lists = min(int(4 * count**0.5), count // 39)
    bytes_each = next(m for m in range(max(1, dimension // 4), 0, -1) if dimension % m == 0)
    # "np": no polysemous training, which is slow and serves a search mode not used here.
    # Codes choose fifty times k candidates, for a million vectors crowd together (ten times found
    # .920 of the nearest ten, fifty times .964); half-precision vectors then order them.
    refined: Any = faiss.index_factory(
        dimension, f"IVF{lists},PQ{bytes_each}np,Refine(SQfp16)", metric
    )
    refined.k_factor = 50
    faiss.extract_index_ivf(refined.base_index).nprobe = max(16, lists // 32)
    return refined


def _parameters(index: Any, selector: Any, rarity: float) -> Any:
    """Returns how an index searches when one of `rarity` vectors may be found.

    A graph or lists meet the others too, so they look at as many more.
    """
    if isinstance(index, faiss.IndexHNSWFlat):
        return faiss.SearchParametersHNSW(sel=selector, efSearch=int(index.hnsw.efSearch * rarity))
    if isinstance(index, faiss.IndexRefine):
        inverted = faiss.extract_index_ivf(index.base_index)
        nprobe = min(int(inverted.nprobe * rarity), inverted.nlist)
        return faiss.IndexRefineSearchParameters(
            k_factor=index.k_factor,
            base_index_params=faiss.SearchParametersIVF(sel=selector, nprobe=nprobe),
        )
    return faiss.SearchParameters(sel=selector)


def _every_vector(index: Any) -> Any:
    """Returns the plain array of vectors inside an index, which an exhaustive search can use."""
    if isinstance(index, faiss.IndexHNSWFlat):
        return faiss.downcast_index(index.storage)
    if isinstance(index, faiss.IndexRefine):
        return faiss.downcast_index(index.refine_index)
    return index


def _rows(index: Any) -> IntArray:
    rows: IntArray = np.empty(index.ntotal, np.int64)
    if index.ntotal:
        faiss.memcpy(faiss.swig_ptr(rows), index.id_map.data(), rows.nbytes)
    return rows
