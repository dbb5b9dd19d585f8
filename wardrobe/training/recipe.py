"""A training recipe: a frozen dataclass whose fields are the script's flags."""

import argparse
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from wardrobe.errors import BadRequestError

HYBRID_VIT = "hybrid-vit"
# `efficientnet_lite.FEATURE_STRIDE`, whose module brings torch: too slow for --help.
_STEM_STRIDE = 32


def _flag(default: Any, help: str, group: str) -> Any:
    return field(default=default, metadata={"help": help, "group": group})


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Everything that decides a run's result, so that the same recipe gives the same weights."""

    data: tuple[str, ...] = _flag((), "dataset roots, trained as one (unknown = masked)", "data")
    root_weights: tuple[float, ...] = _flag(
        (), "how often an epoch draws a picture of each root, on average; 1 where not given", "data"
    )
    balance: float = _flag(0.3, "0 sees all pictures alike, 1 evens the classes out", "data")

    backbone: str = _flag(
        HYBRID_VIT,
        "hybrid-vit, or a checkpoint's folder, or folder or hub id of a ViT, DINOv2, CLIP or "
        "SigLIP, each with its own image size",
        "network",
    )
    freeze_encoder: bool = _flag(
        False, "train heads alone, on the outputs of that backbone, which are kept", "network"
    )
    lora_rank: int = _flag(
        0, "over 0: adapt that backbone by matrices of this rank (pip install peft)", "network"
    )
    image_size: int = _flag(160, "side of the network's input, pixels", "network")
    hidden_size: int = _flag(256, "width of the hybrid ViT's transformer", "network")
    layers: int = _flag(4, "depth of the hybrid ViT's transformer", "network")
    dropout: float = _flag(0.1, "in the hybrid ViT's transformer", "network")
    drop_path: float = _flag(0.0, "stochastic depth: chance to skip its last layer", "network")
    freeze_stem_blocks: int = _flag(9, "first blocks of the stem kept as pretrained", "network")
    text_model: str = _flag(
        "sentence-transformers/all-MiniLM-L6-v2", "frozen text tower, hub id or folder", "network"
    )

    first_image_size: int = _flag(
        0, "side in the first epoch, growing to the full one; 0: full at once", "augmentation"
    )
    randaugment: int = _flag(0, "random operations a picture, none on its hue", "augmentation")
    magnitude: float = _flag(6.0, "of those operations, 0 to 10", "augmentation")
    erasing: float = _flag(0.25, "chance of a grey box", "augmentation")
    mixup: float = _flag(0.0, "chance to blend a picture with another", "augmentation")
    cutmix: float = _flag(0.0, "chance to paste a box of another picture", "augmentation")

    epochs: int = _flag(9, "passes over the data", "optimisation")
    batch_size: int = _flag(64, "pictures a step, over all processes", "optimisation")
    learning_rate: float = _flag(1e-3, "peak rate of the new layers", "optimisation")
    backbone_learning_rate: float = _flag(3e-4, "peak rate of pretrained layers", "optimisation")
    weight_decay: float = _flag(0.05, "AdamW's, on matrices only", "optimisation")
    warmup: float = _flag(0.05, "share of all steps with a rising rate", "optimisation")
    clip_norm: float = _flag(1.0, "largest norm of the gradient", "optimisation")
    ema_decay: float = _flag(0.998, "of the averaged weights, which are kept", "optimisation")
    label_smoothing: float = _flag(0.05, "share of a target spread over its labels", "optimisation")
    negative_focus: float = _flag(
        0.0, "over 0: asymmetric loss with this focus for multi attributes", "optimisation"
    )
    contrastive_weight: float = _flag(0.5, "weight of the text loss beside tags", "optimisation")
    similarity_weight: float = _flag(
        0.5, "weight of the loss that draws pictures of one label together", "optimisation"
    )
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
            "lora_rank": (0, 1024),
            "dropout": (0, 0.9),
            "drop_path": (0, 0.9),
            "randaugment": (0, 8),
            "magnitude": (0, 10),
            "erasing": (0, 1),
            "mixup": (0, 1),
            "cutmix": (0, 1 - self.mixup),
            "first_image_size": (0, self.image_size),
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
        if 0 < self.first_image_size < _STEM_STRIDE:
            raise BadRequestError(
                f"--first-image-size {self.first_image_size} must be 0, or at least "
                f"{_STEM_STRIDE} pixels, the stem's stride"
            )
        if self.freeze_encoder and self.lora_rank:
            raise BadRequestError("--freeze-encoder and --lora-rank exclude each other; take one")
        if self.backbone == HYBRID_VIT and (self.freeze_encoder or self.lora_rank):
            raise BadRequestError(
                "--freeze-encoder and --lora-rank need a trained --backbone, such as "
                "models/wardrobe-base or a hub id; hybrid-vit begins untrained"
            )
        if self.root_weights and len(self.root_weights) != len(self.data):
            raise BadRequestError(
                f"--root-weights has {len(self.root_weights)} numbers for {len(self.data)} roots; "
                "give one for each"
            )
        if any(not weight > 0 for weight in self.root_weights):
            raise BadRequestError(f"--root-weights {self.root_weights} must all be over 0")
        if self.precision not in ("auto", "bf16", "fp32"):
            raise BadRequestError(f"--precision {self.precision!r} must be auto, bf16 or fp32")

    def to_json(self) -> dict[str, Any]:
        """Returns the recipe as plain data."""
        return {**asdict(self), "data": list(self.data), "root_weights": list(self.root_weights)}


MIXUPFIX = Recipe(
    epochs=24,
    batch_size=96,
    first_image_size=96,
    drop_path=0.1,
    randaugment=1,
    magnitude=5.0,
    mixup=0.1,
    cutmix=0.2,
    patience=24,
)
"""Mixed pictures and more regularisation, over more epochs that begin with small pictures."""

SPLITROOTS = replace(
    MIXUPFIX,
    data=(
        "multi_label_dataset/fashion-product-images",
        "multi_label_dataset/clothing-dataset",
        "multi_label_dataset/drawn-seen",
    ),
    root_weights=(1.0, 1.0, 0.35),
)
"""Product photographs, phone photographs and a few drawings as one set: the shipped encoder."""


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
    if given["data"] != defaults.data and given["root_weights"] == defaults.root_weights:
        given["root_weights"] = ()  # the defaults are of the default roots
    if smoke:
        if given["data"] == defaults.data:
            given["data"] = given["root_weights"] = ()
        unset = {k: v for k, v in SMOKE.items() if given[k] == getattr(defaults, k)}
        given.update(unset)
    elif not given["data"]:
        parser.error("--data names no dataset root; make one with prepare_dataset.py, or --smoke")
    run = {item.name: given.pop(item.name) for item in fields(RunOptions)}
    for name in ("data", "root_weights"):
        given[name] = tuple(given[name])
    return Recipe(**given), RunOptions(**run), smoke


def _add_flag(group: Any, name: str, default: Any, text: str) -> None:
    option, text = _option(name), f"{text} (default: {default if default != () else 'none'})"
    if isinstance(default, bool):
        group.add_argument(option, action="store_true", help=text)
    elif name == "root_weights":
        group.add_argument(
            option, nargs="+", type=float, default=default, metavar="WEIGHT", help=text
        )
    elif isinstance(default, tuple):
        group.add_argument(option, nargs="+", default=default, metavar="ROOT", help=text)
    else:
        group.add_argument(option, type=type(default), default=default, help=text)


def _option(name: str) -> str:
    return "--" + name.replace("_", "-")
