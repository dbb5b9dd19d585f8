"""How good retrieval is: by picture for each attribute, by caption, by colour and garment."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from wardrobe.encoding import EncodedItems
from wardrobe.errors import DatasetError
from wardrobe.labels import Attribute, LabelSpace
from wardrobe.metrics import (
    BoolArray,
    Estimate,
    FloatArray,
    Values,
    mean_estimates,
    rank,
    retrieval_metrics,
)
from wardrobe.rendering import ARTICLE_TYPES

KS = (1, 5, 10)
_CHUNK = 256  # queries ranked at once: bounds memory to a few numbers a query and gallery item


@dataclass(frozen=True)
class RetrievalScores:
    """How one kind of query did.

    Attributes:
        queries: those with a relevant item in the gallery, over which the means are.
        skipped: those without.
        metrics: name → mean, as `retrieval_metrics` names them.
    """

    queries: int
    skipped: int
    gallery: int
    metrics: dict[str, Estimate]


def evaluate_by_picture(
    queries: EncodedItems, gallery: EncodedItems, label_space: LabelSpace, resamples: int = 1000
) -> dict[str, RetrievalScores]:
    """Scores picture queries, attribute by attribute; a query never finds itself.

    An item is relevant if it shares a label of the attribute with the query. Items of which the
    attribute is unknown are neither queries nor in the gallery.
    """
    own = own_places(queries, gallery)
    asked_targets, asked_known = label_space.encode([item.labels for item in queries.items])
    targets, known = label_space.encode([item.labels for item in gallery.items])
    parts: dict[str, list[dict[str, Values]]] = {name: [] for name in label_space.slices}
    for rows in _chunks(len(queries.items), "picture queries"):
        order = rank(queries.vectors[rows] @ gallery.vectors.T, own[rows])
        for index, (name, columns) in enumerate(label_space.slices.items()):
            relevant = asked_targets[rows, columns] @ targets[:, columns].T > 0
            inside = np.flatnonzero(own[rows] >= 0)
            relevant[inside, own[rows][inside]] = False
            asked = asked_known[rows, index]
            ranked = np.take_along_axis(relevant[asked], order[asked], axis=1)
            # Every ranking has the same unknown items to leave out, so it stays a rectangle.
            shape = (len(ranked), int(known[:, index].sum()))
            ranked = ranked[known[order[asked], index]].reshape(shape)
            parts[name].append(retrieval_metrics(ranked, KS))
    return {
        name: _summarise(_join(parts[name]), int(known[:, index].sum()), resamples)
        for index, name in enumerate(parts)
        if asked_known[:, index].any()
    }


def own_places(queries: EncodedItems, gallery: EncodedItems) -> npt.NDArray[np.int64]:
    """Returns where each query is in the gallery itself `(queries,)`, -1 where it is not."""
    places = {item.image_path: place for place, item in enumerate(gallery.items)}
    return np.array([places.get(item.image_path, -1) for item in queries.items], np.int64)


def evaluate_by_text(
    vectors: FloatArray, relevant: BoolArray, gallery: EncodedItems, resamples: int = 1000
) -> RetrievalScores:
    """Scores text queries.

    Args:
        vectors: of the texts `(queries, dimension)`.
        relevant: `(queries, gallery)`.
    """
    metrics = text_query_metrics(vectors, relevant, gallery.vectors)
    return _summarise(metrics, len(gallery.items), resamples)


def text_query_metrics(
    vectors: FloatArray, relevant: BoolArray, documents: FloatArray
) -> dict[str, Values]:
    """Returns each text query's `retrieval_metrics` `(queries,)`.

    Args:
        vectors: of the texts `(queries, dimension)`.
        relevant: `(queries, documents)`.
        documents: unit vectors `(documents, dimension)`.
    """
    parts = []
    for rows in _chunks(len(vectors), "text queries"):
        order = rank(vectors[rows] @ documents.T)
        parts.append(retrieval_metrics(np.take_along_axis(relevant[rows], order, axis=1), KS))
    return _join(parts)


def caption_queries(gallery: EncodedItems, limit: int | None = None) -> tuple[list[str], BoolArray]:
    """Returns each caption once, and which items have it `(captions, gallery)`.

    Args:
        limit: of the captions; if there are more, these are a random sample (seed 0).
    """
    captions, which = np.unique([item.caption for item in gallery.items], return_inverse=True)
    written = np.flatnonzero(captions)  # an empty caption is none
    asked = np.sort(np.random.default_rng(0).permutation(written)[:limit])
    return captions[asked].tolist(), which == asked[:, None]


def garment_queries(
    gallery: EncodedItems, label_space: LabelSpace
) -> tuple[list[str], dict[str, BoolArray]]:
    """Returns a text for every article type and colour that occur together in the gallery.

    Returns:
        Texts such as "a navy blue shirt"; and which items are relevant `(queries, gallery)`: by
        `article_type`, by `colour` and by `both`.

    Raises:
        DatasetError: the label space has no article_type or no colour, or no item has both.
    """
    types, colours = (_attribute(label_space, name) for name in ("article_type", "colour"))
    targets, _ = label_space.encode([item.labels for item in gallery.items])
    of_type = targets[:, label_space.slices[types.name]].T > 0
    of_colour = targets[:, label_space.slices[colours.name]].T > 0
    pairs = np.argwhere(of_type.astype(np.float32) @ of_colour.T.astype(np.float32) > 0)
    if not len(pairs):
        raise DatasetError("no item of the gallery has both an article_type and a colour")
    by_type, by_colour = of_type[pairs[:, 0]], of_colour[pairs[:, 1]]
    texts = [_phrase(types.labels[t], colours.labels[c]) for t, c in pairs.tolist()]
    return texts, {"article_type": by_type, "colour": by_colour, "both": by_type & by_colour}


def _attribute(label_space: LabelSpace, name: str) -> Attribute:
    for attribute in label_space.attributes:
        if attribute.name == name:
            return attribute
    raise DatasetError(
        f"text queries of colour and garment need the attribute {name!r}; "
        f"there are {', '.join(label_space.slices)}"
    )


def _phrase(article_type: str, colour: str) -> str:
    drawn = ARTICLE_TYPES.get(article_type)
    phrase = f"{colour} {drawn.noun if drawn else article_type}".lower()
    if drawn is None or drawn.pair:  # a plural
        return phrase
    return f"{'an' if phrase[0] in 'aeiou' else 'a'} {phrase}"


def _chunks(queries: int, description: str) -> Iterator[slice]:
    starts = range(0, queries, _CHUNK)
    for start in tqdm(starts, description, unit="batch", delay=2, disable=None):
        yield slice(start, min(start + _CHUNK, queries))


def _join(parts: Sequence[dict[str, Values]]) -> dict[str, Values]:
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _summarise(metrics: dict[str, Values], gallery: int, resamples: int) -> RetrievalScores:
    skipped = int(np.isnan(metrics["r_precision"]).sum())
    queries = len(metrics["r_precision"]) - skipped
    return RetrievalScores(queries, skipped, gallery, mean_estimates(metrics, resamples))
