"""The networks of a Wardrobe checkpoint in OpenVINO's format, exported once and kept."""

import json
import logging
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openvino  # type: ignore[import-untyped]
from tokenizers import Tokenizer

from wardrobe.encoders.checkpoint import network_digest
from wardrobe.encoders.hardware import NO_TORCH
from wardrobe.errors import CheckpointError
from wardrobe.files import fsync_directory, sha256_of, write_json

_PICTURES, _TEXTS, _TOKENIZER = "pictures.xml", "texts.xml", "tokenizer.json"
_FILES = (_PICTURES, "pictures.bin", _TEXTS, "texts.bin", _TOKENIZER)
_RECORD = "networks.json"
_CARRIED = "networks"
"""Folder, inside a checkpoint that was fetched, of its networks: who serves it needs no torch."""

_FORMAT = 1
"""Raised whenever an export would come out otherwise: kept ones are then made again."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Networks:
    """What a checkpoint computes with.

    Attributes:
        pictures: uint8 `(pictures, height, width, 3)` → `vectors` `(pictures, dimension)`, unit,
            and `logits` `(pictures, labels)`.
        texts: the tokenizer's arrays `(texts, tokens)` → unit vectors `(texts, dimension)`.
        tokenizer: cuts and pads.
    """

    pictures: openvino.Model
    texts: openvino.Model
    tokenizer: Tokenizer


def load_networks(checkpoint: Path, kept_in: Path | None) -> Networks:
    """Returns the networks of a checkpoint folder: the kept ones, or exported ones, then kept.

    Args:
        kept_in: folder for the networks of all checkpoints; None exports and keeps nothing.

    Raises:
        CheckpointError: the checkpoint is damaged or incomplete.
    """
    carried = checkpoint / _CARRIED
    if _is_whole(carried):
        return _read(carried)
    if kept_in is None:
        return _export(checkpoint)
    folder = _folder_of(checkpoint, kept_in)
    if _is_whole(folder):
        return _read(folder)
    _log.info("exporting the networks of %s into %s, once; about ten seconds", checkpoint, folder)
    networks = _export(checkpoint)
    try:
        _keep(networks, folder)
    except OSError as error:
        _log.warning("cannot keep the networks in %s, every start exports them: %s", folder, error)
        return networks
    return _read(folder)  # now as later: the last bits differ from those of a fresh export


def are_kept(checkpoint: Path, kept_in: Path) -> bool:
    """Returns whether the networks of a checkpoint folder were exported before, and are whole.

    Raises:
        CheckpointError: the checkpoint has no weights.
    """
    return _is_whole(_folder_of(checkpoint, kept_in))


def carried_files(checkpoint: Path, kept_in: Path) -> dict[str, Path]:
    """Returns the files that a checkpoint's networks consist of, by their paths inside of it.

    Raises:
        CheckpointError: the checkpoint is damaged or incomplete.
    """
    load_networks(checkpoint, kept_in)
    folder = _folder_of(checkpoint, kept_in)
    return {f"{_CARRIED}/{name}": folder / name for name in (*_FILES, _RECORD)}


def _folder_of(checkpoint: Path, kept_in: Path) -> Path:
    return kept_in / f"{checkpoint.name}-{network_digest(checkpoint)[:16]}"


def _export(checkpoint: Path) -> Networks:
    try:
        import torch  # noqa: F401 - it and transformers take seconds to import
    except ModuleNotFoundError as error:
        raise CheckpointError(
            f"the networks of {checkpoint} are not in NETWORKS and must be exported, {NO_TORCH}; "
            "or copy them there from where they are"
        ) from error

    from wardrobe.encoders.export import export

    return export(checkpoint)


def _read(folder: Path) -> Networks:
    core = openvino.Core()
    return Networks(
        core.read_model(folder / _PICTURES),
        core.read_model(folder / _TEXTS),
        Tokenizer.from_file(str(folder / _TOKENIZER)),
    )


def _keep(networks: Networks, folder: Path) -> None:
    """Writes the folder aside, the record last, and renames it."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, suffix=".tmp") as name:
        aside = Path(name) / folder.name
        aside.mkdir()
        for file, network in ((_PICTURES, networks.pictures), (_TEXTS, networks.texts)):
            openvino.save_model(network, aside / file, compress_to_fp16=False)
        networks.tokenizer.save(str(aside / _TOKENIZER))
        write_json(aside / _RECORD, _record(aside))
        for path in aside.iterdir():
            with path.open("rb") as handle:
                os.fsync(handle.fileno())
        fsync_directory(aside)
        shutil.rmtree(folder, ignore_errors=True)
        aside.rename(folder)
    fsync_directory(folder.parent)


def _is_whole(folder: Path) -> bool:
    try:
        found = json.loads((folder / _RECORD).read_text(encoding="utf-8"))
        return bool(found == _record(folder))
    except (OSError, ValueError):
        return False


def _record(folder: Path) -> dict[str, Any]:
    return {
        "format": _FORMAT,
        "openvino": openvino.__version__,
        "checksums": {name: sha256_of(folder / name) for name in _FILES},
    }
