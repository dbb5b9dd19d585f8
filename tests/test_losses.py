"""Losses against plain loops."""

import math

import pytest
import torch

from wardrobe.labels import Attribute, LabelSpace
from wardrobe.losses import contrastive_loss, supervised_contrastive_loss, tag_loss

SPACE = LabelSpace(
    (Attribute("type", "single", ("a", "b", "c")), Attribute("details", "multi", ("x", "y")))
)

SINGLE = torch.tensor([1.0, 0.0])  # counts only the `single` attribute
ROWS = list(range(6))


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


def test_half_known_counts_half() -> None:
    logits, targets, known = _batch()
    weights = known.float()
    weights[0, 0], weights[3, 0] = 0.5, 0.25
    each = [tag_loss(logits[[row]], targets[[row]], weights[[row]] * SINGLE, SPACE) for row in ROWS]
    expected = sum(w * x for w, x in zip(weights[ROWS, 0], each, strict=True)) / weights[:, 0].sum()
    found = tag_loss(logits, targets, weights * SINGLE, SPACE)
    torch.testing.assert_close(found, expected)


def test_the_asymmetric_loss_is_the_papers() -> None:
    logits, targets, known = _batch()
    focus, margin, total = 4.0, 0.05, 0.0
    rows = known[:, 1].nonzero().flatten().tolist()
    for row in rows:
        for column in (3, 4):
            p = 1 / (1 + math.exp(-logits[row, column].item()))
            shifted = max(p - margin, 0)
            positive = targets[row, column] == 1
            total -= math.log(p) if positive else shifted**focus * math.log(1 - shifted)
    found = tag_loss(logits, targets, known * ~SINGLE.bool(), SPACE, negative_focus=focus)
    assert found.item() == pytest.approx(total / len(rows) / 2, rel=1e-5)


def test_contrastive_loss_shares_positives_by_a_loop() -> None:
    pictures, texts = _unit_vectors(5), _unit_vectors(3)
    matches = torch.tensor([[1, 0, 0], [0, 1, 0.5], [1, 0, 0], [0, 0, 0], [0, 0.25, 1]])
    total = 0.0
    rows = [0, 1, 2, 4]
    logits = (math.exp(1.5) * pictures @ texts.T).tolist()
    for i in rows:
        log_sum = math.log(sum(math.exp(x) for x in logits[i]))
        for j in range(3):
            share = float(matches[i, j] / matches[i].sum())
            total -= share * (logits[i][j] - log_sum) / len(rows) / 2
    for j in range(3):
        log_sum = math.log(sum(math.exp(logits[i][j]) for i in rows))
        for i in rows:
            share = float(matches[i, j] / matches[:, j].sum())
            total -= share * (logits[i][j] - log_sum) / 3 / 2
    loss = contrastive_loss(pictures, texts, matches, torch.tensor(1.5))
    assert loss.item() == pytest.approx(total, rel=1e-5)


def test_contrastive_loss_needs_two_described_pictures() -> None:
    matches = torch.tensor([[0.0], [1], [0]])
    loss = contrastive_loss(torch.eye(3), torch.eye(3)[:1], matches, torch.tensor(1.0))
    assert loss.item() == 0


def test_supervised_contrastive_loss_by_a_loop() -> None:
    _, targets, known = _batch()
    targets[2, 3:] = 1  # shares a detail with each of two others, which share none
    vectors = _unit_vectors(6)
    of_attributes = []
    for column, columns in enumerate((slice(0, 3), slice(3, 5))):
        rows = known[:, column].nonzero().flatten().tolist()
        losses = []
        for i in rows:
            others = [j for j in rows if j != i]
            shared = {j: float(targets[i, columns] @ targets[j, columns]) for j in others}
            if not any(shared.values()):
                continue
            logits = {j: 10 * float(vectors[i] @ vectors[j]) for j in others}
            log_sum = math.log(sum(math.exp(x) for x in logits.values()))
            loss = -sum(shared[j] * (logits[j] - log_sum) for j in others)
            losses.append(loss / sum(shared.values()))
        of_attributes.append(sum(losses) / len(losses))
    loss = supervised_contrastive_loss(vectors, targets, known, SPACE)
    assert loss.item() == pytest.approx(sum(of_attributes) / 2, rel=1e-4)


def test_supervised_contrastive_loss_has_a_gradient_where_nothing_matches() -> None:
    _, targets, known = _batch()
    vectors = _unit_vectors(6).requires_grad_()
    alone = torch.tensor([0, 1, 2])  # three pictures of three types, details left out
    loss = supervised_contrastive_loss(vectors[alone], targets[alone], known[alone] * SINGLE, SPACE)
    (loss + supervised_contrastive_loss(vectors, targets, known, SPACE)).backward()
    assert loss.item() == 0
    assert vectors.grad is not None
    assert vectors.grad.isfinite().all()


def _unit_vectors(count: int) -> torch.Tensor:
    vectors = torch.randn(count, 4, generator=torch.Generator().manual_seed(count))
    return torch.nn.functional.normalize(vectors, dim=1)
