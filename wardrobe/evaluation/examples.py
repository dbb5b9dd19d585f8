"""What the report shows: labels taken for one another, and queries with what they found."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from wardrobe.encoding import EncodedItems
from wardrobe.evaluation.retrieval import own_places
from wardrobe.evaluation.tagging import Tagged
from wardrobe.labels import LabelSpace
from wardrobe.manifest import Item, Manifest
from wardrobe.metrics import BoolArray, FloatArray, rank

RESULTS = 5


@dataclass(frozen=True)
class Confusion:
    """A label of a `single` attribute whose items were often taken for another one.

    Attributes:
        count: items with the label `truth` whose most probable label is `predicted`.
        of: items with the label `truth`.
    """

    attribute: str
    truth: str
    predicted: str
    count: int
    of: int
    pictures: tuple[Path, ...]


@dataclass(frozen=True)
class Result:
    """A picture that a query found."""

    picture: Path
    label: str
    similarity: float
    right: bool


@dataclass(frozen=True)
class Grid:
    """A query, by text or picture, and its best results."""

    query: str
    picture: Path | None
    results: tuple[Result, ...]


@dataclass
class Examples:
    """What the report shows beside its tables.

    Attributes:
        tagged: what the plots are drawn from; None without tags.
        grids: title → queries.
    """

    tagged: Tagged | None
    confusions: list[Confusion]
    grids: dict[str, list[Grid]] = field(default_factory=dict)


def find_confusions(
    tagged: Tagged, paths: Sequence[Path], *, limit: int = 12, pictures: int = 6
) -> list[Confusion]:
    """Returns the most frequent confusions, the most frequent first."""
    found = []
    for index, attribute in enumerate(tagged.label_space.attributes):
        rows = np.flatnonzero(tagged.known[:, index])
        if attribute.kind != "single" or not len(rows):
            continue
        columns = tagged.label_space.slices[attribute.name]
        truth = tagged.targets[rows, columns].argmax(axis=1)
        predicted = tagged.probabilities[rows, columns].argmax(axis=1)
        pairs, counts = np.unique(np.stack([truth, predicted]), axis=1, return_counts=True)
        for (is_label, taken_for), count in zip(pairs.T.tolist(), counts.tolist(), strict=True):
            if is_label != taken_for:
                cases = rows[(truth == is_label) & (predicted == taken_for)]
                found.append(
                    Confusion(
                        attribute.name,
                        attribute.labels[is_label],
                        attribute.labels[taken_for],
                        count,
                        int((truth == is_label).sum()),
                        tuple(paths[case] for case in cases[:pictures]),
                    )
                )
    return sorted(found, key=lambda confusion: -confusion.count)[:limit]


def picture_grids(
    queries: EncodedItems, gallery: EncodedItems, manifest: Manifest, count: int = 10
) -> list[Grid]:
    """Returns random picture queries; right is a result with the query's most specific label."""
    space = manifest.label_space
    columns = space.slices[space.most_specific_first[0]]
    asked = space.encode([item.labels for item in queries.items])[0][:, columns]
    rows = np.random.default_rng(0).permutation(np.flatnonzero(asked.any(axis=1)))[:count]
    targets = space.encode([item.labels for item in gallery.items])[0][:, columns]
    similarities = queries.vectors[rows] @ gallery.vectors.T
    order = rank(similarities, own_places(queries, gallery)[rows])
    items = [queries.items[row] for row in rows]
    return [
        Grid(_describe(item, space), manifest.path_of(item), results)
        for item, results in zip(
            items,
            _best(similarities, order, asked[rows] @ targets.T > 0, gallery, manifest),
            strict=True,
        )
    ]


def text_grids(
    texts: Sequence[str],
    vectors: FloatArray,
    relevant: BoolArray,
    gallery: EncodedItems,
    manifest: Manifest,
    count: int = 8,
) -> list[Grid]:
    """Returns random text queries.

    Args:
        vectors: of the texts `(queries, dimension)`.
        relevant: `(queries, gallery)`.
    """
    rows = np.random.default_rng(0).permutation(len(texts))[:count]
    similarities = vectors[rows] @ gallery.vectors.T
    results = _best(similarities, rank(similarities), relevant[rows], gallery, manifest)
    return [Grid(texts[row], None, best) for row, best in zip(rows, results, strict=True)]


def _best(
    similarities: FloatArray,
    order: npt.NDArray[np.int64],
    relevant: BoolArray,
    gallery: EncodedItems,
    manifest: Manifest,
) -> list[tuple[Result, ...]]:
    """Returns the first results of each query; the arrays are `(queries, gallery)`."""
    return [
        tuple(
            Result(
                manifest.path_of(gallery.items[place]),
                _describe(gallery.items[place], manifest.label_space),
                float(similarities[row, place]),
                bool(relevant[row, place]),
            )
            for place in best
        )
        for row, best in enumerate(order[:, :RESULTS].tolist())
    ]


def _describe(item: Item, label_space: LabelSpace) -> str:
    """Returns the item's labels of the three most specific `single` attributes."""
    single = {attribute.name for attribute in label_space.attributes if attribute.kind == "single"}
    names = [name for name in label_space.most_specific_first if name in single][:3]
    labels = [label for name in names for label in item.labels.get(name, ())]
    return ", ".join(dict.fromkeys(labels))  # a type and its category may share a name
