"""A training recipe: a frozen dataclass whose fields are the script's flags."""

import argparse
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from wardrobe.errors import BadRequestError


def _flag(default: Any, help: str, group: str) -> Any:
    return field(default=default, metadata={"help": help, "group": group})


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Everything that decides a run's result, so that the same recipe gives the same weights."""

    data: tuple[str, ...] = _flag((), "dataset roots, trained as one (unknown = masked)", "data")
    balance: float = _flag(0.3, "0 sees all pictures alike, 1 evens the classes out", "data")

    backbone: str = _flag("hybrid-vit", "hybrid-vit, or folder or hub id of a ViT", "network")
    image_size: int = _flag(160, "side of the network's input, pixels", "network")
    hidden_size: int = _flag(256, "width of the hybrid ViT's transformer", "network")
    layers: int = _flag(4, "depth of the hybrid ViT's transformer", "network")
    freeze_stem_blocks: int = _flag(9, "first blocks of the stem kept as pretrained", "network")
    text_model: str = _flag(
        "sentence-transformers/all-MiniLM-L6-v2", "frozen text tower, hub id or folder", "network"
    )

    epochs: int = _flag(9, "passes over the data", "optimisation")
    batch_size: int = _flag(64, "pictures a step", "optimisation")
    learning_rate: float = _flag(1e-3, "peak rate of the new layers", "optimisation")
    backbone_learning_rate: float = _flag(3e-4, "peak rate of pretrained layers", "optimisation")
    weight_decay: float = _flag(0.05, "AdamW's, on matrices only", "optimisation")
    warmup: float = _flag(0.05, "share of all steps with a rising rate", "optimisation")
    clip_norm: float = _flag(1.0, "largest norm of the gradient", "optimisation")
    ema_decay: float = _flag(0.998, "of the averaged weights, which are kept", "optimisation")
    label_smoothing: float = _flag(0.05, "share of a target spread over its labels", "optimisation")
    contrastive_weight: float = _flag(0.5, "weight of the text loss beside tags", "optimisation")
    patience: int = _flag(4, "epochs without a better macro mAP before stopping", "optimisation")
    precision: str = _flag("auto", "auto, bf16 or fp32", "optimisation")
    seed: int = _flag(0, "of initialisation, order, augmentation and dropout", "optimisation")

    def __post_init__(self) -> None:
        """Rejects what cannot work before any picture is read.

        Raises:
            BadRequestError: a value is out of its range.
        """
        limits = {
            "epochs": (1, 10_000),
            "batch_size": (2, 65_536),
            "balance": (0, 1),
            "warmup": (0, 1),
            "ema_decay": (0, 1),
            "label_smoothing": (0, 1),
            "patience": (1, 10_000),
        }
        for name, (low, high) in limits.items():
            if not low <= getattr(self, name) <= high:
                raise BadRequestError(
                    f"{_option(name)} {getattr(self, name)} must be from {low} to {high}"
                )
        if self.precision not in ("auto", "bf16", "fp32"):
            raise BadRequestError(f"--precision {self.precision!r} must be auto, bf16 or fp32")

    def to_json(self) -> dict[str, Any]:
        """Returns the recipe as plain data."""
        return {**asdict(self), "data": list(self.data)}


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """What changes how a run goes, but not its result."""

    run: Path = _flag(Path("runs/base"), "run folder; an interrupted run in it goes on", "run")
    save_every: int = _flag(100, "steps between saved states", "run")
    tensorboard: bool = _flag(False, "also log to TensorBoard (pip install tensorboard)", "run")


# A recipe for the drawn catalogue that ends within a minute: does the whole path work?
SMOKE = {"epochs": 1, "image_size": 96, "layers": 1, "hidden_size": 64, "batch_size": 32}


def parse(
    defaults: Recipe, description: str, argv: Sequence[str] | None
) -> tuple[Recipe, RunOptions, bool]:
    """Returns the recipe and options that the flags say, and whether it is a smoke run."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--smoke", action="store_true", help="one small epoch on a drawn catalogue, under a minute"
    )
    options = RunOptions()
    groups: dict[str, Any] = {}
    for source in (options, defaults):
        for item in fields(source):
            title = item.metadata["group"]
            group = groups.setdefault(title, parser.add_argument_group(title))
            _add_flag(group, item.name, getattr(source, item.name), item.metadata["help"])
    given = vars(parser.parse_args(argv))
    smoke = bool(given.pop("smoke"))
    if smoke:
        unset = {k: v for k, v in SMOKE.items() if given[k] == getattr(defaults, k)}
        given.update(unset)
    elif not given["data"]:
        parser.error("--data names no dataset root; make one with prepare_dataset.py, or --smoke")
    run = {item.name: given.pop(item.name) for item in fields(RunOptions)}
    return Recipe(**{**given, "data": tuple(given["data"])}), RunOptions(**run), smoke


def _add_flag(group: Any, name: str, default: Any, text: str) -> None:
    option, text = _option(name), f"{text} (default: {default if default != () else 'none'})"
    if isinstance(default, bool):
        group.add_argument(option, action="store_true", help=text)
    elif isinstance(default, tuple):
        group.add_argument(option, nargs="+", default=default, metavar="ROOT", help=text)
    else:
        group.add_argument(option, type=type(default), default=default, help=text)


def _option(name: str) -> str:
    return "--" + name.replace("_", "-")
