"""Mixup and cutmix for pictures with several attributes, some of them unknown.

A mixed picture is `share` one picture and `1 - share` its partner. The losses are linear in their
targets, so the loss of a mixture is the mixture of the losses: an attribute known in only one of
the two counts with that one's share, and is never taken for a "no" of the other.
"""

from dataclasses import dataclass

import torch

from wardrobe.labels import LabelSpace


@dataclass(frozen=True)
class Mixture:
    """How a batch is mixed.

    Attributes:
        partners: row of each picture's partner `(pictures,)`.
        shares: of the picture itself, in [0, 1] `(pictures,)`; 1 where it is not mixed.
        boxes: left, top, right and bottom, in [0, 1], of what cutmix takes from the partner
            `(pictures, 4)`; without area where a picture is blended or not mixed.
    """

    partners: torch.Tensor
    shares: torch.Tensor
    boxes: torch.Tensor

    def of(self, rows: torch.Tensor) -> "Mixture":
        """Returns how some pictures of the batch are mixed."""
        return Mixture(self.partners[rows], self.shares[rows], self.boxes[rows])


def draw_mixture(batch: int, mixup: float, cutmix: float, generator: torch.Generator) -> Mixture:
    """Draws partners and shares.

    Zhang et al., "mixup" (ICLR 2018), and Yun et al., "CutMix" (ICCV 2019), both with alpha = 1:
    the share is uniform; the box has the area of the partner's share, cut off at the border.

    Args:
        mixup: chance that a picture is blended with its partner.
        cutmix: chance that a box of its partner is pasted into it.
    """
    kind, shares, across, down = torch.rand(4, batch, generator=generator)
    blended, pasted = kind < mixup, (kind >= mixup) & (kind < mixup + cutmix)
    half = (1 - shares).sqrt() / 2
    boxes = torch.stack([across - half, down - half, across + half, down + half], dim=1)
    boxes = boxes.clamp(0, 1) * pasted[:, None]
    area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    shares = torch.where(blended, shares, 1 - area)
    return Mixture(torch.randperm(batch, generator=generator), shares, boxes)


def mix_pictures(pictures: torch.Tensor, partners: torch.Tensor, mixture: Mixture) -> torch.Tensor:
    """Returns pictures mixed with their partners, both `(pictures, channels, height, width)`."""
    height, width = pictures.shape[-2:]
    rows, columns = _centres(height), _centres(width)
    left, top, right, bottom = mixture.boxes[:, :, None].unbind(1)
    in_rows = (rows >= top) & (rows < bottom)
    in_columns = (columns >= left) & (columns < right)
    kept = ~(in_rows[:, :, None] & in_columns[:, None, :])
    pasted = mixture.boxes[:, 2] > mixture.boxes[:, 0]
    shares = torch.where(pasted[:, None, None], kept.float(), mixture.shares[:, None, None])
    return torch.lerp(partners, pictures, shares[:, None])


def mix_labels(
    targets: torch.Tensor, known: torch.Tensor, label_space: LabelSpace, mixture: Mixture
) -> tuple[torch.Tensor, torch.Tensor]:
    """Returns mixed targets `(pictures, labels)`, and how much each attribute is known.

    A target is the mean over those of the two pictures of which the attribute is known, weighted
    by their shares; `known` `(pictures, attributes)`, in [0, 1], is the sum of those shares.
    """
    partners, shares = mixture.partners, mixture.shares[:, None]
    own, other = shares * known, (1 - shares) * known[partners]
    weights = own + other
    widths = torch.tensor([len(attribute.labels) for attribute in label_space.attributes])
    own_share = torch.where(weights > 0, own / weights.clamp(min=1e-12), 0.0)
    by_label = own_share.repeat_interleave(widths, dim=1)
    return torch.lerp(targets[partners], targets, by_label), weights


def _centres(count: int) -> torch.Tensor:
    return (torch.arange(count) + 0.5) / count
