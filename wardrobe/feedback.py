"""Feedback: people's judgements of tags and results, kept in SQLite."""

import json
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from wardrobe.errors import FeedbackError

STORE = "feedback.sqlite"
"""Name of the store in the state folder."""

VERSION = 1
_APPLICATION = 0x77647266  # "wdrf": tells the store from any other SQLite file
_BUSY_S = 10.0
_TABLE = """
CREATE TABLE feedback (
    number INTEGER PRIMARY KEY,
    time TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('tag', 'result')),
    verdict TEXT NOT NULL CHECK (verdict IN ('accept', 'reject')),
    item_id TEXT NOT NULL,
    image_path TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    key_id TEXT,
    attribute TEXT,
    label TEXT,
    probability REAL,
    probabilities BLOB,
    query TEXT,
    CHECK ((kind = 'tag') = (attribute IS NOT NULL AND label IS NOT NULL)),
    CHECK ((kind = 'result') = (query IS NOT NULL))
) STRICT
"""
_INDEX = "CREATE INDEX judged_tags ON feedback (sha256, attribute, label) WHERE kind = 'tag'"
_SHARED = ("item_id", "image_path", "sha256", "accepted", "fingerprint", "key_id", "time")
_READ_SHARED = "item_id, image_path, sha256, verdict = 'accept', fingerprint, key_id, time"
_TENTHOUSANDTHS = np.dtype("<u2")


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """What somebody thinks of an item.

    Attributes:
        image_path: absolute path of the picture judged.
        sha256: of the picture's bytes.
        fingerprint: of the encoder that served.
        key_id: whose API key it came with, if any.
        time: ISO 8601, UTC.
    """

    item_id: str
    image_path: Path
    sha256: str
    accepted: bool
    fingerprint: str
    key_id: str | None = None
    time: str = field(default_factory=_now)


@dataclass(frozen=True, kw_only=True, eq=False)
class TagJudgement(Judgement):
    """Whether a label is right for a picture.

    Attributes:
        probability: of the label at the time, if it was at hand.
        probabilities: of all labels of the encoder's label space at the time, in ten-thousandths,
            uint16 `(labels,)`; None where they were not at hand.
    """

    attribute: str
    label: str
    probability: float | None = None
    probabilities: npt.NDArray[np.uint16] | None = None

    @property
    def name(self) -> str:
        """The tag as `attribute=label`."""
        return f"{self.attribute}={self.label}"


@dataclass(frozen=True, kw_only=True)
class ResultJudgement(Judgement):
    """Whether an item answers a query, which is kept as it was sent to /search."""

    query: Mapping[str, Any]


class FeedbackStore:
    """Every judgement ever given, in order; safe to use from several threads and processes.

    Nothing is changed or removed. What was added is on disk when the call returns.
    """

    def __init__(self, path: Path) -> None:
        """Opens nothing yet: the first judgement makes the file."""
        self._path = path
        self._lock = threading.Lock()
        self._writer: sqlite3.Connection | None = None

    def add_tag(self, judgement: TagJudgement) -> int:
        """Keeps a judgement and returns its number.

        Raises:
            FeedbackError: the file cannot be used, or is a newer version's.
        """
        row = judgement.probabilities
        return self._add(
            "tag",
            judgement,
            attribute=judgement.attribute,
            label=judgement.label,
            probability=judgement.probability,
            probabilities=None if row is None else row.astype(_TENTHOUSANDTHS).tobytes(),
        )

    def add_result(self, judgement: ResultJudgement) -> int:
        """Keeps a judgement and returns its number.

        Raises:
            FeedbackError: the file cannot be used, or is a newer version's.
        """
        return self._add("result", judgement, query=json.dumps(judgement.query))

    def latest_tags(self) -> Iterator[TagJudgement]:
        """Yields the last judgement of each tag of each picture, whoever gave it, in order.

        Raises:
            FeedbackError: there is no file, it cannot be used, or it is a newer version's.
        """
        rows = self._read(
            f"SELECT {_READ_SHARED}, attribute, label, probability, probabilities FROM feedback "
            "WHERE number IN (SELECT max(number) FROM feedback WHERE kind = 'tag' "
            "GROUP BY sha256, attribute, label) ORDER BY number"
        )
        for *shared, attribute, label, probability, blob in rows:
            yield TagJudgement(
                attribute=attribute,
                label=label,
                probability=probability,
                probabilities=None if blob is None else np.frombuffer(blob, _TENTHOUSANDTHS),
                **_shared(shared),
            )

    def results(self) -> Iterator[ResultJudgement]:
        """Yields all judgements of results, in order.

        Raises:
            FeedbackError: there is no file, it cannot be used, or it is a newer version's.
        """
        rows = self._read(
            f"SELECT {_READ_SHARED}, query FROM feedback WHERE kind = 'result' ORDER BY number"
        )
        for *shared, query in rows:
            yield ResultJudgement(query=json.loads(query), **_shared(shared))

    def count(self) -> int:
        """Returns how many judgements there are, also those that later ones replace.

        Raises:
            FeedbackError: there is no file, it cannot be used, or it is a newer version's.
        """
        ((count,),) = self._read("SELECT count(*) FROM feedback")
        return int(count)

    def close(self) -> None:
        """Closes the file."""
        with self._lock:
            if self._writer is not None:
                self._writer.close()
                self._writer = None

    def _add(self, kind: str, judgement: Judgement, **own: Any) -> int:
        values = {
            "kind": kind,
            "verdict": "accept" if judgement.accepted else "reject",
            "item_id": judgement.item_id,
            "image_path": str(judgement.image_path),
            "sha256": judgement.sha256,
            "fingerprint": judgement.fingerprint,
            "key_id": judgement.key_id,
            "time": judgement.time,
            **own,
        }
        places = ", ".join("?" * len(values))
        statement = f"INSERT INTO feedback ({', '.join(values)}) VALUES ({places})"
        with self._lock, self._errors():
            if self._writer is None:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                self._writer = self._connect()
            number = self._writer.execute(statement, [*values.values()]).lastrowid
        assert number is not None
        return number

    def _read(self, statement: str) -> Iterator[Any]:
        """Yields rows by a connection of its own, which sees the file as it is now."""
        if not self._path.is_file():
            raise FeedbackError(
                f"there is no feedback in {self._path}; the server makes that file, in its folder "
                "STATE, at the first POST /feedback"
            )
        with self._errors(), closing(self._connect()) as connection:
            yield from connection.execute(statement)

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False
        )
        try:
            self._prepare(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        """Makes the table in an empty file, and refuses what is no store of this version."""
        connection.execute("PRAGMA synchronous = FULL")  # in WAL mode: synced at every commit
        if _pragma(connection, "user_version") != VERSION:
            connection.execute("BEGIN IMMEDIATE")  # of processes that start together, one makes it
            ((tables,),) = connection.execute("SELECT count(*) FROM sqlite_schema")
            if not tables:
                connection.execute(_TABLE)
                connection.execute(_INDEX)
                connection.execute(f"PRAGMA application_id = {_APPLICATION}")
                connection.execute(f"PRAGMA user_version = {VERSION}")
            connection.execute("COMMIT")
        if _pragma(connection, "application_id") != _APPLICATION:
            raise FeedbackError(f"{self._path} is an SQLite file, but holds no feedback")
        version = _pragma(connection, "user_version")
        if version != VERSION:
            raise FeedbackError(
                f"{self._path} has version {version}, this Wardrobe reads {VERSION}; "
                "update Wardrobe, or name another file"
            )
        connection.execute("PRAGMA journal_mode = WAL")

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise FeedbackError(f"cannot use the feedback in {self._path}: {error}") from error


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    ((value,),) = connection.execute(f"PRAGMA {name}")
    return int(value)


def _shared(values: Sequence[Any]) -> dict[str, Any]:
    found = dict(zip(_SHARED, values, strict=True))
    return found | {"image_path": Path(found["image_path"]), "accepted": bool(found["accepted"])}
