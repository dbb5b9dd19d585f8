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
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import numpy as np

from wardrobe.cataloguing import TEN_THOUSANDTHS, entries_of
from wardrobe.colours import dominant_colours
from wardrobe.command import command, positive_int
from wardrobe.encoders import Encoder, load_encoder
from wardrobe.encoding import EncodedPicture, encode_pictures
from wardrobe.errors import DatasetError, IndexFolderError
from wardrobe.files import sha256_of, write_json, write_text
from wardrobe.index import Index
from wardrobe.index.catalogue import Catalogue
from wardrobe.index.record import CATALOGUE, ERRORS, RECORD, VECTORS, IndexRecord
from wardrobe.index.replacement import (
    building_folder,
    check_replaceable,
    check_unwritten,
    recover_index,
    replace_index,
)
from wardrobe.index.shards import Encoded, Shard, Shards
from wardrobe.index.sources import Source, read_source
from wardrobe.index.vector_index import KINDS, Kind, VectorIndex, kind_for
from wardrobe.probabilities import from_logits
from wardrobe.settings import Settings, read_settings

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
    settings = read_settings()
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
        IndexFolderError: `out` is not an index folder, was written to since it was built, or
            another build of it is running.
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
                check_unwritten(out, source.origin)
                shards = Shards(building / "shards", encoder.fingerprint)
                _encode(encoder, source, shards, batch_size)
                if source.index is not None:  # it was written to meanwhile, and forgets in time
                    source = source.again()
                    _encode(encoder, source, shards, batch_size)
                encoded = shards.gather(source.keys)
                record = _write(encoder, source, encoded, building / "final", kind, command_line)
                replace_index(out, source.origin)
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
    same_kind = index.record.kind == (kind or kind_for(index.record.count))
    same_inputs = index.record.inputs == source.inputs_hash(encoder)
    return index.record if same_kind and same_inputs else None


def _encode(encoder: Encoder, source: Source, shards: Shards, batch_size: int) -> None:
    if source.fingerprint == encoder.fingerprint:
        shards.remember(_known(encoder, source))
    known = dict(zip(source.keys, (item.image_path for item in source.items), strict=True))
    left = {key: path for key, path in known.items() if key not in shards}
    if 0 < len(left) < len(known):
        _LOGGER.info("%d of %d pictures are encoded already", len(known) - len(left), len(known))
    pictures = encode_pictures(
        encoder, list(left.values()), batch_size=batch_size, description="encoding"
    )
    keys = iter(left)
    while block := list(islice(pictures, SHARD_SIZE)):
        shards.append(_shard(list(islice(keys, len(block))), block, encoder))


def _known(encoder: Encoder, source: Source) -> Shard:
    """Returns what this very encoder had made of the pictures of an index."""
    entries = source.entries
    kept = [entry.probabilities for entry in entries if entry.probabilities is not None]
    return Shard(
        source.keys,
        [""] * len(entries),
        np.stack([entry.vector for entry in entries]),
        (np.stack(kept) / TEN_THOUSANDTHS).astype(np.float32)
        if kept
        else np.empty((len(entries), 0), np.float32),
        np.stack([entry.colours for entry in entries]),
    )


def _shard(keys: Sequence[str], pictures: Sequence[EncodedPicture], encoder: Encoder) -> Shard:
    space = encoder.label_space
    vectors = [p.vector for p in pictures if p.vector is not None]
    logits = [p.logits for p in pictures if p.logits is not None]
    colours = [dominant_colours(p.pixels) for p in pictures if p.pixels is not None]
    return Shard(
        keys,
        [str(picture.error or "") for picture in pictures],
        np.stack(vectors) if vectors else np.empty((0, encoder.dimension), np.float32),
        from_logits(np.stack(logits), space)
        if logits and space
        else np.empty((len(vectors), 0), np.float32),
        np.stack(colours) if colours else np.empty((0, 3, 4), np.float32),
    )


def _write(
    encoder: Encoder,
    source: Source,
    encoded: Encoded,
    folder: Path,
    kind: Kind | None,
    command_line: str,
) -> IndexRecord:
    """Writes a whole index folder, `index.json` last."""
    outcomes = list(zip(source.items, encoded.errors, strict=True))
    failed = [*source.unusable, *((str(item.image_path), e) for item, e in outcomes if e)]
    vectors = encoded.vectors
    if not len(vectors):
        raise DatasetError(
            f"none of {len(failed)} pictures can be read; the first, {failed[0][0]}: {failed[0][1]}"
        )
    kind = kind or kind_for(len(vectors))
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    VectorIndex.build(vectors, kind).write(folder / VECTORS)
    items = [source.moved(item, folder) for item, error in outcomes if not error]
    probabilities = encoded.probabilities if encoder.label_space else None
    entries = entries_of(encoder, items, vectors, probabilities, encoded.colours)
    Catalogue.create(folder / CATALOGUE, entries, source.picture_root, origin=source.origin)
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
        checksums={VECTORS: sha256_of(folder / VECTORS)},
    )
    write_json(folder / RECORD, record.model_dump(mode="json"))
    return record


def _parse(argv: Sequence[str], settings: Settings, program: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog=program,
        description="Encode and tag pictures and write the index folder that the server searches. "
        "Run again after an interruption, it goes on; with nothing changed, it does nothing.",
        epilog=f"example:\n  {program} multi_label_dataset/demo --split train --out indexes/train",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "source",
        type=Path,
        help="folder of pictures, dataset root with manifest.csv, or index folder",
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
