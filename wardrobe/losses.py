"""Training losses: masked per-attribute classification, and contrastive alignment with text."""

import torch
from torch.nn import functional

from wardrobe.labels import LabelSpace

_ASYMMETRIC_MARGIN = 0.05
_NEVER = -1e4  # a logit that is no competitor; minus infinity would have no gradient


def tag_loss(
    logits: torch.Tensor,
    targets: torch.Tensor,
    known: torch.Tensor,
    label_space: LabelSpace,
    label_smoothing: float = 0.0,
    negative_focus: float = 0.0,
) -> torch.Tensor:
    """Returns the mean over attributes of the loss over the pictures where each is known.

    A `single` attribute has a softmax cross-entropy, a `multi` one the mean binary cross-entropy
    of its labels. An unknown attribute of a picture adds nothing: unknown is never negative.

    Args:
        logits: `(pictures, labels)`.
        targets: `(pictures, labels)` in [0, 1].
        known: how much each attribute of a picture counts, in [0, 1] `(pictures, attributes)`.
        label_space: names the columns.
        label_smoothing: share of a target spread over its attribute's labels.
        negative_focus: over 0, `multi` attributes have the asymmetric loss with this focus.
    """
    losses = []
    for column, attribute in enumerate(label_space.attributes):
        columns, weights = label_space.slices[attribute.name], known[:, column].float()
        if not weights.any():
            continue
        outputs, wanted = logits[:, columns], targets[:, columns]
        if attribute.kind == "single":
            each = functional.cross_entropy(
                outputs, wanted, label_smoothing=label_smoothing, reduction="none"
            )
        else:
            smooth = wanted * (1 - label_smoothing) + 0.5 * label_smoothing
            each = _binary_loss(outputs, smooth, negative_focus).mean(dim=1)
        losses.append((each * weights).sum() / weights.sum())
    return torch.stack(losses).mean() if losses else logits.sum() * 0


def _binary_loss(
    logits: torch.Tensor, targets: torch.Tensor, negative_focus: float
) -> torch.Tensor:
    """Binary cross-entropy; with a focus, easy negatives count less and the easiest nothing.

    Ridnik et al., "Asymmetric Loss" (ICCV 2021), equations 4 to 7, with no focus on positives
    and a margin of 0.05; the authors warn that its outputs are no longer probabilities.
    """
    if negative_focus == 0:
        return functional.binary_cross_entropy_with_logits(logits, targets, reduction="none")
    shifted = (logits.sigmoid() - _ASYMMETRIC_MARGIN).clamp(min=0)
    negative = shifted**negative_focus * -torch.log1p(-shifted)
    return -targets * functional.logsigmoid(logits) + (1 - targets) * negative


def contrastive_loss(
    picture_vectors: torch.Tensor,
    text_vectors: torch.Tensor,
    matches: torch.Tensor,
    logit_scale: torch.Tensor,
) -> torch.Tensor:
    """Returns CLIP's symmetric loss between pictures and texts, with any number of matches each.

    Radford et al., "Learning Transferable Visual Models" (ICML 2021), figure 3; several positives
    as in Khosla et al., "Supervised Contrastive Learning" (NeurIPS 2020), equation 2.

    Args:
        picture_vectors: unit vectors `(pictures, dimension)`.
        text_vectors: unit vectors of distinct texts `(texts, dimension)`.
        matches: how much each text belongs to each picture `(pictures, texts)`; a row of zeros is
            a picture without text.
        logit_scale: logarithm of the inverse temperature.
    """
    described = matches.sum(dim=1) > 0
    if described.sum() < 2:
        return picture_vectors.sum() * 0
    matches = matches[described]
    similarity = picture_vectors[described] @ text_vectors.T
    logits = similarity * logit_scale.clamp(max=4.6052).exp()  # CLIP's bound: a scale of 100
    return (
        functional.cross_entropy(logits, matches / matches.sum(dim=1, keepdim=True))
        + functional.cross_entropy(logits.T, (matches / matches.sum(dim=0).clamp(min=1e-6)).T)
    ) / 2


def supervised_contrastive_loss(
    picture_vectors: torch.Tensor,
    targets: torch.Tensor,
    known: torch.Tensor,
    label_space: LabelSpace,
    scale: float = 10.0,
) -> torch.Tensor:
    """Returns the mean over attributes of a loss that draws pictures of one label together.

    Khosla et al., "Supervised Contrastive Learning" (NeurIPS 2020), equation 2, for each attribute
    over the pictures where it is known; of mixed pictures, two belong together as much as the
    labels they share.

    Args:
        picture_vectors: unit vectors `(pictures, dimension)`.
        targets: `(pictures, labels)` in [0, 1].
        known: how much each attribute of a picture counts, in [0, 1] `(pictures, attributes)`.
        label_space: names the columns.
        scale: inverse temperature.
    """
    others = ~torch.eye(len(picture_vectors), dtype=torch.bool)
    similarity = picture_vectors @ picture_vectors.T * scale
    losses = []
    for column, attribute in enumerate(label_space.attributes):
        weights, labels = known[:, column].float(), targets[:, label_space.slices[attribute.name]]
        compared = others & (weights[:, None] > 0) & (weights > 0)
        matches = labels @ labels.T * weights[:, None] * weights * compared
        if not matches.any():
            continue
        log_shares = similarity.masked_fill(~compared, _NEVER).log_softmax(dim=1)
        of_each = matches.sum(dim=1)
        each = -(matches * log_shares).sum(dim=1) / of_each.clamp(min=1e-6)
        weights = weights * (of_each > 0)
        losses.append((each * weights).sum() / weights.sum())
    return torch.stack(losses).mean() if losses else picture_vectors.sum() * 0
