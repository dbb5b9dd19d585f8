"""Fashion Product Images: `products.csv` (`styles.csv` as published) and `images/<id>.jpg`."""

from pathlib import Path

from wardrobe.importers.tables import first_existing, label_space_of, read_rows
from wardrobe.manifest import Item, Manifest

COLUMNS = {
    "category": "masterCategory",
    "sub_category": "subCategory",
    "article_type": "articleType",
    "colour": "baseColour",
    "gender": "gender",
    "season": "season",
    "usage": "usage",
}
UNKNOWN = frozenset({"", "NA"})


def read(source: Path, root: Path) -> Manifest:
    """Returns the products; captions are their display names, empty for some.

    Raises:
        DatasetError: a file is missing or breaks its format.
    """
    table = first_existing(source, ("products.csv", "styles.csv"))
    images = first_existing(source, ("images",)).resolve()
    required = ["id", *COLUMNS.values(), "productDisplayName"]
    items = tuple(
        Item(
            str(images / f"{row['id']}.jpg"),
            row.get("split", ""),
            row["productDisplayName"],
            {name: (row[c],) for name, c in COLUMNS.items() if row[c] not in UNKNOWN},
        )
        for row in read_rows(table, required, spill=True)
    )
    return Manifest(root, items, label_space_of(items, COLUMNS))
