"""Artefacts: encoders and indexes in S3, under their fingerprint and a digest of their files."""

import hashlib
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError, field_validator

from wardrobe.cloud.bucket import Bucket
from wardrobe.encoders.checkpoint import MODEL_TYPE, read_config
from wardrobe.encoders.networks import carried_files
from wardrobe.errors import ArtefactError
from wardrobe.files import sha256_of
from wardrobe.index.record import CATALOGUE, ERRORS, RECORD, read_record
from wardrobe.index.schema import PICTURES

MANIFEST, ANNOUNCEMENT = "artefact.json", "current.json"

KINDS = ("encoders", "indexes")

Say = Callable[[str], None]
"""Hears of the progress, a line at a time."""

Model = TypeVar("Model", bound=BaseModel)


class File(BaseModel):
    """A file of an artefact; its path is relative, with `/`."""

    model_config = ConfigDict(frozen=True)

    path: str
    size: int
    sha256: str

    @field_validator("path")
    @classmethod
    def _stays_inside(cls, path: str) -> str:
        parts = PurePosixPath(path).parts
        if not parts or parts[0] == "/" or ".." in parts or "\0" in path:
            raise ValueError(f"{path!r} leads out of the artefact")
        return path


class Manifest(BaseModel):
    """What an artefact consists of: the content of `artefact.json`, which is written last."""

    model_config = ConfigDict(frozen=True)

    files: tuple[File, ...]

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)

    @property
    def digest(self) -> str:
        """SHA-256 over every path, size and checksum."""
        lines = sorted(f"{file.path} {file.size} {file.sha256}\n" for file in self.files)
        return hashlib.sha256("".join(lines).encode()).hexdigest()


@dataclass(frozen=True)
class Artefact:
    """A folder to be pushed.

    Attributes:
        key: `<kind>/<fingerprint>-<digest>`.
        paths: its files, by their paths in it.
    """

    key: str
    paths: Mapping[str, Path]
    manifest: Manifest


class Announcement(BaseModel):
    """What is to be served: the content of `current.json`.

    Attributes:
        encoder: its key, `encoders/<fingerprint>-<digest>`.
        index: its key, `indexes/<fingerprint of its encoder>-<digest>`.
    """

    model_config = ConfigDict(frozen=True)

    encoder: str
    index: str
    announced: AwareDatetime


class Artefacts:
    """The artefacts below an address in S3."""

    def __init__(self, address: str) -> None:
        self.bucket = Bucket(address)

    def manifest(self, key: str) -> Manifest:
        """Reads the manifest of an artefact.

        Raises:
            ArtefactError: it was never pushed whole, or its manifest is damaged.
        """
        address = self.bucket.address(f"{key}/{MANIFEST}")
        found = self.bucket.read(f"{key}/{MANIFEST}")
        if found is None:
            raise ArtefactError(
                f"there is no {address}: the artefact was never pushed, or not to its end; "
                "`wardrobe artefacts push` goes on where it ended"
            )
        manifest = _parse(Manifest, found[0], address)
        if not key.endswith(f"-{manifest.digest[:16]}"):
            raise ArtefactError(
                f"{address} is damaged: the digest of its files is {manifest.digest[:16]}…, which "
                "the name of the artefact does not end with; delete it and push again"
            )
        return manifest

    def announcement(self, *, unless: str | None = None) -> tuple[Announcement, str] | None:
        """Returns what is announced and its ETag; None if nothing is, or it still is `unless`."""
        found = self.bucket.read(ANNOUNCEMENT, unless=unless)
        if found is None:
            return None
        return _parse(Announcement, found[0], self.bucket.address(ANNOUNCEMENT)), found[1]

    def announce(self, encoder: str, index: str, *, was: str | None) -> str:
        """Says what is to be served, if what was said before still has this ETag.

        Returns:
            the ETag of what is said now.

        Raises:
            ArtefactError: one of them is not there, they do not belong together, or somebody
                else has announced meanwhile.
        """
        for key in (encoder, index):
            self.manifest(key)
        made_with, has = (key.rpartition("/")[2].rpartition("-")[0] for key in (index, encoder))
        if made_with != has:
            raise ArtefactError(
                f"{index} was built with an encoder of fingerprint {made_with[:12]}…, "
                f"{encoder} has {has[:12]}…; build the index with that encoder"
            )
        said = Announcement(encoder=encoder, index=index, announced=datetime.now(UTC))
        return self.bucket.write(ANNOUNCEMENT, said.model_dump_json(indent=2).encode(), was=was)

    def push(self, artefact: Artefact, say: Say) -> None:
        """Sends an artefact; what is there is not sent again."""
        key = artefact.key
        if self.bucket.read(f"{key}/{MANIFEST}"):
            say(f"{self.bucket.address(key)} is there already")
            return
        for file in artefact.manifest.files:
            where = f"{key}/{file.path}"
            if self.bucket.has(where, file.size, file.sha256):
                say(f"{self.bucket.address(where)} is there already")
                continue
            say(f"sending {file.path}, {megabytes(file.size)}, to {self.bucket.address(key)}")
            self.bucket.send(artefact.paths[file.path], where, file.sha256, lambda _: None)
        with suppress(ArtefactError):  # somebody else has sent the same meanwhile
            content = artefact.manifest.model_dump_json(indent=2).encode()
            self.bucket.write(f"{key}/{MANIFEST}", content)


def encoder_artefact(folder: Path, fingerprint: str, networks: Path) -> Artefact:
    """Returns a checkpoint folder as it is pushed.

    Args:
        fingerprint: of the encoder as it is loaded, which its zero-shot labels are part of.
        networks: folder that keeps the networks exported of checkpoints.

    Raises:
        CheckpointError: the folder is no checkpoint.
    """
    paths = _files_of(folder)
    if read_config(folder).get("model_type") == MODEL_TYPE:
        paths |= carried_files(folder, networks)
    return _artefact("encoders", fingerprint, paths)


@contextmanager
def index_artefact(folder: Path) -> Iterator[Artefact]:
    """Yields an index folder as it is pushed: one moment of it, as it may be written to meanwhile.

    Raises:
        IndexFolderError: the folder is no index.
    """
    with _copy_of(folder) as copy:
        yield _artefact("indexes", read_record(copy).fingerprint, _files_of(copy))


def _artefact(kind: str, fingerprint: str, paths: dict[str, Path]) -> Artefact:
    manifest = _manifest(paths)
    return Artefact(f"{kind}/{fingerprint}-{manifest.digest[:16]}", paths, manifest)


@contextmanager
def _copy_of(index: Path) -> Iterator[Path]:
    """Yields a copy of one moment of an index that may be written to meanwhile."""
    record = read_record(index)
    with tempfile.TemporaryDirectory(dir=index.parent, prefix=".push-", suffix=".tmp") as name:
        copy = Path(name)
        try:
            shutil.copy2(index / RECORD, copy)
            _link(index / record.vectors, copy / record.vectors)
            # Last of the two: a catalogue may be younger than the vectors, never older.
            with (
                closing(sqlite3.connect(index / CATALOGUE)) as source,
                closing(sqlite3.connect(copy / CATALOGUE)) as target,
            ):
                source.backup(target)
                target.execute("PRAGMA journal_mode=DELETE")  # nothing of it stays in a log beside
            if (index / ERRORS).exists():
                shutil.copy2(index / ERRORS, copy)
            if (index / PICTURES).is_dir():
                shutil.copytree(index / PICTURES, copy / PICTURES, copy_function=_link)
        except (OSError, shutil.Error, sqlite3.Error) as error:
            raise ArtefactError(
                f"cannot copy the index {index}: {error}; if it was compacted just now, try again"
            ) from error
        yield copy


def _link(source: str | Path, target: str | Path) -> None:
    """Links a file that is never written to again; copies it to another file system."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _files_of(folder: Path) -> dict[str, Path]:
    return {
        path.relative_to(folder).as_posix(): path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not any(p.startswith(".") for p in path.relative_to(folder).parts)
    }


def _manifest(paths: dict[str, Path]) -> Manifest:
    return Manifest(
        files=tuple(
            File(path=name, size=path.stat().st_size, sha256=sha256_of(path))
            for name, path in paths.items()
        )
    )


def megabytes(size: int) -> str:
    """Returns a number of bytes for people."""
    return f"{size / 1e6:.1f} MB"


def _parse(model: type[Model], data: bytes, address: str) -> Model:
    try:
        return model.model_validate_json(data)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise ArtefactError(
            f"{address} is damaged: {where}: {first['msg']}; delete it and push again"
        ) from error
