"""Attributes and labels, and their translation to and from multi-hot vectors."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from itertools import compress
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import TypeAdapter, ValidationError

from wardrobe.errors import DatasetError
from wardrobe.files import write_json

SEPARATOR = ";"
"""Between several labels of an attribute in `manifest.csv`."""

Labels = Mapping[str, Sequence[str]]
"""An item's labels by attribute; an absent or empty attribute is unknown."""


@dataclass(frozen=True)
class Scope:
    """The kinds of thing that an attribute was learnt with: labels of a `single` attribute."""

    attribute: str
    labels: tuple[str, ...]


@dataclass(frozen=True)
class Attribute:
    """A question about an item: `single` has one answer, `multi` any number of them.

    A trained attribute may apply only to the kinds of thing it was learnt with; None is all.
    """

    name: str
    kind: Literal["single", "multi"]
    labels: tuple[str, ...]
    applies_to: Scope | None = None


@dataclass(frozen=True)
class LabelSpace:
    """Every attribute of a dataset or checkpoint, in a fixed order.

    Columns of a multi-hot vector follow the attributes and, inside each, its labels.
    """

    attributes: tuple[Attribute, ...]

    def __post_init__(self) -> None:
        """Refuses what `manifest.csv` or the columns of a vector could not tell apart.

        Raises:
            DatasetError: a name or label that breaks the rules, or is listed twice, or an
                attribute that applies to what the label space does not have.
        """
        names = [attribute.name for attribute in self.attributes]
        if len(set(names)) != len(names):
            raise DatasetError(f"an attribute is listed twice in {names}")
        for attribute in self.attributes:
            _check_attribute(attribute)
        singles = {a.name: a.labels for a in self.attributes if a.kind == "single"}
        for attribute in self.attributes:
            scope = attribute.applies_to
            if scope and not set(scope.labels) <= set(singles.get(scope.attribute, ())):
                raise DatasetError(
                    f"attribute {attribute.name!r} applies to labels of {scope.attribute!r}, "
                    "which is no single attribute with all of these labels"
                )

    @cached_property
    def names(self) -> tuple[str, ...]:
        """`attribute=label` of every column."""
        return tuple(f"{a.name}={label}" for a in self.attributes for label in a.labels)

    @cached_property
    def slices(self) -> dict[str, slice]:
        """Columns of each attribute."""
        slices, start = {}, 0
        for attribute in self.attributes:
            slices[attribute.name] = slice(start, start + len(attribute.labels))
            start += len(attribute.labels)
        return slices

    @cached_property
    def most_specific_first(self) -> tuple[str, ...]:
        """Attribute names by how many labels they have: `article_type` before `category`."""
        by_labels = sorted(self.attributes, key=lambda a: len(a.labels), reverse=True)
        return tuple(attribute.name for attribute in by_labels)

    @cached_property
    def _columns(self) -> dict[str, int]:
        return {name: column for column, name in enumerate(self.names)}

    def __len__(self) -> int:
        return len(self.names)

    def encode(
        self, items: Sequence[Labels]
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
        """Returns targets `(items, labels)` in {0, 1} and known `(items, attributes)`.

        Labels outside the space leave no trace; an attribute left with none is unknown.
        """
        targets = np.zeros((len(items), len(self)), np.float32)
        for row, labels in enumerate(items):
            for attribute in self.attributes:
                for label in labels.get(attribute.name, ()):
                    column = self._columns.get(f"{attribute.name}={label}")
                    if column is not None:
                        targets[row, column] = 1
        known = np.zeros((len(items), len(self.attributes)), np.bool_)
        for position, columns in enumerate(self.slices.values()):
            known[:, position] = targets[:, columns].any(axis=1)
        return targets, known

    def decode(self, target: npt.NDArray[Any]) -> dict[str, tuple[str, ...]]:
        """Returns the labels set in one multi-hot row `(labels,)`, without unknown attributes."""
        found = {}
        for attribute in self.attributes:
            chosen = np.flatnonzero(target[self.slices[attribute.name]])
            if len(chosen):
                found[attribute.name] = tuple(attribute.labels[i] for i in chosen)
        return found

    def limited_to_seen(
        self, targets: npt.NDArray[np.float32], known: npt.NDArray[np.bool_]
    ) -> "LabelSpace":
        """Returns the space with each attribute applying to the kinds of thing it was seen with.

        The kind of thing is said by the most specific `single` attribute ever known beside the
        attribute. One that is itself the most specific, or was seen with all kinds, has no limit.

        Args:
            targets: training items `(items, labels)` in {0, 1}.
            known: `(items, attributes)`.
        """
        is_known = dict(zip(self.slices, known.T, strict=True))
        singles = [a for a in self.attributes if a.kind == "single"]
        attributes = []
        for attribute in self.attributes:
            rows = is_known[attribute.name]
            beside = [a for a in singles if is_known[a.name][rows].any()]
            kind = max(beside, key=lambda a: len(a.labels), default=attribute)
            seen: npt.NDArray[np.bool_] = np.any(targets[rows, self.slices[kind.name]], axis=0)
            labels = tuple(compress(kind.labels, seen))
            limited = kind != attribute and labels != kind.labels
            scope = Scope(kind.name, labels) if limited else None
            attributes.append(replace(attribute, applies_to=scope))
        return LabelSpace(tuple(attributes))

    def to_json(self) -> dict[str, Any]:
        """Returns the content of `labels.json`."""
        attributes = [asdict(attribute) for attribute in self.attributes]
        for attribute in attributes:
            if attribute["applies_to"] is None:
                del attribute["applies_to"]
        return {"attributes": attributes}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "LabelSpace":
        """Builds a label space from the content of `labels.json`.

        Raises:
            DatasetError: the content breaks the format.
        """
        try:
            return TypeAdapter(cls).validate_python(content)
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"])
            raise DatasetError(
                f"labels.json needs attributes with name, kind and labels; {place}: {first['msg']}"
            ) from error

    def save(self, path: Path) -> None:
        """Writes `labels.json`."""
        write_json(path, self.to_json())

    @classmethod
    def load(cls, path: Path) -> "LabelSpace":
        """Reads `labels.json`.

        Raises:
            DatasetError: the file is missing or breaks the format.
        """
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise DatasetError(f"cannot read {path}: {error}") from error
        return cls.from_json(content)

    @classmethod
    def union(cls, spaces: Sequence["LabelSpace"]) -> "LabelSpace":
        """Joins label spaces: attributes and labels in order of first appearance, applying to all.

        Raises:
            DatasetError: an attribute is `single` in one space and `multi` in another.
        """
        kinds: dict[str, Literal["single", "multi"]] = {}
        labels: dict[str, dict[str, None]] = {}
        for attribute in (attribute for space in spaces for attribute in space.attributes):
            if kinds.setdefault(attribute.name, attribute.kind) != attribute.kind:
                raise DatasetError(
                    f"attribute {attribute.name!r} is single in one dataset and multi in another"
                )
            labels.setdefault(attribute.name, {}).update(dict.fromkeys(attribute.labels))
        return cls(
            tuple(Attribute(name, kind, tuple(labels[name])) for name, kind in kinds.items())
        )


def _check_attribute(attribute: Attribute) -> None:
    name, labels = attribute.name, attribute.labels
    if not name.strip() or "=" in name:
        raise DatasetError(f"attribute name {name!r} must not be empty or hold '='")
    if not labels:
        raise DatasetError(f"attribute {name!r} has no labels; leave it out or name some")
    if len(set(labels)) != len(labels):
        raise DatasetError(f"attribute {name!r} lists a label twice")
    for label in labels:
        check_label(label, f"attribute {name!r}")


def check_label(label: str, owner: str) -> None:
    """Refuses a label of `owner` that `manifest.csv` could not hold.

    Raises:
        DatasetError: it is empty, begins or ends with a space, or holds the separator.
    """
    if not label or label != label.strip() or SEPARATOR in label:
        raise DatasetError(
            f"label {label!r} of {owner} must not be empty, begin or end with a space, or hold "
            f"{SEPARATOR!r}, which separates labels in manifest.csv"
        )


def split_labels(cell: str) -> tuple[str, ...]:
    """Returns the labels in a cell of a table, without empty ones."""
    return tuple(label for part in cell.split(SEPARATOR) if (label := part.strip()))
