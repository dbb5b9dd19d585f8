"""Finds the faults of a dataset root, reports them, and on request quarantines what they touch.

`findings.KINDS` says for every kind of fault what `--fix` does.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from wardrobe.manifest import Manifest
from wardrobe.validation.findings import KINDS, Finding
from wardrobe.validation.label_checks import check_labels
from wardrobe.validation.picture_checks import check_duplicates, check_files
from wardrobe.validation.pictures import Picture


def validate(
    manifest: Manifest,
    pictures: Sequence[Picture],
    groups: npt.NDArray[np.int64],
    minimum_count: int,
) -> list[Finding]:
    """Returns every fault of a dataset, in the order of `KINDS`.

    Args:
        manifest: the items.
        pictures: what is in their files, from `inspect_pictures`.
        groups: their groups, from `duplicate_groups`.
        minimum_count: a label on fewer items is reported as rare.
    """
    of_items = [*check_files(manifest, pictures), *check_labels(manifest, minimum_count)]
    faulty = {position for finding in of_items for position in finding.quarantine}
    findings = [*of_items, *check_duplicates(manifest, pictures, groups, faulty)]
    order = list(KINDS)
    return sorted(findings, key=lambda finding: order.index(finding.kind))
