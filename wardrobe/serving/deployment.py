"""What is served, kept in the folder `STATE`: it outlives the server, and its workers share it."""

import fcntl
import logging
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Literal, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from wardrobe.errors import StateError, SwapConflictError
from wardrobe.files import write_json
from wardrobe.settings import Settings

CURRENT, PROGRESS, LOCK = "serving.json", "swap.json", "swap.lock"

Step = Literal["loading", "verifying", "warming"]
"""What building an engine is at: the encoder, the index, the first forwards and search."""

State = Literal["idle", Step, "catching up", "switched", "failed"]
"""What a swap is at."""

_LETTING_GO_S = 0.5
"""A swap that says it is over gives back the lock in a moment."""

Model = TypeVar("Model", bound=BaseModel)

_log = logging.getLogger(__name__)


class Pair(BaseModel):
    """An encoder and an index made with it, named as the settings name them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    encoder: str
    index: Path


class Deployment(Pair):
    """What is served: the content of `serving.json`.

    Attributes:
        previous: what was served before; a rollback goes back to it.
        settings: ENCODER and INDEX as they were then; once they change, they hold again.
        since: when a swap made it current; None if it is what the settings say.
        announced: ETag of the last announcement in S3 that was followed.
    """

    previous: Pair | None = None
    settings: Pair
    since: AwareDatetime | None = None
    announced: str | None = None

    @property
    def pair(self) -> Pair:
        """The encoder and the index alone."""
        return Pair(encoder=self.encoder, index=self.index)


class Progress(BaseModel):
    """How far the last swap is, or how it ended: the content of `swap.json`."""

    state: State
    message: str
    since: AwareDatetime | None = Field(description="When this state began")
    target: Pair | None = Field(description="What is swapped to")


_NEVER = Progress(state="idle", message="nothing was swapped yet", since=None, target=None)


class DeploymentStore:
    """Reads and writes what is served, and how far a swap is."""

    def __init__(self, settings: Settings) -> None:
        self._folder = settings.state
        self._settings = Pair(encoder=settings.encoder, index=settings.index)
        self._said = ""

    def current(self) -> Deployment:
        """Returns what a swap made current; what the settings say if they have changed since.

        Raises:
            StateError: `serving.json` is damaged.
        """
        path = self._folder / CURRENT
        by_settings = Deployment(**self._settings.model_dump(), settings=self._settings)
        found = self._read(path, Deployment)
        if found is None:
            return by_settings
        if found.settings != self._settings:
            self._say(f"{path} is left aside: ENCODER or INDEX have changed since it was written")
            return by_settings
        self._say(f"{path}: encoder {found.encoder} and index {found.index}, by a swap")
        return found

    def save(self, deployment: Deployment) -> None:
        """Makes a deployment the current one, all or nothing.

        Raises:
            StateError: it cannot be written.
        """
        self._write(CURRENT, deployment)

    def target(
        self, encoder: str | None, index: Path, *, announced: str | None = None
    ) -> Deployment:
        """Returns what a swap would make current; without an encoder it stays the same.

        Args:
            announced: ETag of the announcement that asks for it; None if none does.
        """
        old = self.current()
        new = Pair(encoder=encoder or old.encoder, index=index)
        return Deployment(
            **new.model_dump(),
            # An index built anew in its old place: what was there is gone.
            previous=old.previous if new == old.pair else old.pair,
            settings=self._settings,
            since=datetime.now(UTC),
            announced=announced or old.announced,
        )

    def lock(self) -> IO[bytes]:
        """Returns the right to swap; closing it, or the end of the process, gives it back.

        Raises:
            SwapConflictError: a swap is under way, in this worker or another.
            StateError: there is no such folder, and none can be made.
        """
        end = time.monotonic() + _LETTING_GO_S
        while (handle := self._try_lock()) is None:
            if time.monotonic() > end:
                raise SwapConflictError(
                    "a swap is under way; wait until GET /admin/swap says that it is over"
                )
            time.sleep(0.01)
        return handle

    def report(self, state: State, message: str, target: Pair) -> None:
        """Writes how far a swap is; only who has the lock may.

        Raises:
            StateError: it cannot be written.
        """
        now = datetime.now(UTC)
        self._write(PROGRESS, Progress(state=state, message=message, since=now, target=target))

    def progress(self) -> Progress:
        """Returns how far the last swap is, whichever worker it runs in."""
        found = self._reported()
        if found.state in ("idle", "switched", "failed"):
            return found
        handle = self._try_lock()
        if handle is None:
            return found
        handle.close()
        if self._reported() != found:  # it ended just now
            return self.progress()
        return found.model_copy(
            update={"state": "failed", "message": f"its worker ended while {found.message}"}
        )

    def _try_lock(self) -> IO[bytes] | None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            handle = (self._folder / LOCK).open("wb")
        except OSError as error:
            raise self._unwritable(LOCK, error) from error
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            handle.close()
            return None
        return handle

    def _reported(self) -> Progress:
        try:
            return self._read(self._folder / PROGRESS, Progress) or _NEVER
        except StateError:  # it only informs, and the next swap writes it anew
            return _NEVER

    def _read(self, path: Path, model: type[Model]) -> Model | None:
        try:
            return model.model_validate_json(path.read_bytes())
        except FileNotFoundError:
            return None
        except ValidationError as error:
            first = error.errors()[0]
            reason = ": ".join([*map(str, first["loc"]), first["msg"]])
        except OSError as error:
            reason = str(error.strerror)
        raise StateError(
            f"{path} cannot be read: {reason}; mend it, or remove it to serve ENCODER and INDEX"
        )

    def _write(self, name: str, content: BaseModel) -> None:
        try:
            write_json(self._folder / name, content.model_dump(mode="json"))
        except (OSError, ValueError) as error:  # such as a name that is no Unicode
            raise self._unwritable(name, error) from error

    def _unwritable(self, name: str, error: Exception) -> StateError:
        return StateError(
            f"cannot write {self._folder / name}: {error}; STATE must name a folder that the "
            "server may write to"
        )

    def _say(self, message: str) -> None:
        """Logs what changed; it is looked at every second."""
        if message != self._said:
            _log.info(message)
            self._said = message
