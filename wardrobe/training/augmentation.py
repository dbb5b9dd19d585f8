"""Random changes of a batch of pictures that leave every label true."""

import math

import torch
from torch.nn import functional

_SCALE = (0.75, 1.0)  # side of the crop as a share of the picture's
_STRETCH = 0.1  # logarithm of the aspect ratio, either way
_ROTATION = math.radians(8)
_BRIGHTNESS = _CONTRAST = 0.2
_ERASE_CHANCE, _ERASE_SIDE = 0.25, (0.15, 0.4)


def augment(pictures: torch.Tensor, size: int, generator: torch.Generator) -> torch.Tensor:
    """Crops, stretches, turns, flips, lights and partly erases pictures.

    Colours keep their hue: colour is a label.

    Args:
        pictures: uint8 `(batch, 3, side, side)`.
        size: side of the result, pixels.
        generator: source of all randomness.

    Returns:
        Pictures in [0, 255] `(batch, 3, size, size)`.
    """
    batch = len(pictures)

    def uniform(low: float, high: float) -> torch.Tensor:
        return torch.rand(batch, generator=generator) * (high - low) + low

    scale, stretch, angle = (
        uniform(*_SCALE),
        uniform(-_STRETCH, _STRETCH),
        uniform(-1, 1) * _ROTATION,
    )
    flip = (uniform(0, 1) < 0.5).float() * 2 - 1
    width, height = scale * torch.exp(stretch / 2), scale * torch.exp(-stretch / 2)
    across = uniform(-1, 1) * (1 - width).clamp(min=0)
    down = uniform(-1, 1) * (1 - height).clamp(min=0)
    cosine, sine = torch.cos(angle), torch.sin(angle)
    rows = torch.stack(
        [
            torch.stack([flip * width * cosine, -height * sine, across], dim=1),
            torch.stack([flip * width * sine, height * cosine, down], dim=1),
        ],
        dim=1,
    )
    grid = functional.affine_grid(rows, [batch, 3, size, size], align_corners=False)
    pixels = functional.grid_sample(
        pictures.float(), grid, padding_mode="border", align_corners=False
    )
    brightness = uniform(1 - _BRIGHTNESS, 1 + _BRIGHTNESS)[:, None, None, None]
    contrast = uniform(1 - _CONTRAST, 1 + _CONTRAST)[:, None, None, None]
    mean = pixels.mean(dim=(1, 2, 3), keepdim=True)
    pixels = ((pixels - mean) * contrast + mean * brightness).clamp_(0, 255)
    return _erase(pixels, uniform(0, 1) < _ERASE_CHANCE, generator)


def _erase(pixels: torch.Tensor, chosen: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Random erasing (Zhong et al. 2020): one grey box in each chosen picture."""
    size = pixels.shape[-1]
    boxes = torch.rand(len(pixels), 4, generator=generator)
    sides = (_ERASE_SIDE[0] + boxes[:, :2] * (_ERASE_SIDE[1] - _ERASE_SIDE[0])) * size
    corners = boxes[:, 2:] * (size - sides)
    for row in chosen.nonzero().flatten().tolist():
        left, top = corners[row].int().tolist()
        width, height = sides[row].int().tolist()
        pixels[row, :, top : top + height, left : left + width] = 127.0
    return pixels
