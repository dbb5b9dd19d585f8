"""A hub checkpoint without heads of ours: CLIP, SigLIP, ViT or DINOv2, in torch."""

import hashlib
import json
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from PIL import Image
from torch.nn import functional
from transformers import AutoTokenizer

from wardrobe.encoders import checkpoint
from wardrobe.encoders.activation_map import activation_maps
from wardrobe.encoders.base import Encoder, FloatArray, PictureEncoding, PixelArray
from wardrobe.encoders.picture_network import as_input
from wardrobe.encoders.pretrained import load_pretrained, load_processor
from wardrobe.encoders.wardrobe_model import pooled_output
from wardrobe.encoders.zero_shot import label_phrases, label_weights
from wardrobe.errors import CheckpointError, UnsupportedQueryError
from wardrobe.labels import LabelSpace
from wardrobe.relevance import relevance_in


class HubEncoder(Encoder):
    """CLIP and SigLIP tag zero-shot, a plain ViT or DINOv2 not at all.

    The folder's own processor resizes and crops every picture.
    """

    def __init__(self, folder: Path, name: str, dtype: torch.dtype, labels: Path | None) -> None:
        """Loads the folder.

        Args:
            labels: labels.json, or a folder that has one, to tag with where there is a text tower.

        Raises:
            CheckpointError: a file is missing, damaged or does not fit the network.
            DatasetError: the labels cannot be read.
        """
        self._running = threading.Lock()  # an explanation hooks into every forward of the network
        self.name = name
        self.fingerprint = checkpoint.fingerprint(folder)
        self.label_space, self.thresholds = None, None
        self._processor = load_processor(folder)
        self._model = load_pretrained(folder).requires_grad_(False)
        self._cast(torch.float32)
        size = self._processor.size
        self.picture_side = size.get("shortest_edge") or min(size["height"], size["width"])
        config = self._model.config
        self.has_text = hasattr(self._model, "get_text_features")
        if self.has_text:
            self._tokenizer = _tokenizer_in(folder)
            # SigLIP saw lower-case texts, padded to the full length, without a mask (its 2nd
            # version's tokenizer does not see to that); CLIP's outputs do not depend on padding.
            self._is_siglip = config.model_type == "siglip"
            self.dimension = self.encode_texts([name]).shape[1]
        else:
            self.dimension = config.hidden_size
        self.relevance = relevance_in(folder, self.dimension)
        if self.has_text and labels is not None:
            path = labels / checkpoint.LABELS if labels.is_dir() else labels
            label_space = LabelSpace.load(path)
            self._prepare_tags(label_space)
            self.thresholds = checkpoint.thresholds_in(folder, label_space)
            self.temperatures = checkpoint.temperatures_in(folder, label_space)
        self._cast(dtype)

    def _cast(self, dtype: torch.dtype) -> None:
        self._dtype = dtype
        self.precision = "bf16" if dtype == torch.bfloat16 else "fp32"
        # Convolutions are faster with the channels last.
        self._model = self._model.to(dtype, memory_format=torch.channels_last)

    def prepare(self, picture: Image.Image) -> PixelArray:
        pixels = self._processor(
            images=[picture], do_rescale=False, do_normalize=False, return_tensors="np"
        ).pixel_values[0]
        return np.ascontiguousarray(pixels.transpose(1, 2, 0), np.uint8)

    @torch.inference_mode()
    def encode_pictures(self, pixels: PixelArray) -> PictureEncoding:
        with self._running:
            vectors, logits = self._forward(self._as_input(pixels))
        tag_logits = None if logits is None else logits.float().numpy()
        if tag_logits is not None and self.temperatures is not None:
            tag_logits /= self.temperatures
        return PictureEncoding(functional.normalize(vectors.float(), dim=-1).numpy(), tag_logits)

    def explain(self, pixels: PixelArray, labels: Sequence[int]) -> FloatArray:
        if self.label_space is None:
            raise UnsupportedQueryError(
                f"the encoder {self.name} has no tags to explain; "
                "serve a Wardrobe checkpoint, a CLIP or a SigLIP"
            )
        with self._running:
            return activation_maps(
                getattr(self._model, "vision_model", self._model),
                lambda batch: cast(torch.Tensor, self._forward(batch)[1]),
                self._as_input(pixels[None]),
                labels,
            )

    def seen_part(self, width: int, height: int) -> tuple[float, float]:
        if not getattr(self._processor, "do_center_crop", False):
            return 1.0, 1.0
        size, crop = self._processor.size, self._processor.crop_size
        scale = (size.get("shortest_edge") or 0) / min(width, height)
        resized = (width * scale, height * scale) if scale else (size["width"], size["height"])
        return min(1.0, crop["width"] / resized[0]), min(1.0, crop["height"] / resized[1])

    def _as_input(self, pixels: PixelArray) -> torch.Tensor:
        return as_input(torch.from_numpy(pixels), self._processor).to(self._dtype)

    def _prepare_tags(self, label_space: LabelSpace) -> None:
        """Encodes the labels' phrases, in fp32: bf16 would round CLIP's scale of 100 to 99."""
        bias = getattr(self._model, "logit_bias", None)
        weights = label_weights(label_space, self.encode_texts, absolute=bias is not None)
        scale = self._model.logit_scale.exp().item()
        self._label_weights = torch.from_numpy(scale * weights)
        self._label_bias = 0.0 if bias is None else bias.item()
        self.label_space, self.zero_shot = label_space, True
        made_of = [self.fingerprint, label_space.to_json(), label_phrases(label_space)]
        self.fingerprint = hashlib.sha256(json.dumps(made_of).encode()).hexdigest()

    def _forward(self, pixels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor | None]:
        if not self.has_text:
            return pooled_output(self._model(pixel_values=pixels)), None
        vectors = self._model.get_image_features(pixel_values=pixels).pooler_output
        if self.label_space is None:
            return vectors, None
        unit = functional.normalize(vectors.float(), dim=-1)
        return vectors, unit @ self._label_weights.T + self._label_bias

    @torch.inference_mode()
    def encode_texts(self, texts: Sequence[str]) -> FloatArray:
        if not self.has_text:
            raise UnsupportedQueryError(
                f"the encoder {self.name} has no text tower, so it cannot answer text queries; "
                "ask with a picture, or serve a checkpoint with text (CLIP or Wardrobe)"
            )
        tokens = self._tokenizer(
            [text.lower() if self._is_siglip else text for text in texts],
            padding="max_length",
            truncation=True,
            max_length=self._model.config.text_config.max_position_embeddings,
            return_attention_mask=not self._is_siglip,
            return_tensors="pt",
        )
        features = self._model.get_text_features(**tokens).pooler_output
        array: FloatArray = functional.normalize(features.float(), dim=-1).numpy()
        return array


def _tokenizer_in(folder: Path) -> Any:
    try:
        return AutoTokenizer.from_pretrained(folder)
    except Exception as error:  # whatever the library raises of a broken or unknown tokenizer
        raise CheckpointError(f"cannot load the tokenizer of {folder}: {error}") from error
