"""Fashion Product Images: `products.csv` (`styles.csv` as published) and `images/<id>.jpg`."""

import re
from collections.abc import Mapping
from pathlib import Path

from wardrobe.importers.tables import first_existing, label_space_of, read_rows
from wardrobe.labels import Attribute, LabelSpace
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
PATTERN_WORDS = {
    "Solid": {"solid"},
    "Striped": {"stripe", "stripes", "striped"},
    "Checked": {"check", "checks", "checked"},
    "Graphic": {"graphic", "print", "printed"},
}
# Where the words hold by eye: "check" sweaters are argyle, "printed" kurtas flowered, "solid"
# sweatshirts have prints on the chest, the stripes of trousers are too fine to be seen.
PATTERNED = {
    "Shirts": {"Solid", "Striped", "Checked"},
    "Tshirts": {"Solid", "Striped", "Graphic"},
    "Tops": {"Solid", "Striped"},
    "Sweaters": {"Solid", "Striped"},
    "Shorts": {"Solid", "Checked"},
    "Jackets": {"Solid"},
    "Trousers": {"Solid"},
    "Track Pants": {"Solid"},
}


def read(source: Path, root: Path) -> Manifest:
    """Returns the products; captions are their display names, empty for some.

    `pattern` is read from those names, so it is known for some products only.

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
            {name: (row[c],) for name, c in COLUMNS.items() if row[c] not in UNKNOWN}
            | _pattern(row),
        )
        for row in read_rows(table, required, spill=True)
    )
    columns = label_space_of(items, COLUMNS).attributes
    pattern = Attribute("pattern", "single", tuple(PATTERN_WORDS))
    return Manifest(root, items, LabelSpace((*columns, pattern)))


def _pattern(row: Mapping[str, str]) -> dict[str, tuple[str]]:
    """Returns the pattern a product's name says, if it says one and such names can be relied on."""
    words = set(re.findall("[a-z]+", row["productDisplayName"].lower()))
    named = [label for label, means in PATTERN_WORDS.items() if words & means]
    if len(named) == 1 and named[0] in PATTERNED.get(row["articleType"], ()):
        return {"pattern": (named[0],)}
    return {}
