"""An array that rows are appended to."""

from typing import Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt

Scalar = TypeVar("Scalar", bound=np.generic)


class GrowingArray(Generic[Scalar]):
    """Appends in amortised constant time; what was taken from it before never moves or changes."""

    def __init__(self, row_shape: tuple[int, ...], dtype: type[Scalar]) -> None:
        self._array = np.empty((16, *row_shape), dtype)
        self._count = 0

    def append(self, row: Any) -> None:
        """Adds a row."""
        if self._count == len(self._array):
            larger = np.empty((2 * self._count, *self._array.shape[1:]), self._array.dtype)
            larger[: self._count] = self._array
            self._array = larger
        self._array[self._count] = row
        self._count += 1

    @property
    def rows(self) -> npt.NDArray[Scalar]:
        """All rows so far, not copied."""
        return self._array[: self._count]
