"""How long one picture takes, stage by stage."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import numpy as np
from tqdm import tqdm

from wardrobe.encoders import Encoder
from wardrobe.errors import WardrobeError
from wardrobe.images import decode

_WARM_UP = 5  # first calls load code and fill caches


@dataclass(frozen=True)
class Percentiles:
    """Milliseconds."""

    p50: float
    p95: float
    p99: float


def measure_latency(
    encoder: Encoder, paths: Sequence[Path], limit: int = 200
) -> dict[str, Percentiles]:
    """Returns stage → percentiles over at most `limit` pictures, one at a time.

    The stages are `decode` (bytes to RGB), `prepare` (to the network's input), `encode` (a
    forward of one picture) and their sum, `total`. Pictures that cannot be decoded are left out.
    """
    times = []
    for path in tqdm(paths[: limit + _WARM_UP], "latency", unit="picture", delay=2, disable=None):
        try:
            data = path.read_bytes()
            start = perf_counter()
            picture = decode(data, draft_side=encoder.picture_side)
        except (OSError, WardrobeError):
            continue
        decoded = perf_counter()
        pixels = encoder.prepare(picture)
        prepared = perf_counter()
        encoder.encode_pictures(pixels[None])
        encoded = perf_counter()
        times.append((decoded - start, prepared - decoded, encoded - prepared, encoded - start))
    measured = 1000 * np.array(times[_WARM_UP:] or times)
    return {
        stage: Percentiles(*np.percentile(measured[:, column], [50, 95, 99]).tolist())
        for column, stage in enumerate(("decode", "prepare", "encode", "total"))
    }
