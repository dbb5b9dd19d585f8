"""An installation without torch serves; what needs torch says so."""

import sys
from pathlib import Path

import numpy as np
import pytest

from tests import tiny_checkpoints
from wardrobe.encoders import load_encoder
from wardrobe.errors import CheckpointError, UnsupportedQueryError

SHIPPED = Path(__file__).parents[1] / "models" / "wardrobe-base"


@pytest.fixture
def without_torch(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)


def test_networks_that_must_be_exported_are_refused(without_torch, tmp_path) -> None:
    with pytest.raises(CheckpointError, match=r"not in NETWORKS .* DEPENDENCIES=full"):
        load_encoder(str(SHIPPED), networks=tmp_path)


def test_a_hub_encoder_is_refused(without_torch, tmp_path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "clip"}')
    with pytest.raises(CheckpointError, match="DEPENDENCIES=full"):
        load_encoder(str(tmp_path))


def test_explanations_are_refused(monkeypatch, tmp_path) -> None:
    tower = tiny_checkpoints.save_text_tower(tmp_path / "tower")
    folder = tiny_checkpoints.save_wardrobe(tmp_path / "checkpoint", tower)
    encoder = load_encoder(str(folder))
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(UnsupportedQueryError, match="DEPENDENCIES=full"):
        encoder.explain(np.zeros((8, 8, 3), np.uint8), [0])
