"""Checks of what a server loads: the encoder and its index."""

import random
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from wardrobe.encoders import Encoder, load_encoder
from wardrobe.encoders.checkpoint import CALIBRATION, MODEL_TYPE, THRESHOLDS, read_config
from wardrobe.encoders.networks import are_kept
from wardrobe.errors import IndexFolderError, WardrobeError
from wardrobe.index import Index
from wardrobe.index.catalogue import Catalogue
from wardrobe.index.record import CATALOGUE
from wardrobe.index.replacement import is_aside
from wardrobe.relevance import RELEVANCE
from wardrobe.serving.doctor.finding import Finding
from wardrobe.settings import Settings

_LEARNT_LATER = {
    THRESHOLDS: "optimize_thresholds.py",
    CALIBRATION: "optimize_thresholds.py",
    RELEVANCE: "calibrate_relevance.py",
}
"""Files of a checkpoint that training does not write, and what does."""

_SAMPLE = 200


def check_encoder(settings: Settings) -> tuple[Encoder | None, list[Finding]]:
    """Loads the encoder, as a server would."""
    findings = []
    folder = Path(settings.encoder)
    try:
        if _is_checkpoint(folder) and not are_kept(folder, settings.networks):
            findings.append(
                Finding(
                    "warning",
                    f"{settings.networks} had no networks of {folder}: the first start takes ten "
                    "seconds longer, or every start if it cannot be written to",
                    "they are exported now",
                )
            )
        encoder = load_encoder(
            settings.encoder,
            precision=settings.precision,
            compute_threads=settings.compute_threads,
            labels=settings.labels,
            networks=settings.networks,
        )
    except WardrobeError as error:
        return None, [
            Finding("failure", f"the encoder does not load: {error.message}", "set ENCODER")
        ]
    can = [
        "texts" if encoder.has_text else "no texts",
        "tags" if encoder.label_space is not None else "no tags",
    ]
    what = f"encoder {encoder.name} loads: {encoder.precision}, {' and '.join(can)}"
    return encoder, [*findings, Finding("ok", what)]


def check_tuning(settings: Settings) -> Finding:
    """Whether the checkpoint has what is learnt after training."""
    folder = Path(settings.encoder)
    if not _is_checkpoint(folder):
        return Finding("ok", f"{settings.encoder} is not a checkpoint of ours: nothing to tune")
    missing = [name for name in _LEARNT_LATER if not (folder / name).exists()]
    if missing:
        scripts = dict.fromkeys(_LEARNT_LATER[name] for name in missing)
        return Finding(
            "warning",
            f"{folder} has no {' and no '.join(missing)}: tags, probabilities or relevance are not "
            "tuned",
            f"run {' and '.join(scripts)}",
        )
    return Finding("ok", f"{folder} has thresholds, calibrated probabilities and relevance")


def check_index(settings: Settings, encoder: Encoder) -> tuple[Index | None, Finding]:
    """Opens the index, which reads it whole and compares its checksums and its encoder."""
    try:
        index = Index.open(settings.index, encoder)
    except WardrobeError as error:
        return None, Finding("failure", error.message)
    return index, Finding(
        "ok", f"{settings.index} is whole: {index.count} items, {index.record.kind}, this encoder's"
    )


def check_catalogue(settings: Settings) -> Finding:
    """Looks whether the catalogue is intact, which is all that cannot be built again."""
    path = settings.index / CATALOGUE
    try:
        with closing(Catalogue(path, settings.index)) as catalogue:
            catalogue.check()
    except IndexFolderError as error:
        return Finding(
            "failure", error.message, "restore it from a backup, or build the index again"
        )
    return Finding("ok", f"{path} is intact")


def check_living(index: Index) -> Iterator[Finding]:
    """Whether an open index can be written to, is fast, and has its pictures."""
    yield check_writes(index)
    yield check_compaction(index)
    yield check_pictures(index)


def check_writes(index: Index) -> Finding:
    """Whether items can be written, and to the right index."""
    if is_aside(index.folder):
        return Finding(
            "warning",
            "a build was killed as it replaced the index: the old one serves, and takes no writes",
            "run build_index.py again",
        )
    if not index.writable:
        return Finding(
            "warning",
            f"{index.folder} cannot be written to: its items can be found, but not changed",
            "chown it to the user that runs the server, or copy it to where that may write",
        )
    if index.succession.successor:
        return Finding(
            "warning",
            f"{index.succession.successor} has taken the place of {index.folder}; what was written "
            "since is only there",
            "serve that one, unless you went back on purpose",
        )
    return Finding("ok", f"{index.folder} can be written to")


def check_compaction(index: Index) -> Finding:
    """Whether searches are slowed down by what was written."""
    what = f"versions of items in the base: {index.record.count}, to be compacted: {index.burden}"
    if index.compaction_is_due:
        return Finding(
            "warning",
            f"{what}: searches get slower",
            "a server compacts by itself; where one runs, its log says why it cannot",
        )
    return Finding("ok", what)


def check_pictures(index: Index) -> Finding:
    """Looks for the picture files of some items."""
    snapshot = index.snapshot()
    alive = snapshot.rows[snapshot.alive].tolist()
    found = index.items(random.sample(alive, min(_SAMPLE, len(alive))))
    paths = [item.image_path for item in found.values()]
    gone = [path for path in paths if not path.is_file()]
    if not gone:
        return Finding("ok", f"the pictures of {len(paths)} items looked at are there")
    return Finding(
        "failure",
        f"the pictures of {len(gone)} of {len(paths)} items looked at are gone, such as {gone[0]}",
        "bring them back, or correct picture_root in index.json if they moved",
    )


def _is_checkpoint(folder: Path) -> bool:
    return folder.is_dir() and read_config(folder).get("model_type") == MODEL_TYPE
