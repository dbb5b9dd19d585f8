"""Many files at once: the same encodings as one by one, in order, bad files failing alone."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.fakes import ColourEncoder
from wardrobe import images
from wardrobe.encoders.base import PictureEncoding, PixelArray
from wardrobe.encoding import encode_pictures, encode_split, encode_texts
from wardrobe.errors import DatasetError, TooLargeError, UnreadablePictureError
from wardrobe.manifest import Item, Manifest


@pytest.fixture
def pictures(tmp_path: Path) -> list[Path]:
    random = np.random.default_rng(1)
    paths = []
    for number in range(11):
        pixels = random.integers(0, 256, (9 + number, 7, 3), dtype=np.uint8)
        paths.append(tmp_path / f"{number}.png")
        Image.fromarray(pixels).save(paths[-1])
    return paths


@pytest.mark.parametrize("batch_size", [1, 4, 11, 64])
def test_batches_give_what_one_by_one_gives_in_input_order(pictures, batch_size):
    encoder = ColourEncoder()
    order = pictures[::-1]
    encoded = list(encode_pictures(encoder, order, batch_size=batch_size))
    assert [picture.path for picture in encoded] == order
    for picture in encoded:
        alone = encoder.encode_pictures(encoder.prepare(images.read(picture.path))[None])
        np.testing.assert_allclose(picture.vector, alone.vectors[0], atol=1e-6)
        np.testing.assert_allclose(picture.logits, alone.logits[0], atol=1e-5)
        assert picture.error is None


def test_bad_files_fail_alone(pictures, tmp_path):
    broken, missing = tmp_path / "broken.jpg", tmp_path / "missing.png"
    broken.write_bytes(b"not a picture")
    huge = tmp_path / "huge.png"
    Image.new("1", (10_000, 10_000)).save(huge)
    given = [pictures[0], broken, missing, pictures[1], huge]
    first, bad, absent, second, bomb = encode_pictures(ColourEncoder(), given, batch_size=3)
    assert first.error is None
    assert second.error is None
    assert isinstance(bad.error, UnreadablePictureError)
    assert "missing.png" in absent.error.message
    assert isinstance(bomb.error, TooLargeError)
    assert bad.vector is None
    assert bad.logits is None


def test_a_batch_of_only_bad_files(tmp_path):
    missing = [tmp_path / "a.png", tmp_path / "b.png"]
    encoded = list(encode_pictures(ColourEncoder(), missing, batch_size=2))
    assert [type(picture.error) for picture in encoded] == [UnreadablePictureError] * 2


def test_no_pictures():
    assert list(encode_pictures(ColourEncoder(), [])) == []


class HeadlessEncoder(ColourEncoder):
    def encode_pictures(self, pixels: PixelArray) -> PictureEncoding:
        return PictureEncoding(super().encode_pictures(pixels).vectors, None)


def test_an_encoder_without_heads_gives_vectors_only(pictures):
    (picture,) = encode_pictures(HeadlessEncoder(), pictures[:1])
    assert picture.vector is not None
    assert picture.logits is None
    assert picture.error is None


def test_a_split_gives_items_vectors_and_logits_in_step(pictures):
    root = pictures[0].parent
    (root / "1.png").write_bytes(b"broken")
    items = tuple(Item(path.name, "val" if i < 4 else "train") for i, path in enumerate(pictures))
    encoder = ColourEncoder()
    manifest = Manifest(root, items, encoder.label_space)
    encoded = encode_split(encoder, manifest, "val", batch_size=2)
    assert [item.image_path for item in encoded.items] == ["0.png", "2.png", "3.png"]
    assert [picture.path.name for picture in encoded.failed] == ["1.png"]
    (last,) = encode_pictures(encoder, [root / "3.png"])
    np.testing.assert_allclose(encoded.vectors[2], last.vector, atol=1e-6)
    np.testing.assert_allclose(encoded.logits[2], last.logits, atol=1e-5)


def test_a_split_without_a_usable_picture_is_refused(tmp_path):
    manifest = Manifest(tmp_path, (Item("a.png", "val"),), ColourEncoder.label_space)
    with pytest.raises(DatasetError, match="none of the 1 pictures of split 'val'"):
        encode_split(ColourEncoder(), manifest, "val")
    with pytest.raises(DatasetError, match=r"no item in split 'test'; its splits are \['val'\]"):
        encode_split(ColourEncoder(), manifest, "test")


def test_texts_in_batches_are_the_texts_at_once():
    texts = ["a red shirt", "blue jeans", "a green dress"]
    vectors = encode_texts(ColourEncoder(), texts, batch_size=2)
    np.testing.assert_array_equal(vectors, ColourEncoder().encode_texts(texts))
