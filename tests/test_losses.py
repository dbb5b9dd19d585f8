"""Losses against plain loops."""

import math

import pytest
import torch

from wardrobe.labels import Attribute, LabelSpace
from wardrobe.losses import contrastive_loss, tag_loss

SPACE = LabelSpace(
    (Attribute("type", "single", ("a", "b", "c")), Attribute("details", "multi", ("x", "y")))
)


def _batch() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    logits = torch.randn(6, 5, generator=torch.Generator().manual_seed(0))
    targets = torch.zeros(6, 5)
    targets[torch.arange(6), torch.tensor([0, 1, 2, 0, 1, 2])] = 1
    targets[:, 3:] = torch.tensor([[1, 0], [1, 1], [0, 0], [0, 1], [1, 0], [0, 0]])
    known = torch.tensor([[1, 1], [1, 0], [0, 1], [1, 1], [0, 0], [1, 0]]).bool()
    return logits, targets, known


def test_tag_loss_is_the_mean_of_each_known_answer_by_a_loop() -> None:
    logits, targets, known = _batch()
    smoothing = 0.1
    single, multi = [], []
    for row in range(6):
        if known[row, 0]:
            smooth = targets[row, :3] * (1 - smoothing) + smoothing / 3
            log_sum = math.log(sum(math.exp(x) for x in logits[row, :3].tolist()))
            single.append(
                -sum(t * (x - log_sum) for t, x in zip(smooth, logits[row, :3], strict=True))
            )
        if known[row, 1]:
            for column in (3, 4):
                p = 1 / (1 + math.exp(-logits[row, column].item()))
                t = targets[row, column].item() * (1 - smoothing) + smoothing / 2
                multi.append(-t * math.log(p) - (1 - t) * math.log(1 - p))
    expected = (sum(single) / len(single) + sum(multi) / len(multi)) / 2

    assert tag_loss(logits, targets, known, SPACE, smoothing).item() == pytest.approx(
        float(expected), rel=1e-5
    )


def test_unknown_answers_leave_no_gradient() -> None:
    logits, targets, known = _batch()
    logits.requires_grad_()
    tag_loss(logits, targets, known, SPACE).backward()
    assert logits.grad is not None
    assert (logits.grad[2, :3] == 0).all()
    assert (logits.grad[1, 3:] == 0).all()
    assert (logits.grad[4] == 0).all()
    assert (logits.grad[0] != 0).all()


def test_a_batch_with_nothing_known_has_no_loss_but_a_gradient() -> None:
    logits, targets, known = _batch()
    logits.requires_grad_()
    loss = tag_loss(logits, targets, torch.zeros_like(known), SPACE)
    loss.backward()
    assert loss.item() == 0


def test_contrastive_loss_shares_positives_by_a_loop() -> None:
    generator = torch.Generator().manual_seed(0)
    pictures = torch.nn.functional.normalize(torch.randn(5, 4, generator=generator), dim=1)
    texts = torch.nn.functional.normalize(torch.randn(5, 4, generator=generator), dim=1)
    ids = torch.tensor([7, 3, 7, -1, 2])
    texts[2] = texts[0]
    scale = torch.tensor(1.5)
    rows = [0, 1, 2, 4]
    total = 0.0
    for source, other in ((pictures, texts), (texts, pictures)):
        for i in rows:
            logits = {j: math.exp(1.5) * float(source[i] @ other[j]) for j in rows}
            log_sum = math.log(sum(math.exp(x) for x in logits.values()))
            same = [j for j in rows if ids[j] == ids[i]]
            total += -sum(logits[j] - log_sum for j in same) / len(same) / len(rows) / 2
    assert contrastive_loss(pictures, texts, ids, scale).item() == pytest.approx(total, rel=1e-5)


def test_contrastive_loss_needs_two_texts() -> None:
    vectors = torch.eye(3)
    loss = contrastive_loss(vectors, vectors, torch.tensor([-1, 4, -1]), torch.tensor(1.0))
    assert loss.item() == 0
