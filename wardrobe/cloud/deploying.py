"""`wardrobe deploy`: artefacts pushed and announced, the service rolled out, or all undone."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from wardrobe.cloud.artefacts import (
    ANNOUNCEMENT,
    Artefact,
    Artefacts,
    Say,
    encoder_artefact,
    index_artefact,
    megabytes,
)
from wardrobe.cloud.ecs import Change, EcsService, OvertakenError, short
from wardrobe.encoders import load_encoder
from wardrobe.encoders.checkpoint import read_config
from wardrobe.errors import CloudError, RolloutError, WardrobeError
from wardrobe.index import Index
from wardrobe.settings import Settings


@dataclass(frozen=True)
class Pushing:
    """The encoder and the index of some settings, pushed and announced."""

    artefacts: Artefacts
    settings: Settings

    def plan(self, *, announce: bool = True) -> Iterator[str]:
        """Yields what would be sent.

        Raises:
            CheckpointError: the encoder could not be served.
            IndexFolderError: the index could not.
        """
        bucket = self.artefacts.bucket
        with self._staged() as staged:
            for folder, artefact in zip(
                (self.settings.encoder, self.settings.index), staged, strict=True
            ):
                files, size = len(artefact.manifest.files), megabytes(artefact.manifest.size)
                where = bucket.address(artefact.key)
                yield f"push {folder} ({files} files, {size}) to {where}, but what is there"
        if announce:
            yield f"announce both in {bucket.address(ANNOUNCEMENT)}; running tasks swap to them"

    def push(self, say: Say) -> tuple[str, str]:
        """Sends both, and returns their keys.

        Raises:
            CheckpointError: the encoder could not be served; nothing was sent.
            IndexFolderError: the index could not; nothing was sent.
        """
        with self._staged() as (encoder, index):
            for artefact in (encoder, index):
                self.artefacts.push(artefact, say)
            return encoder.key, index.key

    @contextmanager
    def _staged(self) -> Iterator[tuple[Artefact, Artefact]]:
        """Loads both as a server does: once they are announced, no task starts with others."""
        settings = self.settings
        folder = Path(settings.encoder)
        read_config(folder)  # only folders are pushed: the hub is not asked
        encoder = load_encoder(settings.encoder, labels=settings.labels, networks=settings.networks)
        Index.open(settings.index, encoder).close()
        with index_artefact(settings.index) as index:
            yield encoder_artefact(folder, encoder.fingerprint, settings.networks), index


@dataclass(frozen=True)
class Deploying:
    """What is deployed to a service.

    Attributes:
        pushing: None leaves the announcement as it is.
        image: None keeps the one that runs.
        environment: settings that change.
        container: whose, where a task has several.
        timeout_s: how long a rollout may take.
    """

    service: EcsService
    pushing: Pushing | None = None
    image: str | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    container: str | None = None
    timeout_s: float = 900

    def plan(self) -> Iterator[str]:
        """Yields what would be done; changes nothing."""
        if self.pushing:
            yield from self.pushing.plan()
        change = self.service.plan(self.image, self.environment, self.container)
        if not change.lines:
            yield f"keep {short(change.before)}: neither image nor settings change"
            return
        yield f"register a revision after {short(change.before)}"
        yield from (f"  {line}" for line in change.lines)
        yield f"update the service, and wait up to {self.timeout_s:g} s until it is healthy"
        yield f"if it does not get healthy, go back to {short(change.before)}"

    def run(self, say: Say) -> None:
        """Deploys; whatever fails, the service and the announcement are as they were.

        Raises:
            RolloutError: it did not get healthy; the message says why, and what was undone.
        """
        change = self.service.plan(self.image, self.environment, self.container)
        with self._announced(say):
            if not change.lines:
                say(f"{short(change.before)} stays; running tasks swap to what is announced")
                return
            self._roll_out(change, say)

    def _roll_out(self, change: Change, say: Say) -> None:
        definition = self.service.register(change)
        say(f"registered {short(definition)}: {'; '.join(change.lines)}")
        try:
            self.service.use(definition, instead_of=change.before)
            self.service.wait(definition, self.timeout_s, say, instead_of=change.before)
        except KeyboardInterrupt:
            say(
                f"the rollout of {short(definition)} goes on without being watched; to go back: "
                f"`{self.service.command(change.before)}`"
            )
            raise
        except OvertakenError as error:
            raise RolloutError(
                f"{short(definition)} was not rolled out: {error.message}"
            ) from error
        except (RolloutError, CloudError) as error:
            say(f"going back to {short(change.before)}")
            outcome = self._go_back(change.before, definition, say)
            raise RolloutError(f"{error.message}\n  {outcome}") from error
        say(f"{short(definition)} is rolled out and healthy")

    def _go_back(self, before: str, definition: str, say: Say) -> str:
        try:
            self.service.use(before, instead_of=definition)
            self.service.wait(before, self.timeout_s, say, instead_of=definition)
        except WardrobeError as error:
            return f"and the way back to {short(before)} is not done: {error.message}"
        return f"the service is back at {short(before)}, and healthy"

    @contextmanager
    def _announced(self, say: Say) -> Iterator[None]:
        """Announces what is pushed; on an error what was announced before is so again."""
        if self.pushing is None:
            yield
            return
        artefacts = self.pushing.artefacts
        encoder, index = self.pushing.push(say)
        found = artefacts.announcement()
        if found and (found[0].encoder, found[0].index) == (encoder, index):
            yield
            return
        etag = artefacts.announce(encoder, index, was=found[1] if found else None)
        say(f"announced {encoder} and {index}")
        if found is None:
            yield
            return
        encoder, index = found[0].encoder, found[0].index
        again = f"`wardrobe artefacts announce {encoder} {index}`"
        try:
            yield
        except KeyboardInterrupt:
            say(f"the announcement stays, too; to go back: {again}")
            raise
        except WardrobeError as error:
            try:
                artefacts.announce(encoder, index, was=etag)
            except WardrobeError as other:
                raise RolloutError(
                    f"{error.message}\n  and the announcement is not taken back: {other.message}; "
                    f"do so with {again}"
                ) from error
            say(f"announced {encoder} and {index} again")
            raise
