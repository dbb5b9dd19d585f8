"""Faults of labels and captions."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from rapidfuzz import process
from rapidfuzz.distance import DamerauLevenshtein

from wardrobe.labels import Attribute
from wardrobe.manifest import Manifest
from wardrobe.validation.findings import Finding

MUCH_MORE_FREQUENT = 10
"""A label this many times rarer than one it looks like is suspected to be a slip."""

SLIP_COUNT = 5
"""Slips of the pen are few; a label on more items than this is meant."""

OVERLAP_COUNT = 5
"""Fewer captions than this that name another label are slips, not two labels that overlap."""

_PLURAL = re.compile(r"(?<=ch|sh|ss)es$|(?<=\w\w[^s])s$")


def check_labels(manifest: Manifest, minimum_count: int) -> Iterator[Finding]:
    """Yields faults of labels and captions, attribute by attribute."""
    captions = [_phrase(item.caption) for item in manifest.items]
    for attribute in manifest.label_space.attributes:
        carriers = _carriers(manifest, attribute)
        yield from _check_unknown(attribute, carriers)
        yield from _check_spelling(attribute, carriers)
        yield from _check_answers(manifest, attribute)
        yield from _check_overlap(manifest, attribute, captions)
        for label in attribute.labels:
            count = len(carriers.get(label, ()))
            if count < minimum_count:
                message = f"{attribute.name}={label}: {count}, fewer than {minimum_count}"
                yield Finding("rare_label", message, carriers.get(label, ()))
    captionless = tuple(i for i, item in enumerate(manifest.items) if not item.caption)
    if captionless:
        yield Finding("empty_caption", f"{len(captionless)} without a caption", captionless)
    for position in captionless:
        item = manifest.items[position]
        if not any(item.labels.values()):
            message = f"{item.image_path} has neither labels nor a caption"
            yield Finding("nothing_known", message, (position,), (position,))


def _carriers(manifest: Manifest, attribute: Attribute) -> dict[str, tuple[int, ...]]:
    """Returns which items carry each label of an attribute, labels outside its list included."""
    carriers: dict[str, list[int]] = {}
    for position, item in enumerate(manifest.items):
        for label in item.labels.get(attribute.name, ()):
            carriers.setdefault(label, []).append(position)
    return {label: tuple(positions) for label, positions in carriers.items()}


def _check_unknown(attribute: Attribute, carriers: dict[str, tuple[int, ...]]) -> Iterator[Finding]:
    for label in sorted(carriers.keys() - set(attribute.labels)):
        best = process.extractOne(label, attribute.labels, processor=_letters, score_cutoff=75)
        hint = f"; {best[0]}?" if best else ""
        message = f"{attribute.name}={label} is not in labels.json{hint}"
        yield Finding("unknown_label", message, carriers[label], carriers[label])


def _check_spelling(
    attribute: Attribute, carriers: dict[str, tuple[int, ...]]
) -> Iterator[Finding]:
    """Compares each label with those on more items (of equals, with those listed before it)."""
    counts = {label: len(carriers.get(label, ())) for label in attribute.labels}
    ranked = sorted(attribute.labels, key=lambda label: -counts[label])
    letters: dict[str, str] = {}
    for label in ranked:
        spelling = _letters(label)
        found = process.extractOne(spelling, letters, scorer=DamerauLevenshtein.distance)
        letters[label] = spelling
        if found is None:
            continue
        _, slips, nearest = found
        much_rarer = 0 < counts[label] * MUCH_MORE_FREQUENT <= counts[nearest]
        few_slips = slips <= 1 + len(spelling) // 8 and counts[label] <= SLIP_COUNT
        positions = carriers.get(label, ())
        message = f"{attribute.name}={label} ({counts[label]}); {nearest} ({counts[nearest]})?"
        if slips == 0 and much_rarer:
            yield Finding("misspelt_label", message, positions, positions)
        elif slips == 0 or (few_slips and much_rarer):
            yield Finding("similar_label", message, positions)


def _check_answers(manifest: Manifest, attribute: Attribute) -> Iterator[Finding]:
    answers = [item.labels.get(attribute.name, ()) for item in manifest.items]
    empty = tuple(i for i, labels in enumerate(answers) if not labels)
    if empty:
        message = f"{attribute.name} is unknown for {len(empty)} of {len(answers)}"
        yield Finding("empty_attribute", message, empty)
    if attribute.kind == "single":
        for position, labels in enumerate(answers):
            if len(labels) > 1:
                path = manifest.items[position].image_path
                message = f"{path}: {attribute.name} has one answer, not {', '.join(labels)}"
                yield Finding("several_labels", message, (position,), (position,))


def _check_overlap(
    manifest: Manifest, attribute: Attribute, captions: Sequence[str]
) -> Iterator[Finding]:
    """Finds labels whose captions name another label of the attribute, and not their own."""
    phrases = {label: _phrase(label) for label in attribute.labels}
    named: dict[tuple[str, str], list[int]] = {}
    totals: Counter[str] = Counter()
    for position, (item, caption) in enumerate(zip(manifest.items, captions, strict=True)):
        own = item.labels.get(attribute.name, ())
        totals.update(own)
        mentioned = [label for label, phrase in phrases.items() if phrase in caption]
        if len(own) == 1 and own[0] not in mentioned:
            for label in mentioned:
                named.setdefault((own[0], label), []).append(position)
    for (own_label, label), positions in sorted(named.items(), key=lambda entry: -len(entry[1])):
        if len(positions) >= OVERLAP_COUNT:
            message = (
                f"{attribute.name}={own_label}: {len(positions)} of {totals[own_label]} captions "
                f"speak of {label} instead"
            )
            yield Finding("overlapping_labels", message, tuple(positions))


def _letters(label: str) -> str:
    """Returns what is left of a label without case, spaces, hyphens and the like."""
    return re.sub(r"[\W_]+", "", label.casefold())


def _phrase(text: str) -> str:
    """Returns the words of a text in the singular, with spaces around them: T-Shirts → tshirt."""
    words = re.findall(r"[^\W_]+", re.sub(r"(?<=\w)[-'’](?=\w)", "", text.casefold()))
    return " " + " ".join(_PLURAL.sub("", word) for word in words) + " "
