"""What a recipe trains: the network, its image processor, optimiser and averaged weights."""

import math
from typing import Any

import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel
from transformers import AutoConfig, AutoModel, ViTImageProcessorPil

from wardrobe.encoders.hybrid_vit import HybridViTConfig, HybridViTModel
from wardrobe.encoders.pretrained import load_imagenet_stem
from wardrobe.encoders.text_tower import TextTower
from wardrobe.encoders.wardrobe_model import WardrobeConfig, WardrobeModel
from wardrobe.training.recipe import Recipe

HYBRID_VIT = "hybrid-vit"


def build_network(recipe: Recipe, num_tags: int, text_tower: TextTower) -> WardrobeModel:
    """Returns the network with pretrained backbone weights and fresh heads.

    Raises:
        CheckpointError: pretrained weights are missing.
    """
    hybrid = recipe.backbone == HYBRID_VIT
    if hybrid:
        vision_config = HybridViTConfig(
            image_size=recipe.image_size,
            hidden_size=recipe.hidden_size,
            num_hidden_layers=recipe.layers,
            intermediate_size=4 * recipe.hidden_size,
        )
    else:
        vision_config = AutoConfig.from_pretrained(recipe.backbone)
        vision_config = getattr(vision_config, "vision_config", vision_config)
    model: Any = WardrobeModel(
        WardrobeConfig(
            vision_config=vision_config.to_dict(),
            num_tags=num_tags,
            projection_dim=text_tower.dimension,
            text_model=recipe.text_model,
            text_model_sha256=text_tower.sha256,
        )
    )
    if hybrid:
        load_imagenet_stem(model.vision_model.stem)
        for block in model.vision_model.stem.blocks[: recipe.freeze_stem_blocks]:
            block.requires_grad_(False)
    else:
        pretrained = AutoModel.from_pretrained(recipe.backbone, config=vision_config)
        model.vision_model.load_state_dict(pretrained.state_dict())
    network: WardrobeModel = model.to(memory_format=torch.channels_last)
    return network


def image_processor(recipe: Recipe) -> ViTImageProcessorPil:
    """Returns the processor that travels with the weights: squash to a square, then to ±1."""
    return ViTImageProcessorPil(
        size={"height": recipe.image_size, "width": recipe.image_size},
        image_mean=[0.5] * 3,
        image_std=[0.5] * 3,
    )


def build_optimizer(model: WardrobeModel, recipe: Recipe) -> torch.optim.AdamW:
    """Returns AdamW with a lower rate for pretrained layers and no decay of vectors."""
    stem = model.vision_model.stem if isinstance(model.vision_model, HybridViTModel) else None
    pretrained = {id(p) for p in (stem or model.vision_model).parameters()}
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    for parameter in model.parameters():
        if parameter.requires_grad:
            slow = id(parameter) in pretrained
            rate = recipe.backbone_learning_rate if slow else recipe.learning_rate
            decay = recipe.weight_decay if parameter.ndim > 1 else 0.0
            groups.setdefault((rate, decay), []).append(parameter)
    return torch.optim.AdamW(
        [
            {"params": parameters, "lr": rate, "peak_lr": rate, "weight_decay": decay}
            for (rate, decay), parameters in groups.items()
        ]
    )


def set_learning_rate(optimizer: torch.optim.Optimizer, share: float) -> None:
    """Sets every group's rate to a share of its peak."""
    for group in optimizer.param_groups:
        group["lr"] = group["peak_lr"] * share


def warmup_cosine(step: int, steps: int, warmup: float) -> float:
    """Returns the share of the peak rate at a step: a linear rise, then half a cosine to 0."""
    rising = max(1, round(steps * warmup))
    if step < rising:
        return (step + 1) / rising
    return 0.5 * (1 + math.cos(math.pi * (step - rising) / max(1, steps - rising)))


def averaged(model: WardrobeModel, decay: float) -> AveragedModel:
    """Returns the exponential moving average of the weights; its start follows faster."""

    def average(kept: torch.Tensor, new: torch.Tensor, updates: torch.Tensor | int) -> torch.Tensor:
        count = float(updates)
        return torch.lerp(kept, new, 1 - min(decay, (1 + count) / (10 + count)))

    return AveragedModel(model, avg_fn=average)
