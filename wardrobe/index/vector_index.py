"""FAISS behind three verbs: build, search, give a vector back. Rows are numbered from 0."""

from pathlib import Path
from typing import Any, Literal

import faiss
import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from wardrobe.errors import BadRequestError, IndexFolderError

FloatArray = npt.NDArray[np.float32]
Kind = Literal["flat", "hnsw", "ivfpq"]
KINDS: tuple[Kind, ...] = ("flat", "hnsw", "ivfpq")

FLAT_MAX = 50_000
HNSW_MAX = 3_000_000
# FAISS wants 39 vectors a centroid, and a product quantiser has 256 centroids.
IVFPQ_MIN = 39 * 256

_CORES = faiss.omp_get_max_threads()
_ADD_BLOCK = 10_000


def kind_for(count: int) -> Kind:
    """Returns the kind that suits a number of vectors."""
    if count <= FLAT_MAX:
        return "flat"
    return "hnsw" if count <= HNSW_MAX else "ivfpq"


class VectorIndex:
    """Unit vectors by row, searched by inner product, which for unit vectors is the cosine.

    Safe to search from several threads at once.

    Attributes:
        count: number of vectors.
        dimension: their length.
    """

    def __init__(self, index: Any) -> None:
        self._index = index
        self._every_row = _every_row(index)
        self.count: int = index.ntotal
        self.dimension: int = index.d

    @classmethod
    def build(cls, vectors: FloatArray, kind: Kind) -> "VectorIndex":
        """Builds an index of unit vectors `(vectors, dimension)`.

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
        faiss.omp_set_num_threads(_CORES)
        index = _empty_index(kind, count, dimension)
        index.train(vectors)
        with tqdm(
            total=count, desc=f"building {kind}", unit="vector", delay=2, disable=None
        ) as bar:
            for start in range(0, count, _ADD_BLOCK):
                block = vectors[start : start + _ADD_BLOCK]
                index.add(block)
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
            return cls(faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC))
        except RuntimeError as error:
            raise IndexFolderError(f"FAISS cannot read {path}: {error}") from error

    def write(self, path: Path) -> None:
        """Writes the index into a file."""
        faiss.write_index(self._index, str(path))

    def warm_up(self) -> None:
        """Touches every vector, so that no search waits for pages of the mapped file."""
        self._every_row.search(np.zeros((1, self.dimension), np.float32), 1)

    def search(self, vectors: FloatArray, k: int) -> tuple[FloatArray, npt.NDArray[np.int64]]:
        """Returns the cosines and rows of the most similar vectors, best first, ties by row.

        Both are `(queries, min(k, count))`, always full.

        Args:
            vectors: unit vectors `(queries, dimension)`.
        """
        k = min(k, self.count)
        if k == 0:
            nothing = (len(vectors), 0)
            return np.empty(nothing, np.float32), np.empty(nothing, np.int64)
        # One more than asked for: where it is as good as the last, FAISS chose among equals as it
        # pleased, and pages would overlap; then all of the equals are needed to choose by row.
        fetched = min(k + 1, self.count)
        scores, rows = self._search(vectors, fetched)
        while fetched < self.count and (scores[:, k - 1] == scores[:, -1]).any():
            fetched = min(2 * fetched, self.count)
            scores, rows = self._search(vectors, fetched)
        order = np.lexsort((rows, -scores))[:, :k]
        scores = np.clip(np.take_along_axis(scores, order, axis=1), -1, 1)
        return scores, np.take_along_axis(rows, order, axis=1)

    def _search(self, vectors: FloatArray, k: int) -> tuple[FloatArray, npt.NDArray[np.int64]]:
        """Returns cosines and rows `(queries, k)`, best first, ties in any order."""
        # OpenMP keeps this setting per thread: a request's one query must not wake every core.
        faiss.omp_set_num_threads(min(_CORES, max(1, len(vectors))))
        scores, rows = self._index.search(vectors, k)
        # A graph or a few lists may not reach k rows, for one where many vectors are the same.
        short = (rows < 0).any(axis=1)
        if short.any():
            scores[short], rows[short] = self._every_row.search(vectors[short], k)
        return scores, rows

    def vector_of(self, row: int) -> FloatArray:
        """Returns the unit vector of a row `(dimension,)`; `ivfpq` keeps half precision."""
        vector: FloatArray = self._every_row.reconstruct(row)
        return vector / np.linalg.norm(vector)


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


def _every_row(index: Any) -> Any:
    """Returns the plain array of vectors inside an index, which an exhaustive search can use."""
    if isinstance(index, faiss.IndexHNSWFlat):
        return faiss.downcast_index(index.storage)
    if isinstance(index, faiss.IndexRefine):
        return faiss.downcast_index(index.refine_index)
    return index
