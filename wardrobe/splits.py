"""Splits in which every label keeps its share, and duplicates stay on one side."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
from iterstrat.ml_stratifiers import IterativeStratification  # type: ignore[import-untyped]

from wardrobe.errors import BadRequestError
from wardrobe.manifest import SPLITS, Manifest

DEFAULT_FRACTIONS = (0.8, 0.1, 0.1)


def with_splits(
    manifest: Manifest, groups: npt.NDArray[np.int64], fractions: Sequence[float], seed: int
) -> Manifest:
    """Returns the manifest with every item put in `train`, `val` or `test`.

    Iterative stratification (Sechidis, Tsoumakas & Vlahavas, ECML PKDD 2011) gives every label,
    the rarest first, the fractions as nearly as whole items allow. A group is dealt out as one
    item with the labels of all its members.

    Args:
        manifest: the items.
        groups: group of every item; the items of a group get the same split.
        fractions: shares of train, val and test; they sum to 1.
        seed: the same seed gives the same splits.

    Raises:
        BadRequestError: the fractions are not three shares that sum to 1.
    """
    if len(fractions) != len(SPLITS) or min(fractions) < 0 or not np.isclose(sum(fractions), 1):
        raise BadRequestError(
            f"splits {list(fractions)} must be three shares, of {', '.join(SPLITS)}, that sum to 1"
        )
    targets, _ = manifest.label_space.encode([item.labels for item in manifest.items])
    representatives, group_of_item = np.unique(groups, return_inverse=True)
    group_targets = np.zeros((len(representatives), targets.shape[1]), np.bool_)
    np.logical_or.at(group_targets, group_of_item, targets > 0)
    split_of_group = IterativeStratification(
        group_targets, np.asarray(fractions), np.random.RandomState(seed)
    )
    items = [
        replace(item, split=SPLITS[split])
        for item, split in zip(manifest.items, split_of_group[group_of_item], strict=True)
    ]
    return replace(manifest, items=tuple(items))
