"""Faults of the files: unreadable, misnamed, or the same photograph twice."""

from collections.abc import Iterator, Sequence
from pathlib import PurePath

import numpy as np
import numpy.typing as npt

from wardrobe.manifest import SPLITS, Manifest
from wardrobe.validation.findings import Finding
from wardrobe.validation.pictures import Picture


def check_pictures(
    manifest: Manifest, pictures: Sequence[Picture], groups: npt.NDArray[np.int64]
) -> Iterator[Finding]:
    """Yields faults of files, and of groups of duplicates with their labels."""
    for position, (item, picture) in enumerate(zip(manifest.items, pictures, strict=True)):
        if picture.error is not None:
            message = f"{item.image_path}: {picture.error}"
            yield Finding("unreadable_picture", message, (position,), (position,))
        elif PurePath(item.image_path).suffix.lower() not in picture.extensions:
            message = f"{item.image_path} should end in {' or '.join(sorted(picture.extensions))}"
            yield Finding("wrong_extension", message, (position,), (position,))
    members: dict[int, list[int]] = {}
    for position, group in enumerate(groups.tolist()):
        members.setdefault(group, []).append(position)
    for same in members.values():
        if len(same) > 1:
            yield from _check_group(manifest, pictures, tuple(same))


def _check_group(
    manifest: Manifest, pictures: Sequence[Picture], same: tuple[int, ...]
) -> Iterator[Finding]:
    items = [manifest.items[position] for position in same]
    paths = " = ".join(item.image_path for item in items[:3]) + (" = …" if len(items) > 3 else "")
    splits = [item.split for item in items]
    if len(set(splits)) > 1:
        # What is held out stays: taking it away would change every score measured on it.
        ranks = [SPLITS.index(split) if split else -1 for split in splits]
        stays = same[ranks.index(max(ranks))]
        message = f"{paths}, in {_listing(sorted(set(splits)))}"
        others = tuple(position for position in same if position != stays)
        yield Finding("duplicate_across_splits", message, same, others)
    else:
        exact = len({pictures[position].sha256 for position in same}) == 1
        yield Finding("exact_duplicate" if exact else "near_duplicate", paths, same, same[1:])
    contradictions = []
    for attribute in manifest.label_space.attributes:
        answers = {frozenset(item.labels.get(attribute.name, ())) for item in items} - {frozenset()}
        if len(answers) > 1:
            listed = sorted(_listing(sorted(answer)) for answer in answers)
            contradictions.append(f"{attribute.name} {' or '.join(listed)}")
    if contradictions:
        message = f"{paths}: {'; '.join(contradictions)}"
        yield Finding("contradictory_labels", message, same, same)


def _listing(names: Sequence[str]) -> str:
    return ", ".join(name or "no split" for name in names)
