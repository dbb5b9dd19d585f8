"""The values of one field of the items: what filters, facets, sorting and groups read."""

from bisect import bisect_left, bisect_right
from collections.abc import Hashable, Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from wardrobe.index.filters import Scalar
from wardrobe.index.growing import GrowingArray

BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]

GIVEN, PREDICTED, COUNTED = 1, 2, 4
"""Where a label comes from, and whether its item counts as having it; added up."""

_COMPARISONS = {
    "gt": np.greater,
    "gte": np.greater_equal,
    "lt": np.less,
    "lte": np.less_equal,
}


class Entries(NamedTuple):
    """Which items have which values, an entry each `(entries,)`.

    Attributes:
        slots: ascending; the entries of a slot begin with its main value.
        codes: of the values.
        sources: sums of `GIVEN`, `PREDICTED` and `COUNTED`; metadata is counted.
    """

    slots: npt.NDArray[np.int32]
    codes: npt.NDArray[np.int32]
    sources: npt.NDArray[np.uint8]


class Column:
    """The distinct values of a field, each with a code, and the items that have them.

    One thread appends while others read without a lock: what a reader looks at, the slots that
    were there when it began, is never written again.

    Attributes:
        values: by code, in order of appearance.
    """

    def __init__(self, values: Iterable[Scalar] = ()) -> None:
        self.values: list[Scalar] = []
        self._codes: dict[Hashable, int] = {}
        self._numbers = GrowingArray((), np.float64)  # by code; NaN where the value is no number
        self._slots = GrowingArray((), np.int32)
        self._slot_codes = GrowingArray((), np.int32)
        self._sources = GrowingArray((), np.uint8)
        self._order: tuple[list[int], IntArray] = [], np.empty(0, np.int64)
        for value in values:
            self._add(value)

    def append(self, slot: int, values: Iterable[tuple[Scalar, int]]) -> None:
        """Gives the next slot its values and their sources, the main value first."""
        sources: dict[int, int] = {}
        for value, source in values:
            code = self.code(value)
            code = self._add(value) if code is None else code
            sources[code] = sources.get(code, 0) | source
        for code, source in sources.items():
            self._slots.append(slot)
            self._slot_codes.append(code)
            self._sources.append(source)

    def code(self, value: Scalar) -> int | None:
        """Returns the code of a value, or None if no item ever had it."""
        return self._codes.get(_key(value))

    def entries(self, count: int) -> Entries:
        """Returns the entries of the first `count` slots."""
        slots = self._slots.rows
        end = int(slots.searchsorted(np.int32(count)))  # of its dtype, or numpy converts them all
        return Entries(slots[:end], self._slot_codes.rows[:end], self._sources.rows[:end])

    def main_codes(self, count: int) -> IntArray:
        """Returns the code of each slot's main value `(count,)`, -1 where it has none."""
        slots, codes, _ = self.entries(count)
        main = np.full(count, -1)
        main[slots[::-1]] = codes[::-1]  # of several entries the last one written stays
        return main

    def one_of(self, values: Iterable[Scalar], entries: Entries) -> BoolArray:
        """Returns which entries have one of the values."""
        codes = [code for value in values if (code := self.code(value)) is not None]
        if len(codes) == 1:
            found: BoolArray = entries.codes == codes[0]
            return found
        wanted = np.zeros(len(self.values), np.bool_)
        wanted[codes] = True
        return wanted[entries.codes]

    def within(self, bounds: Mapping[str, str | int | float], entries: Entries) -> BoolArray:
        """Returns which entries are within bounds: all numbers, or all strings."""
        if any(isinstance(bound, str) for bound in bounds.values()):
            return self._between(bounds, entries)
        numbers = self._numbers.rows[entries.codes]
        found = np.ones(len(numbers), np.bool_)
        for name, bound in bounds.items():
            found &= _COMPARISONS[name](numbers, bound)
        return found

    def ranks(self) -> IntArray:
        """Returns the place of each code among all, sorted: booleans, numbers, strings."""
        return self._sorted()[1]

    def _between(self, bounds: Mapping[str, str | int | float], entries: Entries) -> BoolArray:
        codes, ranks = self._sorted()
        low, high = bisect_left(codes, (2, ""), key=self._sort_key), len(codes)
        for name, bound in bounds.items():
            bisect = bisect_left if name in ("gte", "lt") else bisect_right
            place = bisect(codes, (2, bound), key=self._sort_key)
            low, high = (max(low, place), high) if name[0] == "g" else (low, min(high, place))
        found = ranks[entries.codes]
        return (found >= low) & (found < high)

    def _sorted(self) -> tuple[list[int], IntArray]:
        """Returns the codes in the order of their values, and the place of each code."""
        codes, ranks = self._order
        if len(codes) < len(self.values):
            codes = codes + list(range(len(codes), len(self.values)))
            codes.sort(key=self._sort_key)  # fast, as most of it is in order already
            ranks = np.empty(len(codes), np.int64)
            ranks[codes] = np.arange(len(codes))
            self._order = codes, ranks
        return codes, ranks

    def _sort_key(self, code: int) -> tuple[int, Any]:
        value = self.values[code]
        return (0 if isinstance(value, bool) else 2 if isinstance(value, str) else 1), value

    def _add(self, value: Scalar) -> int:
        code = len(self.values)
        self._numbers.append(_number(value))
        self.values.append(value)
        self._codes[_key(value)] = code
        return code


def flatten(metadata: Mapping[str, Any]) -> dict[str, list[Scalar]]:
    """Returns the values by key, dots between nested keys; null and NaN are no values."""
    found: dict[str, list[Scalar]] = {}
    waiting: list[tuple[str, Any]] = [*metadata.items()][::-1]
    while waiting:  # not recursive: metadata may nest deeper than Python calls
        key, value = waiting.pop()
        if isinstance(value, Mapping):
            waiting += [(f"{key}.{inner}", part) for inner, part in value.items()][::-1]
        elif isinstance(value, list | tuple):
            waiting += [(key, part) for part in value][::-1]
        elif value is not None and value == value:
            found.setdefault(key, []).append(value)
    return found


def _key(value: Scalar) -> Hashable:
    """Returns what tells true from 1, which Python takes for equal."""
    return (value,) if isinstance(value, bool) else value


def _number(value: Scalar) -> float:
    if isinstance(value, bool | str):
        return np.nan
    try:
        return float(value)
    except OverflowError:
        return np.inf if value > 0 else -np.inf
