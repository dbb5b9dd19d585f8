"""Where tags look: maps of every family of networks, against captum and known places."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from transformers import (
    CLIPVisionConfig,
    Dinov2WithRegistersConfig,
    ResNetConfig,
    ResNetModel,
    ViTConfig,
)

from tests import tiny_checkpoints
from tests.tiny_checkpoints import LABEL_SPACE, save_text_tower, save_wardrobe
from wardrobe.encoders import Encoder, load_encoder
from wardrobe.encoders.activation_map import activation_maps
from wardrobe.encoders.base import PixelArray
from wardrobe.encoders.compiled_encoder import CompiledEncoder
from wardrobe.encoders.picture_network import as_input
from wardrobe.errors import UnsupportedQueryError

LABELS = [0, 2, 4]
TINY = {"hidden_size": 32, "num_attention_heads": 2, "num_hidden_layers": 3}
FAMILIES = ("hybrid", "wardrobe on clip", "wardrobe on vit", "wardrobe on dinov2", "clip", "siglip")


@pytest.fixture(scope="module")
def encoders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Encoder]:
    """One of each family, all with a grid of 4 x 4 places."""
    root = tmp_path_factory.mktemp("explained")
    LABEL_SPACE.save(root / "labels.json")
    tower = save_text_tower(root / "tower")
    backbones = {
        "wardrobe on clip": CLIPVisionConfig(**TINY, image_size=32, patch_size=8),
        "wardrobe on vit": ViTConfig(**TINY, image_size=32, patch_size=8),
        "wardrobe on dinov2": Dinov2WithRegistersConfig(**TINY, image_size=32, patch_size=8),
    }
    folders = {
        "hybrid": save_wardrobe(root / "hybrid", tower),
        **{name: save_wardrobe(root / name, tower, vision) for name, vision in backbones.items()},
        "clip": tiny_checkpoints.save_clip(root / "clip"),
        "siglip": tiny_checkpoints.save_siglip(root / "siglip"),
    }
    return {
        family: load_encoder(str(folder), precision="fp32", labels=root / "labels.json")
        for family, folder in folders.items()
    }


def network_of(encoder: Encoder) -> torch.nn.Module:
    """Returns the network in torch, which explains, whatever else computes the encodings."""
    encoder.load_explanations()
    return encoder._network.model if isinstance(encoder, CompiledEncoder) else encoder._model


def noise(encoder: Encoder) -> PixelArray:
    array = np.random.default_rng(3).integers(0, 256, (60, 60, 3), dtype=np.uint8)
    return encoder.prepare(Image.fromarray(array))


@pytest.mark.parametrize("family", FAMILIES)
def test_maps_of_every_family(encoders, family) -> None:
    encoder = encoders[family]
    pixels = noise(encoder)
    before = encoder.encode_pictures(pixels[None])
    maps = encoder.explain(pixels, LABELS)
    assert maps.shape == (len(LABELS), 4, 4)
    assert maps.dtype == np.float32
    assert maps.min() >= 0
    assert set(maps.max(axis=(1, 2))) <= {0, 1}
    assert maps.max() == 1
    # Explaining leaves no trace: not in the network, not in the next encoding.
    network = network_of(encoder)
    assert not any(parameter.requires_grad for parameter in network.parameters())
    assert not any(module._forward_pre_hooks for module in network.modules())
    after = encoder.encode_pictures(pixels[None])
    np.testing.assert_array_equal(after.logits, before.logits)
    np.testing.assert_array_equal(after.vectors, before.vectors)
    np.testing.assert_array_equal(encoder.explain(pixels, LABELS[::-1]), maps[::-1])


@pytest.mark.parametrize("family", ["hybrid", "clip"])
def test_threads_that_explain_and_encode_at_once_disturb_nobody(encoders, family) -> None:
    encoder = encoders[family]
    pixels = noise(encoder)
    maps, encoding = encoder.explain(pixels, LABELS), encoder.encode_pictures(pixels[None])

    def ask(number: int) -> None:
        if number % 2:
            np.testing.assert_array_equal(encoder.explain(pixels, LABELS), maps)
        else:
            found = encoder.encode_pictures(pixels[None])
            np.testing.assert_array_equal(found.logits, encoding.logits)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(ask, range(60)))


@pytest.mark.parametrize("family", ["hybrid", "wardrobe on clip"])
def test_maps_are_captums(encoders, family) -> None:
    attr = pytest.importorskip("captum.attr", reason="captum, the independent oracle, is missing")
    encoder = encoders[family]
    model = network_of(encoder)
    if family == "hybrid":
        layer = model.vision_model.stem.blocks[11]
    else:  # the output of the last layer but one is what the last one mixes
        layer = model.vision_model.encoder.layers[1]
    pixels = as_input(torch.from_numpy(noise(encoder)[None]), encoder._network.processor)
    method = attr.LayerGradientXActivation(lambda batch: model(batch).logits, layer)
    for label, found in zip(LABELS, encoder.explain(noise(encoder), LABELS), strict=True):
        products = method.attribute(pixels.requires_grad_(), target=label).detach()
        if family == "hybrid":
            heat = products[0].sum(dim=0).clamp_min(0).numpy()
        else:  # without the class token
            heat = products[0, 1:].sum(dim=1).clamp_min(0).reshape(4, 4).numpy()
        np.testing.assert_allclose(found, heat / max(heat.max(), 1e-30), atol=1e-5)


class _OnePlace(torch.nn.Module):
    """Reads only one place of the hybrid's features: there the heat must be, nowhere else."""

    def __init__(self, encoder: Encoder, row: int, column: int) -> None:
        super().__init__()
        self.vision_model = network_of(encoder).vision_model
        self.place = row, column

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        block = self.vision_model.stem.blocks[12]
        seen: list[torch.Tensor] = []
        hook = block.register_forward_pre_hook(lambda layer, inputs: seen.append(inputs[0]))
        self.vision_model.stem(pixels)
        hook.remove()
        return seen[0][:, :, self.place[0], self.place[1]].abs()


def test_heat_is_only_where_the_logit_comes_from(encoders) -> None:
    encoder = encoders["hybrid"]
    for row, column in [(0, 3), (2, 1)]:
        only_there = _OnePlace(encoder, row, column)
        pixels = torch.from_numpy(noise(encoder)[None]).permute(0, 3, 1, 2).float()
        maps = activation_maps(only_there.vision_model, only_there, pixels, [0])
        expected = np.zeros((1, 4, 4), np.float32)
        expected[0, row, column] = 1
        np.testing.assert_array_equal(maps, expected)


def test_without_tags_there_is_nothing_to_explain(tmp_path: Path) -> None:
    encoder = load_encoder(str(tiny_checkpoints.save_vit(tmp_path / "vit")), precision="fp32")
    with pytest.raises(UnsupportedQueryError, match="no tags to explain"):
        encoder.explain(np.zeros((32, 32, 3), np.uint8), [0])


def test_a_network_that_is_no_vision_transformer_is_refused() -> None:
    network = ResNetModel(ResNetConfig(embedding_size=8, hidden_sizes=[8], depths=[1]))
    with pytest.raises(UnsupportedQueryError, match="a ResNetModel cannot be explained"):
        activation_maps(network, lambda pixels: pixels, torch.zeros(1, 3, 32, 32), [0])


@pytest.mark.parametrize(("size", "seen"), [((100, 50), (0.5, 1)), ((50, 100), (1, 0.5))])
def test_a_processor_that_crops_sees_the_middle(encoders, size, seen) -> None:
    assert encoders["clip"].seen_part(*size) == pytest.approx(seen)
    assert encoders["hybrid"].seen_part(*size) == (1, 1)
