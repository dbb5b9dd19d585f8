"""What people's judgements of its tags make of a picture's labels."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from wardrobe.feedback import TagJudgement
from wardrobe.files import sha256_of
from wardrobe.labels import Labels, LabelSpace


def by_picture(
    judgements: Iterable[TagJudgement], label_space: LabelSpace
) -> tuple[dict[str, list[TagJudgement]], int]:
    """Returns judgements by the SHA-256 of their picture, and how many are of other labels."""
    names, others = set(label_space.names), 0
    found: dict[str, list[TagJudgement]] = defaultdict(list)
    for judgement in judgements:
        if judgement.name in names:
            found[judgement.sha256].append(judgement)
        else:
            others += 1
    return dict(found), others


def find_picture(judgements: Sequence[TagJudgement]) -> Path | None:
    """Returns where the picture of some judgements still is, unchanged."""
    for path in {judgement.image_path for judgement in judgements}:
        if path.is_file() and sha256_of(path) == judgements[0].sha256:
            return path
    return None


def corrected(
    labels: Labels, judgements: Sequence[TagJudgement], label_space: LabelSpace
) -> dict[str, tuple[str, ...]]:
    """Returns a picture's labels as the judgements of its tags leave them.

    An accepted label replaces that of a `single` attribute, and joins those of a `multi` one. A
    rejected label goes; an attribute left with none is unknown. Of a `multi` attribute without
    labels nothing follows from one accepted label: the others may be there or not.

    Args:
        judgements: of the picture's tags, the earliest first; their attributes are in the space.
    """
    kinds = {attribute.name: attribute.kind for attribute in label_space.attributes}
    found = {name: tuple(given) for name, given in labels.items()}
    for judgement in judgements:
        name, label = judgement.attribute, judgement.label
        given = found.get(name, ())
        if not judgement.accepted:
            found[name] = tuple(other for other in given if other != label)
        elif kinds[name] == "single":
            found[name] = (label,)
        elif labels.get(name) and label not in given:
            found[name] = (*given, label)
    return {name: given for name, given in found.items() if given}
