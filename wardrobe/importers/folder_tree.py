"""A folder a class: `<source>/<label>/…/<picture>`."""

from pathlib import Path

from wardrobe.errors import DatasetError
from wardrobe.images import find_pictures
from wardrobe.importers.tables import label_space_of
from wardrobe.manifest import Item, Manifest


def read(source: Path, root: Path, attribute: str = "article_type") -> Manifest:
    """Returns the pictures below `source`; the first folder on the way is the label.

    A picture directly in `source` has no label.

    Raises:
        DatasetError: no picture lies in a folder below `source`.
    """
    items = []
    for path in find_pictures(source.resolve()):
        label, *inner = path.relative_to(source.resolve()).parts
        items.append(Item(str(path), labels={attribute: (label,)} if inner else {}))
    if not any(item.labels for item in items):
        raise DatasetError(
            f"{source} has no folder with pictures; expected {source}/<label>/<picture>"
        )
    return Manifest(root, tuple(items), label_space_of(items, (attribute,)))
