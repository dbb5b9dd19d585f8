"""A dataset as people's judgements of tags correct it, joined by judged pictures it had not."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from wardrobe.corrections import by_picture, corrected, find_picture
from wardrobe.feedback import TagJudgement
from wardrobe.files import sha256_of
from wardrobe.labels import Labels
from wardrobe.manifest import Item, Manifest


@dataclass(frozen=True)
class CorrectedDataset:
    """A dataset after feedback.

    Attributes:
        changed: pictures whose labels are others than before.
        joined: pictures that came from the feedback.
        unsaid: judgements that a manifest cannot express: of a label the dataset does not have,
            of a picture that is gone, or one label alone of an attribute that is unknown.
    """

    manifest: Manifest
    changed: int
    joined: int
    unsaid: int


def read(judgements: Iterable[TagJudgement], dataset: Path, root: Path) -> CorrectedDataset:
    """Corrects the labels of a dataset's pictures, which are known by their bytes.

    Other judged pictures join `train` (where there are no splits: none), if they are still where
    they were and any label is known.

    Args:
        judgements: one of each tag of each picture, the earliest first.
        dataset: root of the dataset; it stays as it is.
        root: of the new manifest.
    """
    base = Manifest.load(dataset)
    of_pictures, unsaid = by_picture(judgements, base.label_space)
    split = "train" if any(item.split for item in base.items) else ""
    items, before = [], dict[str, Labels]()
    changed = joined = 0
    for item in base.items:
        path = base.path_of(item).resolve()
        picture = sha256_of(path) if path.is_file() else ""
        labels = corrected(item.labels, of_pictures.get(picture, ()), base.label_space)
        before[picture] = item.labels
        changed += labels != item.labels
        items.append(replace(item, image_path=str(path), labels=labels))
    for picture, found in of_pictures.items():
        given = before.get(picture, {})
        labels = corrected(given, found, base.label_space)
        if picture not in before:
            place = find_picture(found)
            if place and labels:
                items.append(Item(str(place), split, labels=labels))
                joined += 1
            else:
                labels = {}
        unsaid += sum(not _is_said(judgement, given, labels) for judgement in found)
    return CorrectedDataset(Manifest(root, tuple(items), base.label_space), changed, joined, unsaid)


def _is_said(judgement: TagJudgement, before: Labels, after: Labels) -> bool:
    left = after.get(judgement.attribute, ())
    if judgement.accepted:
        return judgement.label in left
    return bool(left) or judgement.label in before.get(judgement.attribute, ())
