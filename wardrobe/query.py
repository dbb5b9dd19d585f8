"""What is searched for: the parts of a query, and the rules for its results."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from wardrobe.errors import BadRequestError
from wardrobe.index.filters import Filter

FloatArray = npt.NDArray[np.float32]

Mode = Literal["hybrid", "vector", "lexical"]
Kind = Literal["picture", "item", "text", "vector", "colour"]


@dataclass(frozen=True, eq=False)
class Part:
    """One of the things that results shall be like, or with a negative weight unlike.

    Attributes:
        name: what it is called in explanations.
        target: unit vector `(dimension,)`; of a colour, OKLab lightness, a and b `(3,)`.
        text: its words.
    """

    kind: Kind
    name: str
    target: FloatArray
    weight: float = 1.0
    text: str = ""


@dataclass(frozen=True, eq=False)
class Query:
    """A search.

    Attributes:
        parts: none asks for all items that the filter leaves, in the order they were added.
        must_not: tags that an item must not have.
        without: ids of items to leave out.
        mode: how texts are understood: by meaning, by words, or both.
        top_k: results at most.
        offset: how many of the best to leave out.
        as_of: clock of the snapshot whose pages are turned; None for now.
        min_score: least cosine.
        min_relevance: least relevance; None takes what the encoder learnt for its kind of query,
            and lets pass what has every word of it.
        sort: field to sort by, with `-` before it descending; None for the best first.
        group_by: field of whose every value only the best item is taken.
        collapse: cosine between items from which on they count as the same.
        diversity: 0 for the best, 1 for the most different from one another.
    """

    parts: tuple[Part, ...] = ()
    filter: Filter | None = None
    must_not: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    mode: Mode = "vector"
    top_k: int = 10
    offset: int = 0
    as_of: int | None = None
    min_score: float | None = None
    min_relevance: float | None = None
    sort: str | None = None
    group_by: str | None = None
    collapse: float | None = None
    diversity: float | None = None

    @property
    def vector(self) -> FloatArray | None:
        """The weighted sum of the parts that are vectors `(dimension,)`, not of length 1."""
        vectors = [part.weight * part.target for part in self.parts if part.kind != "colour"]
        return np.sum(vectors, axis=0) if vectors else None

    @property
    def colours(self) -> tuple[Part, ...]:
        """The parts that are colours."""
        return tuple(part for part in self.parts if part.kind == "colour")

    @property
    def words(self) -> str:
        """The words of the texts that results shall be like."""
        return " ".join(part.text for part in self.parts if part.text and part.weight > 0)

    @property
    def leading(self) -> Part | None:
        """The only part that results shall be like, by which relevance is judged.

        None with several, or where colours count: cosines with a sum are on another scale.
        """
        wanted = [part for part in self.parts if part.weight > 0]
        return wanted[0] if len(wanted) == 1 and not self.colours else None


def unit(vector: FloatArray, dimension: int) -> FloatArray:
    """Returns a vector of length 1.

    Raises:
        BadRequestError: it has the wrong dimension, is not finite or is zero.
    """
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
