"""API keys: who may read, write or administer; kept as hashes in `keys.json`."""

import fcntl
import hashlib
import hmac
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from wardrobe.errors import KeyFileError, UnknownKeyError
from wardrobe.files import atomic_write

Scope = Literal["read", "write", "admin"]
"""What a key may do; each includes those before it."""

SCOPES: tuple[Scope, ...] = get_args(Scope)

_FILE = "keys.json"
_PREFIX = "wdr"
_SECRET_BYTES = 32
_NOBODY = "0" * 64
"""Compared with when no key has the id, so that this takes as long as a wrong secret."""


class Key(BaseModel):
    """What is kept of an API key: all but the secret.

    Attributes:
        id: the part of the key that may be shown.
        sha256: of the whole key, in hexadecimal.
        rate: requests a second; None means no limit.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    name: str
    scope: Scope
    sha256: Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")]
    created: AwareDatetime
    expires: AwareDatetime | None = None
    rate: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None

    def allows(self, scope: Scope) -> bool:
        """Says whether the key may do what needs `scope`."""
        return SCOPES.index(self.scope) >= SCOPES.index(scope)


class _KeyFile(BaseModel):
    keys: list[Key]


class KeyStore:
    """The keys of a state folder; a change by any process counts from the next look."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / _FILE
        self._loaded: tuple[object, Mapping[str, Key]] = (None, {})

    def all(self) -> list[Key]:
        """Returns every key, the oldest first."""
        return list(self._by_id().values())

    def verify(self, given: str) -> Key:
        """Returns the key that a caller proves to have.

        Raises:
            UnknownKeyError: it is none, was revoked, or has expired.
            KeyFileError: the keys cannot be read.
        """
        prefix, id_, _ = (*given.split("_", 2), "", "")[:3]
        key = self._by_id().get(id_) if prefix == _PREFIX else None
        right = hmac.compare_digest(_sha256(given), key.sha256 if key else _NOBODY)
        if key is None or not right:
            raise UnknownKeyError("the API key is unknown: it is mistyped, or was revoked")
        if key.expires is not None and key.expires <= datetime.now(UTC):
            raise UnknownKeyError(f"API key {key.id} expired at {key.expires:%Y-%m-%d %H:%M} UTC")
        return key

    def create(
        self,
        name: str,
        scope: Scope,
        *,
        rate: float | None = None,
        expires_in: timedelta | None = None,
    ) -> tuple[Key, str]:
        """Adds a key; returns its record, and the key itself, which is nowhere else.

        Args:
            name: whose it is, for people.
            rate: requests a second; None means no limit.
            expires_in: how long it works; None means until it is revoked.

        Raises:
            KeyFileError: the keys cannot be read or written.
        """
        now = datetime.now(UTC).replace(microsecond=0)
        with self._changing() as keys:
            id_ = secrets.token_hex(4)
            while id_ in keys:
                id_ = secrets.token_hex(4)
            whole = f"{_PREFIX}_{id_}_{secrets.token_urlsafe(_SECRET_BYTES)}"
            keys[id_] = Key(
                id=id_,
                name=name,
                scope=scope,
                sha256=_sha256(whole),
                created=now,
                expires=None if expires_in is None else now + expires_in,
                rate=rate,
            )
        return keys[id_], whole

    def revoke(self, id_: str) -> Key:
        """Removes a key and returns its record.

        Raises:
            UnknownKeyError: no key has this id.
            KeyFileError: the keys cannot be read or written.
        """
        with self._changing() as keys:
            if id_ not in keys:
                raise UnknownKeyError(f"no key has the id {id_!r}; `wardrobe keys list` shows them")
            return keys.pop(id_)

    def begin_with(self, content: str) -> None:
        """Makes this the content of `keys.json` if there is none yet; an empty one changes nothing.

        Raises:
            KeyFileError: it is no such content, or it cannot be written.
        """
        if not content or self._path.exists():
            return
        try:
            given = _KeyFile.model_validate_json(content).keys
        except ValidationError as error:
            raise KeyFileError(
                f"KEYS_JSON is damaged: {_problem(error)}; it must be all of a keys.json, as "
                "`wardrobe keys create` writes it"
            ) from None  # the log has tracebacks, and this error what was given
        with self._changing() as keys:
            keys.update({key.id: key for key in given})

    @contextmanager
    def _changing(self) -> Iterator[dict[str, Key]]:
        """Yields the keys to change, while no other process changes them, and writes them."""
        folder = self._path.parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(folder, os.O_RDONLY)
        except OSError as error:
            raise KeyFileError(f"cannot keep keys in {folder}: {error.strerror}") from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            keys = dict(self._by_id())
            yield keys
            self._write(keys)
        finally:
            os.close(descriptor)

    def _write(self, keys: Mapping[str, Key]) -> None:
        content = _KeyFile(keys=list(keys.values()))
        try:
            with atomic_write(self._path) as aside:
                aside.touch(mode=0o600)
                aside.write_text(content.model_dump_json(indent=2, exclude_none=True) + "\n")
        except OSError as error:
            raise KeyFileError(f"cannot write {self._path}: {error.strerror}") from error

    def _by_id(self) -> Mapping[str, Key]:
        loaded, keys = self._loaded
        try:
            if _version(self._path.stat()) != loaded:
                with self._path.open("rb") as handle:
                    loaded = _version(os.fstat(handle.fileno()))
                    content = _KeyFile.model_validate_json(handle.read())
                keys = {key.id: key for key in content.keys}
                self._loaded = (loaded, keys)
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise KeyFileError(
                f"cannot read {self._path}: {error.strerror}; it must belong to the user that "
                "runs the server"
            ) from error
        except ValidationError as error:
            raise KeyFileError(
                f"{self._path} is damaged: {_problem(error)}; mend it, or remove it and make new "
                "keys"
            ) from error
        return keys


def _problem(error: ValidationError) -> str:
    """Says what is wrong where, but not with which content, which may be a secret."""
    first = error.errors(include_input=False)[0]
    return ": ".join([*map(str, first["loc"]), first["msg"]])


def _version(status: os.stat_result) -> tuple[int, ...]:
    """Returns what changes whenever the file is replaced."""
    return status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
