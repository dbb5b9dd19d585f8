"""AdamW with its schedule, and the averaged weights."""

import math

import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel

from wardrobe.encoders.wardrobe_model import WardrobeModel
from wardrobe.training.recipe import HYBRID_VIT, Recipe


def build_optimizer(model: WardrobeModel, recipe: Recipe) -> torch.optim.AdamW:
    """Returns AdamW with a lower rate for pretrained layers and no decay of vectors."""
    backbone = model.vision_model
    old = backbone.stem if recipe.backbone == HYBRID_VIT else backbone
    # Of a backbone adapted by LoRA, only new matrices are trained.
    pretrained = set() if recipe.lora_rank else {id(parameter) for parameter in old.parameters()}
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
