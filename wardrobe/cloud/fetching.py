"""Artefacts from S3 into a folder: whole and verified, or not there at all."""

import fcntl
import os
import shutil
import threading
import time
from collections.abc import Iterator, Set
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from wardrobe.cloud.artefacts import KINDS, Artefacts, File, Manifest, Say, megabytes
from wardrobe.cloud.bucket import CutShortError
from wardrobe.errors import ArtefactError
from wardrobe.files import fsync_directory, sha256_of

_PART = ".part"
_ATTEMPTS = 5
"""How often a body may end too early, without one more byte, before a fetch fails."""

_FILES_AT_ONCE = 8
_SAY_EVERY_S = 2.0
_SPARE_BYTES = 64 * 2**20
"""What the disk must have beyond an artefact: SQLite and logs need some."""


class Fetcher:
    """Fetches artefacts into a folder, one at a time in all processes that share it."""

    def __init__(self, artefacts: Artefacts, folder: Path) -> None:
        self._artefacts = artefacts
        self._folder = folder

    def place(self, key: str) -> Path:
        """Returns the folder that an artefact is in once it is fetched."""
        return self._folder / key

    def fetch(self, key: str, say: Say) -> Path:
        """Returns the folder of an artefact, fetched unless it is there.

        Raises:
            ArtefactError: it is damaged or incomplete, or there is no place for it.
            CloudError: AWS refuses, or does not answer.
        """
        place = self.place(key)
        with self._alone():
            if place.is_dir():
                return place
            manifest = self._artefacts.manifest(key)
            aside = place.with_name(f".{place.name}{_PART}")
            aside.mkdir(parents=True, exist_ok=True)
            self._check_space(manifest, aside, key)
            progress = _Progress(f"fetching {self._artefacts.bucket.address(key)}", manifest, say)
            with ThreadPoolExecutor(_FILES_AT_ONCE, "fetching") as pool:
                futures = [
                    pool.submit(self._fetch_file, key, file, aside, progress)
                    for file in manifest.files
                ]
                try:
                    for future in futures:
                        future.result()
                except BaseException:
                    pool.shutdown(cancel_futures=True)
                    raise
            for folder in (*(p for p in aside.rglob("*") if p.is_dir()), aside):
                fsync_directory(folder)
            aside.rename(place)
            fsync_directory(place.parent)
            return place

    def tidy(self, keep: Set[Path]) -> None:
        """Removes what was fetched before, and what was half fetched, but what is to be kept."""
        kept = {path.absolute() for path in keep}
        kept |= {path.with_name(f".{path.name}{_PART}") for path in kept}
        with self._alone():
            for kind in KINDS:
                for path in (self._folder / kind).glob("*"):
                    if path.absolute() not in kept:
                        shutil.rmtree(path, ignore_errors=True)

    def _fetch_file(self, key: str, file: File, aside: Path, progress: "_Progress") -> None:
        path = aside / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        resumed = path.exists() and path.stat().st_size <= file.size
        if not resumed:
            path.unlink(missing_ok=True)
        self._download(key, file, path, progress)
        if resumed and sha256_of(path) != file.sha256:  # what was there may be at fault
            progress.add(-path.stat().st_size)
            path.unlink()
            self._download(key, file, path, progress)
        found = sha256_of(path)
        if found != file.sha256:
            path.unlink()
            address = self._artefacts.bucket.address(f"{key}/{file.path}")
            raise ArtefactError(
                f"{address} is damaged: its SHA-256 is {found[:12]}…, the manifest says "
                f"{file.sha256[:12]}…; delete the artefact {self._artefacts.bucket.address(key)} "
                "and push it again"
            )

    def _download(self, key: str, file: File, path: Path, progress: "_Progress") -> None:
        """Appends to a file what is missing of it, however often the body ends too early."""
        etag, reason, attempts = None, "it ended too early", 0
        with path.open("ab") as handle:
            progress.add(handle.tell())
            while (start := handle.tell()) < file.size:
                try:
                    etag, chunks = self._artefacts.bucket.stream(f"{key}/{file.path}", start, etag)
                    for chunk in chunks:
                        handle.write(chunk[: file.size - handle.tell()])
                        progress.add(len(chunk))
                except CutShortError as error:
                    reason = str(error)
                attempts = attempts + 1 if handle.tell() == start else 0
                if attempts == _ATTEMPTS:
                    address = self._artefacts.bucket.address(f"{key}/{file.path}")
                    raise ArtefactError(
                        f"{address} came only in part, {start} of {file.size} bytes, in {_ATTEMPTS}"
                        f" attempts: {reason}; what came is kept, and the next attempt goes on "
                        "from there. Look at the network, and whether the object has this size",
                        partial=True,
                    )
                time.sleep(0.1 * 2**attempts if attempts else 0)
            handle.flush()
            os.fsync(handle.fileno())

    def _check_space(self, manifest: Manifest, aside: Path, key: str) -> None:
        there = sum(path.stat().st_size for path in aside.rglob("*") if path.is_file())
        needed = manifest.size - there + _SPARE_BYTES
        free = shutil.disk_usage(aside).free
        if free < needed:
            raise ArtefactError(
                f"{self._folder} has {megabytes(free)} free, but "
                f"{self._artefacts.bucket.address(key)} needs {megabytes(needed)}; make room, name "
                "another ARTEFACTS_FOLDER, or give the task more ephemeral storage"
            )

    @contextmanager
    def _alone(self) -> Iterator[None]:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            handle = (self._folder / "fetch.lock").open("wb")
        except OSError as error:
            raise ArtefactError(
                f"cannot write to {self._folder}: {error.strerror}; ARTEFACTS_FOLDER must name a "
                "folder that the server may write to"
            ) from error
        with handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            try:
                yield
            except OSError as error:
                raise ArtefactError(
                    f"cannot write to {self._folder}: {error}; look at the disk that "
                    "ARTEFACTS_FOLDER is on"
                ) from error


class _Progress:
    """Says how far a fetch is, now and then."""

    def __init__(self, what: str, manifest: Manifest, say: Say) -> None:
        self._what, self._total, self._say = what, manifest.size, say
        self._done, self._said = 0, 0.0
        self._lock = threading.Lock()

    def add(self, count: int) -> None:
        with self._lock:
            self._done += count
            now = time.monotonic()
            if now - self._said > _SAY_EVERY_S:
                self._said = now
                self._say(f"{self._what}: {self._done / 1e6:.1f} of {megabytes(self._total)}")
