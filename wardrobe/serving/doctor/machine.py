"""Checks of the machine: disk, cores, memory and the shared cache."""

import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from wardrobe.encoders.hardware import available_cores
from wardrobe.index.schema import PICTURES
from wardrobe.serving.doctor.finding import Finding, readable
from wardrobe.serving.remote_cache import check_remote_cache
from wardrobe.settings import Settings

_CGROUP_MEMORY = (
    Path("/sys/fs/cgroup/memory.max"),  # cgroup v2
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),  # cgroup v1
)
_SERVER_BYTES = 600 * 2**20
"""What a server takes beside index and cache (docs/benchmarks.md), with some room."""

_SPARE_BYTES = 2**30
"""Of disk space."""


def check_machine(settings: Settings) -> Iterator[Finding]:
    """Whether the machine is large enough for what the settings ask of it."""
    yield check_disk(settings)
    yield check_cores(settings)
    yield check_queue(settings)
    yield check_memory(settings)
    if settings.cache_url.get_secret_value():
        yield check_cache(settings)


def check_disk(settings: Settings) -> Finding:
    """Whether the index can be built again beside the one that is there."""
    index = settings.index.absolute()
    place = next(place for place in (index, *index.parents) if place.exists())
    free, size = shutil.disk_usage(place).free, _size_of(index) + _size_of(index / PICTURES)
    what = f"{readable(free)} of disk are free beside the index of {readable(size)}"
    if free < size:
        return Finding(
            "failure", what, f"make room on the disk of {place}: a rebuild needs as much"
        )
    if free < 2 * size + _SPARE_BYTES:
        return Finding("warning", what, f"make room on the disk of {place} before it grows")
    return Finding("ok", what)


def check_cores(settings: Settings) -> Finding:
    """Whether the encoder computes with as many threads as there are cores."""
    cores, threads = available_cores(), settings.compute_threads
    if threads > cores:
        return Finding(
            "failure",
            f"COMPUTE_THREADS is {threads}, but this process may use {cores} cores: threads that "
            "take turns on a core are many times slower",
            "set COMPUTE_THREADS=0",
        )
    used = f"{threads} of {cores}" if threads else f"all {cores}"
    return Finding("ok", f"the encoder computes on {used} cores")


def check_queue(settings: Settings) -> Finding:
    """Whether there are threads enough to fill the queue."""
    what = f"{settings.threads} request threads, {settings.max_queue} places in the queue"
    if settings.threads > settings.max_queue:
        return Finding("ok", what)
    return Finding(
        "warning",
        f"{what}: requests wait for a thread, where no deadline runs and nobody is refused",
        "set THREADS above MAX_QUEUE",
    )


def check_memory(settings: Settings) -> Finding:
    """Whether a server fits into what the container, or the machine, allows."""
    limit = _memory_limit()
    need = _SERVER_BYTES + settings.cache_bytes + _size_of(settings.index)
    what = f"a server takes up to {readable(need)} of {readable(limit)} of memory"
    if need > limit:
        return Finding("failure", what, "give it more, lower CACHE_BYTES, or build --kind ivfpq")
    if need > 0.8 * limit:
        return Finding("warning", what, "there is little left for large pictures and a reload")
    return Finding("ok", what)


def check_cache(settings: Settings) -> Finding:
    """Whether the Redis of CACHE_URL can be written to and read."""
    try:
        check_remote_cache(settings.cache_url.get_secret_value())
    except Exception as error:  # the type alone: Redis may repeat a password in its message
        return Finding(
            "failure",
            f"the Redis at CACHE_URL does not work ({type(error).__name__}); requests are answered "
            "without it",
            "start it, correct CACHE_URL, or leave it empty",
        )
    return Finding("ok", "the Redis at CACHE_URL can be written to and read")


def _size_of(folder: Path) -> int:
    """Returns the bytes of the files of a folder, without what is in folders of it."""
    size = 0
    with suppress(OSError), os.scandir(folder) as entries:  # there may be none
        for entry in entries:
            with suppress(OSError):  # a server may just have removed it
                size += entry.stat().st_size if entry.is_file() else 0
    return size


def _memory_limit() -> int:
    limits = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    for path in _CGROUP_MEMORY:
        try:
            limits.append(int(path.read_text()))
        except (OSError, ValueError):
            continue  # not this version of cgroups, or "max"
    return min(limits)
