"""What a cosine means: how likely a person would call an item relevant to a query.

Each kind of query has its own curve, for texts lie further from pictures than pictures from one
another; and a gate, which says whether the query is about clothing at all.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors.numpy import load_file, save

from wardrobe.errors import CheckpointError
from wardrobe.files import atomic_write, sha256_of, write_json

RELEVANCE, GATES = "relevance.json", "relevance.safetensors"
KINDS = ("text", "picture")

FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Curve:
    """Relevance by cosine, `1 / (1 + exp(-slope cosine - intercept))` (Platt 1999).

    Attributes:
        min_relevance: what a search leaves out below, unless told otherwise.
    """

    slope: float
    intercept: float
    min_relevance: float

    def __call__(self, cosines: npt.ArrayLike) -> FloatArray:
        """Returns the relevance of each cosine, in the same shape."""
        logits = self.slope * np.asarray(cosines, np.float64) + self.intercept
        return (1 / (1 + np.exp(-logits))).astype(np.float32)


@dataclass(frozen=True)
class TextGate:
    """What parts texts about clothing from others: a support vector machine on whitened vectors.

    Attributes:
        mean: `(dimension,)`.
        whitening: `(dimension, width)`, float16, which keeps the file small.
        supports: the texts at the border, whitened, times 127 `(supports, width)`, int8.
        weights: of the supports `(supports,)`; over 0 for those about clothing.
        gamma: of the kernel, `exp(-gamma distance²)`.
        at_least: score from which a text is about clothing.
    """

    mean: FloatArray
    whitening: npt.NDArray[np.float16]
    supports: npt.NDArray[np.int8]
    weights: FloatArray
    gamma: float
    at_least: float

    def score(self, vectors: FloatArray) -> FloatArray:
        """Returns how much texts `(..., dimension)` are about clothing; any number."""
        whitening, borders = self._exact
        cosines = unit((vectors - self.mean) @ whitening) @ borders
        scores: FloatArray = np.exp(2 * self.gamma * (cosines - 1)) @ self.weights
        return scores

    @cached_property
    def _exact(self) -> tuple[FloatArray, FloatArray]:
        borders = unit(self.supports.astype(np.float32))
        return self.whitening.astype(np.float32), np.ascontiguousarray(borders.T)


@dataclass(frozen=True)
class PictureGate:
    """How far a picture is from those of clothing: Mahalanobis distance (Lee et al. 2018).

    Their covariance is that of probabilistic principal components (Tipping & Bishop 1999): the
    widest directions each with its variance, all others with one.

    Attributes:
        mean: `(dimension,)`.
        directions: orthonormal `(directions, dimension)`, float16.
        variances: along them `(directions,)`.
        rest: variance along any other direction.
        at_least: score from which a picture is of clothing.
    """

    mean: FloatArray
    directions: npt.NDArray[np.float16]
    variances: FloatArray
    rest: float
    at_least: float

    def score(self, vectors: FloatArray) -> FloatArray:
        """Returns minus the squared distance of pictures `(..., dimension)`."""
        offsets = vectors - self.mean
        along = np.square(offsets @ self._exact)
        beside = np.square(offsets).sum(axis=-1) - along.sum(axis=-1)
        scores: FloatArray = -((along / self.variances).sum(axis=-1) + beside / self.rest)
        return scores

    @cached_property
    def _exact(self) -> FloatArray:
        return np.ascontiguousarray(self.directions.astype(np.float32).T)


@dataclass(frozen=True)
class Relevance:
    """The curves and gates of a checkpoint, by kind of query: `text` and `picture`."""

    curves: Mapping[str, Curve]
    text_gate: TextGate
    picture_gate: PictureGate

    def relevance(self, kind: str, cosines: npt.ArrayLike) -> FloatArray:
        """Returns how likely items of these cosines are relevant to a query about clothing."""
        return self.curves[kind](cosines)

    def answerable(self, kind: str, vector: FloatArray) -> bool:
        """Returns whether a query's unit vector `(dimension,)` is about clothing.

        If not, nothing is relevant to it, whatever the cosines.
        """
        gate = self.text_gate if kind == "text" else self.picture_gate
        return bool(gate.score(vector) >= gate.at_least)


def unit(vectors: npt.NDArray[Any]) -> FloatArray:
    """Returns vectors `(..., width)` at length 1."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    scaled: FloatArray = (vectors / np.maximum(lengths, 1e-12)).astype(np.float32)
    return scaled


def save_relevance(folder: Path, relevance: Relevance, notes: Mapping[str, Any]) -> None:
    """Writes `relevance.json` and `relevance.safetensors` into a checkpoint folder.

    Args:
        notes: what it was fitted on and how well it did, kept for the reader of the file.
    """
    content: dict[str, Any] = {**notes}
    tensors = {}
    for kind, gate in (("text", relevance.text_gate), ("picture", relevance.picture_gate)):
        content[kind] = asdict(relevance.curves[kind])
        for field in fields(gate):
            name, value = field.name, getattr(gate, field.name)
            if isinstance(value, np.ndarray):
                tensors[f"{kind}.{name}"] = np.ascontiguousarray(value)
            else:
                content[kind][name] = value
    with atomic_write(folder / GATES) as aside:
        aside.write_bytes(save(tensors))
    write_json(folder / RELEVANCE, content | {"gates_sha256": sha256_of(folder / GATES)})


def relevance_in(folder: Path, dimension: int) -> Relevance | None:
    """Returns the relevance of a checkpoint folder; None where it was not fitted.

    Args:
        dimension: of the encoder's vectors.

    Raises:
        CheckpointError: a file is missing, or breaks the format, or they do not belong together.
    """
    path = folder / RELEVANCE
    if not path.exists():
        return None
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        found = _read(content, load_file(folder / GATES), dimension)
        digest = content["gates_sha256"]
    except Exception as error:  # safetensors raises its own, without a common base
        raise CheckpointError(
            f"cannot read {path} with {GATES}: {error!r}; "
            "remove both and run calibrate_relevance.py again"
        ) from error
    if sha256_of(folder / GATES) != digest:
        raise CheckpointError(
            f"{folder / GATES} is not the one {RELEVANCE} was written with (SHA-256 {digest}); "
            "remove both and run calibrate_relevance.py again"
        )
    return found


def _read(content: Mapping[str, Any], tensors: Mapping[str, Any], dimension: int) -> Relevance:
    def gate_of(kind: str, numbers: Sequence[str], **shapes: tuple[int, ...]) -> dict[str, Any]:
        values: dict[str, Any] = {name: float(content[kind][name]) for name in numbers}
        for name, shape in shapes.items():
            values[name] = tensors[f"{kind}.{name}"]
            if values[name].shape != shape:
                raise ValueError(f"{kind}.{name} is {values[name].shape}, expected {shape}")
        if not all(np.isfinite(value).all() for value in values.values()):
            raise ValueError(f"the gate of {kind} must hold finite numbers only")
        return values

    width, supports = len(tensors["text.whitening"].T), len(tensors["text.weights"])
    text = gate_of(
        "text",
        ("gamma", "at_least"),
        mean=(dimension,),
        whitening=(dimension, width),
        supports=(supports, width),
        weights=(supports,),
    )
    directions = len(tensors["picture.variances"])
    picture = gate_of(
        "picture",
        ("rest", "at_least"),
        mean=(dimension,),
        directions=(directions, dimension),
        variances=(directions,),
    )
    if not (picture["variances"] > 0).all() or not picture["rest"] > 0:
        raise ValueError("the variances of pictures must be over 0")
    curves = {kind: _curve(kind, content[kind]) for kind in KINDS}
    return Relevance(curves, TextGate(**text), PictureGate(**picture))


def _curve(kind: str, content: Mapping[str, Any]) -> Curve:
    curve = Curve(*(float(content[name]) for name in ("slope", "intercept", "min_relevance")))
    if not 0 < curve.slope < np.inf or not np.isfinite(curve.intercept):
        raise ValueError(f"the curve of {kind} must rise: its slope is {curve.slope}")
    if not 0 <= curve.min_relevance <= 1:
        raise ValueError(f"min_relevance of {kind} is {curve.min_relevance}; it lies in 0 to 1")
    return curve
