"""Encoders: the Wardrobe checkpoint, and CLIP, SigLIP, ViT or DINOv2 from the hub, as one."""

from pathlib import Path

import torch
from huggingface_hub import snapshot_download
from transformers.utils.logging import disable_progress_bar, set_verbosity_error

from wardrobe.encoders.base import Encoder, PictureEncoding
from wardrobe.encoders.checkpoint import read_config
from wardrobe.encoders.hardware import available_cores, wants_bf16
from wardrobe.encoders.transformers_encoder import HubEncoder, WardrobeEncoder
from wardrobe.encoders.wardrobe_model import WardrobeConfig
from wardrobe.errors import CheckpointError

__all__ = ["Encoder", "PictureEncoding", "load_encoder"]

disable_progress_bar()  # loading takes less than a second
set_verbosity_error()  # what loading may warn of is checked in `pretrained`

_HUB_FILES = ["*.json", "model*.safetensors", "*.txt", "*.model"]


def load_encoder(
    name_or_path: str,
    *,
    precision: str = "auto",
    compute_threads: int = 0,
    labels: Path | None = None,
) -> Encoder:
    """Loads an encoder.

    Args:
        name_or_path: a checkpoint's folder, or the folder or hub id of a CLIP, SigLIP, ViT or
            DINOv2.
        precision: `bf16`, `fp32`, or `auto`: bf16 where the processor has it.
        compute_threads: threads of a forward; 0 takes the cores this process may use.
        labels: labels.json, or a folder that has one, of the zero-shot tags of a checkpoint with
            text but without heads; None leaves it without tags.

    Raises:
        CheckpointError: there is no such checkpoint, or it is damaged.
        DatasetError: the labels cannot be read.
    """
    folder = _folder_of(name_or_path)
    torch.set_num_threads(compute_threads or available_cores())
    name = folder.name if folder.name == Path(name_or_path).name else name_or_path
    dtype = torch.bfloat16 if wants_bf16(precision) else torch.float32
    if read_config(folder).get("model_type") == WardrobeConfig.model_type:
        return WardrobeEncoder(folder, name, dtype)
    return HubEncoder(folder, name, dtype, labels)


def _folder_of(name_or_path: str) -> Path:
    folder = Path(name_or_path)
    if folder.is_dir():
        return folder
    try:
        return Path(snapshot_download(name_or_path, allow_patterns=_HUB_FILES))
    except Exception as error:  # offline, unknown id, malformed id: all mean the same to the user
        raise CheckpointError(
            f"there is no checkpoint folder {name_or_path!r}, "
            f"and the model hub did not give it: {error}"
        ) from error
