"""FAISS behind three verbs: build, search, give vectors back. Positions are counted from 0."""

from pathlib import Path
from typing import Any, Literal

import faiss
import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from wardrobe.errors import BadRequestError, IndexFolderError
from wardrobe.index.exhaustive import CORES, best, rescored, selector

BoolArray = npt.NDArray[np.bool_]
FloatArray = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.int64]
Kind = Literal["flat", "hnsw", "ivfpq"]
KINDS: tuple[Kind, ...] = ("flat", "hnsw", "ivfpq")

FLAT_MAX = 50_000
HNSW_MAX = 3_000_000
# FAISS wants 39 vectors a centroid, and a product quantiser has 256 centroids.
IVFPQ_MIN = 39 * 256
# Of so few, or of one in so many, a look at every one is faster than a graph or lists, and exact;
# as it is where a graph or lists would have to give such a share of all.
EXHAUSTIVE_MAX, SELECTIVE, EXHAUSTIVE_SHARE = 20_000, 16, 8

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
        threads: int = CORES,
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
        return best(self._search, vectors, self.count, k, allowed)

    def _search(
        self, vectors: FloatArray, k: int, allowed: BoolArray | None, possible: int
    ) -> tuple[FloatArray, IntArray]:
        """Looks among the nearest of all for those allowed, and among more where they are few.

        FAISS can leave others out during a search, but stops among the nearest of all: where what
        is allowed lies away from the query, it finds too little or, unnoticed, the wrong ones.
        """
        fetched, limit = k, k
        if allowed is not None:
            fetched, limit = 2 * k * self.count // possible, self.count // EXHAUSTIVE_SHARE
            few = possible <= max(EXHAUSTIVE_MAX, self.count // SELECTIVE)
            if few or self._index is self._every_vector:
                limit = 0
        shape = (len(vectors), k)
        scores, found = np.empty(shape, np.float32), np.empty(shape, np.int64)
        left = np.arange(len(vectors))
        while len(left) and fetched <= limit:
            near_scores, near = self._index.search(
                vectors[left], fetched, params=_parameters(self._index, k, fetched)
            )
            # A graph or a few lists may not reach k, for one where many vectors are the same.
            good = near >= 0 if allowed is None else (near >= 0) & allowed[near]
            enough = good.sum(axis=1) >= k
            first = np.argsort(~good[enough], axis=1, kind="stable")[:, :k]
            scores[left[enough]] = np.take_along_axis(near_scores[enough], first, axis=1)
            found[left[enough]] = np.take_along_axis(near[enough], first, axis=1)
            left, fetched = left[~enough], 4 * fetched
        if len(left):
            scores[left], found[left] = self._every_vector.search(
                vectors[left], k, params=faiss.SearchParameters(sel=selector(allowed))
            )
        if isinstance(self._index, faiss.IndexHNSWFlat):
            scores = rescored(vectors, self._every_vector, found)
        return scores, found

    def vectors_of(self, positions: IntArray) -> FloatArray:
        """Returns unit vectors `(positions, dimension)`; `ivfpq` keeps half precision."""
        vectors: FloatArray = self._every_vector.reconstruct_batch(positions)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors


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


def _parameters(index: Any, k: int, fetched: int) -> Any:
    """Returns how an index searches when of those fetched only k are wanted."""
    if isinstance(index, faiss.IndexHNSWFlat):
        # The last of a graph's answers are the least sure, so it takes more than are fetched.
        effort = max(index.hnsw.efSearch, fetched if fetched == k else 2 * fetched)
        return faiss.SearchParametersHNSW(efSearch=effort)
    if isinstance(index, faiss.IndexRefine):
        inverted = faiss.extract_index_ivf(index.base_index)
        nprobe = min(inverted.nprobe * fetched // k, inverted.nlist)
        return faiss.IndexRefineSearchParameters(
            k_factor=max(index.k_factor * k / fetched, 10),
            base_index_params=faiss.SearchParametersIVF(nprobe=nprobe),
        )
    return faiss.SearchParameters()


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
