"""The exported networks: equal to torch's, kept whole or made again, and served without torch."""

import json
import logging
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from transformers import CLIPVisionConfig, Dinov2Config, ViTConfig, ViTImageProcessorPil

from tests import tiny_checkpoints
from wardrobe.encoders import load_encoder
from wardrobe.encoders.text_tower import TextTower
from wardrobe.encoders.wardrobe_model import WardrobeModel

ROOT = Path(__file__).parents[1]
TINY = {"hidden_size": 32, "num_attention_heads": 2, "num_hidden_layers": 2, "image_size": 32}
BACKBONES = {
    "hybrid": None,
    "vit": ViTConfig(**TINY, patch_size=8, intermediate_size=64),
    "clip": CLIPVisionConfig(**TINY, patch_size=8, intermediate_size=64),
    "dinov2": Dinov2Config(**TINY, patch_size=8, mlp_ratio=2),
}
TEXTS = ["a red dress", "x", "jeans with a very long description of everything that they are"]


@pytest.fixture(scope="module")
def tower(tmp_path_factory):
    return tiny_checkpoints.save_text_tower(tmp_path_factory.mktemp("text") / "tower")


@pytest.fixture(scope="module")
def pictures() -> list[Image.Image]:
    random = np.random.default_rng(0)
    sizes = [(50, 40), (33, 90), (32, 32), (200, 120), (7, 5)]
    return [Image.fromarray(random.integers(0, 256, (*size, 3), dtype=np.uint8)) for size in sizes]


@pytest.mark.parametrize("backbone", BACKBONES)
def test_they_compute_what_torch_does(backbone, tower, pictures, tmp_path) -> None:
    folder = tiny_checkpoints.save_wardrobe(tmp_path / "c", tower, BACKBONES[backbone])
    encoder = load_encoder(str(folder), precision="fp32")
    model = WardrobeModel.from_pretrained(folder).eval()
    processor = ViTImageProcessorPil.from_pretrained(folder)
    for count in (1, 2, 5):
        inputs = processor(images=pictures[:count], return_tensors="pt")
        with torch.inference_mode():
            expected = model(**inputs)
        found = encoder.encode_pictures(np.stack([encoder.prepare(p) for p in pictures[:count]]))
        np.testing.assert_allclose(found.vectors, expected.vectors, atol=2e-5)
        np.testing.assert_allclose(found.logits, expected.logits, atol=2e-5)
    with torch.inference_mode():
        expected = model.project_texts(torch.from_numpy(TextTower(str(tower)).encode(TEXTS)))
    np.testing.assert_allclose(encoder.encode_texts(TEXTS), expected, atol=2e-5)


@pytest.fixture
def checkpoint(tower, tmp_path):
    return tiny_checkpoints.save_wardrobe(tmp_path / "checkpoint", tower)


def test_they_are_exported_once_and_kept(checkpoint, pictures, tmp_path, caplog) -> None:
    caplog.set_level(logging.INFO)
    kept = tmp_path / "networks"

    def encode(folder: Path = checkpoint) -> np.ndarray:
        caplog.clear()
        encoder = load_encoder(str(folder), precision="fp32", networks=kept)
        return encoder.encode_pictures(np.stack([encoder.prepare(p) for p in pictures])).vectors

    def was_exported() -> bool:
        return any("exporting the networks" in message for message in caplog.messages)

    first = encode()
    assert was_exported()
    np.testing.assert_array_equal(encode(), first)
    assert not was_exported()

    # Another calibration is another encoder, but the same network.
    (checkpoint / "thresholds.json").unlink(missing_ok=True)
    encode()
    assert not was_exported()

    (folder,) = kept.iterdir()
    for name in ("pictures.bin", "networks.json"):
        whole = (folder / name).read_bytes()
        (folder / name).write_bytes(whole[: len(whole) // 2])
        np.testing.assert_array_equal(encode(), first)
        assert was_exported(), f"half of {name} is not served"
    record = folder / "networks.json"
    record.write_text(json.dumps(json.loads(record.read_text()) | {"openvino": "1.0"}))
    encode()
    assert was_exported(), "another OpenVINO's networks are not served"
    assert [path.name for path in kept.iterdir()] == [folder.name], "nothing is left lying about"


def test_a_folder_that_cannot_be_written_costs_time_only(checkpoint, tmp_path, caplog) -> None:
    (tmp_path / "file").write_text("in the way")
    encoder = load_encoder(str(checkpoint), networks=tmp_path / "file" / "networks")
    assert encoder.encode_texts(["a red dress"]).shape == (1, encoder.dimension)
    assert "every start exports them" in caplog.text


def test_the_server_needs_neither_torch_nor_anybodys_telemetry(checkpoint, tmp_path) -> None:
    load_encoder(str(checkpoint), networks=tmp_path / "networks")
    program = """
import sys
from pathlib import Path
import wardrobe.serving.app
from wardrobe.encoders import load_encoder
encoder = load_encoder(sys.argv[1], networks=Path(sys.argv[2]))
encoder.encode_texts(["a red dress"])
heavy = {"torch", "transformers", "scipy", "matplotlib", "openvino_telemetry.main"}
print(sorted(heavy & sys.modules.keys()))
"""
    command = [sys.executable, "-c", program, str(checkpoint), str(tmp_path / "networks")]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    found = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "[]"
