"""Heads on a frozen backbone: every picture is embedded once, then an epoch takes seconds."""

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn
from tqdm import tqdm

from wardrobe.encoders.wardrobe_model import pooled_output
from wardrobe.errors import DatasetError
from wardrobe.files import atomic_write, sha256_of
from wardrobe.training.batches import Batch, draw_texts
from wardrobe.training.dataset import Dataset
from wardrobe.training.distributed import World
from wardrobe.training.validation import prepared_batches

_BATCH = 64


class EmbeddingSource:
    """Batches of a frozen backbone's outputs; no picture is changed or mixed."""

    def __init__(
        self,
        dataset: Dataset,
        backbone: Any,
        processor: Any,
        bf16: bool,
        folder: Path,
        world: World,
    ) -> None:
        """Embeds the training and validation pictures, unless the folder has their embeddings."""
        self._split, self._world = dataset.train, world
        self._train, self._val = (
            embed(split.paths, backbone, processor, bf16, folder)
            for split in (dataset.train, dataset.val)
        )

    def draw(self, rows: npt.NDArray[np.int64], size: int, generator: torch.Generator) -> Batch:
        """Returns the batch of the given training pictures; `size` has no effect."""
        split, own = self._split, rows[self._world.share(len(rows)).numpy()]
        texts, matches = draw_texts(split, rows, generator)
        return Batch(
            torch.from_numpy(self._train[own]),
            torch.from_numpy(split.targets[rows]),
            torch.from_numpy(split.known[rows]).float(),
            texts,
            matches,
        )

    def validation_batches(self) -> Iterator[torch.Tensor]:
        """Yields the embeddings of the validation pictures, in order."""
        yield torch.from_numpy(self._val)


@torch.inference_mode()
def embed(
    paths: Sequence[Path], backbone: Any, processor: Any, bf16: bool, folder: Path
) -> npt.NDArray[np.float32]:
    """Returns the backbone's pooled outputs `(pictures, width)`.

    Args:
        folder: keeps them under a digest of all that they depend on, for the next run.

    Raises:
        DatasetError: a picture is missing.
        UnreadablePictureError: a picture cannot be decoded.
    """
    cache = folder / f"{_digest(paths, backbone, processor, bf16)}.npy"
    if cache.exists():
        kept: npt.NDArray[np.float32] = np.load(cache, allow_pickle=False)
        return kept
    backbone.eval()
    parts = []
    with tqdm(total=len(paths), desc="embedding", unit="picture", disable=None) as bar:
        for pixels in prepared_batches(paths, processor, _BATCH):
            with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
                output = backbone(pixel_values=pixels)
            parts.append(pooled_output(output).float().numpy())
            bar.update(len(pixels))
    embeddings = np.concatenate(parts)
    folder.mkdir(parents=True, exist_ok=True)
    with atomic_write(cache) as aside, aside.open("wb") as handle:
        np.save(handle, embeddings)
    return embeddings


def _digest(paths: Sequence[Path], backbone: nn.Module, processor: Any, bf16: bool) -> str:
    digest = hashlib.sha256(f"{processor.to_json_string()}{bf16}".encode())
    for name, tensor in backbone.state_dict().items():
        digest.update(name.encode())
        digest.update(tensor.contiguous().numpy().data)
    for path in paths:
        try:
            digest.update(sha256_of(path).encode())
        except OSError as error:
            raise DatasetError(
                f"cannot read {path}: {error.strerror}; "
                "prepare_dataset.py --fix sets such pictures aside"
            ) from error
    return digest.hexdigest()
