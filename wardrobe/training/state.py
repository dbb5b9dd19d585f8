"""The state of a run between two steps, saved so that a killed run goes on with the same result."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch.optim.swa_utils import AveragedModel

from wardrobe.encoders.wardrobe_model import WardrobeModel
from wardrobe.errors import CheckpointError
from wardrobe.files import atomic_write


@dataclass
class EpochRecord:
    """One epoch; losses are means over its steps.

    Attributes:
        val_by_root: validation macro mAP of each dataset root alone.
        image_size: side of the network's input in this epoch, pixels.
    """

    epoch: int
    loss: float
    tag_loss: float
    contrastive_loss: float
    similarity_loss: float
    val_macro_map: float
    val_by_root: dict[str, float]
    image_size: int
    learning_rate: float
    seconds: float

    def columns(self) -> dict[str, float]:
        """Returns the numbers of a line of `metrics.csv`."""
        row = asdict(self)
        by_root = row.pop("val_by_root")
        return row | {f"val_macro_map {root}": score for root, score in by_root.items()}


@dataclass
class Progress:
    """Where a run stands.

    Attributes:
        step: steps done, over all epochs.
        loss_sums: sums of the loss and its three parts over the steps of this epoch.
        seconds: spent in this epoch so far.
        history: the epochs done.
    """

    step: int = 0
    loss_sums: list[float] = field(default_factory=lambda: [0.0] * 4)
    seconds: float = 0.0
    history: list[EpochRecord] = field(default_factory=list)

    @property
    def best(self) -> EpochRecord | None:
        """The epoch with the best validation macro mAP so far, the first of equals."""
        return max(self.history, key=lambda record: record.val_macro_map, default=None)


@dataclass
class TrainingState:
    """The tensors and numbers that the next step depends on; randomness depends on the step."""

    model: WardrobeModel
    average: AveragedModel
    optimizer: torch.optim.AdamW
    progress: Progress

    def save(self, path: Path, recipe: dict[str, object]) -> None:
        """Replaces the state file, all or nothing."""
        tensors = {f"model.{k}": v for k, v in self.model.state_dict().items()}
        tensors |= {f"average.{k}": v for k, v in self.average.state_dict().items()}
        for row, slots in self.optimizer.state_dict()["state"].items():
            tensors |= {f"optimizer.{row}.{name}": value for name, value in slots.items()}
        contiguous = {name: tensor.contiguous() for name, tensor in tensors.items()}
        metadata = {"progress": json.dumps(asdict(self.progress)), "recipe": json.dumps(recipe)}
        with atomic_write(path) as aside:
            save_file(contiguous, aside, metadata)

    def load(self, path: Path, recipe: dict[str, object]) -> None:
        """Takes over a saved state.

        Raises:
            CheckpointError: the state was made by another recipe.
        """
        with safe_open(path, "pt") as file:
            metadata = file.metadata()
            made_by = json.loads(metadata["recipe"])
            if made_by != recipe:
                changed = sorted(key for key in recipe if recipe[key] != made_by.get(key))
                raise CheckpointError(
                    f"{path} was made by a recipe with other {', '.join(changed)}; repeat that "
                    "recipe to go on with it, or name a new --run folder"
                )
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        self.model.load_state_dict(_under("model.", tensors))
        self.average.load_state_dict(_under("average.", tensors))
        optimizer = self.optimizer.state_dict()
        for name, tensor in _under("optimizer.", tensors).items():
            row, slot = name.split(".")
            optimizer["state"].setdefault(int(row), {})[slot] = tensor
        self.optimizer.load_state_dict(optimizer)
        content = json.loads(metadata["progress"])
        content["history"] = [EpochRecord(**record) for record in content["history"]]
        self.progress = Progress(**content)


def _under(prefix: str, tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}
