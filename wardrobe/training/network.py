"""The network a recipe trains, what of it, and how pictures and modes are set for its steps."""

from typing import Any

import torch
from torch import nn

from wardrobe.encoders.hybrid_vit import HybridViTConfig
from wardrobe.encoders.lora import add_lora, merge_lora
from wardrobe.encoders.text_tower import TextTower
from wardrobe.encoders.untrained import (
    backbone_processor,
    from_backbone,
    hybrid_vit,
    image_processor,
)
from wardrobe.encoders.wardrobe_model import WardrobeModel
from wardrobe.training.recipe import HYBRID_VIT, Recipe


class Embedded(nn.Module):
    """Stands for a frozen backbone while its outputs are what goes in."""

    def forward(self, pixel_values: torch.Tensor) -> dict[str, torch.Tensor]:
        """Returns the outputs `(batch, width)` as a backbone would."""
        return {"pooler_output": pixel_values}


def build_network(
    recipe: Recipe, text_tower: TextTower, num_tags: int
) -> tuple[WardrobeModel, Any]:
    """Returns a pretrained backbone with fresh heads, its first layers frozen as the recipe says.

    Beside it, the image processor that travels with it.

    Raises:
        CheckpointError: pretrained weights are missing.
    """
    if recipe.backbone != HYBRID_VIT:
        processor = backbone_processor(recipe.backbone)
        return from_backbone(recipe.backbone, text_tower, num_tags), processor
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
    return model, image_processor(recipe.image_size)


def only_trained(model: Any, recipe: Recipe) -> tuple[Any, Any]:
    """Returns the network as it is trained, and its own backbone.

    A frozen backbone is taken out: neither its average nor its state needs keeping. For LoRA it
    is given the matrices that are trained in its place.

    Raises:
        CheckpointError: the backbone cannot be adapted.
    """
    model = model.to(memory_format=torch.channels_last)
    backbone = model.vision_model
    if recipe.freeze_encoder:
        model.vision_model = Embedded()
    elif recipe.lora_rank:
        model.vision_model = add_lora(backbone, recipe.lora_rank)
    return model, backbone


def whole(model: Any, backbone: Any, recipe: Recipe) -> WardrobeModel:
    """Returns the trained network as an ordinary one, with its backbone."""
    if recipe.freeze_encoder:
        model.vision_model = backbone
    elif recipe.lora_rank:
        model.vision_model = merge_lora(model.vision_model)
    trained: WardrobeModel = model
    return trained


def train_mode(model: nn.Module) -> None:
    """Turns dropout on; batch statistics stay ImageNet's, batches are too small to better them."""
    model.train()
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.eval()
