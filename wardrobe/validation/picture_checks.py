"""Faults of the files: unreadable, misnamed, or the same photograph twice."""

from collections.abc import Container, Iterator, Sequence
from pathlib import PurePath

import numpy as np
import numpy.typing as npt

from wardrobe.manifest import SPLITS, Manifest
from wardrobe.validation.findings import Finding
from wardrobe.validation.pictures import Picture


def check_files(manifest: Manifest, pictures: Sequence[Picture]) -> Iterator[Finding]:
    """Yields pictures that cannot be read and files with the wrong suffix."""
    for position, (item, picture) in enumerate(zip(manifest.items, pictures, strict=True)):
        if picture.error is not None:
            message = f"{item.image_path}: {picture.error}"
            yield Finding("unreadable_picture", message, (position,), (position,))
        elif PurePath(item.image_path).suffix.lower() not in picture.extensions:
            message = f"{item.image_path} should end in {' or '.join(sorted(picture.extensions))}"
            yield Finding("wrong_extension", message, (position,), (position,))


def check_duplicates(
    manifest: Manifest,
    pictures: Sequence[Picture],
    groups: npt.NDArray[np.int64],
    faulty: Container[int],
) -> Iterator[Finding]:
    """Yields groups of duplicates, and those whose labels disagree.

    One picture of a group stays: one that has no other fault, if there is one.
    """
    members: dict[int, list[int]] = {}
    for position, group in enumerate(groups.tolist()):
        members.setdefault(group, []).append(position)
    for same in members.values():
        if len(same) > 1:
            yield from _check_group(manifest, pictures, tuple(same), faulty)


def _check_group(
    manifest: Manifest, pictures: Sequence[Picture], same: tuple[int, ...], faulty: Container[int]
) -> Iterator[Finding]:
    items = [manifest.items[position] for position in same]
    paths = " = ".join(item.image_path for item in items[:3]) + (" = …" if len(items) > 3 else "")
    splits = {item.split for item in items}

    def worth(position: int) -> tuple[bool, int]:
        # What is held out stays: taking it away would change every score measured on it.
        split = manifest.items[position].split
        return position not in faulty, SPLITS.index(split) if split else -1

    stays = max(same, key=worth)  # the first of equals
    others = tuple(position for position in same if position != stays)
    if len(splits) > 1:
        message = f"{paths}, in {_listing(sorted(splits))}"
        yield Finding("duplicate_across_splits", message, same, others)
    else:
        exact = len({pictures[position].sha256 for position in same}) == 1
        yield Finding("exact_duplicate" if exact else "near_duplicate", paths, same, others)
    contradictions = []
    for attribute in manifest.label_space.attributes:
        # A label that is not in the list is a fault of its own, not another answer.
        answers = {frozenset(i.labels.get(attribute.name, ())) & {*attribute.labels} for i in items}
        answers.discard(frozenset())
        if len(answers) > 1:
            listed = sorted(_listing(sorted(answer)) for answer in answers)
            contradictions.append(f"{attribute.name} {' or '.join(listed)}")
    if contradictions:
        message = f"{paths}: {'; '.join(contradictions)}"
        yield Finding("contradictory_labels", message, same, same)


def _listing(names: Sequence[str]) -> str:
    return ", ".join(name or "no split" for name in names)
