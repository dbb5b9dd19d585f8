"""Pictures → a file of tags, one line a picture, and a file of vectors."""

import argparse
import csv
import glob
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from wardrobe.command import command, positive_int
from wardrobe.encoders import Encoder, load_encoder
from wardrobe.encoding import encode_pictures
from wardrobe.errors import BadRequestError, DatasetError, UnsupportedQueryError, WardrobeError
from wardrobe.explanation import MAX_TAGS, save_overlays, tags_to_explain
from wardrobe.files import atomic_write
from wardrobe.images import find_pictures
from wardrobe.importers.tables import read_rows
from wardrobe.labels import SEPARATOR, LabelSpace
from wardrobe.settings import Settings, read_settings
from wardrobe.tagger import Tagger, Tags

WriteLine = Callable[[Path, Tags | WardrobeError], None]
_PATH_COLUMNS = ("image_path", "path")


@command
def main(argv: Sequence[str] | None) -> None:
    """Runs predict_vit_multilabel.py."""
    settings = read_settings()
    arguments = _parse(argv, settings)
    paths = find_inputs(arguments.pictures)
    encoder = load_encoder(
        arguments.checkpoint,
        precision=settings.precision,
        compute_threads=settings.compute_threads,
        labels=settings.labels,
        networks=settings.networks,
    )
    failed = predict(
        encoder,
        paths,
        arguments.out,
        embeddings=arguments.embeddings,
        table=arguments.format == "csv",
        explain=arguments.explain,
        batch_size=arguments.batch_size,
    )
    if arguments.explain is not None:
        sys.stderr.write(f"what each selected tag looked at is in {arguments.explain}/\n")
    if failed:
        sys.stderr.write(f"{failed} of {len(paths)} pictures failed; their lines say why\n")


def predict(
    encoder: Encoder,
    paths: Sequence[Path],
    out: Path | None,
    *,
    embeddings: Path | None = None,
    table: bool = False,
    explain: Path | None = None,
    batch_size: int = 32,
) -> int:
    """Writes one line a picture, in input order, and returns how many pictures failed.

    An encoder without tag heads gives empty tags.

    Args:
        out: JSON lines, or CSV with `table`; None is standard output.
        embeddings: `.npy` of vectors `(pictures, dimension)`, nan for a picture that failed.
        explain: folder for overlays of what the selected tags of each picture looked at.

    Raises:
        UnsupportedQueryError: tags are to be explained that the encoder has not or cannot explain.
    """
    if explain is not None:
        if encoder.label_space is None:
            raise UnsupportedQueryError(f"the encoder {encoder.name} has no tags to explain")
        explain.mkdir(parents=True, exist_ok=True)
    label_space = encoder.label_space or LabelSpace(())
    nothing = np.zeros(0, np.float32)
    tagger = Tagger(label_space, nothing if encoder.thresholds is None else encoder.thresholds)
    vectors = np.full((len(paths), encoder.dimension), np.nan, np.float32)
    failed = 0
    with open_output(out) as handle:
        write = _csv_writer(handle, label_space) if table else _json_writer(handle)
        pictures = encode_pictures(encoder, paths, batch_size=batch_size, description="predicting")
        for row, picture in enumerate(pictures):
            if picture.error is not None:
                failed += 1
                write(picture.path, picture.error)
                continue
            vectors[row] = picture.vector
            logits = nothing if picture.logits is None else picture.logits
            tags = tagger.tag(logits[None])[0]
            write(picture.path, tags)
            chosen = tags_to_explain(tags, label_space)
            if explain is not None and chosen:
                stem = explain / f"{row + 1:04d}-{picture.path.stem}"
                save_overlays(encoder, picture.path, chosen, stem)
        if embeddings is not None:
            embeddings.parent.mkdir(parents=True, exist_ok=True)
            with atomic_write(embeddings) as aside, aside.open("wb") as binary:
                np.save(binary, vectors)
    return failed


def find_inputs(given: Sequence[str]) -> list[Path]:
    """Returns the pictures that the words of a command line mean, in order.

    A folder means its pictures, sorted; a CSV the paths in its `image_path` or `path` column,
    relative to the CSV; a pattern its matches, sorted; anything else is a picture.

    Raises:
        BadRequestError: a pattern matches nothing, or a folder or CSV has no pictures.
        DatasetError: a CSV cannot be read or has no such column.
    """
    paths: list[Path] = []
    for word in given:
        path = Path(word)
        if path.is_dir():
            found = list(find_pictures(path))
        elif path.suffix.lower() == ".csv":
            found = _paths_in_csv(path)
        elif glob.has_magic(word) and not path.exists():
            found = [Path(match) for match in sorted(glob.glob(word, recursive=True))]
        else:
            found = [path]
        if not found:
            raise BadRequestError(f"no picture in {word!r}; name a picture, folder, CSV or pattern")
        paths.extend(found)
    return paths


def tags_to_json(tags: Tags) -> dict[str, list[dict[str, Any]]]:
    """Returns the `tags` of a line of JSON."""
    return {attribute: [asdict(tag) for tag in found] for attribute, found in tags.items()}


@contextmanager
def open_output(path: Path | None) -> Iterator[TextIO]:
    """Yields a file that replaces `path` once all is written, or standard output."""
    if path is None:
        yield sys.stdout
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(path) as aside, aside.open("w", newline="", encoding="utf-8") as handle:
        yield handle


def _paths_in_csv(path: Path) -> list[Path]:
    rows = read_rows(path, ())
    column = next((name for name in _PATH_COLUMNS if rows and name in rows[0]), None)
    if rows and column is None:
        raise DatasetError(f"{path} has no column image_path or path; its columns are {[*rows[0]]}")
    return [path.parent / row[column] for row in rows if column]


def _json_writer(handle: TextIO) -> WriteLine:
    def write(path: Path, result: Tags | WardrobeError) -> None:
        line: dict[str, Any] = {"path": str(path)}
        if isinstance(result, WardrobeError):
            error = {"code": result.code, "message": result.message, "detail": result.detail}
            line["error"] = error
        else:
            line["tags"] = tags_to_json(result)
        handle.write(json.dumps(line, ensure_ascii=False) + "\n")

    return write


def _csv_writer(handle: TextIO, label_space: LabelSpace) -> WriteLine:
    attributes = [attribute.name for attribute in label_space.attributes]
    writer = csv.DictWriter(handle, ["path", "error", *attributes, *label_space.names])
    writer.writeheader()

    def write(path: Path, result: Tags | WardrobeError) -> None:
        row: dict[str, Any] = {"path": path}
        if isinstance(result, WardrobeError):
            row["error"] = result.message
        else:
            for attribute, tags in result.items():
                row[attribute] = SEPARATOR.join(tag.label for tag in tags if tag.selected)
                row |= {f"{attribute}={tag.label}": tag.probability for tag in tags}
        writer.writerow(row)

    return write


def _parse(argv: Sequence[str] | None, settings: Settings) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="predict_vit_multilabel.py",
        description="Tag pictures: one line a picture, in input order.",
        epilog="example:\n  python predict_vit_multilabel.py photos/ more/*.jpg "
        "--out preds.jsonl --embeddings vectors.npy",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "pictures",
        nargs="+",
        help="pictures; folders (their pictures, sorted); quoted patterns; "
        "CSVs with an image_path or path column, relative to the CSV",
    )
    parser.add_argument(
        "--checkpoint", default=settings.encoder, help="folder or hub id (default: %(default)s)"
    )
    parser.add_argument("--out", type=Path, help="file to replace (default: standard output)")
    parser.add_argument(
        "--format",
        choices=("jsonl", "csv"),
        default="jsonl",
        help="jsonl: every label with probability, threshold and selected; csv: a column an "
        "attribute (selected labels) and a column a label (probability) (default: %(default)s)",
    )
    parser.add_argument(
        "--embeddings",
        type=Path,
        metavar="NPY",
        help="also write the vectors, float32 (pictures, dimension), a row a line; "
        "the row of a picture that failed is nan",
    )
    parser.add_argument(
        "--explain",
        type=Path,
        metavar="FOLDER",
        help="also write what each selected tag looked at, "
        f"the {MAX_TAGS} most probable tags of a picture at most: the picture beside itself under "
        "a heatmap, named line-picture-attribute=label.jpg",
    )
    parser.add_argument("--batch-size", type=positive_int, default=32, help="default: %(default)s")
    return parser.parse_args(argv)
