"""The clothing dataset: `images.csv` and `images/<image>.jpg` (as published `images_original/`)."""

from pathlib import Path

from wardrobe.importers.tables import first_existing, label_space_of, read_rows
from wardrobe.manifest import Item, Manifest

UNKNOWN = frozenset({"", "Not sure", "Other", "Skip"})
AGE_GROUPS = {"True": "kids", "False": "adult"}


def read(source: Path, root: Path) -> Manifest:
    """Returns the photographs, with `garment` and `age_group` and without captions.

    Raises:
        DatasetError: a file is missing or breaks its format.
    """
    images = first_existing(source, ("images", "images_original")).resolve()
    items = []
    for row in read_rows(source / "images.csv", ("image", "label", "kids")):
        labels = {}
        if row["label"] not in UNKNOWN:
            labels["garment"] = (row["label"],)
        if row["kids"] in AGE_GROUPS:
            labels["age_group"] = (AGE_GROUPS[row["kids"]],)
        items.append(Item(str(images / f"{row['image']}.jpg"), row.get("split", ""), "", labels))
    return Manifest(root, tuple(items), label_space_of(items, ("garment", "age_group")))
