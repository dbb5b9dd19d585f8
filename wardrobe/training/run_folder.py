"""The run folder: recipe, metrics, plots, the best weights and the finished checkpoint."""

import csv
import io
import platform
import shutil
import subprocess
from importlib import metadata
from pathlib import Path
from typing import Any

import torch
from matplotlib.figure import Figure
from safetensors.torch import load_file, save_file
from torch import nn

from wardrobe import __version__
from wardrobe.encoders import checkpoint
from wardrobe.encoders.wardrobe_model import WardrobeModel
from wardrobe.files import atomic_write, fsync_directory, write_json, write_text
from wardrobe.labels import LabelSpace
from wardrobe.training.recipe import Recipe
from wardrobe.training.state import EpochRecord

_REPOSITORY = Path(__file__).resolve().parents[2]


class RunFolder:
    """Where a run keeps what it makes; every file is replaced all or nothing."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir(parents=True, exist_ok=True)
        self.state = path / "state.safetensors"
        self.pixels = path / "pixels.npy"
        self.checkpoint = path / "checkpoint"
        self._best = path / "best.safetensors"
        self._provenance = _provenance()  # of the code that runs, not of what is there at the end

    def save_recipe(self, recipe: Recipe) -> None:
        """Writes `recipe.json`: the resolved recipe, and what code and machine run it."""
        write_json(self.path / "recipe.json", {"recipe": recipe.to_json(), **self._provenance})

    def save_history(self, history: list[EpochRecord]) -> None:
        """Writes `metrics.csv` and `metrics.png`."""
        text = io.StringIO()
        rows = [record.columns() for record in history]
        writer = csv.DictWriter(text, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
        write_text(self.path / "metrics.csv", text.getvalue())
        with atomic_write(self.path / "metrics.png") as aside:
            _plot(history).savefig(aside, format="png")

    def save_best(self, model: nn.Module) -> None:
        """Keeps the best epoch's weights."""
        weights = {name: tensor.contiguous() for name, tensor in model.state_dict().items()}
        with atomic_write(self._best) as aside:
            save_file(weights, aside)

    def load_best(self, model: nn.Module) -> None:
        """Takes over the best epoch's weights."""
        model.load_state_dict(load_file(self._best))

    def export(
        self,
        model: WardrobeModel,
        processor: Any,
        label_space: LabelSpace,
        recipe: Recipe,
        summary: dict[str, Any],
    ) -> Path:
        """Writes the network as a checkpoint folder and returns it.

        What only a resume needs, the state and the pixels, is removed afterwards.
        """
        aside = self.path / ".checkpoint.tmp"
        shutil.rmtree(aside, ignore_errors=True)
        model.save_pretrained(aside)
        processor.save_pretrained(aside)
        label_space.save(aside / checkpoint.LABELS)
        write_json(
            aside / checkpoint.TRAINING_SUMMARY,
            {"recipe": recipe.to_json(), **self._provenance, **summary},
        )
        shutil.rmtree(self.checkpoint, ignore_errors=True)
        aside.rename(self.checkpoint)
        fsync_directory(self.path)
        for leftover in (self.state, self.pixels, self._best):
            leftover.unlink(missing_ok=True)
        return self.checkpoint


def _plot(history: list[EpochRecord]) -> Figure:
    figure = Figure(figsize=(9, 3.5), layout="constrained")
    losses, score = figure.subplots(1, 2)
    epochs = [record.epoch for record in history]
    for name in ("loss", "tag_loss", "contrastive_loss", "similarity_loss"):
        values = [getattr(record, name) for record in history]
        losses.plot(epochs, values, marker=".", label=name.replace("_", " "))
    losses.set(xlabel="epoch", title="training loss")
    losses.legend()
    score.plot(epochs, [record.val_macro_map for record in history], marker=".", label="all roots")
    for root in history[0].val_by_root:
        values = [record.val_by_root[root] for record in history]
        score.plot(epochs, values, marker=".", label=Path(root).name)
    score.legend()
    score.set(xlabel="epoch", title="validation macro mAP (labels with ≥ 5 positives)")
    return figure


def _provenance() -> dict[str, Any]:
    return {
        "wardrobe": __version__,
        "git_sha": _git("rev-parse", "HEAD"),
        "git_dirty": bool(_git("status", "--porcelain", "--untracked-files=no")),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "transformers": metadata.version("transformers"),
        "processor": torch.cpu.get_capabilities().get("cpu_name", platform.processor()),
        "threads": torch.get_num_threads(),
    }


def _git(*arguments: str) -> str:
    try:
        result = subprocess.run(
            ["git", *arguments], cwd=_REPOSITORY, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return ""  # an installed package or a source archive has no repository
    return result.stdout.strip()
