"""CLIP, SigLIP, ViT and DINOv2 against the library's own outputs, and in every script."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from transformers import (
    AutoImageProcessor,
    AutoModel,
    AutoTokenizer,
    Siglip2ImageProcessorPil,
    ViTConfig,
    ViTForImageClassification,
    ViTImageProcessorPil,
)

from tests import tiny_checkpoints
from tests.tiny_checkpoints import LABEL_SPACE
from wardrobe import applying, indexing, prediction, tuning
from wardrobe.encoders import load_encoder
from wardrobe.errors import CheckpointError
from wardrobe.evaluation import script
from wardrobe.index import Index
from wardrobe.labels import LabelSpace
from wardrobe.manifest import Item, Manifest
from wardrobe.probabilities import from_logits

FAMILIES = tuple(tiny_checkpoints.HUB)
WITH_TEXT = ("clip", "siglip")


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("hub")
    LABEL_SPACE.save(root / "labels.json")
    return {
        "labels": root / "labels.json",
        **{name: save(root / name) for name, save in tiny_checkpoints.HUB.items()},
    }


@pytest.fixture(scope="module")
def pictures() -> list[Image.Image]:
    noise = np.random.default_rng(0).integers(0, 256, (3, 50, 40, 3), dtype=np.uint8)
    return [Image.fromarray(array) for array in noise]


@pytest.fixture(scope="module")
def root(pictures: list[Image.Image], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dataset root of twelve pictures."""
    folder = tmp_path_factory.mktemp("data") / "noise"
    folder.mkdir()
    items = []
    for number in range(12):
        pictures[number % 3].rotate(30 * number).save(folder / f"{number}.png")
        labels = {"article_type": (LABEL_SPACE.attributes[0].labels[number % 3],)}
        labels |= {"details": ("Zip",)} if number % 2 else {}
        split = "val" if number < 6 else "train"
        items.append(Item(f"{number}.png", split, f"picture {number}", labels))
    Manifest(folder, tuple(items), LABEL_SPACE).save()
    return folder


def _unit(array: torch.Tensor) -> np.ndarray:
    return (array / array.norm(dim=1, keepdim=True)).detach().numpy()


def _encode(folder: Path, pictures: list[Image.Image], **options):
    encoder = load_encoder(str(folder), precision="fp32", **options)
    return encoder, encoder.encode_pictures(np.stack([encoder.prepare(p) for p in pictures]))


@pytest.mark.parametrize("family", FAMILIES)
def test_vectors_are_the_librarys(family, folders, pictures) -> None:
    model = AutoModel.from_pretrained(folders[family]).eval()
    processor = AutoImageProcessor.from_pretrained(folders[family])
    inputs = processor(images=pictures, return_tensors="pt")

    encoder, encoding = _encode(folders[family], pictures)

    features = model.get_image_features if family in WITH_TEXT else model
    np.testing.assert_allclose(encoding.vectors, _unit(features(**inputs).pooler_output), atol=1e-5)
    assert encoding.vectors.shape == (3, encoder.dimension)
    assert encoding.logits is None
    assert encoder.has_text is (family in WITH_TEXT)


@pytest.mark.parametrize("family", WITH_TEXT)
def test_zero_shot_tags_are_the_librarys(family, folders, pictures) -> None:
    model = AutoModel.from_pretrained(folders[family]).eval()
    processor = AutoImageProcessor.from_pretrained(folders[family])
    tokenizer = AutoTokenizer.from_pretrained(folders[family])
    things = ["a photo of shirts", "a photo of jeans", "a photo of caps"]
    details = ["a photo of clothing with buttons", "a photo of clothing with zip"]
    tokens = tokenizer(
        [*things, *details, "a photo of clothing"],
        padding="max_length",
        max_length=64,
        return_tensors="pt",
    )
    inputs = processor(images=pictures, return_tensors="pt")
    logits = model(**inputs, **tokens).logits_per_image.detach()

    encoder, encoding = _encode(folders[family], pictures, labels=folders["labels"])

    assert encoder.zero_shot
    assert encoder.label_space == LABEL_SPACE
    found = from_logits(encoding.logits, LABEL_SPACE)
    np.testing.assert_allclose(found[:, :3], logits[:, :3].softmax(dim=1), atol=1e-5)
    if family == "siglip":  # the probability that a text fits is what it was trained for
        expected = logits[:, 3:5].sigmoid()
    else:  # between the phrase with the detail and the one without
        pairs = torch.stack([logits[:, 3:5], logits[:, [5, 5]]], dim=-1)
        expected = pairs.softmax(dim=-1)[..., 0]
    np.testing.assert_allclose(found[:, 3:], expected, atol=1e-5)
    np.testing.assert_array_equal(encoder.thresholds, np.full(5, 0.5, np.float32))


@pytest.mark.parametrize("family", WITH_TEXT)
def test_bf16_keeps_the_scale_of_the_logits(family, folders, pictures) -> None:
    """CLIP's is 100: rounded like the weights, every logit would be wrong by a hundredth."""
    fp32 = load_encoder(str(folders[family]), precision="fp32", labels=folders["labels"])
    bf16 = load_encoder(str(folders[family]), precision="bf16", labels=folders["labels"])
    torch.testing.assert_close(bf16._label_weights, fp32._label_weights)
    pixels = np.stack([bf16.prepare(picture) for picture in pictures])
    encoding = bf16.encode_pictures(pixels)
    assert (encoding.vectors * fp32.encode_pictures(pixels).vectors).sum(axis=1).min() > 0.99


def test_siglip_reads_lower_case(folders) -> None:
    encoder = load_encoder(str(folders["siglip"]), precision="fp32")
    lower, upper = encoder.encode_texts(["a red dress", "A Red Dress"])
    np.testing.assert_allclose(lower, upper, atol=1e-6)


def test_other_labels_are_another_fingerprint(folders, tmp_path) -> None:
    """Their tags are in the index: it must be built again."""
    LabelSpace(LABEL_SPACE.attributes[:1]).save(tmp_path / "labels.json")
    loaded = [
        load_encoder(str(folders["clip"]), labels=labels)
        for labels in (None, folders["labels"], folders["labels"].parent, tmp_path)
    ]
    none, file, folder, other = (encoder.fingerprint for encoder in loaded)
    assert file == folder
    assert len({none, file, other}) == 3


def test_a_classifier_without_a_pooler_gives_its_class_token(pictures, tmp_path) -> None:
    """The library would fill the pooler with random numbers, others in every process."""
    config = ViTConfig(
        hidden_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=64,
        image_size=32,
        patch_size=8,
    )
    model = ViTForImageClassification(config).eval()
    model.save_pretrained(tmp_path)
    shutil.copy(tiny_checkpoints.save_vit(tmp_path / "vit") / "preprocessor_config.json", tmp_path)
    encoder, encoding = _encode(tmp_path, pictures)
    inputs = ViTImageProcessorPil.from_pretrained(tmp_path)(images=pictures, return_tensors="pt")
    expected = model.vit(**inputs).last_hidden_state[:, 0]
    np.testing.assert_allclose(encoding.vectors, _unit(expected), atol=1e-5)


def test_refusals_say_what_is_wrong(folders, tmp_path) -> None:
    folder = tmp_path / "missing"
    shutil.copytree(folders["dinov2"], folder)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "num_hidden_layers": 2}))
    with pytest.raises(CheckpointError, match=r"lacks \d+ weights of a Dinov2Model"):
        load_encoder(str(folder))
    folder = tmp_path / "naflex"
    shutil.copytree(folders["siglip"], folder)
    Siglip2ImageProcessorPil().save_pretrained(folder)
    with pytest.raises(CheckpointError, match="one resolution"):
        load_encoder(str(folder))
    folder = tmp_path / "no-tokenizer"
    shutil.copytree(folders["siglip"], folder)
    (folder / "spiece.model").unlink()
    with pytest.raises(CheckpointError, match="cannot load the tokenizer"):
        load_encoder(str(folder))


@pytest.mark.parametrize("family", FAMILIES)
def test_every_script_takes_it(family, folders, root, tmp_path, monkeypatch, capsys) -> None:
    checkpoint = tmp_path / family
    shutil.copytree(folders[family], checkpoint)
    monkeypatch.setenv("LABELS", str(folders["labels"]))
    monkeypatch.setenv("COMPUTE_THREADS", "1")
    out = tmp_path / "predictions.jsonl"

    assert prediction.main([str(root), "--checkpoint", str(checkpoint), "--out", str(out)]) == 0
    line = json.loads(out.read_text().splitlines()[0])
    tagged = family in WITH_TEXT
    assert list(line["tags"]) == (["article_type", "details"] if tagged else [])

    folder = tmp_path / "index"
    assert indexing.main([str(root), "--encoder", str(checkpoint), "--out", str(folder)]) == 0
    index = Index.open(folder, load_encoder(str(checkpoint), labels=folders["labels"]))
    assert index.count == 12

    report = tmp_path / "report"
    arguments = ["--checkpoint", str(checkpoint), "--data", str(root), "--out", str(report)]
    assert script.main([*arguments, "--resamples", "5"]) == 0
    content = json.loads((report / "report.json").read_text())
    assert (content["tagging"] is not None) is tagged
    assert (content["by_caption"] is not None) is tagged

    arguments = ["--checkpoint", str(checkpoint), "--data", str(root), "--folds", "2"]
    assert tuning.main(arguments) == (0 if tagged else 2)
    if tagged:
        thresholds = load_encoder(str(checkpoint), labels=folders["labels"]).thresholds
        assert not np.allclose(thresholds, 0.5)
        arguments = [str(checkpoint), "--thresholds", str(checkpoint / "thresholds.json")]
        assert applying.main([*arguments, "--labels", str(folders["labels"])]) == 0
    else:
        assert "cannot tag" in capsys.readouterr().err


def test_thresholds_of_a_hub_id_have_no_folder(root, capsys) -> None:
    arguments = ["--checkpoint", "openai/clip-vit-base-patch32", "--data", str(root)]
    assert tuning.main(arguments) == 2
    assert "--local-dir" in capsys.readouterr().err
