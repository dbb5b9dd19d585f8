"""A Wardrobe checkpoint's networks from torch to OpenVINO."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import openvino  # type: ignore[import-untyped]
import torch
from tokenizers import Tokenizer
from torch import nn

from wardrobe.encoders.networks import Networks
from wardrobe.encoders.picture_network import PictureNetwork
from wardrobe.encoders.text_tower import MAX_TOKENS, TextTower, pooled
from wardrobe.encoders.wardrobe_model import WardrobeModel
from wardrobe.errors import CheckpointError


def export(folder: Path) -> Networks:
    """Traces the networks of a checkpoint folder.

    Raises:
        CheckpointError: a file is missing, damaged or does not fit the others.
    """
    pictures = PictureNetwork(folder)
    config = pictures.model.config
    tower = TextTower(config.text_model)
    if tower.sha256 != config.text_model_sha256:
        raise CheckpointError(
            f"{folder} was trained with a text tower of SHA-256 {config.text_model_sha256}, "
            f"but {config.text_model} here has {tower.sha256}"
        )
    with tracing():
        return Networks(_pictures(pictures), _texts(tower, pictures.model), _tokenizer(tower))


@contextmanager
def tracing() -> Iterator[None]:
    """Lets networks be traced: without torch's fused transformer layer, which others lack."""
    fused = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        with warnings.catch_warnings(), torch.inference_mode():
            warnings.simplefilter("ignore")
            yield
    finally:
        torch.backends.mha.set_fastpath_enabled(fused)


def _pictures(network: PictureNetwork) -> openvino.Model:
    size = network.processor.size
    height, width = size["height"], size["width"]
    example = torch.zeros((2, height, width, 3), dtype=torch.uint8)
    traced = torch.jit.trace(network, example, check_trace=False)
    model = openvino.convert_model(traced, input=[-1, height, width, 3])
    for output, name in zip(model.outputs, ("vectors", "logits"), strict=True):
        output.get_tensor().set_names({name})
    return model


class _TextNetwork(nn.Module):
    """Tokens → unit vectors in the pictures' space."""

    def __init__(self, tower: TextTower, model: WardrobeModel, inputs: list[str]) -> None:
        super().__init__()
        self._tower, self._model, self._inputs = tower.model, model, inputs

    def forward(self, *tokens: torch.Tensor) -> torch.Tensor:
        named = dict(zip(self._inputs, tokens, strict=True))
        states = self._tower(**named).last_hidden_state
        return self._model.project_texts(pooled(states, named["attention_mask"]))


def _texts(tower: TextTower, model: WardrobeModel) -> openvino.Model:
    # Of different lengths: a tracer that sees no padding leaves the mask out.
    tokens = dict(tower.tokenize(["a red dress", "a navy blue shirt with long sleeves"]))
    network = _TextNetwork(tower, model, list(tokens))
    traced = torch.jit.trace(network, tuple(tokens.values()), check_trace=False)
    exported = openvino.convert_model(traced, input=[([-1, -1], openvino.Type.i64)] * len(tokens))
    for tensor, name in zip(exported.inputs, tokens, strict=True):
        tensor.get_tensor().set_names({name})
    return exported


def _tokenizer(tower: TextTower) -> Tokenizer:
    tokenizer = Tokenizer.from_str(tower.tokenizer.backend_tokenizer.to_str())
    tokenizer.enable_truncation(MAX_TOKENS)
    tokenizer.enable_padding(
        pad_id=tower.tokenizer.pad_token_id,
        pad_token=tower.tokenizer.pad_token,
        pad_to_multiple_of=8,  # each new shape costs OpenVINO ten times what a known one does
    )
    return tokenizer
