"""The checkpoint folder: its files, its fingerprint, and what of it needs no network."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from wardrobe.calibration import load_temperatures
from wardrobe.encoders.base import FloatArray
from wardrobe.errors import CheckpointError
from wardrobe.files import sha256_of
from wardrobe.labels import LabelSpace
from wardrobe.relevance import GATES
from wardrobe.thresholds import DEFAULT, load_thresholds

MODEL_TYPE = "wardrobe"
"""What `config.json` calls the network of our own checkpoints."""

CONFIG, LABELS, PREPROCESSOR = "config.json", "labels.json", "preprocessor_config.json"
CALIBRATION, THRESHOLDS = "calibration.json", "thresholds.json"
TRAINING_SUMMARY = "training_summary.json"
# Thresholds and relevance are left out: they change what is selected, never a vector or a logit.
_FINGERPRINTED = (
    CONFIG,
    LABELS,
    CALIBRATION,
    PREPROCESSOR,
    "tokenizer.json",
    "tokenizer_config.json",
    "vocab.json",
    "vocab.txt",
    "spiece.model",
    "merges.txt",
    "special_tokens_map.json",
)


def read_config(folder: Path) -> dict[str, Any]:
    """Returns a checkpoint's `config.json`.

    Raises:
        CheckpointError: it is missing or broken.
    """
    path = folder / CONFIG
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CheckpointError(
            f"{folder} is not a checkpoint: cannot read {CONFIG} ({error}); "
            "train one or name a folder or hub id that has one"
        ) from error
    return content


def fingerprint(folder: Path) -> str:
    """Returns the SHA-256 over the files that change the encoder's outputs.

    Raises:
        CheckpointError: there are no safetensors weights.
    """
    return _digest(folder, _FINGERPRINTED)


def network_digest(folder: Path) -> str:
    """Returns the SHA-256 over the files that make the network: no labels, no calibration.

    Raises:
        CheckpointError: there are no safetensors weights.
    """
    return _digest(folder, (CONFIG, PREPROCESSOR))


def thresholds_in(folder: Path, label_space: LabelSpace) -> FloatArray:
    """Returns the tuned thresholds of a checkpoint; without, the default.

    Raises:
        CheckpointError: the file breaks the format or has other labels.
    """
    path = folder / THRESHOLDS
    if path.exists():
        return load_thresholds(path, label_space)
    return np.full(len(label_space), DEFAULT, np.float32)


def temperatures_in(folder: Path, label_space: LabelSpace) -> FloatArray | None:
    """Returns the calibration of a checkpoint; without, None.

    Raises:
        CheckpointError: the file breaks the format or has other labels.
    """
    path = folder / CALIBRATION
    return load_temperatures(path, label_space) if path.exists() else None


def roots_trained_on(folder: Path) -> tuple[str, ...]:
    """Returns the names of the dataset roots in a checkpoint's training summary; none without."""
    try:
        summary = json.loads((folder / TRAINING_SUMMARY).read_text(encoding="utf-8"))
        return tuple(Path(root).name for root in summary["recipe"]["data"])
    except (OSError, ValueError, KeyError):
        return ()


def _digest(folder: Path, names: Sequence[str]) -> str:
    weights = sorted(path.name for path in folder.glob("*.safetensors") if path.name != GATES)
    if not weights:
        raise CheckpointError(f"{folder} has no .safetensors weights; other formats are not loaded")
    digest = hashlib.sha256()
    for name in (*weights, *names):
        if (folder / name).exists():
            digest.update(f"{name} {sha256_of(folder / name)}\n".encode())
    return digest.hexdigest()
