"""Files written so that a reader never meets half of one, and numbers read by name."""

import hashlib
import json
import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from wardrobe.errors import CheckpointError


def fsync_directory(folder: Path) -> None:
    """Makes renames inside `folder` durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Yields a temporary path that replaces `path` on success and is removed on error."""
    aside = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")  # threads write it too
    try:
        yield aside
        with aside.open("rb") as handle:
            os.fsync(handle.fileno())
        aside.replace(path)
        fsync_directory(path.parent)
    finally:
        aside.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Replaces `path` with `text` (UTF-8), all or nothing."""
    with atomic_write(path) as aside:
        aside.write_text(text, encoding="utf-8")


def write_json(path: Path, value: Any) -> None:
    """Replaces `path` with `value` as indented JSON, all or nothing."""
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def sha256_of(path: Path) -> str:
    """Returns the hexadecimal SHA-256 of a file's bytes."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def read_numbers(path: Path, field: str, names: Sequence[str]) -> dict[str, float]:
    """Reads a JSON file's object `field`: one number for each name, and no others.

    Raises:
        CheckpointError: the file is missing or breaks the format, or has other names.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))[field]
        values = {str(name): float(value) for name, value in found.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise CheckpointError(
            f'cannot read {field} from {path}: {error!r}; it must hold {{"{field}": '
            f'{{"{names[0]}": number, ...}}}}, as optimize_thresholds.py writes it'
        ) from error
    missing = [name for name in names if name not in values]
    unknown = sorted(values.keys() - set(names))
    if missing or unknown:
        raise CheckpointError(
            f"{path} does not fit the labels of the checkpoint: missing {_some(missing)}, "
            f"unknown {_some(unknown)}; remove the file and run optimize_thresholds.py again",
            missing=missing,
            unknown=unknown,
        )
    return values


def _some(names: Sequence[str], limit: int = 5) -> str:
    shown = ", ".join(names[:limit]) or "none"
    return f"{shown} and {len(names) - limit} more" if len(names) > limit else shown
