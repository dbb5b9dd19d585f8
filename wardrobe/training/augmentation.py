"""Random changes of pictures that leave every label true: colours keep their hue."""

import math
from dataclasses import dataclass, fields

import torch
from torch.nn import functional

_SCALE = (0.75, 1.0)  # side of the crop as a share of the picture's
_STRETCH = 0.1  # logarithm of the aspect ratio, either way
_ROTATION = math.radians(8)
_LIGHT = 0.2  # brightness and contrast, either way
_ERASED_SIDE = (0.15, 0.4)  # as a share of the picture's
_GREY = 127.0

# RandAugment's operations that change no hue, each with its change at magnitude 10: Cubuk et al.
# 2020, table 6, but half the translation, as pictures are already cropped, and half the light, as
# a grey shirt must not turn white.
_TURN, _SHEAR_X, _SHEAR_Y, _MOVE_X, _MOVE_Y, _BRIGHTNESS, _CONTRAST, _SHARPNESS = range(8)
_LARGEST = torch.tensor([math.radians(30), 0.3, 0.3, 0.225, 0.225, 0.45, 0.45, 0.9])


@dataclass(frozen=True)
class Changes:
    """What happens to each picture of a batch.

    Attributes:
        transform: affine map from the result's to the picture's coordinates `(pictures, 2, 3)`.
        brightness: factor `(pictures,)`; likewise `contrast` and `sharpness`.
        erased: left, top, right and bottom, in [0, 1], of a grey box `(pictures, 4)`.
    """

    transform: torch.Tensor
    brightness: torch.Tensor
    contrast: torch.Tensor
    sharpness: torch.Tensor
    erased: torch.Tensor

    def __getitem__(self, rows: torch.Tensor) -> "Changes":
        return Changes(*(getattr(self, item.name)[rows] for item in fields(self)))


def draw_changes(
    batch: int, operations: int, magnitude: float, erasing: float, generator: torch.Generator
) -> Changes:
    """Draws a crop, stretch, turn, flip and light for each picture, and RandAugment on top.

    Cubuk et al., "RandAugment" (CVPR Workshops 2020): a number of operations at one magnitude,
    here applied in a fixed order, the geometric ones as one transform. Zhong et al., "Random
    Erasing" (AAAI 2020), with one grey box.

    Args:
        operations: of RandAugment, drawn for each picture; 0 for none.
        magnitude: of RandAugment, from 0 to 10.
        erasing: chance of a box.
    """

    def uniform(low: float, high: float) -> torch.Tensor:
        return torch.rand(batch, generator=generator) * (high - low) + low

    drawn = torch.randint(len(_LARGEST), (batch, operations), generator=generator)
    signs = torch.randint(2, (batch, operations), generator=generator) * 2.0 - 1
    levels = torch.zeros(batch, len(_LARGEST)).scatter_add(1, drawn, signs * magnitude / 10)
    levels *= _LARGEST

    scale, stretch = uniform(*_SCALE), uniform(-_STRETCH, _STRETCH)
    width, height = scale * torch.exp(stretch / 2), scale * torch.exp(-stretch / 2)
    angle = uniform(-_ROTATION, _ROTATION) + levels[:, _TURN]
    flip = (uniform(0, 1) < 0.5) * 2.0 - 1
    cosine, sine = torch.cos(angle), torch.sin(angle)
    across, down = (
        uniform(-1, 1) * (1 - width).clamp(min=0),
        uniform(-1, 1) * (1 - height).clamp(min=0),
    )
    turn = torch.stack([flip * cosine, -sine, flip * sine, cosine], dim=1).view(-1, 2, 2)
    one = torch.ones(batch)
    shear = torch.stack([one, levels[:, _SHEAR_X], levels[:, _SHEAR_Y], one], dim=1).view(-1, 2, 2)
    sides = torch.stack([width, height], dim=1)[:, None]
    centre = torch.stack([across + levels[:, _MOVE_X], down + levels[:, _MOVE_Y]], dim=1)
    box_width, box_height = uniform(*_ERASED_SIDE), uniform(*_ERASED_SIDE)
    left, top = uniform(0, 1) * (1 - box_width), uniform(0, 1) * (1 - box_height)
    boxes = torch.stack([left, top, left + box_width, top + box_height], dim=1)
    return Changes(
        transform=torch.cat([turn @ shear * sides, centre[:, :, None]], dim=2),
        brightness=uniform(1 - _LIGHT, 1 + _LIGHT) * (1 + levels[:, _BRIGHTNESS]),
        contrast=uniform(1 - _LIGHT, 1 + _LIGHT) * (1 + levels[:, _CONTRAST]),
        sharpness=1 + levels[:, _SHARPNESS],
        erased=boxes * (uniform(0, 1) < erasing)[:, None],
    )


def change(pictures: torch.Tensor, changes: Changes, size: int) -> torch.Tensor:
    """Applies drawn changes.

    Args:
        pictures: uint8 `(pictures, 3, side, side)`.
        changes: of each of them.
        size: side of the result, pixels.

    Returns:
        Pictures in [0, 255] `(pictures, 3, size, size)`.
    """
    pixels = pictures.float()
    if pixels.shape[-1] >= 2 * size:
        pixels = functional.avg_pool2d(pixels, 2)  # sampling alone would skip every other pixel
    grid = functional.affine_grid(
        changes.transform, [len(pixels), 3, size, size], align_corners=False
    )
    pixels = functional.grid_sample(pixels, grid, padding_mode="border", align_corners=False)
    changed = (changes.sharpness != 1).nonzero().flatten()
    if len(changed):
        blurred = functional.avg_pool2d(pixels[changed], 3, 1, 1, count_include_pad=False)
        factors = changes.sharpness[changed, None, None, None]
        pixels[changed] = torch.lerp(blurred, pixels[changed], factors)
    mean = pixels.mean(dim=(1, 2, 3), keepdim=True)
    brightness, contrast = changes.brightness, changes.contrast
    pixels = (pixels - mean) * contrast[:, None, None, None] + mean * brightness[
        :, None, None, None
    ]
    pixels.clamp_(0, 255)
    for row, box in enumerate((changes.erased * size).int().tolist()):
        left, top, right, bottom = box
        pixels[row, :, top:bottom, left:right] = _GREY
    return pixels
