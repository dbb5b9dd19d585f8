"""Pictures → index folder: encode in shards, tag, write aside, take the old index's place."""

import argparse
import fcntl
import json
import logging
import os
import shlex
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from itertools import chain, islice
from pathlib import Path

import numpy as np

from wardrobe.command import command, positive_int
from wardrobe.encoders import Encoder, load_encoder
from wardrobe.encoding import EncodedPicture, encode_pictures
from wardrobe.errors import DatasetError, IndexFolderError
from wardrobe.files import sha256_of, write_json, write_text
from wardrobe.index import CatalogueItem, Index
from wardrobe.index.catalogue import Catalogue
from wardrobe.index.folder import (
    building_folder,
    check_replaceable,
    recover_index,
    replace_index,
)
from wardrobe.index.record import CATALOGUE, ERRORS, RECORD, VECTORS, IndexRecord
from wardrobe.index.shards import Shard, Shards
from wardrobe.index.sources import Source, read_source
from wardrobe.index.vector_index import KINDS, Kind, VectorIndex, kind_for
from wardrobe.settings import Settings
from wardrobe.tagger import Tagger, Tags

# A multiple of the default batch size: a build that goes on makes the same batches.
SHARD_SIZE = 512

_LOGGER = logging.getLogger(__name__)


@command
def main(argv: Sequence[str] | None) -> None:
    """Runs build_index.py."""
    run(sys.argv[1:] if argv is None else argv, "python build_index.py")


def run(argv: Sequence[str], program: str) -> None:
    """Builds what a command line asks for.

    Args:
        program: what the command line begins with, for messages.
    """
    settings = Settings()
    arguments = _parse(argv, settings, program)
    logging.basicConfig(format="%(message)s")
    logging.getLogger("wardrobe").setLevel(logging.INFO)
    source = read_source(arguments.source, arguments.split)
    encoder = load_encoder(
        arguments.encoder,
        precision=settings.precision,
        compute_threads=settings.compute_threads,
        labels=settings.labels,
        networks=settings.networks,
    )
    record, built = build_index(
        encoder,
        source,
        arguments.out,
        kind=None if arguments.kind == "auto" else arguments.kind,
        batch_size=arguments.batch_size,
        command_line=f"{program} {shlex.join(argv)}",
    )
    skipped = f", {record.skipped} skipped (see {arguments.out / ERRORS})" if record.skipped else ""
    sys.stdout.write(
        f"{arguments.out} {'is built' if built else 'is up to date'}: {record.count} items"
        f"{skipped}, {record.kind}, dimension {record.dimension}, encoder {record.encoder}\n"
    )


def build_index(
    encoder: Encoder,
    source: Source,
    out: Path,
    *,
    kind: Kind | None = None,
    batch_size: int = 32,
    command_line: str = "python build_index.py SOURCE",
) -> tuple[IndexRecord, bool]:
    """Builds an index folder, unless the one that is there was built from the same.

    The index that is there serves until the new one is complete. A build that was killed goes on
    after the last full shard.

    Args:
        kind: None chooses by the number of items.
        command_line: what to run to build it again, for messages.

    Returns:
        The content of `index.json`, and whether anything was built.

    Raises:
        DatasetError: no picture can be read.
        IndexFolderError: `out` is not an index folder, or another build of it is running.
        BadRequestError: too few pictures for this kind.
    """
    check_replaceable(out)
    building = building_folder(out)
    try:
        with _only_builder(building):
            recover_index(out)
            record = _up_to_date(encoder, source, out, kind)
            built = record is None
            if record is None:
                shards = Shards(building / "shards", source.pictures_hash(encoder))
                _encode(encoder, source.items, shards, batch_size)
                record = _write(
                    encoder, source, shards.shards, building / "final", kind, command_line
                )
                replace_index(out)
            shutil.rmtree(building)
    except OSError as error:
        raise IndexFolderError(
            f"cannot build {out}: {error}; the next run goes on with what is in {building}"
        ) from error
    return record, built


@contextmanager
def _only_builder(building: Path) -> Iterator[None]:
    """Holds a lock that the system drops when the process dies, however it dies."""
    building.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(building, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise IndexFolderError(
                f"another build_index.py is working in {building}; wait until it is done"
            ) from error
        yield
    finally:
        os.close(descriptor)


def _up_to_date(
    encoder: Encoder, source: Source, out: Path, kind: Kind | None
) -> IndexRecord | None:
    try:
        index = Index.open(out, encoder)
    except IndexFolderError:
        return None
    index.close()
    same_kind = index.record.kind == (kind or kind_for(index.count))
    same_inputs = index.record.inputs == source.inputs_hash(encoder)
    return index.record if same_kind and same_inputs else None


def _encode(
    encoder: Encoder, items: Sequence[CatalogueItem], shards: Shards, batch_size: int
) -> None:
    if shards.pictures:
        _LOGGER.info("%d of %d pictures are encoded already", shards.pictures, len(items))
    pictures = encode_pictures(
        encoder,
        [item.image_path for item in items[shards.pictures :]],
        batch_size=batch_size,
        description="encoding",
    )
    while block := list(islice(pictures, SHARD_SIZE)):
        shards.append(_shard(block, encoder.dimension))


def _shard(pictures: Sequence[EncodedPicture], dimension: int) -> Shard:
    vectors = [p.vector for p in pictures if p.vector is not None]
    logits = [p.logits for p in pictures if p.logits is not None]
    return Shard(
        [str(picture.error or "") for picture in pictures],
        np.stack(vectors) if vectors else np.empty((0, dimension), np.float32),
        np.stack(logits) if logits else np.empty((len(vectors), 0), np.float32),
    )


def _write(
    encoder: Encoder,
    source: Source,
    shards: Sequence[Shard],
    folder: Path,
    kind: Kind | None,
    command_line: str,
) -> IndexRecord:
    """Writes a whole index folder, `index.json` last."""
    errors = list(chain.from_iterable(shard.errors for shard in shards))
    failed = [
        *source.unusable,
        *((str(i.image_path), e) for i, e in zip(source.items, errors, strict=True) if e),
    ]
    vectors = np.concatenate([shard.vectors for shard in shards])
    if not len(vectors):
        raise DatasetError(
            f"none of {len(failed)} pictures can be read; the first, {failed[0][0]}: {failed[0][1]}"
        )
    kind = kind or kind_for(len(vectors))
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    VectorIndex.build(vectors, kind).write(folder / VECTORS)
    Catalogue.write(folder / CATALOGUE, _tagged(encoder, source.items, shards), source.picture_root)
    lines = (json.dumps({"path": path, "error": error}) + "\n" for path, error in failed)
    write_text(folder / ERRORS, "".join(lines))
    record = IndexRecord(
        fingerprint=encoder.fingerprint,
        encoder=encoder.name,
        dimension=encoder.dimension,
        kind=kind,
        count=len(vectors),
        skipped=len(failed),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        picture_root=source.picture_root,
        inputs=source.inputs_hash(encoder),
        command=command_line,
        checksums={name: sha256_of(folder / name) for name in (VECTORS, CATALOGUE)},
    )
    write_json(folder / RECORD, record.model_dump(mode="json"))
    return record


def _tagged(
    encoder: Encoder, items: Sequence[CatalogueItem], shards: Sequence[Shard]
) -> Iterator[CatalogueItem]:
    """Yields the items that were encoded, with their tags."""
    remaining = iter(items)
    for shard in shards:
        covered = islice(remaining, len(shard.errors))
        encoded = [item for item, error in zip(covered, shard.errors, strict=True) if not error]
        if encoder.label_space is None or encoder.thresholds is None:
            yield from encoded
            continue
        order = encoder.label_space.most_specific_first
        tags = Tagger(encoder.label_space, encoder.thresholds).tag(shard.logits)
        for item, found in zip(encoded, tags, strict=True):
            yield replace(item, tags=_selected(found, order))


def _selected(tags: Tags, order: Sequence[str]) -> dict[str, dict[str, float]]:
    """Returns the selected labels and their probabilities, without attributes that have none."""
    selected = {
        name: {tag.label: round(tag.probability, 6) for tag in tags[name] if tag.selected}
        for name in order
    }
    return {name: labels for name, labels in selected.items() if labels}


def _parse(argv: Sequence[str], settings: Settings, program: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog=program,
        description="Encode and tag pictures and write the index folder that the server searches. "
        "Run again after an interruption, it goes on; with nothing changed, it does nothing.",
        epilog=f"example:\n  {program} multi_label_dataset/fashion --split train "
        "--out indexes/fashion",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "source", type=Path, help="folder of pictures, or dataset root with manifest.csv"
    )
    parser.add_argument(
        "--encoder", default=settings.encoder, help="folder or hub id (default: %(default)s)"
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=settings.index,
        help="index folder to write or replace (default: %(default)s)",
    )
    parser.add_argument(
        "--kind",
        choices=("auto", *KINDS),
        default="auto",
        help="auto: flat to 50,000 items, hnsw to 3 million, ivfpq beyond (default: %(default)s)",
    )
    parser.add_argument(
        "--split", nargs="+", default=[], help="only these splits of the manifest (default: all)"
    )
    parser.add_argument("--batch-size", type=positive_int, default=32, help="default: %(default)s")
    return parser.parse_args(argv)
