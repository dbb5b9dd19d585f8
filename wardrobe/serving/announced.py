"""What is announced in S3: fetched before the server starts, and swapped to while it runs."""

import logging
import threading
from pathlib import Path

from wardrobe.cloud.artefacts import ANNOUNCEMENT, Announcement, Artefacts
from wardrobe.cloud.fetching import Fetcher
from wardrobe.errors import ArtefactError, NotReadyError, SwapConflictError, WardrobeError
from wardrobe.serving import telemetry
from wardrobe.serving.building import Report
from wardrobe.serving.deployment import Deployment, DeploymentStore
from wardrobe.serving.swapping import Swapper
from wardrobe.settings import Settings

_log = logging.getLogger(__name__)


class Announced:
    """Follows the announcement at ARTEFACTS, in a thread of its own once `follow` is called."""

    def __init__(self, settings: Settings, store: DeploymentStore) -> None:
        """Takes what to follow.

        Raises:
            SettingError: ARTEFACTS is no address in S3.
            CloudError: there is no region.
        """
        self._artefacts = Artefacts(settings.artefacts)
        self._fetcher = Fetcher(self._artefacts, settings.artefacts_folder)
        self._every_s = settings.artefacts_poll_s
        self._store = store
        self._seen: str | None = None
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None

    def begin(self, report: Report) -> Deployment:
        """Returns what is to be served first: what is announced, fetched by then.

        Raises:
            ArtefactError: nothing is announced, or it is damaged or incomplete.
            CloudError: AWS refuses, or does not answer.
            StateError: the folder `STATE` cannot be read or written.
        """
        report("loading", f"looking at {self._artefacts.bucket.address(ANNOUNCEMENT)}")
        found = self._artefacts.announcement()
        if found is None:
            raise ArtefactError(
                f"there is no {self._artefacts.bucket.address(ANNOUNCEMENT)}: nothing is announced "
                "yet; do so with `wardrobe artefacts push --announce`"
            )
        announcement, etag = found
        current = self._store.current()
        if current.announced == etag and current.index.is_dir():  # or a swap since, which holds
            return current
        encoder, index = self._fetch(announcement, report)
        target = self._store.target(str(encoder), index, announced=etag)
        self._store.save(target)
        return target

    def follow(self, swapper: Swapper) -> None:
        """Starts to look for new announcements, and to swap to them."""
        self._thread = threading.Thread(
            target=self._work, args=[swapper], name="announcements", daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        """Ends the thread; a fetch under way is given up, and what came of it is kept."""
        self._closing.set()
        if self._thread:
            self._thread.join()

    def _work(self, swapper: Swapper) -> None:
        while not self._closing.wait(self._every_s):
            try:
                self._look(swapper)
            except (NotReadyError, SwapConflictError) as error:  # it is tried again
                _log.info("what is announced has to wait: %s", error.message)
            except WardrobeError as error:
                telemetry.FETCHES["failed"].inc()
                _log.error("what is announced is not served, the old one is: %s", error.message)
            except Exception:  # whatever it is, the old one serves on, and it is tried again
                telemetry.FETCHES["failed"].inc()
                _log.exception("what is announced is not served, the old one is")

    def _look(self, swapper: Swapper) -> None:
        found = self._artefacts.announcement(unless=self._seen)
        if found is None:
            return
        announcement, etag = found
        if self._store.current().announced != etag:
            try:
                encoder, index = self._fetch(announcement, lambda _, message: _log.info(message))
            except ArtefactError as error:
                if not error.detail.get("partial"):  # it stays damaged until another is announced
                    self._seen = etag
                raise
            swapper.swap(str(encoder), index, announced=etag)
        self._seen = etag

    def _fetch(self, announcement: Announcement, report: Report) -> tuple[Path, Path]:
        keys = (announcement.encoder, announcement.index)
        current = self._store.current()
        served = [current.pair, *([current.previous] if current.previous else [])]
        kept = {path for pair in served for path in (Path(pair.encoder), pair.index)}
        self._fetcher.tidy(kept | {self._fetcher.place(key) for key in keys})

        def say(message: str) -> None:
            report("loading", message)
            if self._closing.is_set():  # ends the fetch; what came is kept
                raise NotReadyError("the server is stopping")

        encoder, index = (self._fetcher.fetch(key, say) for key in keys)
        telemetry.FETCHES["fetched"].inc()
        return encoder, index
