"""Training losses: masked per-attribute classification, and contrastive alignment with text."""

import torch
from torch.nn import functional

from wardrobe.labels import LabelSpace


def tag_loss(
    logits: torch.Tensor,
    targets: torch.Tensor,
    known: torch.Tensor,
    label_space: LabelSpace,
    label_smoothing: float = 0.0,
) -> torch.Tensor:
    """Returns the mean over attributes of the loss over the pictures where each is known.

    A `single` attribute has a softmax cross-entropy, a `multi` one the mean binary cross-entropy
    of its labels. An unknown attribute of a picture adds nothing: unknown is never negative.

    Args:
        logits: `(pictures, labels)`.
        targets: `(pictures, labels)` in [0, 1].
        known: `(pictures, attributes)`.
        label_space: names the columns.
        label_smoothing: share of a target spread over its attribute's labels.
    """
    losses = []
    for column, attribute in enumerate(label_space.attributes):
        columns, rows = label_space.slices[attribute.name], known[:, column]
        if not rows.any():
            continue
        outputs, wanted = logits[rows, columns], targets[rows, columns]
        if attribute.kind == "single":
            losses.append(
                functional.cross_entropy(outputs, wanted, label_smoothing=label_smoothing)
            )
        else:
            smooth = wanted * (1 - label_smoothing) + 0.5 * label_smoothing
            losses.append(functional.binary_cross_entropy_with_logits(outputs, smooth))
    return torch.stack(losses).mean() if losses else logits.sum() * 0


def contrastive_loss(
    picture_vectors: torch.Tensor,
    text_vectors: torch.Tensor,
    text_ids: torch.Tensor,
    logit_scale: torch.Tensor,
) -> torch.Tensor:
    """Returns CLIP's symmetric loss, in which pictures with the same text are all positives.

    Radford et al., "Learning Transferable Visual Models" (ICML 2021), figure 3; shared positives
    as in Khosla et al., "Supervised Contrastive Learning" (NeurIPS 2020), equation 2.

    Args:
        picture_vectors: unit vectors `(pictures, dimension)`.
        text_vectors: unit vectors of each picture's text `(pictures, dimension)`.
        text_ids: equal for equal texts `(pictures,)`; negative where a picture has no text.
        logit_scale: logarithm of the inverse temperature.
    """
    has_text = text_ids >= 0
    if has_text.sum() < 2:
        return picture_vectors.sum() * 0
    ids = text_ids[has_text]
    similarity = picture_vectors[has_text] @ text_vectors[has_text].T
    logits = similarity * logit_scale.clamp(max=4.6052).exp()  # CLIP's bound: a scale of 100
    same = (ids[:, None] == ids[None, :]).float()
    targets = same / same.sum(dim=1, keepdim=True)
    return (
        functional.cross_entropy(logits, targets) + functional.cross_entropy(logits.T, targets)
    ) / 2
