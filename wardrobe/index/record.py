"""`index.json`: what an index folder was made of, and whether it is whole."""

import json
from collections.abc import Callable
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from wardrobe.encoders.base import Encoder
from wardrobe.errors import IndexFolderError
from wardrobe.files import sha256_of
from wardrobe.index.vector_index import Kind

RECORD, VECTORS, CATALOGUE, ERRORS = (
    "index.json",
    "vectors.faiss",
    "catalogue.sqlite",
    "errors.jsonl",
)
FORMAT, METRIC = 2, "cosine"


class IndexRecord(BaseModel):
    """The content of `index.json`.

    Attributes:
        fingerprint: of the encoder that made the vectors.
        encoder: its name.
        created: ISO 8601, UTC.
        vectors: name of the file of vectors.
        count: how many vectors it has.
        picture_root: folder that image paths in the catalogue are relative to.
        skipped: pictures that could not be read; `errors.jsonl` lists them.
        inputs: SHA-256 over everything the index was made from.
        command: the command that built it.
        checksums: SHA-256 of the file of vectors, by its name; the catalogue has its own.
    """

    model_config = ConfigDict(frozen=True)

    format: int = FORMAT
    fingerprint: str
    encoder: str
    dimension: int
    metric: str = METRIC
    kind: Kind
    vectors: str = VECTORS
    count: int
    skipped: int
    created: str
    picture_root: Path
    inputs: str
    command: str
    checksums: dict[str, str]


def read_record(folder: Path) -> IndexRecord:
    """Reads `index.json`.

    Raises:
        IndexFolderError: the folder or file is missing, unreadable or of another format version.
    """
    refuse = refusal(folder, f"python build_index.py SOURCE --out {folder}")
    if not folder.is_dir():
        raise refuse(f"there is no index folder {folder}")
    try:
        content = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        version = content.get("format") if isinstance(content, dict) else None
        if version != FORMAT:
            raise refuse(f"{folder / RECORD} has format {version!r}, this version reads {FORMAT}")
        return IndexRecord.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise refuse(f"{folder / RECORD} is damaged: {field}: {first['msg']}") from error
    except (OSError, ValueError) as error:
        raise refuse(f"cannot read {folder / RECORD}: {error}") from error


def verify(folder: Path, record: IndexRecord, encoder: Encoder) -> None:
    """Compares an index folder with its record, and the record with an encoder.

    Raises:
        IndexFolderError: the index is another encoder's, or a file is missing or damaged.
    """
    refuse = refusal(folder, record.command)
    if record.fingerprint != encoder.fingerprint:
        raise refuse(
            f"{folder} was built with encoder {record.encoder} "
            f"(fingerprint {record.fingerprint[:12]}…), but the loaded encoder is "
            f"{encoder.name} (fingerprint {encoder.fingerprint[:12]}…)"
        )
    if record.dimension != encoder.dimension:
        raise refuse(
            f"{folder} has vectors of dimension {record.dimension}, "
            f"but encoder {encoder.name} makes {encoder.dimension}"
        )
    if record.metric != METRIC:
        raise refuse(f"{folder} has metric {record.metric!r}, expected {METRIC!r}")
    name = record.vectors
    expected = record.checksums.get(name, "none")
    try:
        found = sha256_of(folder / name)
    except OSError as error:
        raise refuse(f"cannot read {folder / name}: {error.strerror}") from error
    if found != expected:
        raise refuse(
            f"{folder / name} is damaged: its SHA-256 is {found[:12]}…, "
            f"{RECORD} says {expected[:12]}…"
        )


def refusal(folder: Path, command: str) -> Callable[[str], IndexFolderError]:
    """Returns what makes the errors of a folder: the problem, then the command that mends it."""
    return lambda problem: IndexFolderError(f"{problem}; rebuild it: {command}", folder=str(folder))
