"""Encoders: the Wardrobe checkpoint, and CLIP, SigLIP, ViT or DINOv2 from the hub, as one."""

import sys
from pathlib import Path

# OpenVINO would report every import and export to its makers; without this module it does not.
sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]

from wardrobe.encoders import checkpoint
from wardrobe.encoders.base import Encoder, PictureEncoding
from wardrobe.encoders.compiled_encoder import CompiledEncoder
from wardrobe.encoders.hardware import (
    NO_TORCH,
    available_cores,
    keep_freed_memory,
    wants_bf16,
)
from wardrobe.errors import CheckpointError

__all__ = ["Encoder", "PictureEncoding", "load_encoder"]

_HUB_FILES = ["*.json", "model*.safetensors", "*.txt", "*.model"]


def load_encoder(
    name_or_path: str,
    *,
    precision: str = "auto",
    compute_threads: int = 0,
    labels: Path | None = None,
    networks: Path | None = None,
) -> Encoder:
    """Loads an encoder.

    Args:
        name_or_path: a checkpoint's folder, or the folder or hub id of a CLIP, SigLIP, ViT or
            DINOv2.
        precision: `bf16`, `fp32`, or `auto`: bf16 where the processor has it.
        compute_threads: threads of a forward; 0 takes the cores this process may use.
        labels: labels.json, or a folder that has one, of the zero-shot tags of a checkpoint with
            text but without heads; None leaves it without tags.
        networks: folder that keeps the exported networks of Wardrobe checkpoints; None exports
            them anew, which takes seconds.

    Raises:
        CheckpointError: there is no such checkpoint, or it is damaged.
        DatasetError: the labels cannot be read.
    """
    folder = _folder_of(name_or_path)
    name = folder.name if folder.name == Path(name_or_path).name else name_or_path
    threads = compute_threads or available_cores()
    if checkpoint.read_config(folder).get("model_type") == checkpoint.MODEL_TYPE:
        return CompiledEncoder(
            folder, name, precision=precision, threads=threads, networks=networks
        )
    try:
        import torch  # takes seconds, and the server of a Wardrobe checkpoint does without
    except ModuleNotFoundError as error:
        raise CheckpointError(
            f"{folder} is no Wardrobe checkpoint but one of the hub, {NO_TORCH}"
        ) from error

    from wardrobe.encoders.hub_encoder import HubEncoder

    torch.set_num_threads(threads)
    keep_freed_memory()
    dtype = torch.bfloat16 if wants_bf16(precision) else torch.float32
    return HubEncoder(folder, name, dtype, labels)


def _folder_of(name_or_path: str) -> Path:
    folder = Path(name_or_path)
    if folder.is_dir():
        return folder
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(name_or_path, allow_patterns=_HUB_FILES))
    except Exception as error:  # offline, unknown id, malformed id: all mean the same to the user
        raise CheckpointError(
            f"there is no checkpoint folder {name_or_path!r}, "
            f"and the model hub did not give it: {error}"
        ) from error
