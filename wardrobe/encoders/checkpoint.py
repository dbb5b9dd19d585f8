"""The checkpoint folder: its files and its fingerprint."""

import hashlib
import json
from pathlib import Path
from typing import Any

from wardrobe.errors import CheckpointError
from wardrobe.files import sha256_of

CONFIG, LABELS = "config.json", "labels.json"
CALIBRATION, THRESHOLDS = "calibration.json", "thresholds.json"
TRAINING_SUMMARY = "training_summary.json"
# Thresholds are left out: tuning them changes which tags are selected, never a vector or a logit.
_FINGERPRINTED = (
    CONFIG,
    LABELS,
    CALIBRATION,
    "preprocessor_config.json",
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
    weights = sorted(path.name for path in folder.glob("*.safetensors"))
    if not weights:
        raise CheckpointError(f"{folder} has no .safetensors weights; other formats are not loaded")
    digest = hashlib.sha256()
    for name in (*weights, *_FINGERPRINTED):
        if (folder / name).exists():
            digest.update(f"{name} {sha256_of(folder / name)}\n".encode())
    return digest.hexdigest()


def roots_trained_on(folder: Path) -> tuple[str, ...]:
    """Returns the names of the dataset roots in a checkpoint's training summary; none without."""
    try:
        summary = json.loads((folder / TRAINING_SUMMARY).read_text(encoding="utf-8"))
        return tuple(Path(root).name for root in summary["recipe"]["data"])
    except (OSError, ValueError, KeyError):
        return ()
