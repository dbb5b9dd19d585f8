"""What every encoder offers, whatever computes behind it."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from wardrobe.errors import UnsupportedQueryError
from wardrobe.labels import LabelSpace
from wardrobe.relevance import Relevance

FloatArray = npt.NDArray[np.float32]
PixelArray = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class PictureEncoding:
    """What one forward gives for a batch of pictures.

    Attributes:
        vectors: unit vectors `(pictures, dimension)`.
        logits: calibrated tag logits `(pictures, labels)`, or None where the encoder has no tags.
    """

    vectors: FloatArray
    logits: FloatArray | None


class Encoder(ABC):
    """Checkpoint → unit vectors for pictures and for text, and tag logits.

    Safe to use from several threads at once.

    Attributes:
        name: the checkpoint's folder name or hub id.
        fingerprint: SHA-256 over the checkpoint's files that change its outputs.
        dimension: length of the vectors.
        label_space: columns of the logits, or None without tags.
        thresholds: probability from which a label is selected `(labels,)`, or None without tags.
        temperatures: what the network's logits were divided by to calibrate them `(labels,)`; None
            leaves them as the network gives them.
        relevance: what its cosines mean, or None where that was not fitted.
        zero_shot: whether the tags come from the labels' words, not from trained heads.
        has_text: whether `encode_texts` works.
        precision: what the pictures are computed in, `bf16` or `fp32`.
        picture_side: pixels; side of the square the network sees (the `draft_side` of `images`).
    """

    name: str
    fingerprint: str
    dimension: int
    label_space: LabelSpace | None
    thresholds: FloatArray | None
    temperatures: FloatArray | None = None
    relevance: Relevance | None = None
    zero_shot: bool = False
    has_text: bool
    precision: str
    picture_side: int

    @abstractmethod
    def prepare(self, picture: Image.Image) -> PixelArray:
        """Returns what the network sees of an RGB picture `(height, width, 3)`."""

    @abstractmethod
    def encode_pictures(self, pixels: PixelArray) -> PictureEncoding:
        """Encodes prepared pictures `(pictures, height, width, 3)` in one forward."""

    @abstractmethod
    def encode_texts(self, texts: Sequence[str]) -> FloatArray:
        """Returns unit vectors `(texts, dimension)` in the pictures' space.

        Raises:
            UnsupportedQueryError: the encoder has no text tower.
        """

    def load_explanations(self) -> None:  # noqa: B027 - nothing to load is the usual case
        """Loads what `explain` needs beside the rest, once: it can take seconds."""

    def explain(self, pixels: PixelArray, labels: Sequence[int]) -> FloatArray:
        """Returns what labels looked at `(labels, height, width)`, from 0 to 1, hottest 1.

        A map lies over the prepared picture; its places are coarser than the picture's pixels.

        Args:
            pixels: one prepared picture `(height, width, 3)`.
            labels: columns of the logits.

        Raises:
            UnsupportedQueryError: this encoder's tags cannot be explained.
        """
        raise UnsupportedQueryError(f"the encoder {self.name} cannot explain tags")

    def seen_part(self, width: int, height: int) -> tuple[float, float]:
        """Returns the shares of a picture's width and height that `prepare` keeps; the middle."""
        return 1.0, 1.0
