"""The protocol of Marqo's KAGL benchmark, on the pictures of one dataset root.

The benchmark (github.com/marqo-ai/marqo-FashionCLIP, 2024) is all 44,434 pictures of Fashion
Product Images. What it asks and how it scores is repeated here; among fewer pictures it is
another benchmark, so `KaglReport.name` says how many there are.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wardrobe.encoders import Encoder
from wardrobe.encoding import EncodedItems, encode_items, encode_texts
from wardrobe.errors import DatasetError, UnsupportedQueryError
from wardrobe.evaluation.examples import Grid, text_grids
from wardrobe.evaluation.retrieval import caption_queries, text_query_metrics
from wardrobe.labels import LabelSpace
from wardrobe.manifest import Manifest
from wardrobe.metrics import (
    BoolArray,
    Estimate,
    FloatArray,
    Values,
    mean_estimates,
    retrieval_metrics,
)

NAMES = "text-to-image"
"""The task in which product names ask; the others are named after the attribute that does."""

ATTRIBUTES = ("category", "sub_category", "article_type", "colour")
NAME_QUERIES = 2000
PICTURE, PICTURE_AND_NAME = "picture", "0.9 picture + 0.1 name"
_NAME_WEIGHT = 0.1
_CUT = 10


@dataclass(frozen=True)
class Task:
    """How one kind of query did in one gallery.

    Attributes:
        name: `NAMES`, or the attribute whose labels ask.
        relevant: pictures that are right, mean over the queries.
        scores: what stands for an item (`PICTURE`, `PICTURE_AND_NAME`) → metric → mean.
        random: metric → its expectation for a random ranking.
        ceiling: metric → that of the best ranking there is.
    """

    name: str
    queries: int
    relevant: float
    scores: dict[str, dict[str, Estimate]]
    random: dict[str, float]
    ceiling: dict[str, float]


@dataclass(frozen=True)
class Gallery:
    """The pictures that are searched, and how each task did among them.

    Attributes:
        split: None for all pictures of the root.
        names_elsewhere: names that ask here and also name a picture outside this gallery.
    """

    split: str | None
    pictures: int
    names_elsewhere: int
    tasks: tuple[Task, ...]


@dataclass(frozen=True)
class KaglReport:
    """What the protocol found.

    Attributes:
        name: of the benchmark, with its size.
        trained_on: dataset roots that the checkpoint says it was trained on.
        splits: split → pictures.
        failed: path → why its picture could not be encoded.
        galleries: the held-out split, then all pictures.
        resamples: bootstrap draws behind the intervals.
    """

    name: str
    checkpoint: str
    fingerprint: str
    data: str
    trained_on: tuple[str, ...]
    splits: dict[str, int]
    failed: dict[str, str]
    galleries: tuple[Gallery, ...]
    resamples: int


def evaluate_kagl(
    encoder: Encoder,
    manifest: Manifest,
    *,
    held_out: str = "val",
    trained_on: tuple[str, ...] = (),
    resamples: int = 1000,
) -> tuple[KaglReport, dict[str, list[Grid]]]:
    """Runs the protocol on a dataset: among the held-out split alone, and among all pictures.

    Returns:
        The report; and title → queries with what they found in the held-out split.

    Raises:
        UnsupportedQueryError: the encoder has no text.
        DatasetError: the dataset lacks an attribute, captions or the split.
    """
    _check(encoder, manifest, held_out)
    everything = encode_items(encoder, manifest, manifest.items, "all pictures")
    vector_of = _encode_words(encoder, everything, manifest.label_space)
    galleries, grids = [], {}
    for split in (held_out, None):
        gallery = everything if split is None else _of_split(everything, split)
        queries = _queries(gallery, manifest.label_space, vector_of)
        named = _with_names(gallery, vector_of)
        tasks = tuple(_score(asked, gallery.vectors, named, resamples) for asked in queries)
        outside = {item.caption for item in everything.items if split not in (None, item.split)}
        known = sum(text in outside for q in queries if q.task == NAMES for text in q.texts)
        galleries.append(Gallery(split, len(gallery.items), known, tasks))
        if split is not None:
            grids = {
                f"{q.task} queries among split {split} ({PICTURE})": text_grids(
                    q.texts, q.vectors, q.relevant, gallery, manifest
                )
                for q in queries
            }
    count = len(everything.items)
    size = f"{count / 1000:.0f}k" if count >= 1000 else str(count)
    report = KaglReport(
        name=f"KAGL-{size} ({count:,} items)",
        checkpoint=encoder.name,
        fingerprint=encoder.fingerprint,
        data=manifest.root.resolve().name,
        trained_on=trained_on,
        splits=dict(Counter(item.split for item in everything.items)),
        failed={str(picture.path): str(picture.error) for picture in everything.failed},
        galleries=tuple(galleries),
        resamples=resamples,
    )
    return report, grids


def expected_at_random(relevant: npt.NDArray[np.int64], gallery: int, k: int) -> dict[str, Values]:
    """Returns what each query's metrics are on average over all orders of the gallery.

    Args:
        relevant: relevant items of each query `(queries,)`, at least one.

    Returns:
        `precision@k`, `recall@k` and `mrr@k`, each `(queries,)`.
    """
    places = min(k, gallery)
    reciprocal, none_before = np.zeros(len(relevant)), np.ones(len(relevant))
    for before in range(places):
        chance = np.minimum(relevant / (gallery - before), 1)  # that the next one is relevant
        reciprocal += none_before * chance / (before + 1)
        none_before *= 1 - chance
    return {
        f"precision@{k}": relevant / gallery * places / k,
        f"recall@{k}": np.full(len(relevant), places / gallery),
        f"mrr@{k}": reciprocal,
    }


def _check(encoder: Encoder, manifest: Manifest, held_out: str) -> None:
    if not encoder.has_text:
        raise UnsupportedQueryError(
            f"the KAGL protocol asks with texts, and the encoder {encoder.name} has no text tower; "
            "evaluate a checkpoint with text (CLIP, SigLIP or Wardrobe)"
        )
    missing = [name for name in ATTRIBUTES if name not in manifest.label_space.slices]
    if missing:
        raise DatasetError(
            f"the KAGL protocol needs the attributes {', '.join(ATTRIBUTES)}; {manifest.root} "
            f"lacks {', '.join(missing)}, it has {', '.join(manifest.label_space.slices)}"
        )
    if not any(item.caption for item in manifest.split(held_out)):
        splits = sorted({item.split for item in manifest.items if item.caption})
        raise DatasetError(
            f"the KAGL protocol asks with product names, but {manifest.root} has no caption in "
            f"split {held_out!r}; splits with captions: {splits}"
        )


def _encode_words(
    encoder: Encoder, encoded: EncodedItems, label_space: LabelSpace
) -> dict[str, FloatArray]:
    """Returns the vector of every caption and of every label that may ask."""
    texts = {item.caption for item in encoded.items if item.caption}
    for attribute in label_space.attributes:
        if attribute.name in ATTRIBUTES:
            texts.update(attribute.labels)
    return dict(zip(sorted(texts), encode_texts(encoder, sorted(texts)), strict=True))


def _of_split(encoded: EncodedItems, split: str) -> EncodedItems:
    """Returns the items of one split, without tags: nothing here looks at them."""
    rows = [row for row, item in enumerate(encoded.items) if item.split == split]
    items = tuple(encoded.items[row] for row in rows)
    return EncodedItems(items, encoded.vectors[rows], np.zeros((len(rows), 0), np.float32), ())


@dataclass(frozen=True)
class _Queries:
    """The texts of one task, their vectors `(queries, dimension)` and what is right for each.

    Attributes:
        relevant: `(queries, gallery)`; every text has a relevant item.
    """

    task: str
    texts: list[str]
    vectors: FloatArray
    relevant: BoolArray


def _queries(
    gallery: EncodedItems, label_space: LabelSpace, vector_of: Mapping[str, FloatArray]
) -> list[_Queries]:
    """Returns the queries of every task that has any; labels ask as they are, no template."""
    asked = {NAMES: caption_queries(gallery, NAME_QUERIES)}
    targets, _ = label_space.encode([item.labels for item in gallery.items])
    for attribute in label_space.attributes:
        if attribute.name in ATTRIBUTES:
            relevant = targets[:, label_space.slices[attribute.name]].T > 0
            occurs = relevant.any(axis=1)
            labels = np.array(attribute.labels)[occurs].tolist()
            asked[attribute.name] = labels, relevant[occurs]
    return [
        _Queries(task, texts, np.stack([vector_of[text] for text in texts]), relevant)
        for task, (texts, relevant) in asked.items()
        if texts
    ]


def _with_names(gallery: EncodedItems, vector_of: Mapping[str, FloatArray]) -> FloatArray:
    """Returns unit vectors of picture and name together; of the picture where there is no name."""
    pictures = gallery.vectors
    nothing = np.zeros(pictures.shape[1], np.float32)
    names = np.reshape([vector_of.get(i.caption, nothing) for i in gallery.items], pictures.shape)
    mixed = (1 - _NAME_WEIGHT) * pictures + _NAME_WEIGHT * names
    unit: FloatArray = mixed / np.linalg.norm(mixed, axis=1, keepdims=True)
    return unit


def _score(queries: _Queries, pictures: FloatArray, named: FloatArray, resamples: int) -> Task:
    """Scores one task; names ask among pictures alone, labels also among pictures with names."""
    kind, documents = "recall", {PICTURE: pictures}
    if queries.task != NAMES:
        kind, documents = "precision", {PICTURE: pictures, PICTURE_AND_NAME: named}
    scores = {}
    for name, vectors in documents.items():
        metrics = text_query_metrics(queries.vectors, queries.relevant, vectors)
        scores[name] = mean_estimates(_published(metrics, kind), resamples)
    counts, gallery = queries.relevant.sum(axis=1), len(pictures)
    first, tenth = (expected_at_random(counts, gallery, k) for k in (1, _CUT))
    best = retrieval_metrics(np.arange(gallery) < counts[:, None], (1, _CUT))
    return Task(
        queries.task,
        len(queries.texts),
        float(counts.mean()),
        scores,
        random=_means(_published({**first, **tenth}, kind)),
        ceiling=_means(_published(best, kind)),
    )


def _published(metrics: Mapping[str, Values], kind: str) -> dict[str, Values]:
    """Picks the published metrics; the `mean_…` is their AvgRecall or AvgP."""
    first, tenth = metrics[f"{kind}@1"], metrics[f"{kind}@{_CUT}"]
    return {
        f"mean_{kind}": (first + tenth) / 2,
        f"{kind}@1": first,
        f"{kind}@{_CUT}": tenth,
        f"mrr@{_CUT}": metrics[f"mrr@{_CUT}"],
    }


def _means(metrics: Mapping[str, Values]) -> dict[str, float]:
    return {name: float(values.mean()) for name, values in metrics.items()}
