"""Encoders on Hugging Face networks: the Wardrobe checkpoint, and any hub ViT or CLIP."""

from abc import abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch.nn import functional
from transformers import AutoImageProcessor, AutoModel, AutoTokenizer

from wardrobe.encoders import checkpoint
from wardrobe.encoders.base import Encoder, FloatArray, PictureEncoding
from wardrobe.encoders.text_tower import TextTower
from wardrobe.encoders.wardrobe_model import pooled_output
from wardrobe.errors import CheckpointError, UnsupportedQueryError
from wardrobe.labels import LabelSpace
from wardrobe.thresholds import load_thresholds


class TransformersEncoder(Encoder):
    """A network with its image processor, both from one folder.

    The folder's own processor prepares every picture, so that training, scripts and server see
    the same pixels.
    """

    def __init__(self, folder: Path, name: str, dtype: torch.dtype) -> None:
        """Loads the folder.

        Raises:
            CheckpointError: a file is missing, damaged or does not fit the network.
        """
        self.name = name
        self.fingerprint = checkpoint.fingerprint(folder)
        self.label_space, self.thresholds = None, None
        try:
            self._processor = AutoImageProcessor.from_pretrained(folder)
            model = AutoModel.from_pretrained(folder, use_safetensors=True, dtype=torch.float32)
        except Exception as error:  # whatever the library raises of a broken folder
            raise CheckpointError(f"cannot load the checkpoint {folder}: {error}") from error
        self._dtype = dtype
        self.precision = "bf16" if dtype == torch.bfloat16 else "fp32"
        # Depthwise convolutions are several times faster with the channels last.
        self._model: Any = model.eval().to(dtype, memory_format=torch.channels_last)
        size = self._processor.size
        self.picture_side = size.get("shortest_edge") or min(size["height"], size["width"])

    def prepare(self, picture: Image.Image) -> torch.Tensor:
        pixels: torch.Tensor = self._processor(images=[picture], return_tensors="pt").pixel_values
        return pixels[0]

    @torch.inference_mode()
    def encode_pictures(self, pixels: torch.Tensor) -> PictureEncoding:
        vectors, logits = self._forward(
            pixels.to(self._dtype).contiguous(memory_format=torch.channels_last)
        )
        return PictureEncoding(
            functional.normalize(vectors.float(), dim=-1).numpy(),
            None if logits is None else logits.float().numpy(),
        )

    @abstractmethod
    def _forward(self, pixels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Returns vectors `(pictures, dimension)` of any length, and tag logits if it has heads."""


class WardrobeEncoder(TransformersEncoder):
    """A Wardrobe checkpoint: vectors in the text tower's space, and tag logits."""

    has_text = True

    def __init__(self, folder: Path, name: str, dtype: torch.dtype) -> None:
        super().__init__(folder, name, dtype)
        config = self._model.config
        self.label_space = LabelSpace.load(folder / checkpoint.LABELS)
        if len(self.label_space) != config.num_tags:
            raise CheckpointError(
                f"{folder}: labels.json has {len(self.label_space)} labels, "
                f"the network has {config.num_tags} outputs; they belong to different checkpoints"
            )
        thresholds = folder / checkpoint.THRESHOLDS
        self.thresholds = (
            load_thresholds(thresholds, self.label_space)
            if thresholds.exists()
            else np.full(config.num_tags, 0.5, np.float32)
        )
        self.dimension = config.projection_dim
        self._text_tower = TextTower(config.text_model)
        if self._text_tower.sha256 != config.text_model_sha256:
            raise CheckpointError(
                f"{folder} was trained with a text tower of SHA-256 {config.text_model_sha256}, "
                f"but {config.text_model} here has {self._text_tower.sha256}"
            )

    def _forward(self, pixels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor | None]:
        output = self._model(pixels)
        return output.vectors, output.logits

    def encode_texts(self, texts: Sequence[str]) -> FloatArray:
        return self._text_tower.encode(texts)


class HubEncoder(TransformersEncoder):
    """A hub checkpoint without tag heads: CLIP and its kin with text, a plain ViT without."""

    def __init__(self, folder: Path, name: str, dtype: torch.dtype) -> None:
        super().__init__(folder, name, dtype)
        config = self._model.config
        self.has_text = hasattr(self._model, "get_text_features")
        self.dimension = (
            getattr(config, "projection_dim", None)
            or getattr(config, "vision_config", config).hidden_size
        )
        if self.has_text:
            self._tokenizer = AutoTokenizer.from_pretrained(folder)

    def _forward(self, pixels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor | None]:
        if self.has_text:
            return self._model.get_image_features(pixel_values=pixels).pooler_output, None
        return pooled_output(self._model(pixel_values=pixels)), None

    @torch.inference_mode()
    def encode_texts(self, texts: Sequence[str]) -> FloatArray:
        if not self.has_text:
            raise UnsupportedQueryError(
                f"the encoder {self.name} has no text tower, so it cannot answer text queries; "
                "ask with a picture, or serve a checkpoint with text (CLIP or Wardrobe)"
            )
        length = self._model.config.text_config.max_position_embeddings
        # SigLIP was trained on texts padded to the full length, CLIP does not mind.
        tokens = self._tokenizer(
            list(texts),
            padding="max_length",
            truncation=True,
            max_length=length,
            return_tensors="pt",
        )
        features = self._model.get_text_features(**tokens).pooler_output
        array: FloatArray = functional.normalize(features.float(), dim=-1).numpy()
        return array
