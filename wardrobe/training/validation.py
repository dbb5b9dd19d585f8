"""Validation: macro mAP over all roots and of each, on pictures prepared as in serving."""

import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import torch
from torch import nn

from wardrobe import images, metrics, probabilities
from wardrobe.training.dataset import Dataset

MINIMUM_POSITIVES = 5
"""Labels with fewer validation pictures are left out of the macro mAP that chooses the weights."""


@torch.inference_mode()
def validate(
    model: nn.Module, dataset: Dataset, batches: Iterable[torch.Tensor], bf16: bool
) -> torch.Tensor:
    """Returns the macro mAP over all validation pictures, then over those of each root alone.

    A root in which no label has enough positives has NaN.

    Args:
        batches: the validation pictures, in order, as the network takes them.
    """
    model.eval()
    logits = []
    for pictures in batches:
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            logits.append(model(pictures).logits)
    scores = probabilities.from_logits(torch.cat(logits).numpy(), dataset.label_space)

    def macro_map(rows: Any) -> float:
        return metrics.macro_mean_average_precision(
            scores[rows],
            dataset.val.targets[rows],
            dataset.val.known[rows],
            dataset.label_space,
            minimum_positives=MINIMUM_POSITIVES,
        )

    of_roots = [macro_map(dataset.val.roots == root) for root in range(len(dataset.roots))]
    return torch.tensor([macro_map(slice(None)), *of_roots], dtype=torch.float64)


def prepared_batches(
    paths: Sequence[Path], processor: Any, batch_size: int = 64
) -> Iterator[torch.Tensor]:
    """Yields pictures as the encoder prepares them `(batch, 3, height, width)`, in order.

    Raises:
        UnreadablePictureError: a picture cannot be read.
    """
    size = processor.size["height"]

    def prepare(path: Path) -> torch.Tensor:
        picture = images.read(path, draft_side=size)
        pixels: torch.Tensor = processor(images=[picture], return_tensors="pt").pixel_values
        return pixels

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for start in range(0, len(paths), batch_size):
            pixels = torch.cat(list(pool.map(prepare, paths[start : start + batch_size])))
            yield pixels.contiguous(memory_format=torch.channels_last)
