"""What validation can find, and what `--fix` does about each kind."""

from dataclasses import dataclass

KINDS = {
    "unreadable_picture": "quarantined",
    "wrong_extension": "quarantined",
    "exact_duplicate": "the first stays, the others are quarantined",
    "near_duplicate": "the first stays, the others are quarantined",
    "duplicate_across_splits": "one stays (of test, else of val), the others are quarantined",
    "contradictory_labels": "all are quarantined, for a person to decide",
    "unknown_label": "quarantined",
    "misspelt_label": "quarantined, and the label leaves labels.json",
    "several_labels": "quarantined",
    "nothing_known": "quarantined",
    "similar_label": "nothing; look whether they mean the same",
    "overlapping_labels": "nothing; look whether the labels can be told apart",
    "empty_attribute": "nothing; training masks what is unknown",
    "empty_caption": "nothing; training describes the item by its labels",
    "rare_label": "nothing; collect more, merge the label or drop it",
}
"""Kind of fault → what `--fix` does with the pictures it touches, in the order of the report."""


@dataclass(frozen=True)
class Finding:
    """A fault.

    Attributes:
        kind: a key of `KINDS`.
        message: one line that says what is wrong.
        items: positions in the manifest of the items concerned.
        quarantine: those of them that `--fix` takes out.
    """

    kind: str
    message: str
    items: tuple[int, ...] = ()
    quarantine: tuple[int, ...] = ()
