"""Encoders against the library's own outputs, and their refusals."""

import json
import shutil
from pathlib import Path

import numpy as np
import openvino
import pytest
import torch
from PIL import Image
from transformers import (
    AutoTokenizer,
    CLIPImageProcessorPil,
    CLIPModel,
    CLIPVisionConfig,
    ViTImageProcessorPil,
    ViTModel,
)

from tests import tiny_checkpoints
from wardrobe.calibration import save_temperatures
from wardrobe.encoders import load_encoder
from wardrobe.encoders.efficientnet_lite import EfficientNetLite0
from wardrobe.encoders.text_tower import MINILM, TextTower
from wardrobe.encoders.untrained import load_imagenet_stem
from wardrobe.encoders.wardrobe_model import WardrobeModel
from wardrobe.errors import CheckpointError, UnsupportedQueryError


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("checkpoints")
    text_tower = tiny_checkpoints.save_text_tower(root / "text")
    return {
        "vit": tiny_checkpoints.save_vit(root / "vit"),
        "clip": tiny_checkpoints.save_clip(root / "clip"),
        "text": text_tower,
        "wardrobe": tiny_checkpoints.save_wardrobe(root / "wardrobe", text_tower),
    }


@pytest.fixture
def pictures() -> list[Image.Image]:
    noise = np.random.default_rng(0).integers(0, 256, (3, 50, 40, 3), dtype=np.uint8)
    return [Image.fromarray(array) for array in noise]


def _unit(array: torch.Tensor) -> np.ndarray:
    return (array / array.norm(dim=1, keepdim=True)).detach().numpy()


def test_clip_vectors_are_the_librarys(
    folders: dict[str, Path], pictures: list[Image.Image]
) -> None:
    encoder = load_encoder(str(folders["clip"]), precision="fp32")
    model = CLIPModel.from_pretrained(folders["clip"]).eval()
    processor = CLIPImageProcessorPil.from_pretrained(folders["clip"])
    tokenizer = AutoTokenizer.from_pretrained(folders["clip"])
    inputs = processor(images=pictures, return_tensors="pt")
    texts = ["a red dress", "jeans"]
    tokens = tokenizer(texts, padding=True, return_tensors="pt")

    encoding = encoder.encode_pictures(np.stack([encoder.prepare(p) for p in pictures]))

    expected = _unit(model.get_image_features(**inputs).pooler_output)
    np.testing.assert_allclose(encoding.vectors, expected, atol=1e-5)
    expected = _unit(model.get_text_features(**tokens).pooler_output)
    np.testing.assert_allclose(encoder.encode_texts(texts), expected, atol=1e-5)
    assert encoding.logits is None
    assert encoder.dimension == encoding.vectors.shape[1] == 16


def test_vit_vectors_are_the_librarys(
    folders: dict[str, Path], pictures: list[Image.Image]
) -> None:
    encoder = load_encoder(str(folders["vit"]), precision="fp32")
    model = ViTModel.from_pretrained(folders["vit"]).eval()
    processor = ViTImageProcessorPil.from_pretrained(folders["vit"])

    encoding = encoder.encode_pictures(np.stack([encoder.prepare(p) for p in pictures]))

    expected = _unit(model(**processor(images=pictures, return_tensors="pt")).pooler_output)
    np.testing.assert_allclose(encoding.vectors, expected, atol=1e-5)
    with pytest.raises(UnsupportedQueryError, match="no text tower"):
        encoder.encode_texts(["a red dress"])


def test_wardrobe_checkpoint_gives_vectors_logits_and_text(
    folders: dict[str, Path], pictures: list[Image.Image]
) -> None:
    encoder = load_encoder(str(folders["wardrobe"]), precision="fp32")
    model = WardrobeModel.from_pretrained(folders["wardrobe"]).eval()
    processor = ViTImageProcessorPil.from_pretrained(folders["wardrobe"])
    expected = model(processor(images=pictures, return_tensors="pt").pixel_values)

    encoding = encoder.encode_pictures(np.stack([encoder.prepare(p) for p in pictures]))

    np.testing.assert_allclose(encoding.vectors, expected.vectors.detach(), atol=1e-5)
    np.testing.assert_allclose(encoding.logits, expected.logits.detach(), atol=1e-5)
    assert encoder.label_space == tiny_checkpoints.LABEL_SPACE
    assert encoder.encode_texts(["a red dress"]).shape == (1, encoder.dimension)


def test_any_vision_model_can_be_the_backbone(folders: dict[str, Path], tmp_path: Path) -> None:
    config = CLIPVisionConfig(
        hidden_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=64,
        image_size=32,
        patch_size=8,
    )
    folder = tiny_checkpoints.save_wardrobe(tmp_path / "on-clip", folders["text"], config)
    encoder = load_encoder(str(folder))
    encoding = encoder.encode_pictures(np.zeros((2, 32, 32, 3), np.uint8))
    assert encoding.logits is not None
    assert encoding.logits.shape == (2, 5)


def test_bf16_agrees_with_fp32(folders: dict[str, Path], pictures: list[Image.Image]) -> None:
    encodings = []
    for precision in ("fp32", "bf16"):
        encoder = load_encoder(str(folders["wardrobe"]), precision=precision)
        native = "BF16" in openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
        assert encoder.precision == (precision if native else "fp32")
        pixels = np.stack([encoder.prepare(picture) for picture in pictures])
        encodings.append(encoder.encode_pictures(pixels))
    cosines = (encodings[0].vectors * encodings[1].vectors).sum(axis=1)
    assert cosines.min() > 0.99


def test_a_batch_equals_its_pictures_one_by_one(
    folders: dict[str, Path], pictures: list[Image.Image]
) -> None:
    encoder = load_encoder(str(folders["wardrobe"]), precision="fp32")
    pixels = np.stack([encoder.prepare(picture) for picture in pictures])
    alone = np.concatenate([encoder.encode_pictures(p[None]).vectors for p in pixels])
    np.testing.assert_allclose(encoder.encode_pictures(pixels).vectors, alone, atol=1e-5)


def test_text_vectors_do_not_depend_on_their_batch(folders: dict[str, Path]) -> None:
    tower = TextTower(str(folders["text"]))
    texts = ["a red dress", "shirt"]
    alone = np.concatenate([tower.encode([text]) for text in texts])
    np.testing.assert_allclose(tower.encode(texts), alone, atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(alone, axis=1), 1, atol=1e-5)


def test_minilm_comes_from_its_package_and_knows_synonyms() -> None:
    vectors = TextTower(MINILM).encode(["a red dress", "a red gown", "a tractor"])
    assert vectors[0] @ vectors[1] > 0.7 > vectors[0] @ vectors[2]


def test_imagenet_stem_sees_a_picture_alike_after_a_flip() -> None:
    stem = EfficientNetLite0().eval()
    load_imagenet_stem(stem)
    ramp = torch.linspace(-1, 1, 64).expand(1, 3, 64, 64)
    with torch.inference_mode():
        straight, flipped = (stem(x).mean(dim=(2, 3)) for x in (ramp, ramp.flip(3)))
    assert torch.nn.functional.cosine_similarity(straight, flipped).item() > 0.8


def test_fingerprint_follows_weights_and_labels_but_not_thresholds(
    folders: dict[str, Path], tmp_path: Path
) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(folders["wardrobe"], folder)
    before = load_encoder(str(folder)).fingerprint
    names = tiny_checkpoints.LABEL_SPACE.names
    content = {"target": {"measure": "f1"}, "minimum_positives": 20}
    (folder / "thresholds.json").write_text(
        json.dumps({**content, "thresholds": dict.fromkeys(names, 0.3)})
    )
    encoder = load_encoder(str(folder))
    assert encoder.fingerprint == before
    assert encoder.thresholds is not None
    np.testing.assert_allclose(encoder.thresholds, 0.3)
    content = json.loads((folder / "labels.json").read_text())
    content["attributes"][0]["labels"][0] = "Blouses"
    (folder / "labels.json").write_text(json.dumps(content))
    (folder / "thresholds.json").unlink()
    assert load_encoder(str(folder)).fingerprint != before


def test_a_calibration_divides_the_logits_and_changes_the_fingerprint(
    folders: dict[str, Path], pictures: list[Image.Image], tmp_path: Path
) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(folders["wardrobe"], folder)
    plain = load_encoder(str(folder), precision="fp32")
    temperatures = np.array([2, 2, 2, 0.5, 4], np.float32)
    path = folder / "calibration.json"
    save_temperatures(path, temperatures, tiny_checkpoints.LABEL_SPACE, minimum_positives=20)
    calibrated = load_encoder(str(folder), precision="fp32")
    pixels = np.stack([plain.prepare(picture) for picture in pictures])
    before, after = plain.encode_pictures(pixels), calibrated.encode_pictures(pixels)
    np.testing.assert_allclose(after.logits, before.logits / temperatures, rtol=1e-6)
    np.testing.assert_array_equal(after.vectors, before.vectors)
    assert calibrated.fingerprint != plain.fingerprint
    path.write_text('{"temperatures": {"article_type": 1}}')
    with pytest.raises(CheckpointError, match="missing details=Buttons, details=Zip"):
        load_encoder(str(folder))


def test_refusals_say_what_is_wrong(folders: dict[str, Path], tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="no checkpoint folder"):
        load_encoder(str(tmp_path / "nowhere"))
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(CheckpointError, match="cannot read config.json"):
        load_encoder(str(empty))

    def broken(name: str) -> Path:
        folder = tmp_path / name
        shutil.copytree(folders["wardrobe"], folder)
        return folder

    folder = broken("no-weights")
    (folder / "model.safetensors").unlink()
    with pytest.raises(CheckpointError, match="no .safetensors weights"):
        load_encoder(str(folder))
    folder = broken("truncated")
    weights = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(weights[: len(weights) // 2])
    with pytest.raises(CheckpointError, match="cannot load the checkpoint"):
        load_encoder(str(folder))
    folder = broken("other-labels")
    content = json.loads((folder / "labels.json").read_text())
    content["attributes"][0]["labels"].append("Socks")
    (folder / "labels.json").write_text(json.dumps(content))
    with pytest.raises(CheckpointError, match="6 labels, the network has 5 outputs"):
        load_encoder(str(folder))
    folder = broken("other-text-tower")
    content = json.loads((folder / "config.json").read_text())
    content["text_model_sha256"] = "0" * 64
    (folder / "config.json").write_text(json.dumps(content))
    with pytest.raises(CheckpointError, match="trained with a text tower of SHA-256 000"):
        load_encoder(str(folder))
