"""Encoders: the shipped hybrid ViT, and any Hugging Face ViT or CLIP, behind one interface."""

from pathlib import Path

import torch
from huggingface_hub import snapshot_download
from transformers.utils.logging import disable_progress_bar

from wardrobe.encoders.base import Encoder, PictureEncoding
from wardrobe.encoders.checkpoint import read_config
from wardrobe.encoders.hardware import available_cores, has_bf16
from wardrobe.encoders.transformers_encoder import HubEncoder, WardrobeEncoder
from wardrobe.encoders.wardrobe_model import WardrobeConfig
from wardrobe.errors import CheckpointError

__all__ = ["Encoder", "PictureEncoding", "load_encoder"]

disable_progress_bar()  # loading takes less than a second

_HUB_FILES = ["*.json", "*.safetensors", "*.txt"]


def load_encoder(
    name_or_path: str, *, precision: str = "auto", compute_threads: int = 0
) -> Encoder:
    """Loads an encoder.

    Args:
        name_or_path: a checkpoint's folder, or a hub id of a ViT or CLIP.
        precision: `bf16`, `fp32`, or `auto`: bf16 where the processor has it.
        compute_threads: threads of a forward; 0 takes the cores this process may use.

    Raises:
        CheckpointError: there is no such checkpoint, or it is damaged.
    """
    folder = _folder_of(name_or_path)
    bf16 = has_bf16() if precision == "auto" else precision == "bf16"
    torch.set_num_threads(compute_threads or available_cores())
    model_type = read_config(folder).get("model_type")
    encoder = WardrobeEncoder if model_type == WardrobeConfig.model_type else HubEncoder
    return encoder(
        folder,
        folder.name if folder.name == Path(name_or_path).name else name_or_path,
        torch.bfloat16 if bf16 else torch.float32,
    )


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
