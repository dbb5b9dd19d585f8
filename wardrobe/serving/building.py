"""Encoder and index → an engine that is warm: at the start, and for every swap."""

from collections.abc import Callable
from pathlib import Path
from weakref import WeakValueDictionary

from wardrobe.encoders import Encoder, load_encoder
from wardrobe.index import Index
from wardrobe.serving.cache import EncodingCache
from wardrobe.serving.deployment import Deployment, Step
from wardrobe.serving.engine import Engine
from wardrobe.settings import Settings

Report = Callable[[Step, str], None]
"""Hears of each step, and what to say of it, before it begins."""


class Builder:
    """Builds engines, one at a time; they share the cache of encodings.

    An encoder that is still in use is used again, warm as it is, while its files are the same.
    """

    def __init__(self, settings: Settings, encoder: Encoder | None, index: Index | None) -> None:
        """Takes what to begin with.

        Args:
            encoder: stands for the one in the settings.
            index: an index made with it, to open first whatever is asked for.
        """
        self._settings = settings
        self._given_encoder = encoder
        self._given_index = index
        self._cache = EncodingCache(settings.cache_bytes)
        self._warm: WeakValueDictionary[tuple[object, ...], Encoder] = WeakValueDictionary()

    def build(self, deployment: Deployment, report: Report) -> Engine:
        """Returns a warm engine.

        Raises:
            CheckpointError: there is no such encoder, or it is damaged.
            IndexFolderError: there is no such index, or it is damaged or another encoder's.
        """
        identity = _identity(deployment.encoder)
        warm = self._warm.get(identity)
        encoder = warm or self._load(deployment.encoder, report)
        report("verifying", f"opening the index {deployment.index}")
        index, self._given_index = self._given_index, None
        index = index or Index.open(deployment.index, encoder)
        engine = Engine(encoder, index, self._settings, self._cache, deployment)
        report("warming", "warming up")
        try:
            if warm is None:
                engine.warm_up_encoder()
            engine.warm_up_index()
        except BaseException:
            engine.discard()
            raise
        self._warm[identity] = encoder
        return engine

    def _load(self, name: str, report: Report) -> Encoder:
        report("loading", f"loading the encoder {name}")
        settings = self._settings
        if self._given_encoder is not None and name == settings.encoder:
            return self._given_encoder
        return load_encoder(
            name,
            precision=settings.precision,
            compute_threads=settings.compute_threads,
            labels=settings.labels,
            networks=settings.networks,
        )


def _identity(encoder: str) -> tuple[object, ...]:
    """Returns what changes with an encoder's files: thresholds are no part of its fingerprint."""
    folder = Path(encoder)
    files = sorted(folder.iterdir()) if folder.is_dir() else []
    stats = [file.stat() for file in files]
    return (
        encoder,
        *((f.name, s.st_ino, s.st_size, s.st_mtime_ns) for f, s in zip(files, stats, strict=True)),
    )
