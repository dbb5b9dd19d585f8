"""The training loop: steps, validation, averaging, saving, early stopping."""

import logging
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn
from tqdm import tqdm

from wardrobe import metrics, probabilities
from wardrobe.encoders.hardware import available_cores, has_bf16
from wardrobe.encoders.hybrid_vit import HybridViTConfig
from wardrobe.encoders.text_tower import TextTower
from wardrobe.encoders.untrained import HYBRID_VIT, from_hub, hybrid_vit, image_processor
from wardrobe.encoders.wardrobe_model import WardrobeModel
from wardrobe.losses import contrastive_loss, tag_loss
from wardrobe.sampling import balanced_weights, epoch_order
from wardrobe.training.augmentation import augment
from wardrobe.training.dataset import (
    Dataset,
    load_dataset,
    prepared_batches,
    read_pixels,
    text_choice,
)
from wardrobe.training.optimisation import (
    averaged,
    build_optimizer,
    set_learning_rate,
    warmup_cosine,
)
from wardrobe.training.recipe import Recipe, RunOptions
from wardrobe.training.run_folder import RunFolder
from wardrobe.training.state import EpochRecord, Progress, TrainingState

MINIMUM_POSITIVES = 5
"""Labels with fewer validation pictures are left out of the macro mAP that chooses the weights."""

_log = logging.getLogger(__name__)


def train(recipe: Recipe, options: RunOptions) -> Path:
    """Trains a recipe in a run folder, going on where an interrupted run stopped.

    Returns:
        The checkpoint folder, with the averaged weights of the best epoch.

    Raises:
        DatasetError: the data cannot be used.
        CheckpointError: pretrained weights are missing, or the folder holds another recipe's run.
    """
    torch.set_num_threads(available_cores())
    folder = RunFolder(options.run)
    dataset = load_dataset([Path(root) for root in recipe.data])
    text_tower = TextTower(recipe.text_model)
    torch.manual_seed(recipe.seed)
    model: Any = _build_network(recipe, text_tower, len(dataset.label_space))
    model = model.to(memory_format=torch.channels_last)
    average = averaged(model, recipe.ema_decay)
    state = TrainingState(model, average, build_optimizer(model, recipe), Progress())
    if folder.state.exists():
        state.load(folder.state, recipe.to_json())
        _log.info("going on at step %d", state.progress.step)
    folder.save_recipe(recipe)
    pixels = read_pixels(dataset.train.paths, recipe.image_size, folder.pixels)
    phrase_vectors = torch.from_numpy(text_tower.encode(dataset.phrases))
    _Run(recipe, options, folder, dataset, state, pixels, phrase_vectors).finish()
    summary = _summary(dataset, state.progress)
    return folder.export(
        model, image_processor(recipe.image_size), dataset.label_space, recipe, summary
    )


def _build_network(recipe: Recipe, text_tower: TextTower, num_tags: int) -> WardrobeModel:
    if recipe.backbone != HYBRID_VIT:
        return from_hub(recipe.backbone, text_tower, num_tags)
    config = HybridViTConfig(
        image_size=recipe.image_size,
        hidden_size=recipe.hidden_size,
        num_hidden_layers=recipe.layers,
        intermediate_size=4 * recipe.hidden_size,
    )
    model = hybrid_vit(config, text_tower, num_tags)
    for block in model.vision_model.stem.blocks[: recipe.freeze_stem_blocks]:
        block.requires_grad_(False)
    return model


class _Run:
    """One recipe's steps from the state's to the last."""

    def __init__(
        self,
        recipe: Recipe,
        options: RunOptions,
        folder: RunFolder,
        dataset: Dataset,
        state: TrainingState,
        pixels: npt.NDArray[np.uint8],
        phrase_vectors: torch.Tensor,
    ) -> None:
        self.recipe, self.options, self.folder = recipe, options, folder
        self.dataset, self.state = dataset, state
        self.pixels, self.phrase_vectors = pixels, phrase_vectors
        self.processor = image_processor(recipe.image_size)
        self.bf16 = has_bf16() if recipe.precision == "auto" else recipe.precision == "bf16"
        self.weights = balanced_weights(
            dataset.train.targets, dataset.train.known, dataset.label_space, recipe.balance
        )
        self.batch_size = min(recipe.batch_size, len(dataset.train))
        self.steps_per_epoch = len(dataset.train) // self.batch_size

    def finish(self) -> None:
        """Trains every epoch that is left."""
        progress = self.state.progress
        total = self.recipe.epochs * self.steps_per_epoch
        with ExitStack() as stack:
            bar = stack.enter_context(
                tqdm(
                    total=total * self.batch_size,
                    initial=progress.step * self.batch_size,
                    unit="picture",
                    disable=None,
                )
            )
            writer = (
                stack.enter_context(_tensorboard(self.folder.path))
                if self.options.tensorboard
                else None
            )
            while progress.step < total and not self._is_stale():
                epoch = progress.step // self.steps_per_epoch
                bar.set_description(f"epoch {epoch + 1}/{self.recipe.epochs}")
                self._train_epoch(epoch, bar)
                record = self._end_epoch(epoch)
                if writer is not None:
                    for name, value in vars(record).items():
                        writer.add_scalar(name, value, record.epoch)

    def _is_stale(self) -> bool:
        best, history = self.state.progress.best, self.state.progress.history
        return best is not None and history[-1].epoch - best.epoch >= self.recipe.patience

    def _train_epoch(self, epoch: int, bar: Any) -> None:
        progress = self.state.progress
        order = epoch_order(self.weights, len(self.dataset.train), self.recipe.seed, epoch)
        first = progress.step - epoch * self.steps_per_epoch
        for position in range(first, self.steps_per_epoch):
            started = time.perf_counter()
            rows = order[position * self.batch_size : (position + 1) * self.batch_size]
            losses = self._train_step(rows)
            progress.loss_sums = [s + x for s, x in zip(progress.loss_sums, losses, strict=True)]
            progress.step += 1
            progress.seconds += time.perf_counter() - started
            bar.update(len(rows))
            bar.set_postfix(loss=f"{progress.loss_sums[0] / (position + 1):.3f}", refresh=False)
            if progress.step % self.options.save_every == 0:
                self._save_state()

    def _train_step(self, rows: npt.NDArray[np.int64]) -> list[float]:
        """Does one step on the given training pictures; all randomness hangs on its number."""
        recipe, state, train = self.recipe, self.state, self.dataset.train
        seed = recipe.seed * 1_000_003 + state.progress.step
        torch.manual_seed(seed)  # dropout
        generator = torch.Generator().manual_seed(seed)
        pictures = augment(torch.from_numpy(self.pixels[rows]), recipe.image_size, generator)
        chosen = text_choice(train, rows, generator)
        _train_mode(state.model)
        total = self.recipe.epochs * self.steps_per_epoch
        set_learning_rate(state.optimizer, warmup_cosine(state.progress.step, total, recipe.warmup))
        with torch.autocast("cpu", torch.bfloat16, enabled=self.bf16):
            output = state.model(normalise(pictures, self.processor))
        tags = tag_loss(
            output.logits,
            torch.from_numpy(train.targets[rows]),
            torch.from_numpy(train.known[rows]),
            self.dataset.label_space,
            recipe.label_smoothing,
        )
        contrastive = contrastive_loss(
            output.vectors, self.phrase_vectors[chosen], chosen, state.model.logit_scale
        )
        loss = tags + recipe.contrastive_weight * contrastive
        state.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(state.model.parameters(), recipe.clip_norm)
        state.optimizer.step()
        state.average.update_parameters(state.model)
        return [loss.item(), tags.item(), contrastive.item()]

    def _end_epoch(self, epoch: int) -> EpochRecord:
        progress = self.state.progress
        loss, tags, contrastive = (s / self.steps_per_epoch for s in progress.loss_sums)
        score = validate(self.state.average.module, self.dataset, self.processor, self.bf16)
        rate = self.state.optimizer.param_groups[0]["lr"]
        record = EpochRecord(epoch + 1, loss, tags, contrastive, score, rate, progress.seconds)
        best = progress.best
        if best is None or score > best.val_macro_map:
            self.folder.save_best(self.state.average.module)
        progress.history.append(record)
        progress.loss_sums, progress.seconds = [0.0, 0.0, 0.0], 0.0
        self._save_state()
        self.folder.save_history(progress.history)
        _log.info(
            "epoch %d: loss %.3f, validation macro mAP %.4f, %.0f s",
            record.epoch,
            record.loss,
            record.val_macro_map,
            record.seconds,
        )
        return record

    def _save_state(self) -> None:
        self.state.save(self.folder.state, self.recipe.to_json())


def normalise(pictures: torch.Tensor, processor: Any) -> torch.Tensor:
    """Returns pictures in [0, 255] as the processor would scale and normalise them."""
    mean = torch.tensor(processor.image_mean)[:, None, None]
    std = torch.tensor(processor.image_std)[:, None, None]
    scaled: torch.Tensor = (pictures * processor.rescale_factor - mean) / std
    return scaled.contiguous(memory_format=torch.channels_last)


@torch.inference_mode()
def validate(model: nn.Module, dataset: Dataset, processor: Any, bf16: bool) -> float:
    """Returns the macro mAP over the validation pictures, prepared as in serving."""
    model.eval()
    logits = []
    for pixels in prepared_batches(dataset.val.paths, processor):
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            logits.append(model(pixels.contiguous(memory_format=torch.channels_last)).logits)
    return metrics.macro_mean_average_precision(
        probabilities.from_logits(torch.cat(logits).numpy(), dataset.label_space),
        dataset.val.targets,
        dataset.val.known,
        dataset.label_space,
        minimum_positives=MINIMUM_POSITIVES,
    )


def _train_mode(model: nn.Module) -> None:
    """Turns dropout on; batch statistics stay ImageNet's, batches are too small to better them."""
    model.train()
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.eval()


def _summary(dataset: Dataset, progress: Progress) -> dict[str, Any]:
    best = progress.best
    assert best is not None  # at least one epoch was trained
    return {
        "train_pictures": len(dataset.train),
        "val_pictures": len(dataset.val),
        "labels": len(dataset.label_space),
        "best_epoch": best.epoch,
        "val_macro_map": best.val_macro_map,
        "minimum_positives": MINIMUM_POSITIVES,
        "training_seconds": sum(record.seconds for record in progress.history),
        "history": [vars(record) for record in progress.history],
    }


def _tensorboard(path: Path) -> Any:
    from torch.utils.tensorboard import SummaryWriter  # optional: only with --tensorboard

    return SummaryWriter(path)
