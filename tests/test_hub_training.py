"""Training on pretrained backbones: all of it, LoRA, or heads alone on kept outputs."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file
from scipy.special import softmax
from sklearn.metrics import average_precision_score
from transformers import AutoImageProcessor, AutoModel

from tests import tiny_checkpoints
from wardrobe.encoders import load_encoder
from wardrobe.encoders.text_tower import TextTower
from wardrobe.encoders.untrained import from_backbone
from wardrobe.encoding import encode_pictures
from wardrobe.errors import BadRequestError, CheckpointError
from wardrobe.labels import Attribute, LabelSpace
from wardrobe.manifest import Item, Manifest
from wardrobe.training import frozen
from wardrobe.training.loop import train
from wardrobe.training.recipe import Recipe, RunOptions

COLOURS = {"Red": (220, 30, 30), "Green": (30, 200, 40), "Blue": (30, 40, 220)}
FAMILIES = tuple(tiny_checkpoints.HUB)


@pytest.fixture(autouse=True)
def one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two threads wait for one another longer than so small a network takes."""
    monkeypatch.setattr("wardrobe.training.loop.available_cores", lambda: 1)
    monkeypatch.setattr("wardrobe.encoders.available_cores", lambda: 1)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """24 training and 18 validation pictures of plain colour, wider than high."""
    folder = tmp_path_factory.mktemp("colours")
    generator = np.random.default_rng(0)
    items = []
    for number in range(42):
        name = list(COLOURS)[number % 3]
        noise = generator.integers(-25, 25, (40, 50, 3))
        array = (np.array(COLOURS[name]) + noise).clip(0, 255).astype(np.uint8)
        Image.fromarray(array).save(folder / f"{number}.png")
        split = "train" if number < 24 else "val"
        items.append(Item(f"{number}.png", split, f"a {name.lower()} dress", {"colour": (name,)}))
    space = LabelSpace((Attribute("colour", "single", tuple(COLOURS)),))
    Manifest(folder, tuple(items), space).save()
    return folder


@pytest.fixture(scope="module")
def backbones(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("backbones")
    tower = tiny_checkpoints.save_text_tower(folder / "text")
    return {
        "text": tower,
        "wardrobe": tiny_checkpoints.save_wardrobe(folder / "wardrobe", tower),
        **{name: save(folder / name) for name, save in tiny_checkpoints.HUB.items()},
    }


@pytest.fixture(scope="module")
def recipe(root: Path, backbones: dict[str, Path]) -> Recipe:
    return Recipe(
        data=(str(root),),
        backbone=str(backbones["vit"]),
        text_model=str(backbones["text"]),
        epochs=1,
        batch_size=8,
        precision="fp32",
        ema_decay=0,
    )


def _backbone_weights(folder: Path) -> dict[str, torch.Tensor]:
    model = AutoModel.from_pretrained(folder)
    return getattr(model, "vision_model", model).state_dict()


@pytest.mark.parametrize("family", FAMILIES)
def test_all_of_a_backbone_trains_and_keeps_its_processor(
    family: str, recipe: Recipe, backbones: dict[str, Path], root: Path, tmp_path: Path
) -> None:
    mixed = replace(recipe, backbone=str(backbones[family]), mixup=0.5, first_image_size=32)
    checkpoint = train(mixed, RunOptions(run=tmp_path))

    before, after = _backbone_weights(backbones[family]), _backbone_weights(checkpoint)
    assert before.keys() == after.keys()
    assert any(not torch.equal(before[name], after[name]) for name in before)
    own = AutoImageProcessor.from_pretrained(backbones[family])
    kept = AutoImageProcessor.from_pretrained(checkpoint)
    side = 28 if family == "dinov2" else 32
    assert dict(kept.size) | {"height": side, "width": side} == dict(kept.size)
    for name in ("image_mean", "image_std", "resample", "rescale_factor"):
        assert getattr(kept, name) == getattr(own, name)
    encoder = load_encoder(str(checkpoint), precision="fp32")
    (encoded,) = encode_pictures(encoder, [root / "0.png"])
    assert encoded.logits is not None
    assert encoded.logits.shape == (3,)


@pytest.mark.parametrize("family", [*FAMILIES, "wardrobe"])
def test_heads_on_a_frozen_backbone(
    family: str, recipe: Recipe, backbones: dict[str, Path], root: Path, tmp_path: Path
) -> None:
    heads = replace(
        recipe,
        backbone=str(backbones[family]),
        freeze_encoder=True,
        epochs=8,
        patience=8,
        learning_rate=1e-2,
    )
    checkpoint = train(heads, RunOptions(run=tmp_path / "run"))

    before, after = _backbone_weights(backbones[family]), _backbone_weights(checkpoint)
    assert before.keys() == after.keys()
    for name, weights in before.items():
        torch.testing.assert_close(after[name], weights, rtol=0, atol=0)
    encoder = load_encoder(str(checkpoint), precision="fp32")
    paths = [root / f"{number}.png" for number in range(24, 42)]
    logits = np.stack([picture.logits for picture in encode_pictures(encoder, paths)])
    # What was judged in training, on kept outputs, is what is served.
    truth = np.arange(18)[:, None] % 3 == np.arange(3)
    summary = json.loads((checkpoint / "training_summary.json").read_text())
    expected = average_precision_score(truth, softmax(logits, axis=1), average="macro")
    assert summary["val_macro_map"] == pytest.approx(expected, abs=0.01)
    if family == "clip":  # random networks that lose all colour learn nothing here
        assert expected > 0.9


def test_outputs_of_a_frozen_backbone_are_kept_for_the_next_run(
    recipe: Recipe, backbones: dict[str, Path], root: Path, tmp_path: Path, monkeypatch
) -> None:
    embedded: list[int] = []
    batches = frozen.prepared_batches

    def count(paths, *rest):
        embedded.append(len(paths))
        return batches(paths, *rest)

    monkeypatch.setattr(frozen, "prepared_batches", count)
    copy = tmp_path / "data"
    shutil.copytree(root, copy)
    heads = replace(recipe, data=(str(copy),), freeze_encoder=True)
    train(heads, RunOptions(run=tmp_path / "runs" / "one"))
    assert embedded == [24, 18]
    train(replace(heads, learning_rate=0.1), RunOptions(run=tmp_path / "runs" / "two"))
    assert embedded == [24, 18]
    shutil.copy(copy / "1.png", copy / "0.png")
    train(heads, RunOptions(run=tmp_path / "runs" / "three"))
    assert embedded == [24, 18, 24]
    other = replace(heads, backbone=str(backbones["dinov2"]))
    train(other, RunOptions(run=tmp_path / "runs" / "four"))
    assert embedded == [24, 18, 24, 24, 18]


# The library asks networks for an attribute that transformers is about to rename.
@pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")
@pytest.mark.parametrize("family", FAMILIES)
def test_lora_adds_matrices_of_its_rank_and_nothing_else(
    family: str, recipe: Recipe, backbones: dict[str, Path], tmp_path: Path
) -> None:
    pytest.importorskip("peft")
    adapted = replace(recipe, backbone=str(backbones[family]), lora_rank=2, learning_rate=1e-2)
    checkpoint = train(adapted, RunOptions(run=tmp_path))

    before, after = _backbone_weights(backbones[family]), _backbone_weights(checkpoint)
    assert before.keys() == after.keys()
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert changed
    for name in changed:
        difference = (after[name] - before[name]).numpy()
        assert difference.ndim == 2
        assert np.linalg.matrix_rank(difference, tol=1e-5) <= 2, name


def test_a_checkpoint_lends_its_projections_where_the_words_are_the_same(
    backbones: dict[str, Path], tmp_path: Path
) -> None:
    tower = TextTower(str(backbones["text"]))
    own = load_file(backbones["wardrobe"] / "model.safetensors")
    model = from_backbone(str(backbones["wardrobe"]), tower, 7)
    for name, weights in model.projection.state_dict().items():
        assert torch.equal(weights, own[f"projection.{name}"])
    assert model.heads.out_features == 7
    tower.sha256 = "of another tower"
    model = from_backbone(str(backbones["wardrobe"]), tower, 7)
    assert not torch.equal(model.projection[0].weight, own["projection.0.weight"])


def test_what_cannot_be_frozen_or_adapted_is_refused(
    recipe: Recipe, backbones: dict[str, Path], tmp_path: Path
) -> None:
    with pytest.raises(BadRequestError, match="exclude each other"):
        replace(recipe, freeze_encoder=True, lora_rank=4)
    for flag in ({"freeze_encoder": True}, {"lora_rank": 4}):
        with pytest.raises(BadRequestError, match="need a trained --backbone"):
            replace(recipe, backbone="hybrid-vit", **flag)
    hybrid = replace(recipe, backbone=str(backbones["wardrobe"]), lora_rank=4)
    with pytest.raises(CheckpointError, match="hybrid ViT"):
        train(hybrid, RunOptions(run=tmp_path))
