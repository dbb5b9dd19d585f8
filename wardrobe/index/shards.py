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
    """The outcome for some pictures.

    Attributes:
        keys: what each picture is known by.
        errors: what is wrong with each, empty where it was encoded.
        vectors: of the encoded ones, `(encoded, dimension)`.
        probabilities: likewise, `(encoded, labels)`; no columns where the encoder has no heads.
        colours: likewise, their dominant colours `(encoded, 3, 4)`.
    """

    keys: Sequence[str]
    errors: Sequence[str]
    vectors: FloatArray
    probabilities: FloatArray
    colours: FloatArray


@dataclass(frozen=True)
class Encoded:
    """What became of pictures, in the order asked for.

    Attributes:
        errors: what is wrong with each, empty where it was encoded.
        vectors: of the encoded ones, `(encoded, dimension)`.
        probabilities: likewise, `(encoded, labels)`; no columns where the encoder has no heads.
        colours: likewise, their dominant colours `(encoded, 3, 4)`.
    """

    errors: Sequence[str]
    vectors: FloatArray
    probabilities: FloatArray
    colours: FloatArray


class Shards:
    """The shards of one build, in a folder.

    A picture is looked up by its key. So a build that was interrupted goes on with what it has,
    also where items came, went or changed meanwhile.
    """

    def __init__(self, folder: Path, fingerprint: str) -> None:
        """Opens the folder; shards of another encoder are thrown away."""
        self._folder = folder
        self._shards: list[Shard] = []
        self._written = 0
        self._places: dict[str, tuple[int, int]] = {}
        plan = {"fingerprint": fingerprint}
        if not self._is_for(plan):
            if any(folder.glob("*.npz")):
                _LOGGER.warning("%s has encodings by another encoder; starting over", folder)
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            write_json(folder / "plan.json", plan)
        while (shard := self._read(self._next_path())) is not None:
            self._written += 1
            self.remember(shard)

    def __contains__(self, key: str) -> bool:
        return key in self._places

    def append(self, shard: Shard) -> None:
        """Writes another shard, all or nothing."""
        with atomic_write(self._next_path()) as aside, aside.open("wb") as handle:
            np.savez(
                handle,
                keys=np.array(shard.keys),
                errors=np.array(shard.errors),
                vectors=shard.vectors,
                probabilities=shard.probabilities,
                colours=shard.colours,
            )
        self._written += 1
        self.remember(shard)

    def remember(self, shard: Shard) -> None:
        """Adds a shard without writing it: it can be had again."""
        number = len(self._shards)
        self._shards.append(shard)
        self._places |= {key: (number, row) for row, key in enumerate(shard.keys)}

    def gather(self, keys: Sequence[str]) -> Encoded:
        """Returns what became of pictures that are all there."""
        places = [self._places[key] for key in keys]
        errors = [self._shards[number].errors[row] for number, row in places]
        ranks = [np.cumsum([not error for error in shard.errors]) - 1 for shard in self._shards]
        encoded = [
            (number, int(ranks[number][row]))
            for (number, row), error in zip(places, errors, strict=True)
            if not error
        ]
        starts = np.cumsum([0, *(len(shard.vectors) for shard in self._shards)])
        rows = np.array([starts[number] + row for number, row in encoded], np.int64)
        parts = [(shard.vectors, shard.probabilities, shard.colours) for shard in self._shards]
        vectors, probabilities, colours = (
            np.concatenate(part)[rows] for part in zip(*parts, strict=True)
        )
        return Encoded(errors, vectors, probabilities, colours)

    def _is_for(self, plan: dict[str, str]) -> bool:
        try:
            return bool(json.loads((self._folder / "plan.json").read_text("utf-8")) == plan)
        except (OSError, ValueError):
            return False

    def _next_path(self) -> Path:
        return self._folder / f"{self._written:06d}.npz"

    @staticmethod
    def _read(path: Path) -> Shard | None:
        if not path.exists():
            return None
        try:
            with np.load(path, allow_pickle=False) as arrays:
                return Shard(
                    arrays["keys"].tolist(),
                    arrays["errors"].tolist(),
                    arrays["vectors"],
                    arrays["probabilities"],
                    arrays["colours"],
                )
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            _LOGGER.warning("%s is damaged (%s); encoding from there on again", path, error)
            return None
