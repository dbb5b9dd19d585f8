"""What one step trains on: changed and mixed pictures, their targets and their texts."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from wardrobe.encoders.pretrained import normalise
from wardrobe.labels import LabelSpace
from wardrobe.mixing import draw_mixture, mix_labels, mix_pictures
from wardrobe.training.augmentation import change, draw_changes
from wardrobe.training.dataset import Dataset, Split, read_pixels
from wardrobe.training.distributed import World
from wardrobe.training.recipe import Recipe
from wardrobe.training.validation import prepared_batches


@dataclass(frozen=True)
class Batch:
    """Pictures of this process's share; all else of the whole batch.

    Attributes:
        pictures: `(share, 3, size, size)`, or the outputs `(share, width)` of a frozen backbone.
        targets: `(batch, labels)` in [0, 1].
        known: how much each attribute counts `(batch, attributes)`, in [0, 1].
        texts: the distinct texts of the pictures, as rows of `Dataset.phrases`.
        matches: how much each text belongs to each picture `(batch, texts)`.
    """

    pictures: torch.Tensor
    targets: torch.Tensor
    known: torch.Tensor
    texts: torch.Tensor
    matches: torch.Tensor


class PictureSource:
    """Batches of changed and mixed pictures; for validation, pictures prepared as in serving."""

    def __init__(
        self, dataset: Dataset, recipe: Recipe, processor: Any, cache: Path, world: World
    ) -> None:
        """Decodes the training pictures, unless the cache has them."""
        self._dataset, self._recipe = dataset, recipe
        self._processor, self._world = processor, world
        self._pixels = read_pixels(dataset.train.paths, recipe.image_size, cache)

    def draw(self, rows: npt.NDArray[np.int64], size: int, generator: torch.Generator) -> Batch:
        """Returns the batch of the given training pictures, `size` pixels wide."""
        split, label_space = self._dataset.train, self._dataset.label_space
        batch = draw_batch(
            split, self._pixels, rows, label_space, self._recipe, size, self._world, generator
        )
        return replace(batch, pictures=normalise(batch.pictures, self._processor))

    def validation_batches(self) -> Iterator[torch.Tensor]:
        """Yields the validation pictures, in order."""
        return prepared_batches(self._dataset.val.paths, self._processor)


def draw_batch(
    split: Split,
    pixels: npt.NDArray[np.uint8],
    rows: npt.NDArray[np.int64],
    label_space: LabelSpace,
    recipe: Recipe,
    size: int,
    world: World,
    generator: torch.Generator,
) -> Batch:
    """Returns the batch of the given rows of a split; the same on every number of processes.

    Its pictures are in [0, 255].

    Args:
        pixels: of the split's pictures `(pictures, 3, side, side)`.
        size: side of the network's input in this epoch, pixels.
        generator: source of all randomness, in the same state on every process.
    """
    changes = draw_changes(
        len(rows), recipe.randaugment, recipe.magnitude, recipe.erasing, generator
    )
    mixture = draw_mixture(len(rows), recipe.mixup, recipe.cutmix, generator)
    texts, matches = draw_texts(split, rows, generator)
    own = world.share(len(rows))
    # Each needed picture is changed once, whether it is mixed into others or not.
    needed, places = torch.unique(torch.cat([own, mixture.partners[own]]), return_inverse=True)
    pictures = change(torch.from_numpy(pixels[rows[needed.numpy()]]), changes[needed], size)
    pictures = mix_pictures(
        pictures[places[: len(own)]], pictures[places[len(own) :]], mixture.of(own)
    )
    targets, known = mix_labels(
        torch.from_numpy(split.targets[rows]),
        torch.from_numpy(split.known[rows]),
        label_space,
        mixture,
    )
    shares = mixture.shares[:, None]
    matches = torch.lerp(matches[mixture.partners], matches, shares)
    return Batch(pictures, targets, known, texts, matches)


def draw_texts(
    split: Split, rows: npt.NDArray[np.int64], generator: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    """Returns distinct texts, and which belong to each picture: its caption and one phrase."""
    draws = torch.rand(len(rows), generator=generator).tolist()
    pairs = []
    for place, (row, draw) in enumerate(zip(rows.tolist(), draws, strict=True)):
        caption, phrases = split.captions[row], split.phrases[row]
        if caption >= 0:
            pairs.append((place, int(caption)))
        if phrases:
            pairs.append((place, phrases[int(draw * len(phrases))]))
    places, ids = torch.tensor(pairs, dtype=torch.long).reshape(-1, 2).unbind(1)
    texts, columns = torch.unique(ids, return_inverse=True)
    matches = torch.zeros(len(rows), len(texts))
    matches[places, columns] = 1
    return texts, matches
