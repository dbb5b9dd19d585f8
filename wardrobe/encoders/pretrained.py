"""Networks and processors as the hub gives them: all from the files, or a clear refusal."""

from pathlib import Path
from typing import Any

import torch
from transformers import AutoImageProcessor, AutoModel
from transformers.utils.logging import disable_progress_bar, set_verbosity_error

from wardrobe.errors import CheckpointError

disable_progress_bar()  # loading takes less than a second
set_verbosity_error()  # what loading may warn of is checked below


def load_processor(name_or_path: str | Path) -> Any:
    """Returns the image processor of a folder or hub id.

    Raises:
        CheckpointError: it cannot be loaded, or does not make squares of pixels.
    """
    try:
        processor = AutoImageProcessor.from_pretrained(name_or_path)
    except Exception as error:  # whatever the library raises of a broken folder
        raise CheckpointError(
            f"cannot load the image processor of {name_or_path}: {error}"
        ) from error
    if "spatial_shapes" in processor.model_input_names:
        raise CheckpointError(
            f"{name_or_path} reads patches of pictures of any shape (NaFlex); "
            "take a SigLIP2 of one resolution, such as google/siglip2-base-patch16-224"
        )
    return processor


def normalise(pictures: torch.Tensor, processor: Any) -> torch.Tensor:
    """Returns pictures in [0, 255] as the processor would scale and normalise them.

    Args:
        pictures: `(pictures, 3, height, width)`.
    """
    mean = torch.tensor(processor.image_mean)[:, None, None]
    std = torch.tensor(processor.image_std)[:, None, None]
    scaled: torch.Tensor = (pictures * processor.rescale_factor - mean) / std
    return scaled.contiguous(memory_format=torch.channels_last)


def load_pretrained(name_or_path: str | Path) -> Any:
    """Returns the network of a folder or hub id, in fp32.

    Raises:
        CheckpointError: it cannot be loaded, or lacks weights, which the library would make up.
    """
    try:
        model, report = AutoModel.from_pretrained(
            name_or_path, use_safetensors=True, dtype=torch.float32, output_loading_info=True
        )
    except Exception as error:  # whatever the library raises of a broken folder
        raise CheckpointError(f"cannot load the checkpoint {name_or_path}: {error}") from error
    missing = sorted(report["missing_keys"])
    for name in missing:
        owner, pooler, _ = name.rpartition("pooler.dense.")
        if not pooler:
            raise CheckpointError(
                f"{name_or_path} lacks {len(missing)} weights of a {type(model).__name__}, such as "
                f"{name}; it is damaged, or needs code of its own, which is never run"
            )
        # A classifier's ViT has no pooler; its class token serves instead.
        model.get_submodule(owner.rstrip(".")).pooler = None
    return model.eval()
