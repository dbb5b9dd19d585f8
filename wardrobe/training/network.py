"""The network a recipe trains, and how pictures and modes are set for its steps."""

from typing import Any

import torch
from torch import nn

from wardrobe.encoders.hybrid_vit import HybridViTConfig
from wardrobe.encoders.text_tower import TextTower
from wardrobe.encoders.untrained import HYBRID_VIT, from_hub, hybrid_vit
from wardrobe.encoders.wardrobe_model import WardrobeModel
from wardrobe.training.recipe import Recipe


def build_network(recipe: Recipe, text_tower: TextTower, num_tags: int) -> WardrobeModel:
    """Returns a pretrained backbone with fresh heads, its first layers frozen as the recipe says.

    Raises:
        CheckpointError: pretrained weights are missing.
    """
    if recipe.backbone != HYBRID_VIT:
        return from_hub(recipe.backbone, text_tower, num_tags)
    config = HybridViTConfig(
        image_size=recipe.image_size,
        hidden_size=recipe.hidden_size,
        num_hidden_layers=recipe.layers,
        intermediate_size=4 * recipe.hidden_size,
        hidden_dropout_prob=recipe.dropout,
        drop_path_rate=recipe.drop_path,
    )
    model = hybrid_vit(config, text_tower, num_tags)
    for block in model.vision_model.stem.blocks[: recipe.freeze_stem_blocks]:
        block.requires_grad_(False)
    return model


def normalise(pictures: torch.Tensor, processor: Any) -> torch.Tensor:
    """Returns pictures in [0, 255] as the processor would scale and normalise them."""
    mean = torch.tensor(processor.image_mean)[:, None, None]
    std = torch.tensor(processor.image_std)[:, None, None]
    scaled: torch.Tensor = (pictures * processor.rescale_factor - mean) / std
    return scaled.contiguous(memory_format=torch.channels_last)


def train_mode(model: nn.Module) -> None:
    """Turns dropout on; batch statistics stay ImageNet's, batches are too small to better them."""
    model.train()
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.eval()
