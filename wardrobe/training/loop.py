"""The training loop: steps, averaging, saving, early stopping."""

import logging
import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn
from tqdm import tqdm

from wardrobe.encoders.efficientnet_lite import FEATURE_STRIDE
from wardrobe.encoders.hardware import available_cores, wants_bf16
from wardrobe.encoders.text_tower import TextTower
from wardrobe.losses import contrastive_loss, supervised_contrastive_loss, tag_loss
from wardrobe.sampling import balanced_weights, epoch_order
from wardrobe.training.batches import PictureSource
from wardrobe.training.dataset import Dataset, load_dataset
from wardrobe.training.distributed import World, join_world
from wardrobe.training.frozen import EmbeddingSource
from wardrobe.training.network import build_network, only_trained, train_mode, whole
from wardrobe.training.optimisation import (
    averaged,
    build_optimizer,
    set_learning_rate,
    warmup_cosine,
)
from wardrobe.training.recipe import HYBRID_VIT, Recipe, RunOptions
from wardrobe.training.run_folder import RunFolder
from wardrobe.training.state import EpochRecord, Progress, TrainingState
from wardrobe.training.validation import MINIMUM_POSITIVES, validate

EMBEDDINGS = "embeddings"
"""Folder beside the run folders: the outputs of frozen backbones, for any run."""

_log = logging.getLogger(__name__)


def train(recipe: Recipe, options: RunOptions) -> Path:
    """Trains a recipe in a run folder, going on where an interrupted run stopped.

    Started by torchrun, each process computes a share of every batch.

    Returns:
        The checkpoint folder, with the averaged weights of the best epoch.

    Raises:
        DatasetError: the data cannot be used.
        CheckpointError: pretrained weights are missing, or the folder holds another recipe's run.
    """
    world = join_world()
    torch.set_num_threads(max(1, available_cores() // world.size))
    folder = RunFolder(options.run)
    dataset = load_dataset([Path(root) for root in recipe.data])
    text_tower = TextTower(recipe.text_model)
    torch.manual_seed(recipe.seed)
    model, processor = build_network(recipe, text_tower, len(dataset.label_space))
    if recipe.backbone != HYBRID_VIT:
        recipe = replace(recipe, image_size=processor.size["height"], first_image_size=0)
    model, backbone = only_trained(model, recipe)
    average = averaged(model, recipe.ema_decay)
    state = TrainingState(model, average, build_optimizer(model, recipe), Progress())
    if folder.state.exists():
        state.load(folder.state, recipe.to_json())
        _log.info("going on at step %d", state.progress.step)
    if world.is_first:
        folder.save_recipe(recipe)
    with world.first_alone():
        source = (
            EmbeddingSource(
                dataset,
                backbone,
                processor,
                wants_bf16(recipe.precision),
                options.run.parent / EMBEDDINGS,
                world,
            )
            if recipe.freeze_encoder
            else PictureSource(dataset, recipe, processor, folder.pixels, world)
        )
    phrase_vectors = torch.from_numpy(text_tower.encode(dataset.phrases))
    _Run(recipe, options, folder, dataset, state, source, phrase_vectors, world).finish()
    if world.is_first:
        folder.load_best(model)
        model = whole(model, backbone, recipe)
        summary = _summary(dataset, state.progress)
        train = dataset.train
        label_space = dataset.label_space.limited_to_seen(train.targets, train.known)
        folder.export(model, processor, label_space, recipe, summary)
    world.wait()
    return folder.checkpoint


class _Run:
    """One recipe's steps from the state's to the last."""

    def __init__(
        self,
        recipe: Recipe,
        options: RunOptions,
        folder: RunFolder,
        dataset: Dataset,
        state: TrainingState,
        source: PictureSource | EmbeddingSource,
        phrase_vectors: torch.Tensor,
        world: World,
    ) -> None:
        self.recipe, self.options, self.folder = recipe, options, folder
        self.dataset, self.state, self.world = dataset, state, world
        self.source, self.phrase_vectors = source, phrase_vectors
        self.model = world.parallel(state.model)
        self.bf16 = wants_bf16(recipe.precision)
        train = dataset.train
        self.weights = balanced_weights(
            train.targets, train.known, dataset.label_space, recipe.balance
        )
        if recipe.root_weights:
            self.weights *= np.array(recipe.root_weights)[train.roots]
        self.batch_size = min(recipe.batch_size, len(train))
        self.steps_per_epoch = max(1, round(self.weights.sum() / self.batch_size))

    def finish(self) -> None:
        """Trains every epoch that is left."""
        progress = self.state.progress
        total = self.recipe.epochs * self.steps_per_epoch
        with (
            tqdm(
                total=total * self.batch_size,
                initial=progress.step * self.batch_size,
                unit="picture",
                disable=None if self.world.is_first else True,
            ) as bar,
            _tensorboard(self.folder.path, self.options.tensorboard) as writer,
        ):
            while progress.step < total and not self._is_stale():
                epoch = progress.step // self.steps_per_epoch
                bar.set_description(f"epoch {epoch + 1}/{self.recipe.epochs}")
                self._train_epoch(epoch, bar)
                self._end_epoch(epoch)
                if writer is not None:
                    for name, value in progress.history[-1].columns().items():
                        writer.add_scalar(name, value, epoch + 1)

    def _is_stale(self) -> bool:
        best, history = self.state.progress.best, self.state.progress.history
        return best is not None and history[-1].epoch - best.epoch >= self.recipe.patience

    def _train_epoch(self, epoch: int, bar: Any) -> None:
        progress = self.state.progress
        pictures = self.steps_per_epoch * self.batch_size
        order = epoch_order(self.weights, pictures, self.recipe.seed, epoch)
        first = progress.step - epoch * self.steps_per_epoch
        for position in range(first, self.steps_per_epoch):
            started = time.perf_counter()
            rows = order[position * self.batch_size : (position + 1) * self.batch_size]
            losses = self._train_step(rows, training_size(self.recipe, epoch))
            progress.loss_sums = [s + x for s, x in zip(progress.loss_sums, losses, strict=True)]
            progress.step += 1
            progress.seconds += time.perf_counter() - started
            bar.update(len(rows))
            bar.set_postfix(loss=f"{progress.loss_sums[0] / (position + 1):.3f}", refresh=False)
            if progress.step % self.options.save_every == 0:
                self._save_state()

    def _train_step(self, rows: npt.NDArray[np.int64], size: int) -> list[float]:
        """Does one step on the given training pictures; all randomness hangs on its number."""
        recipe, state, world = self.recipe, self.state, self.world
        seed = recipe.seed * 1_000_003 + state.progress.step
        torch.manual_seed(seed * world.size + world.rank)  # dropout
        batch = self.source.draw(rows, size, torch.Generator().manual_seed(seed))
        train_mode(state.model)
        total = recipe.epochs * self.steps_per_epoch
        set_learning_rate(state.optimizer, warmup_cosine(state.progress.step, total, recipe.warmup))
        with torch.autocast("cpu", torch.bfloat16, enabled=self.bf16):
            output = self.model(batch.pictures)
        vectors, label_space = world.gather(output.vectors), self.dataset.label_space
        tags = tag_loss(
            world.gather(output.logits),
            batch.targets,
            batch.known,
            label_space,
            recipe.label_smoothing,
            recipe.negative_focus,
        )
        texts = state.model.project_texts(self.phrase_vectors[batch.texts])
        contrastive = contrastive_loss(vectors, texts, batch.matches, state.model.logit_scale)
        similarity = supervised_contrastive_loss(vectors, batch.targets, batch.known, label_space)
        loss = (
            tags + recipe.contrastive_weight * contrastive + recipe.similarity_weight * similarity
        )
        state.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(state.model.parameters(), recipe.clip_norm)
        state.optimizer.step()
        state.average.update_parameters(state.model)
        return [loss.item(), tags.item(), contrastive.item(), similarity.item()]

    def _end_epoch(self, epoch: int) -> None:
        progress = self.state.progress
        loss, tags, contrastive, similarity = (s / self.steps_per_epoch for s in progress.loss_sums)
        scores = torch.zeros(1 + len(self.dataset.roots), dtype=torch.float64)
        if self.world.is_first:
            batches = self.source.validation_batches()
            scores = validate(self.state.average.module, self.dataset, batches, self.bf16)
        score, *by_root = self.world.from_first(scores).tolist()
        record = EpochRecord(
            epoch=epoch + 1,
            loss=loss,
            tag_loss=tags,
            contrastive_loss=contrastive,
            similarity_loss=similarity,
            val_macro_map=score,
            val_by_root={
                root: value
                for root, value in zip(self.dataset.roots, by_root, strict=True)
                if math.isfinite(value)
            },
            image_size=training_size(self.recipe, epoch),
            learning_rate=self.state.optimizer.param_groups[0]["lr"],
            seconds=progress.seconds,
        )
        is_best = progress.best is None or score > progress.best.val_macro_map
        progress.history.append(record)
        progress.loss_sums, progress.seconds = [0.0] * 4, 0.0
        if self.world.is_first:
            if is_best:
                self.folder.save_best(self.state.average.module)
            self.folder.save_history(progress.history)
        self._save_state()
        _log.info(
            "epoch %d: loss %.3f, validation macro mAP %.4f, %.0f s",
            *(record.epoch, record.loss, record.val_macro_map, record.seconds),
        )

    def _save_state(self) -> None:
        if self.world.is_first:
            self.state.save(self.folder.state, self.recipe.to_json())


def training_size(recipe: Recipe, epoch: int) -> int:
    """Returns the side of the network's input in an epoch, pixels.

    It grows in equal steps and is full in the last fifth of the epochs, as in Tan & Le,
    "EfficientNetV2" (ICML 2021), section 4.2: small pictures teach nearly as much, much faster.
    """
    if not recipe.first_image_size:
        return recipe.image_size
    first = recipe.first_image_size
    share = min(1.0, epoch / max(1, 0.8 * recipe.epochs))
    side = first + share * (recipe.image_size - first)
    return round(side / FEATURE_STRIDE) * FEATURE_STRIDE


def _summary(dataset: Dataset, progress: Progress) -> dict[str, Any]:
    best = progress.best
    assert best is not None  # at least one epoch was trained
    return {
        "train_pictures": len(dataset.train),
        "val_pictures": len(dataset.val),
        "labels": len(dataset.label_space),
        "best_epoch": best.epoch,
        "val_macro_map": best.val_macro_map,
        "val_by_root": best.val_by_root,
        "minimum_positives": MINIMUM_POSITIVES,
        "training_seconds": sum(record.seconds for record in progress.history),
        "history": [vars(record) for record in progress.history],
    }


@contextmanager
def _tensorboard(path: Path, wanted: bool) -> Iterator[Any]:
    if not wanted:
        yield None
        return
    from torch.utils.tensorboard import SummaryWriter  # optional: only with --tensorboard

    with SummaryWriter(path) as writer:
        yield writer
