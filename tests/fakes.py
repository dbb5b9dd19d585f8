"""A tiny encoder whose outputs a reader can predict: it sees nothing but mean colours."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from wardrobe.encoders.base import Encoder, FloatArray, PictureEncoding, PixelArray
from wardrobe.encoders.checkpoint import fingerprint
from wardrobe.labels import Attribute, LabelSpace

_WORDS = {"red": (255, 0, 0), "green": (0, 255, 0), "blue": (0, 0, 255), "white": (255, 255, 255)}


class ColourEncoder(Encoder):
    """Vectors are the normalised 2x2 thumbnail, logits its mean red, green and blue.

    `colour` (single) is the strongest channel; `tone` (multi) is `bright` from a mean of 128.
    A text is the solid picture of the first colour word in it.
    """

    name = "colour-encoder"
    fingerprint = "c0104" * 12 + "c010"
    dimension = 13
    label_space = LabelSpace(
        (
            Attribute("colour", "single", ("Red", "Green", "Blue")),
            Attribute("tone", "multi", ("bright", "reddish")),
        )
    )
    thresholds = np.full(5, 0.5, np.float32)
    has_text = True
    picture_side = 2
    precision = "fp32"

    def prepare(self, picture: Image.Image) -> PixelArray:
        thumbnail = picture.resize((2, 2), Image.Resampling.BOX)
        return np.asarray(thumbnail)

    def encode_pictures(self, pixels: PixelArray) -> PictureEncoding:
        shares = np.float32(pixels.transpose(0, 3, 1, 2)) / 255
        flat = shares.reshape(len(shares), -1) - 0.5
        # The constant keeps a mid-grey picture from having no direction.
        vectors = np.concatenate([flat, np.full((len(flat), 1), 0.1, np.float32)], axis=1)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        channels = shares.mean(axis=(2, 3))
        bright = 10 * (channels.mean(axis=1) - 0.5)
        reddish = 10 * (channels[:, 0] - 0.5)
        logits = np.column_stack([10 * channels, bright, reddish])
        return PictureEncoding(vectors.astype(np.float32), logits.astype(np.float32))

    def encode_texts(self, texts: Sequence[str]) -> FloatArray:
        pictures = [Image.new("RGB", (2, 2), self._colour_of(text)) for text in texts]
        return self.encode_pictures(np.stack([self.prepare(p) for p in pictures])).vectors

    def explain(self, pixels: PixelArray, labels: Sequence[int]) -> FloatArray:
        """A label looks where its channel is strongest; `tone` at everything alike."""
        shares = np.float32(pixels.transpose(2, 0, 1)) / 255
        channels = np.concatenate([shares, np.ones_like(shares[:2])])[list(labels)]
        return channels / channels.max(axis=(1, 2), keepdims=True).clip(1e-9)

    @staticmethod
    def _colour_of(text: str) -> tuple[int, int, int]:
        return next((_WORDS[word] for word in text.lower().split() if word in _WORDS), (128,) * 3)


class FolderEncoder(ColourEncoder):
    """Stands for the one in a checkpoint folder, whose fingerprint it has."""

    def __init__(self, folder: str | Path) -> None:
        self.fingerprint = fingerprint(Path(folder))


def write_checkpoint(folder: Path, weights: bytes) -> Path:
    """Writes what passes for a checkpoint of the hub, as long as nobody loads it."""
    folder.mkdir(parents=True)
    (folder / "config.json").write_text('{"model_type": "clip"}')
    (folder / "model.safetensors").write_bytes(weights)
    return folder
