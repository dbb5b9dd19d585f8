"""Checks of the folder STATE: keys, and what a swap made current."""

import stat
import tempfile
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

from wardrobe.errors import KeyFileError, StateError
from wardrobe.keys import SCOPES, Key, KeyStore
from wardrobe.serving.deployment import CURRENT, Deployment, DeploymentStore
from wardrobe.serving.doctor.finding import Finding
from wardrobe.settings import Settings

_SOON = timedelta(days=14)


def check_state(settings: Settings) -> tuple[Settings, list[Finding]]:
    """Checks the folder; returns the settings with what a server would serve."""
    current, findings = check_serving(settings)
    return current, [check_folder(settings), check_keys(settings), *findings]


def check_folder(settings: Settings) -> Finding:
    """Whether keys, feedback and swaps can be written down."""
    folder = settings.state
    place = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    try:
        with tempfile.TemporaryFile(dir=place):
            pass
    except OSError as error:
        return Finding(
            "failure",
            f"STATE {folder} cannot be written to: {error.strerror}",
            f"chown {place} to the user that runs the server, or set STATE",
        )
    return Finding("ok", f"STATE {folder} can be written to")


def check_serving(settings: Settings) -> tuple[Settings, list[Finding]]:
    """Looks for what a swap made current; returns the settings with what a server would serve."""
    store = DeploymentStore(settings)
    try:
        current, last = store.current(), store.progress()
    except StateError as error:
        return settings, [Finding("failure", error.message)]
    findings = [_current(settings.state / CURRENT, current)]
    if current.previous is not None and not current.previous.index.exists():
        findings.append(
            Finding("warning", f"a rollback would serve {current.previous.index}, which is gone")
        )
    if last.state == "failed":
        findings.append(Finding("warning", f"the last swap failed: {last.message}"))
    return settings.model_copy(update=current.pair.model_dump()), findings


def check_keys(settings: Settings) -> Finding:
    """Whether there are keys that work, and others cannot read their hashes."""
    path = settings.state / "keys.json"
    try:
        mode = stat.S_IMODE(path.stat().st_mode) if path.exists() else 0
        keys = KeyStore(settings.state).all()
    except KeyFileError as error:
        return Finding("failure", error.message)
    except OSError as error:
        return Finding("failure", f"cannot look at {path}: {error.strerror}")
    if mode & 0o077:
        return Finding(
            "failure", f"{path} can be read by others: its mode is {mode:o}", f"chmod 600 {path}"
        )
    now = datetime.now(UTC)
    working = [key for key in keys if key.expires is None or key.expires > now]
    if not working:
        return _nobody(settings, path)
    soon = [key for key in working if key.expires is not None and key.expires < now + _SOON]
    if soon:
        return Finding(
            "warning",
            "; ".join(
                f"key {key.id} of {key.name} expires on {key.expires:%Y-%m-%d}" for key in soon
            ),
            "make another with `wardrobe keys create`",
        )
    return Finding("ok", f"{path} can be read by its owner only, and has {_counted(working)}")


def _current(path: Path, current: Deployment) -> Finding:
    if not path.exists():
        return Finding("ok", f"there is no {path}: ENCODER and INDEX are served")
    if current.pair == current.settings and current.since is None:
        return Finding(
            "warning",
            f"{path} is left aside: ENCODER or INDEX have changed since a swap wrote it",
            "remove it, or it counts again when they change back",
        )
    return Finding(
        "ok", f"{path}: a swap made encoder {current.encoder} and index {current.index} current"
    )


def _nobody(settings: Settings, path: Path) -> Finding:
    advice = "make one with `wardrobe keys create`"
    if not settings.open_reading:
        return Finding(
            "failure", f"OPEN_READING is off and {path} has no key: nobody is answered", advice
        )
    return Finding("ok", f"{path} has no key: nobody can write items or administer")


def _counted(keys: list[Key]) -> str:
    counts = Counter(key.scope for key in keys)
    return "keys: " + ", ".join(f"{counts[scope]} {scope}" for scope in SCOPES if counts[scope])
