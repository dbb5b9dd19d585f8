"""What a recipe says, and what it makes of pictures and labels before a step."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from wardrobe.encoders.pretrained import normalise
from wardrobe.encoders.untrained import image_processor
from wardrobe.errors import BadRequestError, DatasetError
from wardrobe.labels import Attribute, LabelSpace
from wardrobe.manifest import Item, Manifest
from wardrobe.training.augmentation import change, draw_changes
from wardrobe.training.dataset import load_dataset, phrases_of
from wardrobe.training.loop import training_size
from wardrobe.training.optimisation import warmup_cosine
from wardrobe.training.recipe import Recipe, RunOptions, parse


def test_phrases_name_the_most_specific_thing_with_its_colour() -> None:
    space = LabelSpace(
        (
            Attribute("category", "single", ("Apparel",)),
            Attribute("article_type", "single", ("Shirts", "Jeans")),
            Attribute("colour", "single", ("Red", "Blue", "Green")),
        )
    )
    labels = {"category": ("Apparel",), "article_type": ("Shirts",), "colour": ("Red",)}
    assert phrases_of(Item("x.jpg", "train", "Nice one", labels), space) == [
        "shirts",
        "red shirts",
    ]
    assert phrases_of(Item("x.jpg", "train"), space) == []


def test_a_root_without_validation_pictures_is_refused(tmp_path: Path) -> None:
    space = LabelSpace((Attribute("colour", "single", ("Red",)),))
    Manifest(tmp_path, (Item("0.png", "train", "", {"colour": ("Red",)}),), space).save()
    with pytest.raises(DatasetError, match=r"split 'val'.*--splits"):
        load_dataset([tmp_path])


def test_augmented_pictures_keep_their_colour_and_repeat_with_the_seed() -> None:
    pictures = torch.zeros(64, 3, 40, 40, dtype=torch.uint8)
    pictures[:, 0] = 180
    first, second = (
        change(pictures, draw_changes(64, 2, 5, 0.3, torch.Generator().manual_seed(5)), 32)
        for _ in range(2)
    )
    assert torch.equal(first, second)
    assert first.shape == (64, 3, 32, 32)
    assert (first == 127).all(dim=1).flatten(1).any(dim=1).float().mean() > 0.1  # erased boxes
    kept = (first != 127).all(dim=1)
    red, green, blue = (first[:, channel][kept] for channel in range(3))
    assert (red > green + 30).all()
    torch.testing.assert_close(green, blue)


def test_training_pixels_are_scaled_as_the_processor_scales() -> None:
    array = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    processor = image_processor(32)
    expected = processor(images=[Image.fromarray(array)], return_tensors="pt").pixel_values
    pixels = torch.from_numpy(array.transpose(2, 0, 1))[None].float()
    torch.testing.assert_close(normalise(pixels, processor), expected, rtol=0, atol=1e-5)


def test_pictures_grow_to_the_full_size_for_the_last_fifth() -> None:
    recipe = Recipe(image_size=160, first_image_size=96, epochs=10)
    sizes = [training_size(recipe, epoch) for epoch in range(10)]
    assert sizes == sorted(sizes)
    assert sizes[0] == 96
    assert set(sizes[8:]) == {160}
    assert {training_size(Recipe(image_size=160), epoch) for epoch in range(9)} == {160}


def test_the_rate_rises_then_falls_to_nothing() -> None:
    shares = [warmup_cosine(step, 100, 0.1) for step in range(100)]
    assert np.argmax(shares) in (9, 10)
    assert max(shares) == 1
    assert shares[:10] == sorted(shares[:10])
    assert shares[10:] == sorted(shares[10:], reverse=True)
    assert shares[-1] < 0.001


def test_flags_are_the_recipe_and_bad_values_are_refused(
    capsys: pytest.CaptureFixture[str],
) -> None:
    recipe, options, smoke = parse(
        Recipe(), "", ["--data", "a", "b", "--epochs", "3", "--run", "r", "--tensorboard"]
    )
    assert (recipe.data, recipe.epochs, smoke) == (("a", "b"), 3, False)
    assert options == RunOptions(run=Path("r"), tensorboard=True)
    with pytest.raises(BadRequestError, match="--batch-size 1 must be from 2"):
        parse(Recipe(), "", ["--data", "a", "--batch-size", "1"])
    with pytest.raises(BadRequestError, match="--first-image-size 8 must be 0, or at least 32"):
        parse(Recipe(), "", ["--data", "a", "--first-image-size", "8"])
    with pytest.raises(SystemExit):
        parse(Recipe(), "", [])
    assert "prepare_dataset.py" in capsys.readouterr().err
