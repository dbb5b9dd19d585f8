"""What thresholds are tuned on: the pictures of a split, and pictures whose tags people judged."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from wardrobe.corrections import by_picture, corrected, find_picture
from wardrobe.encoders import Encoder
from wardrobe.encoding import encode_pictures, encode_split
from wardrobe.errors import CheckpointError
from wardrobe.feedback import TagJudgement
from wardrobe.files import sha256_of
from wardrobe.labels import Labels, LabelSpace
from wardrobe.manifest import Manifest
from wardrobe.metrics import BoolArray, FloatArray
from wardrobe.probabilities import to_logits

_Judgements = Mapping[str, Sequence[TagJudgement]]  # by the SHA-256 of the picture


@dataclass(frozen=True)
class TuningSet:
    """Pictures with what is known of them.

    Attributes:
        sha256: of each picture's bytes.
        labels: given ones, corrected by feedback.
        logits: `(pictures, labels)`, not calibrated.
        targets: `(pictures, labels)` in {0, 1}.
        known: `(pictures, attributes)`.
        judged: `(pictures, labels)`, by feedback; these are known whatever `known` says.
    """

    label_space: LabelSpace
    sha256: tuple[str, ...]
    labels: tuple[Labels, ...]
    logits: FloatArray
    targets: FloatArray
    known: BoolArray
    judged: BoolArray


def read_split(encoder: Encoder, roots: Sequence[Path], split: str) -> TuningSet:
    """Returns a split of several datasets.

    Raises:
        CheckpointError: the encoder has no tags.
        DatasetError: a root has no manifest, or no picture in the split.
    """
    label_space = encoder.label_space
    if label_space is None:
        raise CheckpointError(f"{encoder.name} cannot tag, so it has no thresholds to tune")
    logits, labels, hashes = [], list[Labels](), list[str]()
    for root in roots:
        manifest = Manifest.load(root)
        encoded = encode_split(encoder, manifest, split)
        logits.append(encoded.logits)
        labels.extend(item.labels for item in encoded.items)
        hashes.extend(sha256_of(manifest.path_of(item)) for item in encoded.items)
    return _tuning_set(label_space, hashes, labels, np.concatenate(logits), {})


def with_feedback(
    split: TuningSet,
    judgements: Iterable[TagJudgement],
    encoder: Encoder,
    temperatures: FloatArray,
) -> tuple[TuningSet, Counter[str]]:
    """Returns a split corrected by feedback, with the other judged pictures behind it.

    A picture counts once, however many of its tags were judged. Its logits are those of the split,
    else of the probabilities kept with a judgement if this encoder made them, else encoded again.

    Args:
        judgements: one of each tag of each picture, the earliest first.
        encoder: gives logits that are not calibrated.
        temperatures: `(labels,)`, by which it calibrated the probabilities that were kept.

    Returns:
        The pictures, and how many judgements were left out, by the reason.
    """
    label_space = split.label_space
    of_pictures, of_other_labels = by_picture(judgements, label_space)
    left_out = Counter({"their label is none of the encoder's": of_other_labels})
    in_split = set(split.sha256)
    others = {h: found for h, found in of_pictures.items() if h not in in_split}
    kept = _kept_logits(others, encoder, label_space, temperatures)
    encoded = _encoded_logits({h: js for h, js in others.items() if h not in kept}, encoder)
    for picture in others.keys() - kept.keys() - encoded.keys():
        left_out["their picture is gone or has changed"] += len(others[picture])
    logits = kept | encoded
    judged_set = _tuning_set(
        label_space,
        [*split.sha256, *logits],
        [*split.labels, *({} for _ in logits)],
        np.vstack([split.logits, *logits.values()]),
        of_pictures,
    )
    return judged_set, left_out


def _tuning_set(
    label_space: LabelSpace,
    hashes: Sequence[str],
    given: Sequence[Labels],
    logits: FloatArray,
    judgements: _Judgements,
) -> TuningSet:
    labels = tuple(
        corrected(found, judgements.get(picture, ()), label_space)
        for picture, found in zip(hashes, given, strict=True)
    )
    targets, known = label_space.encode(labels)
    judged = np.zeros(targets.shape, np.bool_)
    columns = {name: column for column, name in enumerate(label_space.names)}
    multi = {attribute.name for attribute in label_space.attributes if attribute.kind == "multi"}
    for row, picture in enumerate(hashes):
        for judgement in judgements.get(picture, ()):
            judged[row, columns[judgement.name]] = True
            if judgement.accepted and judgement.attribute in multi:
                targets[row, columns[judgement.name]] = 1
    return TuningSet(label_space, tuple(hashes), labels, logits, targets, known, judged)


def _kept_logits(
    judgements: _Judgements, encoder: Encoder, label_space: LabelSpace, temperatures: FloatArray
) -> dict[str, FloatArray]:
    """Returns the logits of pictures judged under this very encoder, `(labels,)` each."""
    kept = {}
    for picture, found in judgements.items():
        for judgement in found:
            row = judgement.probabilities
            if row is not None and judgement.fingerprint == encoder.fingerprint:
                probabilities = np.divide(row[None], 10_000, dtype=np.float32)
                kept[picture] = to_logits(probabilities, label_space)[0] * temperatures
    return kept


def _encoded_logits(judgements: _Judgements, encoder: Encoder) -> dict[str, FloatArray]:
    """Returns the logits of the pictures that are still where they were, `(labels,)` each."""
    paths = {p: path for p, found in judgements.items() if (path := find_picture(found))}
    pictures = encode_pictures(encoder, [*paths.values()], description="encoding judged pictures")
    return {
        picture: encoded.logits
        for picture, encoded in zip(paths, pictures, strict=True)
        if encoded.logits is not None
    }
