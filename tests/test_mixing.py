"""Mixup and cutmix against loops: the loss of a mixture is the mixture of the losses."""

import pytest
import torch

from wardrobe.labels import Attribute, LabelSpace
from wardrobe.losses import tag_loss
from wardrobe.mixing import Mixture, draw_mixture, mix_labels, mix_pictures

SPACE = LabelSpace(
    (Attribute("type", "single", ("a", "b", "c")), Attribute("colour", "single", ("red", "blue")))
)


def test_shares_are_what_the_pictures_show() -> None:
    mixture = draw_mixture(400, 0.3, 0.4, torch.Generator().manual_seed(0))
    ones, zeros = torch.ones(400, 1, 64, 64), torch.zeros(400, 1, 64, 64)
    mixed = mix_pictures(ones, zeros, mixture)
    torch.testing.assert_close(mixed.mean(dim=(1, 2, 3)), mixture.shares, rtol=0, atol=0.04)
    whole = (mixed == 1).all(dim=(1, 2, 3))
    only_two_values = ((mixed == 0) | (mixed == 1)).all(dim=(1, 2, 3)) & ~whole
    assert whole.float().mean() == pytest.approx(0.3, abs=0.07)
    assert only_two_values.float().mean() == pytest.approx(0.4, abs=0.07)  # a pasted box
    assert sorted(mixture.partners.tolist()) == list(range(400))


def test_without_mixing_pictures_and_labels_stay() -> None:
    mixture = draw_mixture(8, 0, 0, torch.Generator().manual_seed(0))
    pictures = torch.rand(8, 3, 5, 7)
    targets, known = SPACE.encode([{"type": ("b",)}] * 8)
    assert torch.equal(mix_pictures(pictures, pictures.flip(0), mixture), pictures)
    mixed, weights = mix_labels(torch.tensor(targets), torch.tensor(known), SPACE, mixture)
    assert torch.equal(mixed, torch.tensor(targets))
    assert torch.equal(weights, torch.tensor(known).float())


def test_the_loss_of_a_mixture_is_the_mixture_of_the_losses() -> None:
    items = [
        {"type": ("a",), "colour": ("red",)},
        {"type": ("b",)},
        {"colour": ("blue",)},
        {},
    ]
    targets, known = (torch.tensor(array) for array in SPACE.encode(items))
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(16, 5, generator=generator)
    # The batch: the four items, then twelve more, so that many kinds of pairs meet.
    items_of = torch.cat([torch.arange(4), torch.randint(4, (12,), generator=generator)])
    partners, shares = torch.randperm(16, generator=generator), torch.rand(16, generator=generator)
    mixed, weights = mix_labels(
        targets[items_of], known[items_of], SPACE, Mixture(partners, shares, torch.zeros(16, 4))
    )

    for column in range(2):
        only = torch.eye(2)[[column]]
        total, weight = 0.0, 0.0
        for row in range(16):
            for other, share in ((row, shares[row]), (partners[row], 1 - shares[row])):
                item = int(items_of[other])
                if known[item, column]:
                    loss = tag_loss(logits[[row]], targets[[item]], only, SPACE, 0.1)
                    total, weight = total + float(share * loss), weight + float(share)
        found = tag_loss(logits, mixed, weights * only, SPACE, 0.1)
        assert found.item() == pytest.approx(total / weight, rel=1e-5)
        assert weights[:, column].sum().item() == pytest.approx(weight, rel=1e-5)
