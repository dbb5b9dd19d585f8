"""A query's vector → the items most like it."""

from dataclasses import dataclass

import numpy as np

from wardrobe.errors import BadRequestError
from wardrobe.index import CatalogueItem, Index
from wardrobe.index.vector_index import FloatArray


@dataclass(frozen=True)
class Hit:
    """An item found, and the cosine of its vector and the query's."""

    item: CatalogueItem
    score: float


class Searcher:
    """Finds items in an index; safe to use from several threads at once."""

    def __init__(self, index: Index) -> None:
        self._index = index

    def search(
        self,
        vector: FloatArray,
        *,
        top_k: int,
        offset: int = 0,
        min_score: float | None = None,
        exclude_id: str | None = None,
    ) -> list[Hit]:
        """Returns the items most similar to a vector `(dimension,)`, best first.

        There are `top_k` of them unless the index or `min_score` gives fewer.

        Args:
            vector: of any length but zero.
            offset: how many of the best to leave out, for the next page.
            min_score: least cosine.
            exclude_id: an item to leave out, such as the one whose vector this is.

        Raises:
            BadRequestError: the vector has the wrong dimension, is not finite or is zero.
            UnknownItemError: no item has the id `exclude_id`.
        """
        query = self._unit(vector)
        excluded = None if exclude_id is None else self._index.row_of(exclude_id)
        wanted = offset + top_k
        scores, rows = self._index.search(query[None], wanted + (excluded is not None))
        keep = rows[0] != excluded if excluded is not None else np.ones(rows.shape[1], np.bool_)
        if min_score is not None:
            keep &= scores[0] >= min_score
        kept = np.flatnonzero(keep)[offset:wanted]
        items = self._index.items(rows[0][kept])
        return [Hit(item, float(scores[0][k])) for item, k in zip(items, kept, strict=True)]

    def _unit(self, vector: FloatArray) -> FloatArray:
        dimension = self._index.record.dimension
        if vector.shape != (dimension,):
            found = f"{len(vector)} numbers" if vector.ndim == 1 else f"shape {vector.shape}"
            raise BadRequestError(
                f"the vector has {found}; this index takes {dimension} numbers", dimension=dimension
            )
        # Doubles, so that the squares of large numbers stay finite.
        wide = vector.astype(np.float64)
        if not np.isfinite(wide).all():
            position = int(np.flatnonzero(~np.isfinite(wide))[0])
            raise BadRequestError(
                f"the vector has {vector[position]} at position {position}; "
                "every number must be finite",
                position=position,
            )
        length = float(np.linalg.norm(wide))
        if length == 0:
            raise BadRequestError("the vector is zero; it must point somewhere")
        return (wide / length).astype(np.float32)
