"""Labels, tags, probabilities and metadata of all items, in memory, to filter and count by."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import numpy.typing as npt
from rapidfuzz import fuzz, process, utils

from wardrobe.errors import BadRequestError
from wardrobe.index.column import COUNTED, GIVEN, PREDICTED, BoolArray, Column, IntArray, flatten
from wardrobe.index.entries import CatalogueItem
from wardrobe.index.filters import (
    Filter,
    FilterGroup,
    IdCondition,
    MetadataCondition,
    Scalar,
    TagCondition,
    shown,
    split_tag,
)
from wardrobe.index.growing import GrowingArray
from wardrobe.labels import LabelSpace

METADATA = "metadata."
"""Begins the name of a field of the metadata; other fields are attributes."""

LAST = np.iinfo(np.int64).max
"""Sort key of an item without a value."""

_SOURCES = {
    "given_first": COUNTED,
    "given": GIVEN,
    "predicted": PREDICTED,
    "any": GIVEN | PREDICTED,
}
_STORABLE = np.arange(10_001) / 10_000
_LISTED = 20


class Columns:
    """What filters, facets, sorting and groups know of the items, by slot.

    One thread appends while others read without a lock, as with `Column`: whoever stays with a
    `count` it once saw gets the same answers, however much is appended meanwhile.

    A field is an attribute, or `metadata.` and a key (nested: `metadata.size.eu`). Its main value
    of an item is the first given, else the most probable selected one.

    Attributes:
        count: number of slots.
    """

    def __init__(
        self, label_space: LabelSpace | None, thresholds: npt.NDArray[np.float32] | None
    ) -> None:
        """Starts without items.

        Args:
            label_space: of the encoder, or None if it cannot tag.
            thresholds: `(labels,)`, or None if it cannot tag.
        """
        self.count = 0
        space = label_space or LabelSpace(())
        self._slices = space.slices
        self._attributes = defaultdict(Column, {a.name: Column(a.labels) for a in space.attributes})
        self._metadata: dict[str, Column] = defaultdict(Column)
        self._ids = Column()
        self._probabilities = GrowingArray((len(space),), np.uint16)
        self._unknown = np.zeros(len(space), np.uint16)
        self._excluding = _stored(np.array([] if thresholds is None else thresholds) / 2)

    def append(self, item: CatalogueItem, probabilities: npt.NDArray[np.uint16] | None) -> None:
        """Puts an item in the next slot.

        Args:
            probabilities: `(labels,)` in ten-thousandths, or None if it has none.
        """
        slot, metadata = self.count, flatten(item.metadata)
        self._probabilities.append(self._unknown if probabilities is None else probabilities)
        self._ids.append(slot, [(item.id, 0)])
        for attribute in {**item.labels, **item.tags}:
            given = [(label, GIVEN | COUNTED) for label in item.labels.get(attribute, ())]
            tags = item.tags.get(attribute, {})
            source = PREDICTED if given else PREDICTED | COUNTED
            predicted = [(label, source) for label in sorted(tags, key=lambda t: -tags[t])]
            if given or predicted:
                self._attributes[attribute].append(slot, [*given, *predicted])
        for key, values in metadata.items():
            self._metadata[key].append(slot, [(value, COUNTED) for value in values])
        self.count += 1

    def mask(self, condition: Filter, count: int) -> BoolArray:
        """Returns which of the first slots hold items that match a filter `(count,)`.

        Raises:
            BadRequestError: it has an attribute or a label that is neither in the label space nor
                was ever given, so that a slip of the pen does not pass for "nothing found".
        """
        return self._mask(condition, count, "filters")

    def excluded(self, tags: Sequence[str], count: int) -> BoolArray:
        """Returns which of the first slots hold items that may have one of the tags `(count,)`.

        They are given it, or predicted it with at least half the probability that selects it.

        Raises:
            BadRequestError: an attribute or label is unknown.
        """
        found = np.zeros(count, np.bool_)
        for i, tag in enumerate(tags):
            attribute, column, code = self._tag(tag, f"must_not[{i}]")
            labels = self._labels(attribute, code)
            found |= self._tagged(column, code, "any", count)
            found |= self._probable(labels, self._excluding[labels], count)
        return found

    def facets(
        self, fields: Sequence[str], mask: BoolArray, limit: int
    ) -> dict[str, list[tuple[Scalar, int]]]:
        """Counts the items of a mask by value, of each field the `limit` most frequent.

        The most frequent value comes first, equally frequent ones in their own order. Predicted
        labels count where none of the attribute is given.

        Raises:
            BadRequestError: a field is an unknown attribute.
        """
        facets = {}
        for field in fields:
            column = self._field(field, "facets")
            slots, codes, sources = column.entries(len(mask))
            counts = np.bincount(codes[mask[slots] & ((sources & COUNTED) > 0)])
            found = np.flatnonzero(counts)
            order = np.lexsort((column.ranks()[found], -counts[found]))
            first = found[order[:limit]].tolist()
            facets[field] = [(column.values[code], int(counts[code])) for code in first]
        return facets

    def countable_fields(self, limit: int) -> list[str]:
        """Returns every attribute, and each metadata field with at most `limit` values."""
        metadata = list(self._metadata.items())  # copies: the appender may add some meanwhile
        few = [METADATA + key for key, column in metadata if len(column.values) <= limit]
        return [*list(self._attributes), *few]

    def sort_keys(self, field: str, count: int) -> IntArray:
        """Returns what a stable sort puts the first slots in the order of a field by `(count,)`.

        The order is that of the main values: false, true, numbers, strings; with `-` before the
        field it is reversed. Items without a value have the key `LAST` either way.

        Raises:
            BadRequestError: the field is an unknown attribute.
        """
        column = self._field(field.removeprefix("-"), "sort")
        codes = column.main_codes(count)
        ranks = column.ranks()
        keys = np.append(-ranks if field.startswith("-") else ranks, LAST)
        return keys[codes]  # -1, no value, takes the last

    def groups(self, field: str, count: int) -> IntArray:
        """Returns a number for the main value of each of the first slots `(count,)`, -1 without.

        Raises:
            BadRequestError: the field is an unknown attribute.
        """
        return self._field(field, "group_by").main_codes(count)

    def _mask(self, condition: Filter, count: int, place: str) -> BoolArray:
        match condition:
            case TagCondition():
                attribute, column, code = self._tag(condition.tag, f"{place}.tag")
                if condition.min_probability:
                    least = _stored(condition.min_probability)
                    return self._probable(self._labels(attribute, code), least, count)
                return self._tagged(column, code, condition.source, count)
            case MetadataCondition():
                return self._metadata_mask(condition, count)
            case IdCondition():
                entries = self._ids.entries(count)
                return _mask_of(entries.slots[self._ids.one_of(condition.id, entries)], count)
            case FilterGroup():
                return self._group_mask(condition, count, place)

    def _group_mask(self, group: FilterGroup, count: int, place: str) -> BoolArray:
        def masks(key: str, conditions: Sequence[Filter]) -> Iterator[BoolArray]:
            for i, condition in enumerate(conditions):
                yield self._mask(condition, count, f"{place}.{key}[{i}]")

        found = np.ones(count, np.bool_)
        for mask in masks("all", group.all):
            found &= mask
        if group.any:
            some = np.zeros(count, np.bool_)
            for mask in masks("any", group.any):
                some |= mask
            found &= some
        for mask in masks("none", group.none):
            found &= ~mask
        return found

    def _metadata_mask(self, condition: MetadataCondition, count: int) -> BoolArray:
        key = condition.metadata
        if condition.exists is not None:
            found = np.zeros(count, np.bool_)
            for name in list(self._metadata):  # a copy: the appender may add keys meanwhile
                if name == key or name.startswith(f"{key}."):
                    found[self._metadata[name].entries(count).slots] = True
            return found if condition.exists else ~found
        column = self._metadata.get(key, Column())
        entries = column.entries(count)
        if condition.bounds:
            matching = column.within(condition.bounds, entries)
        else:
            matching = column.one_of(condition.is_in or [condition.eq], entries)
        return _mask_of(entries.slots[matching], count)

    def _tagged(self, column: Column, code: int | None, source: str, count: int) -> BoolArray:
        slots, codes, sources = column.entries(count)
        matching = (sources & _SOURCES[source]) > 0
        if code is not None:
            matching &= codes == code
        return _mask_of(slots[matching], count)

    def _probable(self, labels: slice, least: npt.NDArray[np.uint16], count: int) -> BoolArray:
        reached: BoolArray = self._probabilities.rows[:count, labels] >= least
        found: BoolArray = np.any(reached, axis=1)
        return found

    def _labels(self, attribute: str, code: int | None) -> slice:
        """Returns the probabilities of a label, or of all labels of an attribute."""
        labels = self._slices.get(attribute, slice(0, 0))
        if code is None:
            return labels
        label = labels.start + code  # the label space's labels have the first codes, in its order
        return slice(label, min(label + 1, labels.stop))

    def _tag(self, tag: str, place: str) -> tuple[str, Column, int | None]:
        """Returns a tag's attribute, its column, and the code of its label, if it names one."""
        attribute, label = split_tag(tag)
        column = self._attribute(attribute, f"{place} is {shown(tag)}", place)
        if label is None:
            return attribute, column, None
        code = column.code(label)
        if code is None:
            problem = f"{place} is {shown(tag)}: {attribute} has no label {shown(label)}"
            raise _unknown(problem, label, column.values, place)
        return attribute, column, code

    def _field(self, field: str, place: str) -> Column:
        if field.startswith(METADATA):
            return self._metadata.get(field.removeprefix(METADATA), Column())
        return self._attribute(field, f"{place} is {shown(field)}", place)

    def _attribute(self, name: str, found: str, place: str) -> Column:
        column = self._attributes.get(name)
        if column is None:
            raise _unknown(
                f"{found}: there is no attribute {shown(name)}", name, self._attributes, place
            )
        return column


def _unknown(problem: str, name: str, known: Iterable[Scalar], place: str) -> BadRequestError:
    """Returns an error that says what may have been meant."""
    names = sorted(map(str, list(known)))  # a copy: the appender may add some meanwhile
    letters = utils.default_process
    near = process.extract(name, names, processor=letters, score_cutoff=75, limit=10)
    # That score also finds part of a name (navy); of what it found, the most alike come first.
    found = [similar for similar, *_ in near]
    similar = [n for n, *_ in process.extract(name, found, scorer=fuzz.ratio, processor=letters)]
    hint = f", did you mean {' or '.join(map(shown, similar[:3]))}?" if similar else ";"
    listed = ", ".join(f"{name:.60}" for name in names[:_LISTED]) or "none yet"
    if len(names) > _LISTED:
        listed += f" and {len(names) - _LISTED} more"
    return BadRequestError(
        f"{problem}{hint} known are {listed}", parameters=[place], similar=similar[:3]
    )


def _stored(probability: npt.ArrayLike) -> npt.NDArray[np.uint16]:
    """Returns the least stored number of what is at least as probable; 0 is stored for unknown."""
    return np.searchsorted(_STORABLE, probability).clip(1).astype(np.uint16)


def _mask_of(slots: npt.NDArray[np.int32], count: int) -> BoolArray:
    mask = np.zeros(count, np.bool_)
    mask[slots] = True
    return mask
