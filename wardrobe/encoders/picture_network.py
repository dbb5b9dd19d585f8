"""Prepared pictures through a checkpoint's network in torch: what is exported, and explained."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn

from wardrobe.encoders.activation_map import activation_maps
from wardrobe.encoders.base import FloatArray, PixelArray
from wardrobe.encoders.pretrained import load_pretrained, load_processor, normalise
from wardrobe.encoders.wardrobe_model import WardrobeModel


class PictureNetwork(nn.Module):
    """A Wardrobe checkpoint: pictures `(pictures, height, width, 3)`, uint8 → vectors and logits.

    Attributes:
        model: the network behind the normalisation.
        processor: says how pictures are resized and normalised.
    """

    def __init__(self, folder: Path) -> None:
        """Loads a checkpoint folder.

        Raises:
            CheckpointError: a file is missing, damaged or does not fit the network.
        """
        super().__init__()
        self.model: WardrobeModel = load_pretrained(folder).requires_grad_(False)
        self.processor = load_processor(folder)

    def forward(self, pixels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Returns unit vectors `(pictures, dimension)` and tag logits `(pictures, labels)`."""
        output = self.model(as_input(pixels, self.processor))
        return output.vectors, output.logits

    def explain(self, pixels: PixelArray, labels: Sequence[int]) -> FloatArray:
        """Returns what labels of one picture looked at, as `Encoder.explain` does."""
        return activation_maps(
            self.model.vision_model,
            lambda batch: self.model(batch).logits,
            as_input(torch.from_numpy(pixels[None]), self.processor),
            labels,
        )


def as_input(pixels: torch.Tensor, processor: Any) -> torch.Tensor:
    """Returns prepared pictures as a network of the hub takes them.

    Args:
        pixels: `(pictures, height, width, 3)`, uint8.

    Returns:
        `(pictures, 3, height, width)`, normalised, the channels last in memory.
    """
    return normalise(pixels.permute(0, 3, 1, 2).float(), processor)
