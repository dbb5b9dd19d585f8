"""Relevance from labelled pictures and written texts: pairs, curves and gates."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]
from sklearn.model_selection import (  # type: ignore[import-untyped]
    StratifiedKFold,
    cross_val_predict,
)
from sklearn.svm import SVC  # type: ignore[import-untyped]

from wardrobe.encoding import EncodedItems
from wardrobe.errors import DatasetError
from wardrobe.evaluation.retrieval import caption_queries, garment_queries
from wardrobe.labels import LabelSpace
from wardrobe.metrics import BoolArray, FloatArray
from wardrobe.relevance import PictureGate, TextGate, unit

TOP, RANDOM = 50, 50
"""Pairs a query: its first results, as far as people page, and others, so that the curve ends."""
CAPTIONS = 300  # so that product names do not outweigh the phrases people type
WIDTH, GAMMA = 256, 1.2
DIRECTIONS = 96
"""Of the gates: for texts by cross-validation on the written ones, see docs/decisions.md."""
_TEXTS = Path(__file__).parent / "query_texts"

Places = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Pairs:
    """Queries and items.

    Attributes:
        queries: which query `(pairs,)`.
        cosines: `(pairs,)`.
        relevant: `(pairs,)`.
    """

    queries: Places
    cosines: FloatArray
    relevant: BoolArray


def joined(parts: Sequence[Pairs]) -> Pairs:
    """Returns the pairs of several galleries; no two share a query."""
    starts = np.cumsum([0, *(part.queries[-1] + 1 for part in parts[:-1])])
    return Pairs(
        np.concatenate([part.queries + start for part, start in zip(parts, starts, strict=True)]),
        np.concatenate([part.cosines for part in parts]),
        np.concatenate([part.relevant for part in parts]),
    )


def halves(pairs: Pairs, seed: int) -> tuple[Pairs, Pairs]:
    """Parts pairs by their queries, at random."""
    first = np.random.default_rng(seed).permutation(pairs.queries[-1] + 1) % 2 == 0
    return _some(pairs, first[pairs.queries]), _some(pairs, ~first[pairs.queries])


def written_texts() -> tuple[list[str], list[str]]:
    """Returns queries about clothing as people type them, and texts about anything else."""
    clothing, other = (
        (_TEXTS / f"{name}.txt").read_text(encoding="utf-8").splitlines()
        for name in ("clothing", "other")
    )
    return clothing, other


def text_queries(gallery: EncodedItems, label_space: LabelSpace) -> tuple[list[str], BoolArray]:
    """Returns texts, and which items have all that each asks for `(texts, gallery)`.

    The texts are labels of the most specific attribute, "a navy blue shirt" for every article
    type and colour, and captions. A caption asks for the article type of its item, and for every
    other label of it that it names.
    """
    targets, _ = label_space.encode([item.labels for item in gallery.items])
    has: BoolArray = targets.T > 0
    specific = label_space.slices[label_space.most_specific_first[0]]
    names = [label for a in label_space.attributes for label in a.labels]
    labels = [column for column in range(specific.start, specific.stop) if has[column].any()]
    texts = [names[column].lower() for column in labels]
    relevant: list[Any] = [has[labels]]
    if {"article_type", "colour"} <= label_space.slices.keys():
        phrases, found = garment_queries(gallery, label_space)
        texts += phrases
        relevant.append(found["both"])
    captions, owners = caption_queries(gallery, CAPTIONS)
    for caption, first in zip(captions, owners.argmax(axis=1).tolist(), strict=True):
        asked = [
            column
            for column in np.flatnonzero(targets[first]).tolist()
            if specific.start <= column < specific.stop or _names(caption, names[column])
        ]
        texts.append(caption)
        relevant.append(has[asked].all(axis=0, keepdims=True))
    return texts, np.concatenate(relevant)


def picture_relevance(items: EncodedItems, label_space: LabelSpace) -> tuple[Places, BoolArray]:
    """Returns which items know the most specific attribute, and which of those share its label.

    Only what the thing is makes an item relevant. Gender cannot be seen; colours overlap in the
    labels ("Blue", "Navy Blue") and order the results anyway.

    Returns:
        Places `(known,)`, and `(known, known)`.
    """
    targets, _ = label_space.encode([item.labels for item in items.items])
    columns = targets[:, label_space.slices[label_space.most_specific_first[0]]]
    known = np.flatnonzero(columns.any(axis=1))
    return known, columns[known] @ columns[known].T > 0


def sample_pairs(
    cosines: FloatArray, relevant: BoolArray, *, own: bool = False, seed: int = 0
) -> Pairs:
    """Draws pairs as a list of results shows them: the first `TOP` of each query, and others.

    Args:
        cosines: `(queries, gallery)`.
        relevant: `(queries, gallery)`; queries without a relevant item count too.
        own: whether query i is item i, which then is left out.
    """
    random = np.random.default_rng(seed)
    cosines = cosines.copy()
    if own:
        np.fill_diagonal(cosines, -np.inf)
    order = np.argsort(-cosines, axis=1, kind="stable")[:, : cosines.shape[1] - own]
    tail = order.shape[1] - TOP
    if tail < 1:
        raise DatasetError(f"a gallery of {cosines.shape[1]} pictures; over {TOP + 1} are needed")
    others = random.integers(TOP, TOP + tail, size=(len(order), RANDOM))
    drawn = np.take_along_axis(order, others, axis=1)
    places = np.concatenate([order[:, :TOP], drawn], axis=1)
    return Pairs(
        np.repeat(np.arange(len(order)), places.shape[1]),
        np.take_along_axis(cosines, places, axis=1).ravel(),
        np.take_along_axis(relevant, places, axis=1).ravel(),
    )


def fit_curve(pairs: Pairs) -> tuple[float, float]:
    """Returns slope and intercept of the logistic curve through pairs."""
    fitted = LogisticRegression(C=1e4, max_iter=1000).fit(pairs.cosines[:, None], pairs.relevant)
    return round(float(fitted.coef_[0, 0]), 3), round(float(fitted.intercept_[0]), 3)


def fit_text_gate(
    clothing: FloatArray, also: FloatArray, other: FloatArray, *, keep: float, seed: int = 0
) -> TextGate:
    """Fits what parts texts about clothing from others.

    Vectors are whitened first: training on captions stretched the directions that tell garments
    apart, and nonsense differs in others. The threshold keeps a share of the written queries, each
    scored by a machine fitted without it.

    Args:
        clothing: vectors of written queries `(texts, dimension)`.
        also: of labels and captions, which are about clothing too but easier.
        other: of texts about anything else.
        keep: share of the written queries.
    """
    texts = np.concatenate([clothing, also, other])
    about = np.arange(len(texts)) < len(clothing) + len(also)
    mean, whitening = _whitening(texts)
    white = unit((texts - mean) @ whitening.astype(np.float32))
    machine = SVC(C=2, gamma=GAMMA, class_weight="balanced")
    folds = StratifiedKFold(5, shuffle=True, random_state=seed)
    scores = cross_val_predict(machine, white, about, cv=folds, method="decision_function")
    machine.fit(white, about)
    least = float(np.quantile(scores[: len(clothing)], 1 - keep) - machine.intercept_[0])
    supports = np.round(machine.support_vectors_ * 127).clip(-127, 127).astype(np.int8)
    weights = machine.dual_coef_[0].astype(np.float32)
    return TextGate(mean, whitening, supports, weights, GAMMA, round(least, 4))


def fit_picture_gate(
    familiar: FloatArray, judged: Sequence[FloatArray], *, keep: float
) -> PictureGate:
    """Fits what pictures of clothing look like to the encoder.

    Args:
        familiar: vectors of many pictures `(pictures, dimension)`, such as the training pictures.
        judged: of other pictures, one array a dataset; of each a share `keep` passes, at least.
    """
    wide = familiar.astype(np.float64)
    count = min(DIRECTIONS, wide.shape[1] - 1)
    values, directions = np.linalg.eigh(np.cov(wide.T))
    values = values.clip(1e-9 * values[-1])  # pictures may not vary in some directions
    gate = PictureGate(
        wide.mean(axis=0).astype(np.float32),
        directions[:, -count:].T.astype(np.float16),
        values[-count:].astype(np.float32),
        float(values[:-count].mean()),
        -np.inf,
    )
    least = min(float(np.quantile(gate.score(vectors), 1 - keep)) for vectors in judged)
    return PictureGate(gate.mean, gate.directions, gate.variances, gate.rest, round(least, 2))


def _whitening(vectors: FloatArray) -> tuple[FloatArray, npt.NDArray[np.float16]]:
    """Returns the mean, and the widest directions over their deviations `(dimension, width)`."""
    wide = vectors.astype(np.float64)
    values, directions = np.linalg.eigh(np.cov(wide.T))
    # Narrow directions are mostly noise.
    scaled = directions / np.sqrt(values + 0.3 * values.mean())
    return wide.mean(axis=0).astype(np.float32), scaled[:, -WIDTH:].astype(np.float16)


def _some(pairs: Pairs, kept: BoolArray) -> Pairs:
    return Pairs(pairs.queries[kept], pairs.cosines[kept], pairs.relevant[kept])


def _names(text: str, label: str) -> bool:
    return re.search(rf"\b{re.escape(label.casefold())}\b", text.casefold()) is not None
