"""What the processor offers: cores this process may use, and bf16."""

import ctypes
import math
import os
from pathlib import Path

NO_TORCH = (
    "which takes torch, and it is not installed; use the image built with DEPENDENCIES=full "
    "(docs/containers.md)"
)
"""Ends the message of an error that says what cannot be done."""

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # malloc.h
_KEPT_BYTES = 2**30

_CGROUP_CPU_MAX = Path("/sys/fs/cgroup/cpu.max")  # cgroup v2
_CGROUP_CPU_QUOTA = Path("/sys/fs/cgroup/cpu/cpu.cfs_quota_us")  # cgroup v1
_CGROUP_CPU_PERIOD = Path("/sys/fs/cgroup/cpu/cpu.cfs_period_us")


def available_cores() -> int:
    """Returns the cores this process may use: its affinity, cut by the container's CPU quota."""
    cores = len(os.sched_getaffinity(0))
    quota = _cpu_quota()
    return cores if quota is None else max(1, min(cores, math.ceil(quota)))


def _cpu_quota() -> float | None:
    """Returns the container's quota in cores, or None without one."""
    try:
        if _CGROUP_CPU_MAX.exists():
            quota, period = _CGROUP_CPU_MAX.read_text().split()
        else:
            quota, period = _CGROUP_CPU_QUOTA.read_text(), _CGROUP_CPU_PERIOD.read_text()
        cores = int(quota) / int(period)
    except (OSError, ValueError):
        return None  # no cgroup, or "max": no quota
    return cores if cores > 0 else None  # v1 says -1 for none


def keep_freed_memory() -> None:
    """Lets glibc keep what torch frees; elsewhere nothing happens.

    Torch takes and frees megabytes for every layer. By default each is mapped, zeroed by the kernel
    and unmapped again, which takes half the time of a forward of 16 pictures.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        for option in (_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD):
            mallopt(option, _KEPT_BYTES)


def wants_bf16(precision: str) -> bool:
    """Returns whether to compute in bf16, given `bf16`, `fp32`, or `auto`: where it is native.

    Emulated bf16 is slower than fp32.
    """
    if precision != "auto":
        return precision == "bf16"
    import torch  # the server asks OpenVINO instead, and torch takes seconds to import

    capabilities = torch.cpu.get_capabilities()
    return any(capabilities.get(name, False) for name in ("avx512_bf16", "amx_bf16", "bf16"))
