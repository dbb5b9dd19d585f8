"""Training: it learns, survives kill -9 with the same result, stops early, says what is wrong."""

import csv
import json
import multiprocessing
import subprocess
import sys
import time
from dataclasses import replace
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file
from scipy.special import softmax
from sklearn.metrics import average_precision_score

from tests import tiny_checkpoints
from wardrobe.encoders import load_encoder
from wardrobe.encoders.efficientnet_lite import FEATURE_STRIDE
from wardrobe.encoding import encode_pictures
from wardrobe.errors import BadRequestError, CheckpointError, DatasetError
from wardrobe.labels import Attribute, LabelSpace
from wardrobe.manifest import Item, Manifest
from wardrobe.training.batches import draw_batch
from wardrobe.training.dataset import load_dataset
from wardrobe.training.loop import train
from wardrobe.training.recipe import Recipe, RunOptions

REPOSITORY = Path(__file__).resolve().parents[1]
COLOURS = {"Red": (220, 30, 30), "Green": (30, 200, 40), "Blue": (30, 40, 220)}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """72 training and 24 validation pictures of plain colour on noise."""
    folder = tmp_path_factory.mktemp("colours")
    generator = np.random.default_rng(0)
    items = []
    for number in range(96):
        name = list(COLOURS)[number % 3]
        noise = generator.integers(-25, 25, (48, 48, 3))
        array = (np.array(COLOURS[name]) + noise).clip(0, 255).astype(np.uint8)
        Image.fromarray(array).save(folder / f"{number}.png")
        split = "train" if number < 72 else "val"
        items.append(Item(f"{number}.png", split, f"a {name.lower()} dress", {"colour": (name,)}))
    space = LabelSpace((Attribute("colour", "single", tuple(COLOURS)),))
    Manifest(folder, tuple(items), space).save()
    return folder


@pytest.fixture(scope="module")
def recipe(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Recipe:
    text_tower = tiny_checkpoints.save_text_tower(tmp_path_factory.mktemp("text") / "tower")
    return Recipe(
        data=(str(root),),
        text_model=str(text_tower),
        image_size=32,
        hidden_size=32,
        layers=1,
        epochs=2,
        batch_size=12,
        ema_decay=0.5,
        precision="fp32",
    )


@pytest.fixture(scope="module")
def straight(recipe: Recipe, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run folder of a training that nothing interrupted."""
    run = tmp_path_factory.mktemp("straight")
    train(recipe, RunOptions(run=run))
    return run


def test_a_run_learns_and_leaves_a_checkpoint(straight: Path, root: Path) -> None:
    folder = straight / "checkpoint"
    encoder = load_encoder(str(folder), precision="fp32")
    val = Manifest.load(root).split("val")
    encoded = list(encode_pictures(encoder, [root / item.image_path for item in val]))
    probabilities = softmax([picture.logits for picture in encoded], axis=1)
    truth = [[item.labels["colour"][0] == name for name in COLOURS] for item in val]
    macro_map = average_precision_score(truth, probabilities)
    with (straight / "metrics.csv").open() as handle:
        rows = list(csv.DictReader(handle))
    assert [row["epoch"] for row in rows] == ["1", "2"]
    assert float(rows[-1]["loss"]) < float(rows[0]["loss"])
    assert (straight / "metrics.png").read_bytes().startswith(b"\x89PNG")
    summary = json.loads((folder / "training_summary.json").read_text())
    assert summary["val_macro_map"] == pytest.approx(macro_map, abs=1e-3)
    assert macro_map > 0.95  # by chance a third
    assert summary["recipe"]["seed"] == 0
    assert summary["train_pictures"] == 72
    assert sorted(path.name for path in folder.iterdir()) == [
        "config.json",
        "labels.json",
        "model.safetensors",
        "preprocessor_config.json",
        "training_summary.json",
    ]


@pytest.fixture(scope="module")
def processes() -> ForkServerContext:
    """Starts processes that have the modules loaded already."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.test_training"])
    return context


def test_killed_runs_go_on_with_the_same_result(
    recipe: Recipe, straight: Path, tmp_path: Path, processes: ForkServerContext
) -> None:
    killed = RunOptions(run=tmp_path / "killed", save_every=2)
    left = []
    for awaited in ("pixels.npy", "state.safetensors", "metrics.csv"):
        process = processes.Process(target=train, args=(recipe, killed))
        process.start()
        deadline = time.monotonic() + 120
        while not (killed.run / awaited).exists() and time.monotonic() < deadline:
            assert process.is_alive(), f"the run ended before it wrote {awaited}"
            time.sleep(0.005)
        process.kill()
        process.join()
        left.append(sorted(path.name for path in killed.run.iterdir()))
    assert not any("checkpoint" in names for names in left)

    resumed = load_file(train(recipe, killed) / "model.safetensors")

    expected = load_file(straight / "checkpoint" / "model.safetensors")
    assert resumed.keys() == expected.keys()
    assert all(torch.equal(resumed[name], expected[name]) for name in expected)


def test_two_processes_train_like_one(recipe: Recipe, tmp_path: Path) -> None:
    # Dropout and skipped layers are drawn by each process for its own pictures, so: none.
    changes = {
        **{"image_size": 64, "first_image_size": 32, "epochs": 2, "dropout": 0.0},
        **{"mixup": 0.3, "cutmix": 0.3, "randaugment": 1},
    }
    alone = replace(recipe, **changes)
    train(alone, RunOptions(run=tmp_path / "one"))
    # torchrun would take --run for an option of its own, but for the bare --.
    torchrun = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", "--")
    command = [sys.executable, *torchrun, str(REPOSITORY / "train_vit_multilabel_pro.py")]
    for name in (*changes, "text_model", "hidden_size", "layers", "batch_size", "ema_decay"):
        command += [f"--{name.replace('_', '-')}", str(getattr(alone, name))]
    command += ["--data", *recipe.data, "--precision", "fp32", "--run", str(tmp_path / "two")]
    subprocess.run(command, cwd=REPOSITORY, check=True, capture_output=True)
    runs = (tmp_path / "one", tmp_path / "two")
    curves = [_curve(run / "metrics.csv") for run in runs]
    assert len(curves[0]) == 2
    for one, two in zip(*curves, strict=True):
        assert two == pytest.approx(one, rel=1e-3)
    weights = [load_file(run / "checkpoint" / "model.safetensors") for run in runs]
    for name, tensor in weights[0].items():
        torch.testing.assert_close(weights[1][name], tensor, rtol=0.02, atol=2e-3)


def _curve(path: Path) -> list[list[float]]:
    with path.open() as handle:
        rows = list(csv.DictReader(handle))
    names = ("loss", "tag_loss", "contrastive_loss", "similarity_loss", "val_macro_map")
    return [[float(row[name]) for name in names] for row in rows]


def test_roots_are_seen_as_often_as_asked_and_judged_alone(
    recipe: Recipe, root: Path, tmp_path: Path
) -> None:
    manifest = Manifest.load(root)
    some = (*manifest.items[:60], *manifest.items[72:])
    items = [replace(item, image_path=str(root / item.image_path)) for item in some]
    Manifest(tmp_path / "other", tuple(items), manifest.label_space).save()
    data = (str(root), str(tmp_path / "other"))
    seen: list[int] = []

    def count(split: Any, pixels: Any, rows: Any, *rest: Any) -> Any:
        seen.extend(split.roots[rows].tolist())
        return draw_batch(split, pixels, rows, *rest)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("wardrobe.training.batches.draw_batch", count)
        weighted = replace(recipe, data=data, root_weights=(1.0, 0.5), epochs=1)
        checkpoint = train(weighted, RunOptions(run=tmp_path / "run"))
    assert seen.count(0) == pytest.approx(72, abs=8)
    assert seen.count(1) == pytest.approx(30, abs=8)
    summary = json.loads((checkpoint / "training_summary.json").read_text())
    assert set(summary["val_by_root"]) == set(data)
    with pytest.raises(BadRequestError, match="1 numbers for 2 roots"):
        replace(recipe, data=data, root_weights=(1.0,))


def test_another_recipe_does_not_go_on_with_a_run(recipe: Recipe, tmp_path: Path) -> None:
    folder = tmp_path / "begun"
    folder.mkdir()
    # A state is left behind only by an interrupted run; stop one on its first saved state.
    options = RunOptions(run=folder, save_every=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("wardrobe.training.loop.validate", _interrupt)
        with pytest.raises(KeyboardInterrupt):
            train(recipe, options)
    with pytest.raises(CheckpointError, match="recipe with other learning_rate"):
        train(replace(recipe, learning_rate=0.5), options)


def test_a_first_image_size_under_the_stride_of_the_stem_is_refused(recipe: Recipe) -> None:
    replace(recipe, first_image_size=FEATURE_STRIDE)
    with pytest.raises(BadRequestError, match=f"at least {FEATURE_STRIDE} pixels"):
        replace(recipe, first_image_size=FEATURE_STRIDE - 1)


def _interrupt(*_: object) -> float:
    raise KeyboardInterrupt


def test_training_stops_when_validation_no_longer_improves(
    recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scores = iter([0.5, 0.7, 0.6, 0.7, 0.1, 0.9])
    monkeypatch.setattr(
        "wardrobe.training.loop.validate", lambda *_: torch.tensor([next(scores), 0.4])
    )
    folder = train(replace(recipe, epochs=6, patience=2), RunOptions(run=tmp_path))
    summary = json.loads((folder / "training_summary.json").read_text())
    assert len(summary["history"]) == 4
    assert summary["best_epoch"] == 2


def test_a_plain_vit_trains_through_the_same_loop(recipe: Recipe, tmp_path: Path) -> None:
    backbone = tiny_checkpoints.save_vit(tmp_path / "vit")
    vit = replace(recipe, backbone=str(backbone), epochs=1)
    encoder = load_encoder(str(train(vit, RunOptions(run=tmp_path / "run"))))
    assert encoder.label_space is not None
    assert len(encoder.label_space) == 3


def test_several_roots_are_one_dataset_in_which_unasked_is_unknown(
    root: Path, tmp_path: Path
) -> None:
    other = LabelSpace(
        (Attribute("colour", "single", ("Red", "Pink")), Attribute("garment", "single", ("Hat",)))
    )
    items = (
        Item("0.png", "train", "", {"garment": ("Hat",)}),
        Item("1.png", "val", "", {"colour": ("Pink",)}),
    )
    Manifest(tmp_path, items, other).save()
    dataset = load_dataset([root, tmp_path])
    assert dataset.label_space.names == (
        "colour=Red",
        "colour=Green",
        "colour=Blue",
        "garment=Hat",
    )
    assert dataset.train.known[-1].tolist() == [False, True]
    assert dataset.train.known[0].tolist() == [True, False]
    assert not dataset.val.known[-1].any()  # no training picture is pink


def test_unreadable_pictures_are_named_before_training(
    root: Path, recipe: Recipe, tmp_path: Path
) -> None:
    manifest = Manifest.load(root)
    (tmp_path / "broken.png").write_bytes((root / "0.png").read_bytes()[:200])
    items = [replace(item, image_path=str(root / item.image_path)) for item in manifest.items]
    broken = replace(items[0], image_path="broken.png")
    Manifest(tmp_path, (broken, *items), manifest.label_space).save()
    with pytest.raises(DatasetError, match=r"1 pictures cannot be read.*--fix.*broken.png"):
        train(replace(recipe, data=(str(tmp_path),)), RunOptions(run=tmp_path / "run"))
    assert not (tmp_path / "run" / "pixels.npy").exists()
