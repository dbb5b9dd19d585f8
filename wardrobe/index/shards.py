"""Encoded pictures on disk while an index is built, so that a killed build can go on."""

import json
import logging
import shutil
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from wardrobe.encoders.base import FloatArray
from wardrobe.files import atomic_write, write_json

_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True)
class Shard:
    """The outcome for consecutive pictures.

    Attributes:
        errors: what is wrong with each picture, empty where it was encoded.
        vectors: of the encoded ones, `(encoded, dimension)`.
        logits: likewise, `(encoded, labels)`; no columns where the encoder has no heads.
        colours: likewise, their dominant colours `(encoded, 3, 4)`.
    """

    errors: Sequence[str]
    vectors: FloatArray
    logits: FloatArray
    colours: FloatArray


class Shards:
    """The shards of one build, in order, in a folder.

    Attributes:
        shards: what is there.
        pictures: how many pictures they cover.
    """

    def __init__(self, folder: Path, pictures_hash: str) -> None:
        """Opens the folder; shards of other pictures or another encoder are thrown away."""
        self._folder = folder
        self.shards: list[Shard] = []
        self.pictures = 0
        plan = {"pictures_hash": pictures_hash}
        if not self._is_for(plan):
            if any(folder.glob("*.npz")):
                _LOGGER.warning(
                    "%s has encodings of other pictures or by another encoder; starting over",
                    folder,
                )
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            write_json(folder / "plan.json", plan)
        while (shard := self._read(self._next_path())) is not None:
            self._remember(shard)

    def append(self, shard: Shard) -> None:
        """Writes the next shard, all or nothing."""
        with atomic_write(self._next_path()) as aside, aside.open("wb") as handle:
            np.savez(
                handle,
                errors=np.array(shard.errors),
                vectors=shard.vectors,
                logits=shard.logits,
                colours=shard.colours,
            )
        self._remember(shard)

    def _is_for(self, plan: dict[str, str]) -> bool:
        try:
            return bool(json.loads((self._folder / "plan.json").read_text("utf-8")) == plan)
        except (OSError, ValueError):
            return False

    def _next_path(self) -> Path:
        return self._folder / f"{self.pictures:09d}.npz"

    def _remember(self, shard: Shard) -> None:
        self.shards.append(shard)
        self.pictures += len(shard.errors)

    @staticmethod
    def _read(path: Path) -> Shard | None:
        if not path.exists():
            return None
        try:
            with np.load(path, allow_pickle=False) as arrays:
                return Shard(
                    arrays["errors"].tolist(),
                    arrays["vectors"],
                    arrays["logits"],
                    arrays["colours"],
                )
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            _LOGGER.warning("%s is damaged (%s); encoding from there on again", path, error)
            return None
